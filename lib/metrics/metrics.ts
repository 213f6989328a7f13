// The metrics, as mod.ts exports them under `metrics`.
export {
  Accuracy,
  accuracy,
  BinaryAccuracy,
  binaryAccuracy,
  type BinaryAccuracyOptions,
  CategoricalAccuracy,
  categoricalAccuracy,
  SparseCategoricalAccuracy,
  sparseCategoricalAccuracy,
} from "./accuracy.ts";
export {
  type AtRateOptions,
  PrecisionAtRecall,
  RecallAtPrecision,
  SensitivityAtSpecificity,
  SpecificityAtSensitivity,
} from "./sensitivity.ts";
export { AUC, type AUCCurve, type AUCOptions, type SummationMethod } from "./auc.ts";
export {
  FalseNegatives,
  FalsePositives,
  Precision,
  type RatioOptions,
  Recall,
  type ThresholdOptions,
  TrueNegatives,
  TruePositives,
} from "./confusion.ts";
export {
  ConcordanceCorrelation,
  concordanceCorrelation,
  type CorrelationAxes,
  type CorrelationOptions,
  PearsonCorrelation,
  pearsonCorrelation,
} from "./correlation.ts";
export { F1Score, type F1ScoreOptions, FBetaScore, type FBetaScoreOptions, type ScoreAverage } from "./f_score.ts";
export {
  type AccuracyName,
  deserialize,
  getMetric as get,
  type MetricClassName,
  type MetricIdentifier,
  type MetricName,
  serialize,
} from "./resolve.ts";
export { BinaryIoU, type BinaryIoUOptions, IoU, type IoUOptions, MeanIoU, OneHotIoU, OneHotMeanIoU } from "./iou.ts";
export { binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy } from "../losses/crossentropy.ts";
export { klDivergence, poisson } from "../losses/divergence.ts";
export { binaryFocalCrossentropy, categoricalFocalCrossentropy } from "../losses/focal.ts";
export { categoricalHinge, hinge, squaredHinge } from "../losses/hinge.ts";
export {
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
} from "../losses/regression.ts";
export { huber, logCosh } from "../losses/robust.ts";
export { Mean, MeanMetricWrapper, type MeanMetricWrapperOptions, type MetricFunction, Sum } from "./mean.ts";
export { type Direction, Metric, type MetricOptions } from "./metric.ts";
export {
  BinaryCrossentropy,
  CategoricalCrossentropy,
  CategoricalHinge,
  CosineSimilarity,
  type CosineSimilarityOptions,
  Hinge,
  KLDivergence,
  LogCoshError,
  MeanAbsoluteError,
  MeanAbsolutePercentageError,
  MeanSquaredError,
  MeanSquaredLogarithmicError,
  Poisson,
  SparseCategoricalCrossentropy,
  SquaredHinge,
} from "./loss_metrics.ts";
export { type ClassAggregation, R2Score, type R2ScoreOptions, RootMeanSquaredError } from "./regression.ts";
export {
  SparseTopKCategoricalAccuracy,
  sparseTopKCategoricalAccuracy,
  type SparseTopKOptions,
  TopKCategoricalAccuracy,
  topKCategoricalAccuracy,
  type TopKOptions,
} from "./top_k.ts";
export { VectorMetric } from "./averaged.ts";
