// The public `initializers` namespace.
export { Initializer, type SeedOptions } from "./initializer.ts";
export { Constant, Identity, Identity as IdentityInitializer, Ones, Zeros } from "./constant.ts";
export * from "./functions.ts";
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
  Orthogonal as OrthogonalInitializer,
  type OrthogonalOptions,
  RandomNormal,
  type RandomNormalOptions,
  RandomUniform,
  type RandomUniformOptions,
  type ScalingDistribution,
  TruncatedNormal,
  VarianceScaling,
  type VarianceScalingOptions,
} from "./random.ts";
export {
  STFT,
  STFT as STFTInitializer,
  type STFTOptions,
  type STFTScaling,
  type STFTSide,
  type STFTWindow,
} from "./stft.ts";
export {
  deserialize,
  getInitializer,
  getInitializer as get,
  type InitializerFunction,
  type InitializerIdentifier,
  type InitializerName,
  serialize,
} from "./resolve.ts";
