// Accuracies among the k largest outputs. https://keras.io/api/metrics/accuracy_metrics/
import type { Config } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { expandDims } from "../ops/composed.ts";
import { inTopK } from "../ops/ordering.ts";
import { argMax, cast, equal, max, reshape, slice } from "../ops/primitives.ts";
import { checkPositiveInteger } from "../option_kinds.ts";
import { checkOptions } from "../options.ts";
import { MeanMetricWrapper } from "./mean.ts";
import type { MetricOptions } from "./metric.ts";

/** 1 where the class of a one-hot target is among the `k` (5 by default) largest outputs. */
export function topKCategoricalAccuracy(yTrue: Value, yPred: Value, k = 5): Value {
  return cast(inTopK(argMax(yTrue), yPred, k), "float32");
}

/**
 * 1 where the class that the label names is among the `k` (5 by default) largest outputs; with `fromSortedIds`, among
 * the first `k` outputs, which are then class numbers, the likeliest first.
 */
export function sparseTopKCategoricalAccuracy(yTrue: Value, yPred: Value, k = 5, fromSortedIds = false): Value {
  const labels = reshape(cast(yTrue, "int32"), yPred.shape.slice(0, -1));
  if (!fromSortedIds) return cast(inTopK(labels, yPred, k), "float32");
  const last = yPred.shape.length - 1;
  const first = slice(yPred, yPred.shape.map(() => 0), [...labels.shape, Math.min(k, yPred.shape[last])]);
  return max(cast(equal(cast(first, "int32"), expandDims(labels, -1)), "float32"), -1);
}

/** Options of the top-k accuracies. */
export interface TopKOptions extends MetricOptions {
  /** How many of the largest outputs count; 5 by default. */
  k?: number;
}

/** Options of {@linkcode SparseTopKCategoricalAccuracy}. */
export interface SparseTopKOptions extends TopKOptions {
  /** Whether outputs are class numbers, the likeliest first, instead of scores; false by default. */
  fromSortedIds?: boolean;
}

/**
 * How often the class of a one-hot target is among the `k` largest outputs.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.TopKCategoricalAccuracy({ k: 3 }).name); // top_k_categorical_accuracy
 * ```
 */
export class TopKCategoricalAccuracy extends MeanMetricWrapper {
  /** How many of the largest outputs count. */
  readonly k: number;
  /** Takes name and k. Throws {@linkcode ValueError} for a k that is no positive integer. */
  constructor({ name = "top_k_categorical_accuracy", k = 5, ...rest }: TopKOptions = {}) {
    checkOptions("TopKCategoricalAccuracy", rest, ["name", "k"]);
    checkPositiveInteger("TopKCategoricalAccuracy", "k", k);
    super((yTrue, yPred) => topKCategoricalAccuracy(yTrue, yPred, k), { name, direction: "up" });
    this.k = k;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), k: this.k };
  }
}

/**
 * How often the class that the label names is among the `k` largest outputs.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.SparseTopKCategoricalAccuracy().k); // 5
 * ```
 */
export class SparseTopKCategoricalAccuracy extends MeanMetricWrapper {
  /** How many of the largest outputs count. */
  readonly k: number;
  /** Whether outputs are class numbers, the likeliest first. */
  readonly fromSortedIds: boolean;
  /** Takes name, k and what outputs are. Throws {@linkcode ValueError} for a k that is no positive integer. */
  constructor(options: SparseTopKOptions = {}) {
    checkOptions("SparseTopKCategoricalAccuracy", options, ["name", "k", "fromSortedIds"]);
    const { name = "sparse_top_k_categorical_accuracy", k = 5, fromSortedIds = false } = options;
    checkPositiveInteger("SparseTopKCategoricalAccuracy", "k", k);
    super((yTrue, yPred) => sparseTopKCategoricalAccuracy(yTrue, yPred, k, fromSortedIds), { name, direction: "up" });
    this.k = k;
    this.fromSortedIds = fromSortedIds;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    // Keras writes it only where it is set.
    return { ...super.getConfig(), k: this.k, ...(this.fromSortedIds && { from_sorted_ids: true }) };
  }
}
