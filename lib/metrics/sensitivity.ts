// The best of one rate where another is high enough. https://keras.io/api/metrics/classification_metrics/
import type { Config } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { add } from "../ops/primitives.ts";
import { checkPositiveInteger, checkRange } from "../option_kinds.ts";
import { checkOptions } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { countAt } from "./thresholds.ts";
import { type Direction, Metric, type MetricOptions } from "./metric.ts";
import { divideNoNaN } from "./averaged.ts";

/** Options of metrics of one rate at another. */
export interface AtRateOptions extends MetricOptions {
  /** How many thresholds are tried, evenly from 0 to 1; 200 by default. */
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

/** The best of one rate over the thresholds at which another is at least `least`. */
abstract class BestAtRate extends Metric {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";
  /** The thresholds, from 0 to 1. */
  readonly thresholds: readonly number[];
  readonly #counts: readonly Variable[];
  readonly #options: Required<Omit<AtRateOptions, "name">>;

  constructor(
    /** The name of the rate that is given, in options. */
    readonly given: "sensitivity" | "specificity" | "precision" | "recall",
    /** What that rate must be at least. */
    readonly least: number,
    options: AtRateOptions,
  ) {
    const className = new.target.name;
    checkOptions(className, options, [given, "numThresholds", "classId", "name"]);
    super(options);
    const { numThresholds = 200, classId = null } = options;
    checkRange(className, given, least, 0, 1);
    checkPositiveInteger(className, "numThresholds", numThresholds);
    if (classId !== null) checkPositiveInteger(className, "classId + 1", classId + 1);
    this.#options = { numThresholds, classId };
    this.thresholds = numThresholds === 1
      ? [0.5]
      : Array.from({ length: numThresholds }, (_, i) => i / (numThresholds - 1));
    const names = ["true_positives", "false_positives", "true_negatives", "false_negatives"];
    this.#counts = names.map((name) => this.addVariable(name, [numThresholds]));
  }

  /** The rate that is to be high enough, and the one of which the best is wanted. */
  protected abstract rates(counts: CountsAt): readonly [given: number, wanted: number];

  /** Takes a batch into the counts. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const { thresholds } = this;
    const counts = countAt(yTrue, yPred, { thresholds, classId: this.#options.classId, sampleWeight });
    const { truePositives, falsePositives, trueNegatives, falseNegatives } = counts;
    [truePositives, falsePositives, trueNegatives, falseNegatives].forEach((count, i) =>
      this.#counts[i].assign(add(this.#counts[i], count))
    );
  }

  /** The best rate; 0 where the other is nowhere high enough. */
  compute(state: readonly Tensor[]): number {
    const [tps, fps, tns, fns] = state.map(({ data }) => data);
    const least = Math.fround(this.least);
    const wanted = this.thresholds.map((_, i) => {
      const [given, rate] = this.rates({ tp: tps[i], fp: fps[i], tn: tns[i], fn: fns[i] });
      return Math.fround(given) >= least ? rate : 0;
    });
    return Math.fround(Math.max(0, ...wanted));
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { numThresholds, classId } = this.#options;
    return { ...super.getConfig(), class_id: classId, num_thresholds: numThresholds, [this.given]: this.least };
  }
}

/**
 * The best sensitivity (the part of class 1 that is found) at a specificity of at least `specificity`.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.SensitivityAtSpecificity({ specificity: 0.5 }).name); // sensitivity_at_specificity
 * ```
 */
export class SensitivityAtSpecificity extends BestAtRate {
  /** Takes specificity, thresholds, class and name. Throws {@linkcode ValueError} for one outside of 0 to 1. */
  constructor(options: AtRateOptions & { specificity: number }) {
    super("specificity", options?.specificity, options);
  }
  /** Specificity and sensitivity. */
  protected rates(counts: CountsAt): readonly [number, number] {
    return [specificity(counts), sensitivity(counts)];
  }
}

/**
 * The best specificity (the part of class 0 that is left out) at a sensitivity of at least `sensitivity`.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.SpecificityAtSensitivity({ sensitivity: 0.9 }).name); // specificity_at_sensitivity
 * ```
 */
export class SpecificityAtSensitivity extends BestAtRate {
  /** Takes sensitivity, thresholds, class and name. Throws {@linkcode ValueError} for one outside of 0 to 1. */
  constructor(options: AtRateOptions & { sensitivity: number }) {
    super("sensitivity", options?.sensitivity, options);
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
  /** Takes recall, thresholds, class and name. Throws {@linkcode ValueError} for one outside of 0 to 1. */
  constructor(options: AtRateOptions & { recall: number }) {
    super("recall", options?.recall, options);
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
  /** Takes precision, thresholds, class and name. Throws {@linkcode ValueError} for one outside of 0 to 1. */
  constructor(options: AtRateOptions & { precision: number }) {
    super("precision", options?.precision, options);
  }
  /** Precision and recall. */
  protected rates(counts: CountsAt): readonly [number, number] {
    return [precision(counts), sensitivity(counts)];
  }
}
