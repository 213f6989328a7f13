// Counts of true and false positives and negatives at thresholds, the basis of many metrics.
import { epsilon } from "../config.ts";
import { ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { matchRanks } from "../losses/loss.ts";
import { clip, expandDims } from "../ops/composed.ts";
import * as o from "../ops/primitives.ts";
import { describe, type Option, option } from "../options.ts";
import type { Operand } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";

/** Weighted counts at each threshold, `[thresholds]` (or `[thresholds, labels]`). */
export interface Counts {
  /** Of class 1, above the threshold. */
  readonly truePositives: Value;
  /** Of class 0, above the threshold. */
  readonly falsePositives: Value;
  /** Of class 0, not above the threshold. */
  readonly trueNegatives: Value;
  /** Of class 1, not above the threshold. */
  readonly falseNegatives: Value;
}

/** What {@linkcode countAt} takes besides targets and outputs. */
interface CountOptions {
  /** Ascending thresholds. */
  readonly thresholds: readonly number[];
  /** Only this class counts. */
  readonly classId?: number | null;
  /** If given, only the `topK` largest outputs of a sample count as positive. */
  readonly topK?: number | null;
  /** A weight for each sample. */
  readonly sampleWeight?: Value;
  /** A weight for each label. */
  readonly labelWeights?: readonly number[] | null;
  /** Whether labels are counted separately. */
  readonly byLabel?: boolean;
}

/** Whether three or more thresholds are 0, ..., 1 in equal steps, where the ends may be off by epsilon. */
function areEven(thresholds: readonly number[]): boolean {
  const last = thresholds.length - 1;
  return last >= 2 && thresholds.every((t, i) => Math.abs(t - i / last) <= 1e-5 * i / last + 1.01 * epsilon());
}

/**
 * Outputs with all but the `k` largest of each sample set far below every threshold; of equal ones, the first are kept.
 */
function keepLargest(x: Value, k: number): Value {
  // Sorting the sorted order gives each element's rank.
  const place = o.argSort(o.argSort(x, -1, true), -1);
  return o.select(o.less(place, k), x, -1e10);
}

/** Counts at thresholds, of targets (1 or more counts as class 1) and outputs of one shape. */
export function countAt(yTrue: Value, yPred: Value, options: CountOptions): Counts {
  const { thresholds, classId = null, topK = null, labelWeights, byLabel = false } = options;
  let [targets, outputs] = matchRanks(o.cast(yTrue, "float32"), o.cast(yPred, "float32"));
  if (topK !== null) outputs = keepLargest(outputs, topK);
  const last = outputs.shape.length - 1;
  if (classId !== null) {
    if (last < 1 || classId >= outputs.shape[last]) {
      throw new ValueError({
        what: "Cannot count positives",
        rule: "classId must be the number of a class along the last axis of the outputs",
        received: `${classId} for ${last < 1 ? "outputs without classes" : `${outputs.shape[last]} classes`}`,
        hint: "give the number of a class, from 0",
      });
    }
    const starts = outputs.shape.map((_, axis) => (axis === last ? classId : 0));
    const sizes = outputs.shape.map((extent, axis) => (axis === last ? 1 : extent));
    [targets, outputs] = [o.slice(targets, starts, sizes), o.slice(outputs, starts, sizes)];
  }
  const { shape } = outputs;
  let weights: Operand = o.full(shape, 1);
  if (options.sampleWeight) {
    let w = o.cast(options.sampleWeight, "float32");
    while (w.shape.length < shape.length) w = expandDims(w, -1);
    weights = o.broadcastTo(w, shape);
  }
  if (labelWeights) {
    weights = o.multiply(weights, new Tensor([labelWeights.length], "float32", Float32Array.from(labelWeights)));
  }
  const ones = o.cast(o.notEqual(targets, 0), "float32");
  const columns = byLabel ? shape[shape.length - 1] : 1;
  const flat = (x: Value) => o.reshape(x, [-1, 1, columns]);
  const positives = o.multiply(ones, weights);
  const negatives = o.multiply(o.subtract(1, ones), weights);
  const above = o.cast(isAbove(flat(outputs), thresholds), "float32");
  const total = (x: Value) => {
    const sums = o.sum(x, 0);
    return byLabel ? sums : o.reshape(sums, [-1]);
  };
  const below = o.subtract(1, above);
  const [p, n] = [flat(positives), flat(negatives)];
  return {
    truePositives: total(o.multiply(above, p)),
    falsePositives: total(o.multiply(above, n)),
    trueNegatives: total(o.multiply(below, n)),
    falseNegatives: total(o.multiply(below, p)),
  };
}

/** Whether outputs `[n, 1, labels]` are above each threshold: `[n, thresholds, labels]`. */
function isAbove(outputs: Value, thresholds: readonly number[]): Value {
  const size = thresholds.length;
  const row = (values: number[]) => new Tensor([1, size, 1], "float32", Float32Array.from(values));
  if (!areEven(thresholds)) return o.greater(outputs, row([...thresholds]));
  // As in Keras, outputs fall into buckets of equal width; a first threshold below 0 is below every output.
  const places = thresholds.map((_, i) => (i === 0 && thresholds[0] < 0 ? -1 : i));
  return o.greater(o.multiply(clip(outputs, 0, 1), size - 1), row(places));
}

/** The most thresholds of a metric. */
export const maxThresholds = 100_000;

/** One threshold or several, as given. */
export type Thresholds = number | readonly number[];

/** Thresholds from 0 to 1 as an option, kept as `givenThresholds`; a metric derives its `thresholds` from them. */
export const thresholdsOption: Option<Thresholds | null> = option<Thresholds | null>({
  fallback: null,
  field: "givenThresholds",
  read: (given, { what }) => {
    if (given === null) return null;
    const list: readonly unknown[] = Array.isArray(given) ? given : [given];
    const wrong = list.find((t) => !(typeof t === "number" && t >= 0 && t <= 1));
    if (list.length > 0 && wrong === undefined) return given as Thresholds;
    throw new ValueError({
      what,
      rule: "thresholds must be numbers from 0 to 1",
      received: list.length === 0 ? "none" : describe(wrong),
      hint: "give 0.5, or a list of ascending numbers",
    });
  },
  write: (given) => (given === null || typeof given === "number" ? given : [...given]),
});

/** Thresholds as a list. */
export function thresholdList(given: Thresholds | null, otherwise: number): readonly number[] {
  if (given === null) return [otherwise];
  return typeof given === "number" ? [given] : given;
}
