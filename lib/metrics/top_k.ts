// Accuracies among the k largest outputs. https://keras.io/api/metrics/accuracy_metrics/
import type { Config } from "../config.ts";
import type { Value } from "../ir/value.ts";
import { oneHot } from "../ops/composed.ts";
import { argMax, cast, greater, less, reshape, select, sum } from "../ops/primitives.ts";
import { checkOptions, checkPositiveInteger } from "../options.ts";
import { MeanMetricWrapper } from "./mean.ts";
import type { MetricOptions } from "./metric.ts";

/** 1 where fewer than `k` outputs are larger than that of the class, `[batch, ...]` of outputs `[batch, ..., classes]`. */
function inTopK(labels: Value, outputs: Value, k: number): Value {
  const classes = outputs.shape[outputs.shape.length - 1];
  const mine = sum(select(oneHot(labels, classes), outputs, 0), -1, true);
  return cast(less(sum(cast(greater(outputs, mine), "float32"), -1), k), "float32");
}

/** 1 where the class of a one-hot target is among the `k` (5 by default) largest outputs. */
export function topKCategoricalAccuracy(yTrue: Value, yPred: Value, k = 5): Value {
  return inTopK(argMax(yTrue), cast(yPred, "float32"), k);
}

/** 1 where the class that the label names is among the `k` (5 by default) largest outputs. */
export function sparseTopKCategoricalAccuracy(yTrue: Value, yPred: Value, k = 5): Value {
  return inTopK(reshape(cast(yTrue, "int32"), yPred.shape.slice(0, -1)), cast(yPred, "float32"), k);
}

/** Options of the top-k accuracies. */
export interface TopKOptions extends MetricOptions {
  /** How many of the largest outputs count; 5 by default. */
  k?: number;
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
  /** Takes name and k. Throws {@linkcode ValueError} for a k that is no positive integer. */
  constructor({ name = "sparse_top_k_categorical_accuracy", k = 5, ...rest }: TopKOptions = {}) {
    checkOptions("SparseTopKCategoricalAccuracy", rest, ["name", "k"]);
    checkPositiveInteger("SparseTopKCategoricalAccuracy", "k", k);
    super((yTrue, yPred) => sparseTopKCategoricalAccuracy(yTrue, yPred, k), { name, direction: "up" });
    this.k = k;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), k: this.k };
  }
}
