// The layers, as mod.ts exports them under `layers`.
export {
  Activation,
  ELU,
  type ELUOptions,
  LeakyReLU,
  type LeakyReLUOptions,
  PReLU,
  type PReLUOptions,
  ReLU,
  type ReLUOptions,
  Softmax,
  type SoftmaxOptions,
} from "./activations.ts";
export { Dense, type DenseOptions, Identity } from "./core.ts";
export type { DataFormat } from "./data_format.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export { InputLayer, type InputOptions } from "./input.ts";
export { Concatenate, concatenate, type ConcatenateOptions, Dot, dot, type DotOptions } from "./joining.ts";
export { Lambda, type LambdaFunction, type LambdaOptions } from "./lambda.ts";
export { type AddWeightOptions, type CallContext, type InputSpec, Layer, type LayerOptions } from "./layer.ts";
export { Masking, type MaskingOptions } from "./masking.ts";
export {
  Add,
  add,
  Average,
  average,
  type Masks,
  Maximum,
  maximum,
  Merge,
  Minimum,
  minimum,
  Multiply,
  multiply,
  Subtract,
  subtract,
} from "./merging.ts";
export { AlphaDropout, GaussianDropout, GaussianNoise } from "./noise.ts";
export { Rescaling, type RescalingOptions } from "./preprocessing.ts";
export { RandomLayer, type RandomLayerOptions } from "./random_layer.ts";
export {
  ActivityRegularization,
  type ActivityRegularizationOptions,
  Dropout,
  type DropoutOptions,
  SpatialDropout1D,
  SpatialDropout2D,
  SpatialDropout3D,
  type SpatialDropoutOptions,
} from "./regularization.ts";
export { Flatten, type FlattenOptions, Permute, RepeatVector, Reshape } from "./reshaping.ts";
