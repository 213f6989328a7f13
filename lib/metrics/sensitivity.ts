// The best value of one rate where another is high enough. https://keras.io/api/metrics/classification_metrics/
import type { Value } from "../ir/value.ts";
import { add } from "../ops/primitives.ts";
import { integer, number, positiveInteger } from "../option_kinds.ts";
import { declareOptions, nullable, optionTable, required } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { countAt, maxThresholds } from "./thresholds.ts";
import { type Direction, Metric, type MetricFields, type MetricOptions, metricOptions } from "./metric.ts";
import { divideNoNaN } from "./averaged.ts";

/** Options of metrics of one rate at another. */
export interface AtRateOptions extends MetricOptions {
  /** The number of thresholds, evenly spaced from 0 to 1; 200 by default. */
  numThresholds?: number;
  /** Only this class counts. */
  classId?: number | null;
}

/** The counts at one threshold. */
interface CountsAt {
  readonly tp: number;
  readonly fp: number;
  readonly tn: number;
  readonly fn: number;
}

const sensitivity = ({ tp, fn }: CountsAt) => divideNoNaN(tp, tp + fn);
const specificity = ({ tn, fp }: CountsAt) => divideNoNaN(tn, tn + fp);
const precision = ({ tp, fp }: CountsAt) => divideNoNaN(tp, tp + fp);

const atRateOptions = optionTable<AtRateOptions>()({
  ...metricOptions,
  classId: nullable(integer(required, { min: 0 })),
  numThresholds: positiveInteger(200, maxThresholds),
});

/** The required level of the other rate. */
const rate = number(required, { min: 0, max: 1 });

/** The options, checked and completed. */
interface BestAtRate extends MetricFields<AtRateOptions, typeof atRateOptions> {}

/** The best value of one rate over the thresholds at which another is at least `least`. */
abstract class BestAtRate extends Metric {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";
  /** The thresholds, from 0 to 1. */
  readonly thresholds: readonly number[];
  readonly #counts: readonly Variable[];

  constructor(options: AtRateOptions) {
    super(options);
    const { numThresholds } = this;
    this.thresholds = numThresholds === 1
      ? [0.5]
      : Array.from({ length: numThresholds }, (_, i) => i / (numThresholds - 1));
    const names = ["true_positives", "false_positives", "true_negatives", "false_negatives"];
    this.#counts = names.map((name) => this.addVariable(name, [numThresholds]));
  }

  /** The required level of the other rate. */
  abstract get least(): number;

  /** The rate that must be high enough, and the rate whose best value is reported. */
  protected abstract rates(counts: CountsAt): readonly [given: number, wanted: number];

  /** Adds a batch to the counts. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const { thresholds, classId } = this;
    const counts = countAt(yTrue, yPred, { thresholds, classId, sampleWeight });
    const { truePositives, falsePositives, trueNegatives, falseNegatives } = counts;
    [truePositives, falsePositives, trueNegatives, falseNegatives].forEach((count, i) =>
      this.#counts[i].assign(add(this.#counts[i], count))
    );
  }

  /** The best rate; 0 if the other one is never high enough. */
  compute(state: readonly Tensor[]): number {
    const [tps, fps, tns, fns] = state.map(({ data }) => data);
    const least = Math.fround(this.least);
    const best = this.thresholds.reduce((best, _, i) => {
      const [given, wanted] = this.rates({ tp: tps[i], fp: fps[i], tn: tns[i], fn: fns[i] });
      return Math.fround(given) >= least ? Math.max(best, wanted) : best;
    }, 0);
    return Math.fround(best);
  }
}

const specificityOptions = optionTable<AtRateOptions & { specificity: number }>()({
  ...atRateOptions,
  specificity: rate,
});
const sensitivityOptions = optionTable<AtRateOptions & { sensitivity: number }>()({
  ...atRateOptions,
  sensitivity: rate,
});
const recallOptions = optionTable<AtRateOptions & { recall: number }>()({ ...atRateOptions, recall: rate });
const precisionOptions = optionTable<AtRateOptions & { precision: number }>()({ ...atRateOptions, precision: rate });

/** The options, checked and completed. */
export interface SensitivityAtSpecificity
  extends MetricFields<{ specificity: number }, Pick<typeof specificityOptions, "specificity">> {}
/** The options, checked and completed. */
export interface SpecificityAtSensitivity
  extends MetricFields<{ sensitivity: number }, Pick<typeof sensitivityOptions, "sensitivity">> {}
/** The options, checked and completed. */
export interface PrecisionAtRecall extends MetricFields<{ recall: number }, Pick<typeof recallOptions, "recall">> {}
/** The options, checked and completed. */
export interface RecallAtPrecision
  extends MetricFields<{ precision: number }, Pick<typeof precisionOptions, "precision">> {}

/**
 * The best sensitivity (the fraction of class 1 that is found) at a specificity of at least `specificity`.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.SensitivityAtSpecificity({ specificity: 0.5 }).name); // sensitivity_at_specificity
 * ```
 */
export class SensitivityAtSpecificity extends BestAtRate {
  static {
    declareOptions(this, specificityOptions);
  }

  /**
   * Takes specificity, thresholds, class and name. Throws {@linkcode ValueError} for one outside of 0 to 1. Defaults:
   * `classId: null`, `numThresholds: 200`.
   */
  constructor(options: AtRateOptions & { specificity: number }) {
    super(options);
  }
  /** The required level of the other rate. */
  get least(): number {
    return this.specificity;
  }
  /** Specificity and sensitivity. */
  protected rates(counts: CountsAt): readonly [number, number] {
    return [specificity(counts), sensitivity(counts)];
  }
}

/**
 * The best specificity (the fraction of class 0 that is rejected) at a sensitivity of at least `sensitivity`.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.SpecificityAtSensitivity({ sensitivity: 0.9 }).name); // specificity_at_sensitivity
 * ```
 */
export class SpecificityAtSensitivity extends BestAtRate {
  static {
    declareOptions(this, sensitivityOptions);
  }

  /**
   * Takes sensitivity, thresholds, class and name. Throws {@linkcode ValueError} for one outside of 0 to 1. Defaults:
   * `classId: null`, `numThresholds: 200`.
   */
  constructor(options: AtRateOptions & { sensitivity: number }) {
    super(options);
  }
  /** The required level of the other rate. */
  get least(): number {
    return this.sensitivity;
  }
  /** Sensitivity and specificity. */
  protected rates(counts: CountsAt): readonly [number, number] {
    return [sensitivity(counts), specificity(counts)];
  }
}

/**
 * The best precision at a recall of at least `recall`.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.PrecisionAtRecall({ recall: 0.8 }).name); // precision_at_recall
 * ```
 */
export class PrecisionAtRecall extends BestAtRate {
  static {
    declareOptions(this, recallOptions);
  }

  /**
   * Takes recall, thresholds, class and name. Throws {@linkcode ValueError} for one outside of 0 to 1. Defaults:
   * `classId: null`, `numThresholds: 200`.
   */
  constructor(options: AtRateOptions & { recall: number }) {
    super(options);
  }
  /** The required level of the other rate. */
  get least(): number {
    return this.recall;
  }
  /** Recall and precision. */
  protected rates(counts: CountsAt): readonly [number, number] {
    return [sensitivity(counts), precision(counts)];
  }
}

/**
 * The best recall at a precision of at least `precision`.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.RecallAtPrecision({ precision: 0.8 }).name); // recall_at_precision
 * ```
 */
export class RecallAtPrecision extends BestAtRate {
  static {
    declareOptions(this, precisionOptions);
  }

  /**
   * Takes precision, thresholds, class and name. Throws {@linkcode ValueError} for one outside of 0 to 1. Defaults:
   * `classId: null`, `numThresholds: 200`.
   */
  constructor(options: AtRateOptions & { precision: number }) {
    super(options);
  }
  /** The required level of the other rate. */
  get least(): number {
    return this.precision;
  }
  /** Precision and recall. */
  protected rates(counts: CountsAt): readonly [number, number] {
    return [precision(counts), sensitivity(counts)];
  }
}
