// Accuracies among the k largest outputs. https://keras.io/api/metrics/accuracy_metrics/
import type { Value } from "../ir/value.ts";
import { expandDims } from "../ops/composed.ts";
import { inTopK } from "../ops/ordering.ts";
import { argMax, cast, equal, max, reshape, slice } from "../ops/primitives.ts";
import { boolean, positiveInteger } from "../option_kinds.ts";
import { declareOptions, optionTable, unlessDefault } from "../options.ts";
import { normalizeAxis } from "../shape.ts";
import { shapeOf } from "../tensor/apply.ts";
import { MeanOfValues } from "./mean.ts";
import { type Direction, type MetricFields, type MetricOptions, metricOptions } from "./metric.ts";

/** 1 if the class of a one-hot target is among the `k` (5 by default) largest outputs. */
export function topKCategoricalAccuracy(yTrue: Value, yPred: Value, k = 5): Value {
  return cast(inTopK(argMax(yTrue), yPred, k), "float32");
}

/**
 * 1 if the label's class is among the `k` (5 by default) largest outputs; with `fromSortedIds`, among the first `k`
 * outputs, which are then class numbers, the most likely first.
 */
export function sparseTopKCategoricalAccuracy(yTrue: Value, yPred: Value, k = 5, fromSortedIds = false): Value {
  const shape = shapeOf(yPred);
  const last = normalizeAxis(-1, shape.length, "compute sparse_top_k_categorical_accuracy");
  const labels = reshape(cast(yTrue, "int32"), shape.slice(0, -1));
  if (!fromSortedIds) return cast(inTopK(labels, yPred, k), "float32");
  const first = slice(yPred, shape.map(() => 0), [...labels.shape, Math.min(k, shape[last])]);
  return max(cast(equal(cast(first, "int32"), expandDims(labels, -1)), "float32"), -1);
}

/** Options of the top-k accuracies. */
export interface TopKOptions extends MetricOptions {
  /** How many of the largest outputs count; 5 by default. */
  k?: number;
}

/** Options of {@linkcode SparseTopKCategoricalAccuracy}. */
export interface SparseTopKOptions extends TopKOptions {
  /** Whether outputs are class numbers, the most likely first, instead of scores; false by default. */
  fromSortedIds?: boolean;
}

const topKOptions = optionTable<TopKOptions>()({ ...metricOptions, k: positiveInteger(5) });
const sparseTopKOptions = optionTable<SparseTopKOptions>()({
  ...topKOptions,
  // Keras writes it only if it is set.
  fromSortedIds: unlessDefault(boolean(false)),
});

/** The options, checked and completed. */
export interface TopKCategoricalAccuracy extends MetricFields<TopKOptions, typeof topKOptions> {}
/** The options, checked and completed. */
export interface SparseTopKCategoricalAccuracy extends MetricFields<SparseTopKOptions, typeof sparseTopKOptions> {}

/**
 * How often the class of a one-hot target is among the `k` largest outputs.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.TopKCategoricalAccuracy({ k: 3 }).name); // top_k_categorical_accuracy
 * ```
 */
export class TopKCategoricalAccuracy extends MeanOfValues {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";

  static {
    declareOptions(this, topKOptions);
  }

  /** Takes name and k. Throws {@linkcode ValueError} if k is not a positive integer. Defaults: `k: 5`. */
  constructor(options: TopKOptions = {}) {
    super(options);
  }
  /** Whether each sample's class is among the k. */
  protected values(yTrue: Value, yPred: Value): Value {
    return topKCategoricalAccuracy(yTrue, yPred, this.k);
  }
}

/**
 * How often the label's class is among the `k` largest outputs.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.SparseTopKCategoricalAccuracy().k); // 5
 * ```
 */
export class SparseTopKCategoricalAccuracy extends MeanOfValues {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";

  static {
    declareOptions(this, sparseTopKOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} if k is not a positive integer. Defaults: `k: 5`,
   * `fromSortedIds: false`.
   */
  constructor(options: SparseTopKOptions = {}) {
    super(options);
  }
  /** Whether each sample's class is among the k. */
  protected values(yTrue: Value, yPred: Value): Value {
    return sparseTopKCategoricalAccuracy(yTrue, yPred, this.k, this.fromSortedIds);
  }
}

/** The named classes of this family by their names in snake case; each is also known by its class name. */
export const topKMetrics = {
  sparse_top_k_categorical_accuracy: { SparseTopKCategoricalAccuracy },
  top_k_categorical_accuracy: { TopKCategoricalAccuracy },
} as const;
