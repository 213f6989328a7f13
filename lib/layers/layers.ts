// The layers, as mod.ts exports them under `layers`.
export { Input, type InputOptions } from "./input.ts";
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
export { Bidirectional, type BidirectionalOptions, type DirectedLayer, type MergeMode } from "./bidirectional.ts";
export type { Cell, CellContext, PreparedCell, Step } from "./cell.ts";
export { ConvLSTM, ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, type ConvLSTMOptions } from "./conv_lstm.ts";
export {
  AdditiveAttention,
  type AdditiveAttentionOptions,
  Attention,
  type AttentionOptions,
  ScoringAttention,
  type ScoringContext,
} from "./attention.ts";
export type { AttentionContext } from "./attention_masks.ts";
export {
  Conv,
  Conv1D,
  Conv1D as Convolution1D,
  type Conv1DOptions,
  Conv1DTranspose,
  Conv1DTranspose as Convolution1DTranspose,
  Conv2D,
  Conv2D as Convolution2D,
  Conv2DTranspose,
  Conv2DTranspose as Convolution2DTranspose,
  Conv3D,
  Conv3D as Convolution3D,
  Conv3DTranspose,
  Conv3DTranspose as Convolution3DTranspose,
  Convolution,
  type ConvolutionOptions,
  type ConvOptions,
  ConvTranspose,
  type ConvTransposeOptions,
} from "./convolutional.ts";
export type { AdaptOptions, AsyncDataBatches, DataBatches } from "./adapting.ts";
export {
  type CategoryContext,
  CategoryEncoding,
  type CategoryEncodingOptions,
  type VectorMode,
} from "./category_encoding.ts";
export { Discretization, type DiscretizationOptions } from "./discretization.ts";
export { HashedCrossing, type HashedCrossingOptions } from "./hashed_crossing.ts";
export { Hashing, type HashingOptions } from "./hashing.ts";
export { IndexLookup } from "./index_lookup.ts";
export type { IndexLookupOptions, LookupMode, OovMethod } from "./index_lookup_options.ts";
export { IntegerLookup, type IntegerLookupOptions } from "./integer_lookup.ts";
export { PreparingLayer, type Takes } from "./preparing.ts";
export { StringLookup, type StringLookupOptions } from "./string_lookup.ts";
export {
  type Splitter,
  type Standardizer,
  TextVectorization,
  type TextVectorizationOptions,
} from "./text_vectorization.ts";
export { Dense, type DenseOptions, Identity } from "./core.ts";
export type { DataFormat } from "./data_format.ts";
export { EinsumDense, type EinsumDenseOptions } from "./einsum_dense.ts";
export { Embedding, type EmbeddingOptions } from "./embedding.ts";
export {
  GlobalAveragePooling1D,
  GlobalAveragePooling1D as GlobalAvgPool1D,
  GlobalAveragePooling2D,
  GlobalAveragePooling2D as GlobalAvgPool2D,
  GlobalAveragePooling3D,
  GlobalAveragePooling3D as GlobalAvgPool3D,
  GlobalMaxPooling1D,
  GlobalMaxPooling1D as GlobalMaxPool1D,
  GlobalMaxPooling2D,
  GlobalMaxPooling2D as GlobalMaxPool2D,
  GlobalMaxPooling3D,
  GlobalMaxPooling3D as GlobalMaxPool3D,
  type GlobalPoolingOptions,
} from "./global_pooling.ts";
export { GroupedQueryAttention as GroupQueryAttention } from "./grouped_query_attention.ts";
export { GRU, GRUCell, type GRUCellOptions, type GRUOptions } from "./gru.ts";
export { InputLayer } from "./input.ts";
export {
  RandomRotation,
  RandomShear,
  type RandomShearOptions,
  RandomTranslation,
  RandomZoom,
  type RandomZoomOptions,
  type Rotations,
  type Shears,
  type Translations,
  type Zooms,
} from "./affine_augmentation.ts";
export { type AdaptiveEqualizationOptions, ContrastLimitedAdaptiveHistogramEqualization } from "./clahe.ts";
export {
  type ColorChange,
  RandomBrightness,
  RandomColorDegeneration,
  type RandomColors,
  RandomContrast,
  RandomHue,
  RandomSaturation,
} from "./color_augmentation.ts";
export { type Jitters, RandomColorJitter, type RandomColorJitterOptions } from "./color_jitter.ts";
export type { Factor } from "./factor_options.ts";
export {
  type Blurs,
  RandomGaussianBlur,
  type RandomGaussianBlurOptions,
  RandomSharpness,
} from "./filter_augmentation.ts";
export {
  type GeometricImages,
  type MovedBoxes,
  type RandomTransform,
  type RandomTransformOptions,
} from "./geometric_images.ts";
export {
  AutoContrast,
  type AutoContrastOptions,
  Equalization,
  type EqualizationOptions,
} from "./histogram_augmentation.ts";
export {
  type BoundingBoxes,
  type BoundingBoxFormat,
  type DrawingLayer,
  type Drawn,
  type DrawnChange,
  type Given,
  type ImageFrame,
  ImageLayer,
  type ImageLayerOptions,
  type LabeledImages,
  type RandomImageOptions,
} from "./image_layer.ts";
export {
  AugMix,
  type AugMixOptions,
  type Chains,
  type ChangesInOrder,
  type ImagePolicy,
  type ImagePolicyOptions,
  RandAugment,
  type RandAugmentOptions,
} from "./image_policies.ts";
export { MaxNumBoundingBoxes, type MaxNumBoundingBoxesOptions } from "./max_num_bounding_boxes.ts";
export {
  type CutAndMixed,
  CutMix,
  type CutMixOptions,
  type Erased,
  type MixedImages,
  type MixedUp,
  MixUp,
  type MixUpOptions,
  RandomErasing,
  type RandomErasingOptions,
  type Rectangles,
} from "./mixing_augmentation.ts";
export { Pipeline } from "./pipeline.ts";
export { type CropPlace, RandomCrop } from "./random_crop.ts";
export { type FlipMode, type Flips, RandomFlip } from "./random_flip.ts";
export {
  type Chosen,
  type ClearedBits,
  RandomGrayscale,
  type RandomGrayscaleOptions,
  RandomInvert,
  type RandomInvertOptions,
  RandomPosterization,
  Solarization,
  type SolarizationOptions,
  type Solarized,
} from "./tone_augmentation.ts";
export type { RandomColorOptions } from "./value_range.ts";
export {
  type Bends,
  type Perspectives,
  RandomElasticTransform,
  type RandomElasticTransformOptions,
  RandomPerspective,
  type RandomPerspectiveOptions,
} from "./warping_augmentation.ts";
export { Concatenate, concatenate, type ConcatenateOptions, Dot, dot, type DotOptions } from "./joining.ts";
export { Lambda, type LambdaFunction, type LambdaOptions } from "./lambda.ts";
export type { InputSpec } from "./input_spec.ts";
export { type AddWeightOptions, type CallContext, Layer, type LayerOptions } from "./layer.ts";
export { LSTM, LSTMCell, type LSTMCellOptions, type LSTMOptions } from "./lstm.ts";
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
export { MultiHeadAttention, type MultiHeadAttentionOptions } from "./multi_head_attention.ts";
export {
  BatchNormalization,
  type BatchNormalizationOptions,
  GroupNormalization,
  type GroupNormalizationOptions,
  LayerNormalization,
  type LayerNormalizationOptions,
  RMSNormalization,
  type RMSNormalizationOptions,
  type ScaledOptions,
  UnitNormalization,
  type UnitNormalizationOptions,
} from "./normalization.ts";
export {
  AveragePooling1D,
  AveragePooling1D as AvgPool1D,
  AveragePooling2D,
  AveragePooling2D as AvgPool2D,
  AveragePooling3D,
  AveragePooling3D as AvgPool3D,
  MaxPooling1D,
  MaxPooling1D as MaxPool1D,
  MaxPooling2D,
  MaxPooling2D as MaxPool2D,
  MaxPooling3D,
  MaxPooling3D as MaxPool3D,
  type PoolingOptions,
} from "./pooling.ts";
export {
  CenterCrop,
  type ImageOptions,
  Resizing,
  type ResizingOptions,
  type SizedImages,
} from "./image_preprocessing.ts";
export { Normalization, type NormalizationOptions, Rescaling, type RescalingOptions } from "./preprocessing.ts";
export {
  DenseCell,
  type GatedCellOptions,
  type GateProducts,
  RecurrentCell,
  type RecurrentCellOptions,
} from "./recurrent_cell.ts";
export {
  type Equations,
  ProjectedAttention,
  type ProjectedAttentionOptions,
  type Projections,
} from "./projected_attention.ts";
export { Recurrent, type RecurrentContext, type RecurrentOptions, type RecurrentOutput, RNN } from "./rnn.ts";
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
export {
  type ReversibleContext,
  ReversibleEmbedding,
  type ReversibleEmbeddingOptions,
} from "./reversible_embedding.ts";
export { SimpleRNN, SimpleRNNCell, type SimpleRNNOptions } from "./simple_rnn.ts";
export {
  Cropping1D,
  Cropping2D,
  Cropping3D,
  type Sides,
  type SidesPerAxis,
  type SpatialOptions,
  UpSampling1D,
  UpSampling2D,
  type UpSampling2DOptions,
  UpSampling3D,
  ZeroPadding1D,
  ZeroPadding2D,
  ZeroPadding3D,
} from "./spatial.ts";
export {
  DepthwiseConv,
  DepthwiseConv1D,
  DepthwiseConv2D,
  type DepthwiseConvOptions,
  SeparableConv,
  SeparableConv1D,
  SeparableConv1D as SeparableConvolution1D,
  SeparableConv2D,
  SeparableConv2D as SeparableConvolution2D,
  type SeparableConvOptions,
} from "./separable.ts";
export { deserialize, serialize } from "./serialization.ts";
export {
  AdaptiveAveragePooling1D,
  AdaptiveAveragePooling2D,
  AdaptiveAveragePooling3D,
  AdaptiveMaxPooling1D,
  AdaptiveMaxPooling2D,
  AdaptiveMaxPooling3D,
  type AdaptivePoolingOptions,
} from "./adaptive_pooling.ts";
export { StackedRNNCells } from "./stacked_cells.ts";
export { TimeDistributed } from "./time_distributed.ts";
export { MelSpectrogram, type MelSpectrogramOptions, type MelWeightOptions } from "./mel_spectrogram.ts";
export { SpectralNormalization, type SpectralNormalizationOptions } from "./spectral_normalization.ts";
export { type SpectrogramMode, STFTSpectrogram, type STFTSpectrogramOptions } from "./stft_spectrogram.ts";
export { Wrapper } from "./wrapper.ts";
export type { BiasOptions, KernelOptions } from "./weight_options.ts";
