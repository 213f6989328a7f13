// Sorting, top k, and quantiles: all composed of argSort and gather. https://keras.io/api/ops/numpy/
import { describe, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { type Axes, normalizeAxes, normalizeAxis, type Shape, sizeOf } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { checkConstant, Tensor } from "../tensor/tensor.ts";
import { cut } from "./cumulative.ts";
import { liftNamed, liftReduction, type Named, type ReductionOp } from "./lift.ts";
import * as p from "./primitives.ts";

/** Returns a function from indices along `axis` to flat row-major indices. */
function places(x: Operand, axis: number): (indices: Operand) => Operand {
  const shape = shapeOf(x);
  const inner = sizeOf(shape.slice(axis + 1));
  const around = shape.map((extent, i) => (i === axis ? 1 : extent));
  checkConstant("find places along an axis", around);
  const starts = Int32Array.from(
    { length: sizeOf(around) },
    (_, i) => Math.floor(i / inner) * inner * shape[axis] + i % inner,
  );
  return (indices) => p.add(p.multiply(indices, inner), new Tensor(around, "int32", starts));
}

/** Elements along `axis` by indices of the same shape, all of them in range. */
function arranged(x: Operand, indices: Operand, axis: number): Operand {
  return p.gather(p.reshape(x, [-1]), places(x, axis)(indices));
}

/**
 * Elements of `x` along `axis` by int32 `indices` of the same rank, negative ones counted from the end; the other axes
 * broadcast. Without an axis, of the flattened elements. An index out of range gives NaN, or 0 for integers.
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const scores = tensor([[1, 5, 3], [9, 7, 8]]);
 * console.log(ops.takeAlongAxis(scores, tensor([[2], [0]], undefined, "int32"), 1).toArray()); // [ [ 3 ], [ 9 ] ]
 * ```
 */
export const takeAlongAxis: Named<[x: Operand, indices: Operand], [axis?: number | null], { axis?: number | null }> =
  liftNamed(2, ["axis"], (x, indices, axis = null) => {
    if (axis === null) {
      return takeAlongAxis(p.reshape(x, [-1]), p.reshape(indices, [-1]), 0);
    }
    const shape = shapeOf(x);
    const at = normalizeAxis(axis, shape.length, "takeAlongAxis");
    const from = p.cast(indices, "int32");
    if (shapeOf(from).length !== shape.length) {
      throw new ValueError({
        what: "Cannot takeAlongAxis",
        rule: `indices must have as many axes as x, ${shape.length}`,
        received: String(shapeOf(from).length),
        hint: "reshape the indices, or use take",
      });
    }
    const whole = shapeOf(from).map((extent, i) => (i === at ? shape[at] : Math.max(extent, shape[i])));
    const wide = p.broadcastTo(x, whole);
    const wrapped = p.select(p.less(from, 0), p.add(from, shape[at]), from);
    const isInside = p.logicalAnd(p.greaterEqual(wrapped, 0), p.less(wrapped, shape[at]));
    // -1 is outside of the table, so gather marks it as missing.
    return p.gather(p.reshape(wide, [-1]), p.select(isInside, places(wide, at)(wrapped), -1));
  });

/** The operand and axis to sort along: the flattened elements if the axis is null. */
function sorted(x: Operand, axis: number | null, what: string): [Operand, number] {
  if (axis === null) return [p.reshape(x, [-1]), 0];
  return [x, normalizeAxis(axis, shapeOf(x).length, what)];
}

/** The elements in ascending order along `axis` (the last by default; null flattens), NaN last. */
export const sort: Named<[x: Operand], [axis?: number | null], { axis?: number | null }> = liftNamed(
  1,
  ["axis"],
  (x, axis = -1) => {
    const [operand, at] = sorted(x, axis, "sort");
    return arranged(operand, p.argSort(operand, at), at);
  },
);

/**
 * The indices, int32, that sort `axis` in ascending order (the last by default; null flattens); the sort is stable, and
 * NaN comes last.
 */
export const argsort: Named<[x: Operand], [axis?: number | null], { axis?: number | null }> = liftNamed(
  1,
  ["axis"],
  (x, axis = -1) => {
    const [operand, at] = sorted(x, axis, "argsort");
    return p.argSort(operand, at);
  },
);

/**
 * The indices, int32, that put the element of place `kth` along `axis` (the last by default; null flattens) where sorting
 * would, with none larger before it and none smaller behind; as those of {@linkcode argsort} do. Throws {@linkcode
 * ValueError} for a place that is not there.
 */
export const argpartition: Named<
  [x: Operand],
  [kth: number, axis?: number | null],
  { kth: number; axis?: number | null }
> = liftNamed(1, ["kth", "axis"], (x, kth, axis = -1) => {
  const [operand, at] = sorted(x, axis, "argpartition");
  const extent = shapeOf(operand)[at];
  if (!(Number.isInteger(kth) && kth >= -extent && kth < extent)) {
    throw new ValueError({
      what: "Cannot partition",
      rule: `kth must be a whole number from ${-extent} to ${extent - 1}`,
      received: describe(kth),
      hint: "check the extent of the axis",
    });
  }
  return p.argSort(operand, at);
});

/**
 * The `k` largest elements along the last axis and their indices (int32), the largest first; ties keep their order. NaN
 * counts as the largest number. Throws {@linkcode ValueError} if there are fewer than `k`.
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const [values, indices] = ops.topK(tensor([3, 9, 4, 9]), 3);
 * console.log(values.toArray(), indices.toArray()); // [ 9, 9, 4 ] [ 1, 3, 2 ]
 * ```
 */
export const topK: Named<[x: Operand], [k: number], { k: number }, [values: Operand, indices: Operand]> = liftNamed(1, [
  "k",
], (x, k) => {
  const shape = shapeOf(x);
  const last = normalizeAxis(-1, shape.length, "topK");
  if (!(Number.isInteger(k) && k >= 0 && k <= shape[last])) {
    throw new ValueError({
      what: "Cannot take topK",
      rule: `k must be a whole number of at most ${shape[last]}, the extent of the last axis`,
      received: describe(k),
      hint: "choose a smaller k",
    });
  }
  const order = p.argSort(x, last, true);
  const indices = p.slice(order, shape.map(() => 0), [...shape.slice(0, -1), k]);
  return [arranged(x, indices, last), indices];
});

/**
 * Whether the prediction of each target class is among the `k` largest, as bool: `targets` `[batch]` and `predictions`
 * `[batch, classes]`. True if fewer than `k` are larger; false if the class is out of range or a prediction is not
 * finite.
 */
export const inTopK: Named<[targets: Operand, predictions: Operand], [k: number], { k: number }> = liftNamed(
  2,
  ["k"],
  (targets, predictions, k) => {
    const outputs = p.cast(predictions, "float32");
    const classes = shapeOf(outputs)[normalizeAxis(-1, shapeOf(outputs).length, "inTopK")];
    const chosen = p.reshape(p.cast(targets, "int32"), [...shapeOf(outputs).slice(0, -1), 1]);
    const hits = p.equal(chosen, p.iota([classes]));
    const mine = p.sum(p.select(hits, outputs, 0), -1, true);
    const larger = p.sum(p.cast(p.greater(outputs, mine), "int32"), -1);
    const isClass = p.logicalAnd(p.greaterEqual(chosen, 0), p.less(chosen, classes));
    const areFinite = p.min(p.cast(p.less(p.abs(outputs), Infinity), "int32"), -1, true);
    const counts = p.reshape(p.logicalAnd(isClass, areFinite), shapeOf(larger));
    return p.logicalAnd(p.less(larger, k), counts);
  },
);

/** Throws {@linkcode ValueError} unless `q` is a number from 0 to `most`. */
export function checkPart(what: string, q: number, most: 1 | 100): void {
  if (q >= 0 && q <= most) return;
  throw new ValueError({
    what,
    rule: `q must be a number from 0 to ${most}`,
    received: describe(q),
    hint: most === 1 ? "divide percents by 100" : "multiply parts of one by 100",
  });
}

/** The elements over `axes` as float32 rows `[rows, count]`, and the shape of a result with a number for each row. */
export function rowsOver(x: Operand, axes: Axes | null | undefined, keepDims: boolean, what: string): [Operand, Shape] {
  const shape = shapeOf(x);
  const gone = normalizeAxes(axes, shape.length, what);
  const left = shape.map((_, axis) => axis).filter((axis) => !gone.includes(axis));
  const kept = left.map((axis) => shape[axis]);
  const turned = p.transpose(p.cast(x, "float32"), [...left, ...gone]);
  const rows = p.reshape(turned, [sizeOf(kept), sizeOf(gone.map((axis) => shape[axis]))]);
  return [rows, keepDims ? shape.map((n, axis) => (gone.includes(axis) ? 1 : n)) : kept];
}

/**
 * The `q`-quantile (`q` from 0 to 1) of the elements over `axes` (all by default), with linear interpolation, float32.
 */
export const quantile: Named<
  [x: Operand],
  [q: number, axes?: Axes | null, keepDims?: boolean],
  { q: number; axis?: Axes | null; keepdims?: boolean }
> = liftNamed(1, ["q", "axis", "keepdims"], (x, q, axes, keepDims = false) => {
  checkPart("Cannot take a quantile", q, 1);
  const [flat, result] = rowsOver(x, axes, keepDims, "quantile");
  const count = shapeOf(flat)[1];
  const place = q * (count - 1);
  const ordered = sort(flat);
  const at = (index: number) => cut(ordered, 1, index, 1);
  const below = at(Math.floor(place));
  const part = place - Math.floor(place);
  const value = part === 0 ? below : p.add(p.multiply(below, 1 - part), p.multiply(at(Math.ceil(place)), part));
  // A NaN sorts last, and makes the result NaN.
  const last = at(count - 1);
  return p.reshape(p.select(p.isNan(last), last, value), result);
});

/** The `q`-th percentile of the elements over `axes` (all by default): see {@linkcode quantile}. */
export const percentile: Named<
  [x: Operand],
  [q: number, axes?: Axes | null, keepDims?: boolean],
  { q: number; axis?: Axes | null; keepdims?: boolean }
> = liftNamed(1, ["q", "axis", "keepdims"], (x, q, axes, keepDims = false) => {
  checkPart("Cannot take a percentile", q, 100);
  return quantile(x, q / 100, axes, keepDims);
});

/** The median over `axes` (all by default); of an even number of elements, the mean of the two middle ones. */
export const median: ReductionOp = liftReduction((x, axes, keepDims = false) => quantile(x, 0.5, axes, keepDims));

/** How Keras's files write these functions. */
export const savedOrderings: SavedForms = {
  argpartition: { keys: { kth: null, axis: -1 } },
  argsort: { keys: { axis: -1 } },
  inTopK: { module: "math", inputs: 2, keys: { k: null } },
  median: { keys: { axis: null, keepdims: false } },
  percentile: { inputs: 2, keys: { axis: null, keepdims: false }, fixed: { method: "linear" } },
  quantile: { inputs: 2, keys: { axis: null, keepdims: false }, fixed: { method: "linear" } },
  sort: { keys: { axis: -1 } },
  takeAlongAxis: { inputs: 2, keys: { axis: null } },
  topK: { module: "math", keys: { k: null }, fixed: { sorted: true } },
};
