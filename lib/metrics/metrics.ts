// The metrics, as mod.ts exports them under `metrics`.
export {
  BinaryAccuracy,
  binaryAccuracy,
  type BinaryAccuracyOptions,
  CategoricalAccuracy,
  categoricalAccuracy,
  SparseCategoricalAccuracy,
  sparseCategoricalAccuracy,
} from "./accuracy.ts";
export { type AccuracyName, getMetric as get, type MetricIdentifier, type MetricName } from "./identify.ts";
export { Mean, MeanMetricWrapper, type MetricFunction } from "./mean.ts";
export { type Direction, Metric, type MetricOptions } from "./metric.ts";
