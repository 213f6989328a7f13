// True and false positives and negatives, precision and recall. https://keras.io/api/metrics/classification_metrics/
import type { Value } from "../ir/value.ts";
import { add } from "../ops/primitives.ts";
import { integer, positiveInteger } from "../option_kinds.ts";
import { declareOptions, nullable, optionTable, required } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { countAt, type Counts, thresholdList, type Thresholds, thresholdsOption } from "./thresholds.ts";
import { type Direction, type MetricFields, type MetricOptions, metricOptions } from "./metric.ts";
import { divideNoNaN, VectorMetric } from "./averaged.ts";

/** Options of metrics with thresholds. */
export interface ThresholdOptions extends MetricOptions {
  /** Outputs above it are positive, from 0 to 1; several thresholds give several results. 0.5 by default. */
  thresholds?: Thresholds | null;
}

/** Options of {@linkcode Precision} and {@linkcode Recall}. */
export interface RatioOptions extends ThresholdOptions {
  /** If given, only the `topK` largest outputs of each sample are positive, and there is no threshold by default. */
  topK?: number | null;
  /** Only this class counts. */
  classId?: number | null;
}

const thresholdOptions = optionTable<ThresholdOptions>()({ ...metricOptions, thresholds: thresholdsOption });
const ratioOptions = optionTable<RatioOptions>()({
  ...thresholdOptions,
  topK: nullable(positiveInteger()),
  classId: nullable(integer(required, { min: 0 })),
});

/** A count per threshold. */
abstract class Count extends VectorMetric {
  /** The thresholds as given; null for the default. */
  declare readonly givenThresholds: Thresholds | null;
  /** The thresholds. */
  readonly thresholds: readonly number[];
  /** The counts so far, `[thresholds]`. */
  readonly accumulator: Variable;

  static {
    declareOptions(this, thresholdOptions);
  }

  constructor(options: ThresholdOptions = {}) {
    super(options);
    this.thresholds = thresholdList(this.givenThresholds, 0.5);
    this.accumulator = this.addVariable("accumulator", [this.thresholds.length]);
  }

  /** What is counted. */
  protected abstract readonly counted: keyof Counts;

  /** Adds a batch to the counts. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const counts = countAt(yTrue, yPred, { thresholds: this.thresholds, sampleWeight });
    this.accumulator.assign(add(this.accumulator, counts[this.counted]));
  }

  /** The count at each threshold. */
  computeAll([counts]: readonly Tensor[]): number[] {
    return [...counts.data];
  }
}

/**
 * The number of targets of class 1 with outputs above the threshold.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.TruePositives({ thresholds: 0.7 }).name); // true_positives
 * ```
 */
export class TruePositives extends Count {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";
  /** What is counted. */
  protected readonly counted = "truePositives";

  /**
   * Takes thresholds and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1. Defaults:
   * `thresholds: null`.
   */
  constructor(options: ThresholdOptions = {}) {
    super(options);
  }
}

/**
 * The number of targets of class 0 with outputs above the threshold.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.FalsePositives({ thresholds: 0.7 }).name); // false_positives
 * ```
 */
export class FalsePositives extends Count {
  /** It falls as outputs get better. */
  override readonly direction: Direction = "down";
  /** What is counted. */
  protected readonly counted = "falsePositives";

  /**
   * Takes thresholds and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1. Defaults:
   * `thresholds: null`.
   */
  constructor(options: ThresholdOptions = {}) {
    super(options);
  }
}

/**
 * The number of targets of class 0 with outputs not above the threshold.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.TrueNegatives({ thresholds: 0.7 }).name); // true_negatives
 * ```
 */
export class TrueNegatives extends Count {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";
  /** What is counted. */
  protected readonly counted = "trueNegatives";

  /**
   * Takes thresholds and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1. Defaults:
   * `thresholds: null`.
   */
  constructor(options: ThresholdOptions = {}) {
    super(options);
  }
}

/**
 * The number of targets of class 1 with outputs not above the threshold.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.FalseNegatives({ thresholds: 0.7 }).name); // false_negatives
 * ```
 */
export class FalseNegatives extends Count {
  /** It falls as outputs get better. */
  override readonly direction: Direction = "down";
  /** What is counted. */
  protected readonly counted = "falseNegatives";

  /**
   * Takes thresholds and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1. Defaults:
   * `thresholds: null`.
   */
  constructor(options: ThresholdOptions = {}) {
    super(options);
  }
}

/** The options, checked and completed. */
interface Ratio extends MetricFields<Omit<RatioOptions, "thresholds">, Omit<typeof ratioOptions, "thresholds">> {}

/** True positives divided by the sum of these and another count. */
abstract class Ratio extends VectorMetric {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";
  /** The thresholds as given; null for the default. */
  declare readonly givenThresholds: Thresholds | null;
  /** The thresholds. */
  readonly thresholds: readonly number[];
  /** The true positives so far, `[thresholds]`. */
  readonly truePositives: Variable;
  /** The other count so far, `[thresholds]`. */
  readonly others: Variable;
  readonly #other: "falsePositives" | "falseNegatives";

  static {
    declareOptions(this, ratioOptions);
  }

  constructor(other: "falsePositives" | "falseNegatives", options: RatioOptions) {
    super(options);
    this.#other = other;
    this.thresholds = thresholdList(this.givenThresholds, this.topK === null ? 0.5 : -1e9);
    this.truePositives = this.addVariable("true_positives", [this.thresholds.length]);
    this.others = this.addVariable(other === "falsePositives" ? "false_positives" : "false_negatives", [
      this.thresholds.length,
    ]);
  }

  /** Adds a batch to the counts. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const { thresholds, topK, classId } = this;
    const counts = countAt(yTrue, yPred, { thresholds, topK, classId, sampleWeight });
    this.truePositives.assign(add(this.truePositives, counts.truePositives));
    this.others.assign(add(this.others, counts[this.#other]));
  }

  /** The ratio at each threshold. */
  computeAll([right, others]: readonly Tensor[]): number[] {
    return [...right.data].map((count, i) => divideNoNaN(count, count + others.data[i]));
  }
}

/**
 * The fraction of positive outputs whose targets are class 1; 0 if there are none.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.Precision({ topK: 3 }).name); // precision
 * ```
 */
export class Precision extends Ratio {
  /**
   * Takes thresholds, `topK`, `classId` and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1.
   * Defaults: `thresholds: null`, `topK: null`, `classId: null`.
   */
  constructor(options: RatioOptions = {}) {
    super("falsePositives", options);
  }
}

/**
 * The fraction of targets of class 1 whose outputs are positive; 0 if there are none.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.Recall({ classId: 2 }).name); // recall
 * ```
 */
export class Recall extends Ratio {
  /**
   * Takes thresholds, `topK`, `classId` and name. Throws {@linkcode ValueError} for a threshold outside of 0 to 1.
   * Defaults: `thresholds: null`, `topK: null`, `classId: null`.
   */
  constructor(options: RatioOptions = {}) {
    super("falseNegatives", options);
  }
}

/** The named classes of this family by their names in snake case; each is also known by its class name. */
export const confusionMetrics = {
  false_negatives: { FalseNegatives },
  false_positives: { FalsePositives },
  precision: { Precision },
  recall: { Recall },
  true_negatives: { TrueNegatives },
  true_positives: { TruePositives },
} as const;
