// The losses, as mod.ts exports them under `losses`.
export { Circle, circle, type CircleOptions, type CirclePairs } from "./circle.ts";
export {
  BinaryCrossentropy,
  binaryCrossentropy,
  CategoricalCrossentropy,
  categoricalCrossentropy,
  type CrossentropyOptions,
  SparseCategoricalCrossentropy,
  sparseCategoricalCrossentropy,
  type SparseCrossentropyOptions,
} from "./crossentropy.ts";
export { CTC, ctc } from "./ctc.ts";
export { KLDivergence, klDivergence, Poisson, poisson } from "./divergence.ts";
export {
  BinaryFocalCrossentropy,
  binaryFocalCrossentropy,
  type BinaryFocalOptions,
  CategoricalFocalCrossentropy,
  categoricalFocalCrossentropy,
  type FocalOptions,
} from "./focal.ts";
export { CategoricalGeneralizedCrossEntropy, categoricalGeneralizedCrossEntropy } from "./generalized.ts";
export { CategoricalHinge, categoricalHinge, Hinge, hinge, SquaredHinge, squaredHinge } from "./hinge.ts";
export {
  deserialize,
  getLoss as get,
  type LossAlias,
  type LossFunctionName,
  type LossIdentifier,
  type LossName,
  serialize,
} from "./resolve.ts";
export {
  FunctionLoss,
  Loss,
  type LossContext,
  type LossFunction,
  type LossOptions,
  type Reduction,
  type TargetKind,
} from "./loss.ts";
export {
  MeanAbsoluteError,
  meanAbsoluteError,
  MeanAbsolutePercentageError,
  meanAbsolutePercentageError,
  MeanSquaredError,
  meanSquaredError,
  MeanSquaredLogarithmicError,
  meanSquaredLogarithmicError,
} from "./regression.ts";
export { Huber, huber, type HuberOptions, LogCosh, logCosh } from "./robust.ts";
export { CosineSimilarity, cosineSimilarity, Dice, dice, type OverlapAxes, Tversky, tversky } from "./similarity.ts";
