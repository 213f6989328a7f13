// Accuracies among the k largest outputs. https://keras.io/api/metrics/accuracy_metrics/
import type { Config } from "../config.ts";
import type { Value } from "../ir/value.ts";
import { inTopK } from "../ops/ordering.ts";
import { argMax, cast, reshape } from "../ops/primitives.ts";
import { checkOptions, checkPositiveInteger } from "../options.ts";
import { MeanMetricWrapper } from "./mean.ts";
import type { MetricOptions } from "./metric.ts";

/** 1 where the class of a one-hot target is among the `k` (5 by default) largest outputs. */
export function topKCategoricalAccuracy(yTrue: Value, yPred: Value, k = 5): Value {
  return cast(inTopK(argMax(yTrue), yPred, k), "float32");
}

/** 1 where the class that the label names is among the `k` (5 by default) largest outputs. */
export function sparseTopKCategoricalAccuracy(yTrue: Value, yPred: Value, k = 5): Value {
  return cast(inTopK(reshape(cast(yTrue, "int32"), yPred.shape.slice(0, -1)), yPred, k), "float32");
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
