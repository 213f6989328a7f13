// The layers, as mod.ts exports them under `layers`.
export { Activation } from "./activations.ts";
export { Dense, type DenseOptions } from "./core.ts";
export { InputLayer, type InputOptions } from "./input.ts";
export { type AddWeightOptions, type CallContext, type InputSpec, Layer, type LayerOptions } from "./layer.ts";
export { Rescaling, type RescalingOptions } from "./preprocessing.ts";
export { Dropout, type DropoutOptions } from "./regularization.ts";
export { type DataFormat, Flatten, type FlattenOptions, Reshape } from "./reshaping.ts";
