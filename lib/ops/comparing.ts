// Closeness, membership, bins, and replacing NaN and infinity. https://keras.io/api/ops/numpy/
import { makeArray } from "../dtype.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { formatShape } from "../shape.ts";
import { dtypeOf, type Operand, promoteDTypes, shapeOf } from "../tensor/apply.ts";
import { checkAttached, Tensor } from "../tensor/tensor.ts";
import { expandDims } from "./composed.ts";
import { linspace } from "./creation.ts";
import { lift, type Lifted, liftNamed, type Named } from "./lift.ts";
import * as p from "./primitives.ts";
import { all, any, isfinite } from "./statistics.ts";

const isFloat = (x: Operand): boolean => dtypeOf(x) === "float32";

/**
 * Whether elements differ by at most `atol + rtol * |b|`, as bool; integers and infinities must be equal. NaN is close
 * to nothing, or with `equalNan` to NaN.
 */
export const isclose: Named<
  [a: Operand, b: Operand],
  [rtol?: number, atol?: number, equalNan?: boolean],
  { rtol?: number; atol?: number; equalNan?: boolean }
> = liftNamed(2, ["rtol", "atol", "equalNan"], (a, b, rtol = 1e-5, atol = 1e-8, equalNan = false) => {
  const [x, y] = promoteDTypes([a, b]);
  const isEqual = p.equal(x, y);
  if (!isFloat(x)) return isEqual;
  const isNear = p.lessEqual(p.abs(p.subtract(x, y)), p.add(p.multiply(p.abs(y), rtol), atol));
  // An infinite `b` would make the tolerance infinite.
  const close = p.logicalOr(p.logicalAnd(isNear, isfinite(y)), isEqual);
  return equalNan ? p.logicalOr(close, p.logicalAnd(p.isNan(x), p.isNan(y))) : close;
});

/** Whether all elements are close, by {@linkcode isclose}: one bool. */
export const allclose: Named<
  [a: Operand, b: Operand],
  [rtol?: number, atol?: number, equalNan?: boolean],
  { rtol?: number; atol?: number; equalNan?: boolean }
> = liftNamed(
  2,
  ["rtol", "atol", "equalNan"],
  (a, b, rtol = 1e-5, atol = 1e-8, equalNan = false) => all(isclose(a, b, rtol, atol, equalNan)),
);

const largestFloat = 3.4028234663852886e38;

/** Replaces NaN, infinity and minus infinity: by 0 and the largest and smallest float by default. */
export const nanToNum: Named<
  [x: Operand],
  [nan?: number, posinf?: number | null, neginf?: number | null],
  { nan?: number; posinf?: number | null; neginf?: number | null }
> = liftNamed(1, ["nan", "posinf", "neginf"], (x, nan = 0, posinf = null, neginf = null) => {
  if (!isFloat(x)) return p.reshape(x, shapeOf(x));
  const known = p.select(p.isNan(x), nan, x);
  const below = p.select(p.equal(known, Infinity), posinf ?? largestFloat, known);
  return p.select(p.equal(below, -Infinity), neginf ?? -largestFloat, below);
});

/** Whether each element is among `values`, as bool; with `invert` whether it is not. */
export const isin: Named<[x: Operand, values: Operand], [invert?: boolean], { invert?: boolean }> = liftNamed(2, [
  "invert",
], (x, values, invert = false) => {
  const flat = p.reshape(values, [-1]);
  const found = any(p.equal(expandDims(x, -1), flat), -1);
  return invert ? p.logicalNot(found) : found;
});

/**
 * The index at which each of `values` would be inserted into an ascending vector: before equal elements for `left`,
 * after them for `right`; int32. Throws {@linkcode ShapeError} if `sorted` is not a vector.
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const places = ops.searchsorted(tensor([1, 2, 2, 5]), tensor([0, 2, 9]));
 * console.log(places.toArray()); // [ 0, 1, 4 ]
 * ```
 */
export const searchsorted: Named<
  [sorted: Operand, values: Operand],
  [side?: "left" | "right"],
  { side?: "left" | "right" }
> = liftNamed(2, ["side"], (sorted, values, side = "left") => {
  if (side !== "left" && side !== "right") {
    throw new ValueError({
      what: "Cannot search what is sorted",
      rule: 'side must be "left" or "right"',
      received: describe(side),
      hint: "leave it out for left",
    });
  }
  if (shapeOf(sorted).length !== 1) {
    throw new ShapeError({
      what: "Cannot search what is sorted",
      rule: "the sorted values must have one axis",
      received: formatShape(shapeOf(sorted)),
      hint: "search its rows one by one",
    });
  }
  const wanted = expandDims(values, -1);
  const isBefore = side === "left" ? p.less(sorted, wanted) : p.lessEqual(sorted, wanted);
  return p.sum(p.cast(isBefore, "int32"), -1);
});

/** The bin of each element between the ascending edges `bins`: the number of edges that are not above it, int32. */
export const digitize: Lifted<[x: Operand, bins: Operand]> = lift((x, bins) => searchsorted(bins, x, "right"));

/**
 * How often each integer from 0 on occurs in `x` `[n]`, or in each row of `[rows, n]`, int32; with `weights` the sums
 * of these. The number of bins is the largest integer plus one, at least `minlength`. Programs have fixed shapes: there
 * it is `minlength`, and larger numbers are not counted. Throws {@linkcode ValueError} if `minlength` is needed but not
 * given.
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.bincount(tensor([1, 3, 1], undefined, "int32")).toArray()); // [ 0, 2, 0, 1 ]
 * ```
 */
export const bincount: Named<
  [x: Operand],
  [weights?: Operand, minlength?: number],
  { weights?: Operand; minlength?: number }
> = liftNamed(1, ["weights", "minlength"], (x, weights, minlength = 0) => {
  const shape = shapeOf(x);
  if (shape.length !== 1 && shape.length !== 2) {
    throw new ShapeError({
      what: "Cannot count by bins",
      rule: "there must be one or two axes",
      received: formatShape(shape),
      hint: "reshape it",
    });
  }
  if (x instanceof Tensor) checkAttached(x, "Cannot count by bins");
  const bins = x instanceof Tensor
    ? Array.from(x.data).reduce((most, value) => Math.max(most, Math.trunc(value) + 1), minlength)
    : minlength;
  if (!(Number.isInteger(bins) && bins >= 0) || (bins === 0 && !(x instanceof Tensor))) {
    throw new ValueError({
      what: "Cannot count by bins",
      rule: "inside of a program minlength must say how many counts there are",
      received: describe(minlength),
      hint: "give it a whole number of at least 1",
    });
  }
  const [rows, n] = shape.length === 1 ? [1, shape[0]] : shape;
  const whole = p.cast(x, "int32");
  const firsts = new Tensor([rows, 1], "int32", makeArray("int32", Array.from({ length: rows }, (_, i) => i * bins)));
  // A number outside the bins must not count in those of another row.
  const isInside = p.logicalAnd(p.greaterEqual(whole, 0), p.less(whole, bins));
  const places = p.select(isInside, p.add(p.reshape(whole, [rows, n]), firsts), -1);
  const amounts: Operand = weights === undefined ? p.full(shape, 1, "int32") : weights;
  const summed = typeof amounts !== "number" && isFloat(amounts) ? amounts : p.cast(amounts, "int32");
  const counts = p.scatterAdd(p.reshape(places, [-1]), p.reshape(summed, [-1]), rows * bins);
  return p.reshape(counts, shape.length === 1 ? [bins] : [rows, bins]);
});

/** The most bins of a histogram. */
const maxBins = 2 ** 16;

/**
 * How many elements of a vector lie between neighbours of `bins + 1` evenly spaced edges, in the dtype of `x`, and the
 * edges, float32: from the smallest to the largest element, or over a `range`, outside of which elements do not count. The
 * last edge belongs to the last bin.
 *
 * @throws {ShapeError} for what is no vector
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const [counts, edges] = ops.histogram(tensor([1, 2, 2, 4]), 3);
 * console.log(counts.toArray(), edges.toArray()); // [ 1, 2, 1 ] [ 1, 2, 3, 4 ]
 * ```
 */
export const histogram: Named<
  [x: Operand],
  [bins?: number, range?: readonly [number, number] | null],
  { bins?: number; range?: readonly [number, number] | null },
  [counts: Operand, edges: Operand]
> = liftNamed(1, ["bins", "range"], (x, bins = 10, range = null) => {
  const what = "Cannot make a histogram";
  const [shape, dtype] = [shapeOf(x), dtypeOf(x)];
  if (shape.length !== 1) {
    throw new ShapeError({ what, rule: "there must be one axis", received: formatShape(shape), hint: "flatten it" });
  }
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= maxBins)) {
    throw new ValueError({
      what,
      rule: `there must be from 1 to ${maxBins} bins`,
      received: describe(bins),
      hint: "leave it at 10",
    });
  }
  if (range !== null && !(Array.isArray(range) && range.length === 2 && range[0] <= range[1])) {
    throw new ValueError({
      what,
      rule: "range must be two numbers, the smaller one first",
      received: describe(range),
      hint: "leave it out for all elements",
    });
  }
  const values = p.cast(x, "float32");
  const ends: readonly Operand[] = range ?? (shape[0] === 0 ? [0, 1] : [p.min(values), p.max(values)]);
  // Without any width the bins reach one half to both sides.
  const half = p.select(p.equal(ends[0], ends[1]), 0.5, 0);
  const [low, high] = [p.subtract(ends[0], half), p.add(ends[1], half)];
  const edges = linspace(p.reshape(low, []), p.reshape(high, []), bins + 1);
  const between = p.slice(edges, [1], [bins - 1]);
  const isInside = p.logicalAnd(p.greaterEqual(values, low), p.lessEqual(values, high));
  const places = p.select(isInside, searchsorted(between, values, "right"), -1);
  return [p.cast(p.scatterAdd(places, p.full(shape, 1, "int32"), bins), dtype), edges];
});

/** How Keras's files write these functions. */
export const savedComparisons: SavedForms = {
  allclose: { className: "AllClose", inputs: 2, keys: { rtol: 1e-5, atol: 1e-8, equal_nan: false } },
  bincount: { keys: { weights: null, minlength: 0 }, fixed: { sparse: false } },
  digitize: { inputs: 2 },
  histogram: { keys: { bins: 10, range: null } },
  isclose: { inputs: 4, keys: { equal_nan: false } },
  isin: { className: "IsIn", inputs: 2, keys: { invert: false }, fixed: { assume_unique: false } },
  nanToNum: { keys: { nan: 0, posinf: null, neginf: null } },
  searchsorted: { className: "SearchSorted", inputs: 2, keys: { side: "left" } },
};
