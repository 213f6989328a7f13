// The public `initializers` namespace.
export { Initializer, type SeedOptions } from "./initializer.ts";
export { Constant, Identity, Ones, Zeros } from "./constant.ts";
export {
  type FanMode,
  type FanOptions,
  fansOf,
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  type ScalingDistribution,
  TruncatedNormal,
  VarianceScaling,
  type VarianceScalingOptions,
} from "./random.ts";
export { STFT, type STFTOptions, type STFTScaling, type STFTSide, type STFTWindow } from "./stft.ts";
export {
  getInitializer,
  type InitializerFunction,
  type InitializerIdentifier,
  type InitializerName,
} from "./resolve.ts";
