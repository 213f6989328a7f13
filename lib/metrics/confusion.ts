// True and false positives and negatives, precision and recall. https://keras.io/api/metrics/classification_metrics/
import type { Config } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { add } from "../ops/primitives.ts";
import { checkPositiveInteger } from "../option_kinds.ts";
import { checkOptions } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { countAt, type Counts, thresholdList } from "./thresholds.ts";
import type { Direction, MetricOptions } from "./metric.ts";
import { divideNoNaN, VectorMetric } from "./averaged.ts";

/** Options of metrics with thresholds. */
export interface ThresholdOptions extends MetricOptions {
  /** Outputs above it are positive, from 0 to 1; several give several results. 0.5 by default. */
  thresholds?: number | readonly number[] | null;
}

/** Options of {@linkcode Precision} and {@linkcode Recall}. */
export interface RatioOptions extends ThresholdOptions {
  /** Only so many outputs of each sample, the largest, are positive; then there is no threshold by default. */
  topK?: number | null;
  /** Only this class counts. */
  classId?: number | null;
}

const configOf = (thresholds: ThresholdOptions["thresholds"]): Config => ({ thresholds: thresholds ?? null });

/** A count for each threshold. */
abstract class Count extends VectorMetric {
  /** Whether the count is of what is right or of what is wrong. */
  override readonly direction: Direction;
  /** The thresholds. */
  readonly thresholds: readonly number[];
  /** The counts so far, `[thresholds]`. */
  readonly accumulator: Variable;
  readonly #key: keyof Counts;
  readonly #config: Config;

  constructor(key: keyof Counts, options: ThresholdOptions) {
    checkOptions(new.target.name, options, ["thresholds", "name"]);
    super(options);
    this.#key = key;
    this.direction = key.startsWith("true") ? "up" : "down";
    this.thresholds = thresholdList(new.target.name, options.thresholds ?? null, 0.5);
    this.accumulator = this.addVariable("accumulator", [this.thresholds.length]);
    this.#config = configOf(options.thresholds);
  }

  /** Takes a batch into the counts. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const counts = countAt(yTrue, yPred, { thresholds: this.thresholds, sampleWeight });
    this.accumulator.assign(add(this.accumulator, counts[this.#key]));
  }

  /** The count at each threshold. */
  computeAll([counts]: readonly Tensor[]): number[] {
    return [...counts.data];
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), ...this.#config };
  }
}

/**
 * How many targets are class 1 and above the threshold.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.TruePositives({ thresholds: 0.7 }).name); // true_positives
 * ```
 */
export class TruePositives extends Count {
  /** Takes thresholds and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1. */
  constructor(options: ThresholdOptions = {}) {
    super("truePositives", options);
  }
}

/**
 * How many targets are class 0 but above the threshold.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.FalsePositives({ thresholds: 0.7 }).name); // false_positives
 * ```
 */
export class FalsePositives extends Count {
  /** Takes thresholds and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1. */
  constructor(options: ThresholdOptions = {}) {
    super("falsePositives", options);
  }
}

/**
 * How many targets are class 0 and not above the threshold.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.TrueNegatives({ thresholds: 0.7 }).name); // true_negatives
 * ```
 */
export class TrueNegatives extends Count {
  /** Takes thresholds and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1. */
  constructor(options: ThresholdOptions = {}) {
    super("trueNegatives", options);
  }
}

/**
 * How many targets are class 1 but not above the threshold.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.FalseNegatives({ thresholds: 0.7 }).name); // false_negatives
 * ```
 */
export class FalseNegatives extends Count {
  /** Takes thresholds and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1. */
  constructor(options: ThresholdOptions = {}) {
    super("falseNegatives", options);
  }
}

/** True positives over themselves and another count. */
abstract class Ratio extends VectorMetric {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";
  /** The thresholds. */
  readonly thresholds: readonly number[];
  /** The true positives so far, `[thresholds]`. */
  readonly truePositives: Variable;
  /** The other count so far, `[thresholds]`. */
  readonly others: Variable;
  readonly #other: "falsePositives" | "falseNegatives";
  readonly #options: RatioOptions;

  constructor(other: "falsePositives" | "falseNegatives", options: RatioOptions) {
    const className = new.target.name;
    checkOptions(className, options, ["thresholds", "topK", "classId", "name"]);
    super(options);
    const { thresholds = null, topK = null, classId = null } = options;
    if (topK !== null) checkPositiveInteger(className, "topK", topK);
    if (classId !== null) checkPositiveInteger(className, "classId + 1", classId + 1);
    this.#other = other;
    this.#options = { topK, classId, thresholds };
    this.thresholds = thresholdList(className, thresholds, topK === null ? 0.5 : -1e9);
    this.truePositives = this.addVariable("true_positives", [this.thresholds.length]);
    this.others = this.addVariable(other === "falsePositives" ? "false_positives" : "false_negatives", [
      this.thresholds.length,
    ]);
  }

  /** Takes a batch into the counts. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const { topK, classId } = this.#options;
    const counts = countAt(yTrue, yPred, { thresholds: this.thresholds, topK, classId, sampleWeight });
    this.truePositives.assign(add(this.truePositives, counts.truePositives));
    this.others.assign(add(this.others, counts[this.#other]));
  }

  /** The ratio at each threshold. */
  computeAll([right, others]: readonly Tensor[]): number[] {
    return [...right.data].map((count, i) => divideNoNaN(count, count + others.data[i]));
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { thresholds, topK = null, classId = null } = this.#options;
    return { ...super.getConfig(), ...configOf(thresholds), top_k: topK, class_id: classId };
  }
}

/**
 * The part of what is above the threshold that is of class 1; 0 where there is none.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.Precision({ topK: 3 }).name); // precision
 * ```
 */
export class Precision extends Ratio {
  /** Takes thresholds, `topK`, `classId` and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1. */
  constructor(options: RatioOptions = {}) {
    super("falsePositives", options);
  }
}

/**
 * The part of class 1 that is above the threshold; 0 where there is none.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.Recall({ classId: 2 }).name); // recall
 * ```
 */
export class Recall extends Ratio {
  /** Takes thresholds, `topK`, `classId` and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1. */
  constructor(options: RatioOptions = {}) {
    super("falseNegatives", options);
  }
}
