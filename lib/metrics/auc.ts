// AUC: the area under the ROC or the precision-recall curve. https://keras.io/api/metrics/classification_metrics/#auc-class
import { epsilon } from "../config.ts";
import type { Config } from "../json_config.ts";
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { add, sigmoid } from "../ops/primitives.ts";
import { boolean, choice, integer, positiveInteger } from "../option_kinds.ts";
import { declareOptions, nullable, option, optionTable, withFacts } from "../options.ts";
import { formatShape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { countAt, maxThresholds, thresholdList, type Thresholds, thresholdsOption } from "./thresholds.ts";
import { type Direction, Metric, type MetricFields, type MetricOptions, metricOptions } from "./metric.ts";
import { divideNoNaN } from "./averaged.ts";

/** The curve whose area is computed. */
export type AUCCurve = "ROC" | "PR" | "PRGAIN";
/** How the area between two thresholds is computed. */
export type SummationMethod = "interpolation" | "minoring" | "majoring";

/** Options of {@linkcode AUC}. */
export interface AUCOptions extends MetricOptions {
  /** The number of thresholds; 200 by default. */
  numThresholds?: number;
  /** The curve; `ROC` by default. */
  curve?: AUCCurve;
  /** How areas are computed; `interpolation` by default. */
  summationMethod?: SummationMethod;
  /** The thresholds, from 0 to 1, in place of their number. */
  thresholds?: readonly number[] | null;
  /** Whether each label has its own curve, and the mean area is reported; false by default. */
  multiLabel?: boolean;
  /** The number of labels; taken from the first batch by default. */
  numLabels?: number | null;
  /** A weight for each label. */
  labelWeights?: readonly number[] | null;
  /** Whether outputs are logits; false by default. */
  fromLogits?: boolean;
}

const weightsOption = nullable(option<readonly number[]>({
  read: (given, { what }) => {
    const list: unknown = given instanceof Tensor ? [...given.data] : given;
    if (Array.isArray(list) && list.length > 0 && list.every((w) => typeof w === "number" && w >= 0)) return list;
    throw new ValueError({
      what,
      rule: "labelWeights must be a list of numbers of at least 0",
      received: describe(given),
      hint: "give one number for each label",
    });
  },
  // As Keras writes a tensor.
  write: (weights) => ({
    class_name: "__tensor__",
    config: { value: weights.map(Math.fround), dtype: "float32" },
  }),
}));

const aucOptions = optionTable<AUCOptions>()({
  ...metricOptions,
  numThresholds: integer(200, { min: 2, max: maxThresholds }),
  curve: choice<AUCCurve>(["ROC", "PR", "PRGAIN"]),
  summationMethod: choice<SummationMethod>(["interpolation", "minoring", "majoring"]),
  multiLabel: boolean(false),
  numLabels: nullable(positiveInteger()),
  labelWeights: weightsOption,
  fromLogits: boolean(false),
  thresholds: withFacts(thresholdsOption, { written: "unless null" }),
});

/** The options, checked and completed. */
export interface AUC extends MetricFields<Omit<AUCOptions, "thresholds">, Omit<typeof aucOptions, "thresholds">> {}

/** The counts at each threshold, for one label. */
interface Curve {
  readonly tp: number[];
  readonly fp: number[];
  readonly tn: number[];
  readonly fn: number[];
}

/**
 * The area under a curve of rates over thresholds: for `ROC`, the probability that a sample of class 1 has a larger
 * output than one of class 0.
 *
 * @example Precision over recall
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.AUC({ curve: "PR" }).name); // auc
 * ```
 */
export class AUC extends Metric {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";
  /** The thresholds as given; null if `numThresholds` gives their number. */
  declare readonly givenThresholds: Thresholds | null;
  /** The thresholds, with one below 0 and one above 1. */
  readonly thresholds: readonly number[];
  #counts: Variable[] | undefined;

  static {
    declareOptions(this, aucOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for an unknown curve or method, or an invalid threshold. Defaults:
   * `numThresholds: 200`, `curve: "ROC"`, `summationMethod: "interpolation"`, `multiLabel: false`, `numLabels: null`,
   * `labelWeights: null`, `fromLogits: false`, `thresholds: null`.
   */
  constructor(options: AUCOptions = {}) {
    super(options);
    const { numThresholds, givenThresholds, multiLabel, numLabels } = this;
    if (numLabels !== null && !multiLabel) {
      const hint = "set multiLabel too, or leave numLabels out";
      throw new ValueError({ what: "Cannot make AUC", rule: "numLabels needs multiLabel", received: "none", hint });
    }
    const inner = givenThresholds === null
      ? Array.from({ length: numThresholds - 2 }, (_, i) => (i + 1) / (numThresholds - 1))
      : [...thresholdList(givenThresholds, 0.5)].sort((a, b) => a - b);
    this.thresholds = [-epsilon(), ...inner, 1 + epsilon()];
    const size = this.thresholds.length;
    if (!multiLabel) this.#build([size]);
    else if (numLabels !== null) this.#build([size, numLabels]);
  }

  #build(shape: number[]): Variable[] {
    const names = ["true_positives", "false_positives", "true_negatives", "false_negatives"];
    return this.#counts ??= names.map((name) => this.addVariable(name, shape));
  }

  /** Adds a batch to the counts. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const { multiLabel, labelWeights, fromLogits } = this;
    if (multiLabel && yPred.shape.length !== 2) {
      throw new ValueError({
        what: `Cannot update "${this.name}"`,
        rule: "with multiLabel, outputs must have two axes",
        received: formatShape(yPred.shape),
        hint: "flatten outputs to [batch, labels]",
      });
    }
    const variables = this.#build([this.thresholds.length, ...(multiLabel ? [yPred.shape[1]] : [])]);
    const counts = countAt(yTrue, fromLogits ? sigmoid(yPred) : yPred, {
      thresholds: this.thresholds,
      sampleWeight,
      labelWeights: multiLabel ? null : labelWeights,
      byLabel: multiLabel,
    });
    const { truePositives, falsePositives, trueNegatives, falseNegatives } = counts;
    [truePositives, falsePositives, trueNegatives, falseNegatives].forEach((count, i) =>
      variables[i].assign(add(variables[i], count))
    );
  }

  /** The area; with several labels, the mean of their areas. */
  compute(state: readonly Tensor[]): number {
    if (state.length === 0) return 0;
    const labels = state[0].shape[1] ?? 1;
    const areas = Array.from({ length: labels }, (_, label) => {
      const [tp, fp, tn, fn] = state.map(({ data }) => [...data].filter((_, i) => i % labels === label));
      return this.#area({ tp, fp, tn, fn });
    });
    const weights = (this.multiLabel && this.labelWeights) || areas.map(() => 1);
    const total = areas.reduce((sum, area, i) => sum + area * weights[i], 0);
    return Math.fround(divideNoNaN(total, weights.reduce((a, b) => a + b, 0)));
  }

  #area(counts: Curve): number {
    const { curve, summationMethod } = this;
    if (curve === "PR" && summationMethod === "interpolation") return interpolatedPrecision(counts);
    const [x, y] = pointsOf(curve, counts);
    let area = 0;
    for (let i = 0; i + 1 < x.length; i++) {
      const [a, b] = [y[i], y[i + 1]];
      const height = summationMethod === "interpolation"
        ? (a + b) / 2
        : summationMethod === "minoring"
        ? Math.min(a, b)
        : Math.max(a, b);
      area += (x[i] - x[i + 1]) * height;
    }
    return area;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const config = super.getConfig();
    // Keras's number of thresholds includes the two at the ends, and its list is sorted.
    return {
      ...config,
      num_thresholds: this.thresholds.length,
      ...("thresholds" in config && { thresholds: this.thresholds.slice(1, -1) }),
    };
  }
}

/** The points of a curve, one for each threshold. */
function pointsOf(curve: AUCCurve, { tp, fp, tn, fn }: Curve): [number[], number[]] {
  const recall = tp.map((count, i) => divideNoNaN(count, count + fn[i]));
  if (curve === "ROC") return [fp.map((count, i) => divideNoNaN(count, count + tn[i])), recall];
  if (curve === "PR") return [recall, tp.map((count, i) => divideNoNaN(count, count + fp[i]))];
  // Flach and Kull, 2015.
  const gain = (wrong: number[], atZero: number) =>
    tp.map((count, i) => {
      if (count === 0) return atZero;
      return 1 - divideNoNaN(count + fn[i], tn[i] + fp[i]) * divideNoNaN(wrong[i], count);
    });
  return [gain(fn, 0).map((value) => Math.max(value, 0)), gain(fp, 1)];
}

/**
 * The area under precision over recall, with true positives interpolated linearly between thresholds. Davis and
 * Goadrich, 2006.
 */
function interpolatedPrecision({ tp, fp, fn }: Curve): number {
  let area = 0;
  for (let i = 0; i + 1 < tp.length; i++) {
    const [p, next] = [tp[i] + fp[i], tp[i + 1] + fp[i + 1]];
    const rise = tp[i] - tp[i + 1];
    const slope = divideNoNaN(rise, Math.max(p - next, 0));
    const intercept = tp[i + 1] - slope * next;
    const ratio = p > 0 && next > 0 ? p / next : 1;
    area += divideNoNaN(slope * (rise + intercept * Math.log(ratio)), Math.max(tp[i + 1] + fn[i + 1], 0));
  }
  return area;
}

/** The named classes of this family by their names in snake case; each is also known by its class name. */
export const aucMetrics = {
  auc: { AUC },
} as const;
