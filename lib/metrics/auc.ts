// AUC: the area under the ROC or the precision-recall curve. https://keras.io/api/metrics/classification_metrics/#auc-class
import { type Config, epsilon } from "../json_config.ts";
import { unknownIdentifier, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { add, sigmoid } from "../ops/primitives.ts";
import { checkOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { countAt, thresholdList } from "./thresholds.ts";
import { type Direction, Metric, type MetricOptions } from "./metric.ts";
import { divideNoNaN } from "./averaged.ts";

/** Which curve the area lies under. */
export type AUCCurve = "ROC" | "PR" | "PRGAIN";
/** How the area between two thresholds is taken. */
export type SummationMethod = "interpolation" | "minoring" | "majoring";

/** Options of {@linkcode AUC}. */
export interface AUCOptions extends MetricOptions {
  /** How many thresholds there are; 200 by default. */
  numThresholds?: number;
  /** Which curve: `ROC` by default. */
  curve?: AUCCurve;
  /** How areas are taken: `interpolation` by default. */
  summationMethod?: SummationMethod;
  /** The thresholds themselves, from 0 to 1, in place of their number. */
  thresholds?: readonly number[] | null;
  /** Whether each label has a curve of its own, and the mean area is reported; false by default. */
  multiLabel?: boolean;
  /** How many labels there are; by the first batch, where it is not given. */
  numLabels?: number | null;
  /** A weight for each label. */
  labelWeights?: readonly number[] | null;
  /** Whether outputs are logits; false by default. */
  fromLogits?: boolean;
}

const curves: Record<AUCCurve, string> = { ROC: "ROC", PR: "PR", PRGAIN: "PRGAIN" };
const methods: readonly SummationMethod[] = ["interpolation", "minoring", "majoring"];

/** One row of the counts: those at each threshold, for one label. */
interface Curve {
  readonly tp: number[];
  readonly fp: number[];
  readonly tn: number[];
  readonly fn: number[];
}

/**
 * The area under a curve of rates over thresholds: the chance that a sample of class 1 has a larger output than one of
 * class 0, for `ROC`.
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
  /** The thresholds, with one below 0 and one above 1. */
  readonly thresholds: readonly number[];
  readonly #options: Required<Omit<AUCOptions, "name">>;
  #counts: Variable[] | undefined;

  /** Takes the options. Throws {@linkcode ValueError} for a curve, method or threshold that is none. */
  constructor(options: AUCOptions = {}) {
    checkOptions("AUC", options, [
      "numThresholds",
      "curve",
      "summationMethod",
      "thresholds",
      "multiLabel",
      "numLabels",
      "labelWeights",
      "fromLogits",
      "name",
    ]);
    super({ name: options.name ?? "auc" });
    const { numThresholds = 200, curve = "ROC", summationMethod = "interpolation", thresholds = null } = options;
    const { multiLabel = false, numLabels = null, labelWeights = null, fromLogits = false } = options;
    if (!Object.hasOwn(curves, curve)) {
      throw unknownIdentifier("curve", String(curve), Object.keys(curves), "Cannot make AUC");
    }
    if (!methods.includes(summationMethod)) {
      throw unknownIdentifier("summationMethod", String(summationMethod), methods, "Cannot make AUC");
    }
    if (!Number.isInteger(numThresholds) || numThresholds < 2) {
      const rule = "numThresholds must be a whole number of at least 2";
      throw new ValueError({ what: "Cannot make AUC", rule, received: String(numThresholds), hint: "leave it at 200" });
    }
    if (numLabels !== null && !multiLabel) {
      const hint = "set multiLabel too, or leave numLabels out";
      throw new ValueError({ what: "Cannot make AUC", rule: "numLabels needs multiLabel", received: "none", hint });
    }
    const inner = thresholds
      ? [...thresholdList("AUC", thresholds, 0.5)].sort((a, b) => a - b)
      : Array.from({ length: numThresholds - 2 }, (_, i) => (i + 1) / (numThresholds - 1));
    this.thresholds = [-epsilon(), ...inner, 1 + epsilon()];
    const size = this.thresholds.length;
    this.#options = {
      numThresholds: size,
      curve,
      summationMethod,
      thresholds,
      multiLabel,
      numLabels,
      labelWeights,
      fromLogits,
    };
    if (!multiLabel) this.#build([size]);
    else if (numLabels !== null) this.#build([size, numLabels]);
  }

  #build(shape: number[]): Variable[] {
    const names = ["true_positives", "false_positives", "true_negatives", "false_negatives"];
    return this.#counts ??= names.map((name) => this.addVariable(name, shape));
  }

  /** Takes a batch into the counts. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const { multiLabel, labelWeights, fromLogits } = this.#options;
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

  /** The area; the mean of those of all labels. */
  compute(state: readonly Tensor[]): number {
    if (state.length === 0) return 0;
    const labels = state[0].shape[1] ?? 1;
    const areas = Array.from({ length: labels }, (_, label) => {
      const [tp, fp, tn, fn] = state.map(({ data }) => [...data].filter((_, i) => i % labels === label));
      return this.#area({ tp, fp, tn, fn });
    });
    const weights = (this.#options.multiLabel && this.#options.labelWeights) || areas.map(() => 1);
    const total = areas.reduce((sum, area, i) => sum + area * weights[i], 0);
    return Math.fround(divideNoNaN(total, weights.reduce((a, b) => a + b, 0)));
  }

  #area(counts: Curve): number {
    const { curve, summationMethod } = this.#options;
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
    const { numThresholds, curve, summationMethod, multiLabel, numLabels, labelWeights } = this.#options;
    return {
      ...super.getConfig(),
      num_thresholds: numThresholds,
      curve,
      summation_method: summationMethod,
      multi_label: multiLabel,
      num_labels: numLabels,
      // As Keras writes a tensor.
      label_weights: labelWeights && {
        class_name: "__tensor__",
        config: { value: labelWeights.map(Math.fround), dtype: "float32" },
      },
      from_logits: this.#options.fromLogits,
      ...(this.#options.thresholds && { thresholds: this.thresholds.slice(1, -1) }),
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

/** The area under precision over recall, with true positives in a line between thresholds. Davis and Goadrich, 2006. */
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
