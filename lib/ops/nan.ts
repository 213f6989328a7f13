// Reductions and running sums that ignore NaN. https://keras.io/api/ops/numpy/
import type { SavedForms } from "../ir/saved_form.ts";
import type { Axes } from "../shape.ts";
import { dtypeOf, type Operand } from "../tensor/apply.ts";
import { argmax } from "./composed.ts";
import { cumprod, cumsum } from "./cumulative.ts";
import { liftNamed, liftReduction, type Named, type ReductionOp } from "./lift.ts";
import { checkPart, type quantile, rowsOver, sort, takeAlongAxis } from "./ordering.ts";
import * as p from "./primitives.ts";
import { argmin, prod } from "./statistics.ts";

/** `x` with NaN replaced by a number. */
const filled = (x: Operand, value: number): Operand => p.select(p.isNan(x), value, x);

/** The number of elements over `axes` that are not NaN, float32. */
const countOf = (x: Operand, axes: Axes | null | undefined, keepDims: boolean): Operand =>
  p.sum(p.cast(p.logicalNot(p.isNan(x)), "float32"), axes, keepDims);

/** The sum over `axes` (all by default), ignoring NaN. */
export const nansum: ReductionOp = liftReduction((x, axes, keepDims = false) => p.sum(filled(x, 0), axes, keepDims));

/** The product over `axes` (all by default), ignoring NaN. */
export const nanprod: ReductionOp = liftReduction((x, axes, keepDims = false) => prod(filled(x, 1), axes, keepDims));

/** The mean over `axes` (all by default), ignoring NaN, in float32; NaN if all are NaN. */
export const nanmean: ReductionOp = liftReduction((x, axes, keepDims = false) =>
  p.divide(nansum(x, axes, keepDims), countOf(x, axes, keepDims))
);

/** The variance over `axes` (all by default), ignoring NaN, in float32. */
export const nanvar: ReductionOp = liftReduction((x, axes, keepDims = false) => {
  const centred = p.subtract(p.cast(x, "float32"), nanmean(x, axes, true));
  return p.divide(nansum(p.square(centred), axes, keepDims), countOf(x, axes, keepDims));
});

/** The square root of {@linkcode nanvar}. */
export const nanstd: ReductionOp = liftReduction((x, axes, keepDims = false) => p.sqrt(nanvar(x, axes, keepDims)));

/** The largest or smallest number over axes; NaN if all are NaN. */
function extreme(
  take: typeof p.max,
  least: number,
  x: Operand,
  axes: Axes | null | undefined,
  keepDims: boolean,
): Operand {
  if (dtypeOf(x) !== "float32") return take(x, axes, keepDims);
  const found = take(filled(x, least), axes, keepDims);
  return p.select(p.greater(countOf(x, axes, keepDims), 0), found, NaN);
}

/** The largest element over `axes` (all by default), ignoring NaN; NaN if all are NaN. */
export const nanmax: ReductionOp = liftReduction((x, axes, keepDims = false) =>
  extreme(p.max, -Infinity, x, axes, keepDims)
);

/** The smallest element over `axes` (all by default), ignoring NaN; NaN if all are NaN. */
export const nanmin: ReductionOp = liftReduction((x, axes, keepDims = false) =>
  extreme(p.min, Infinity, x, axes, keepDims)
);

/** The index of an extreme along an axis, -1 where all are NaN. */
const indexOf = (take: typeof argmax): typeof argmax =>
  liftNamed(1, ["axis", "keepdims"], (x, axis = null, keepDims = false) => {
    const found = take(x, axis, keepDims);
    const isThere = p.greater(countOf(x, axis, keepDims), 0);
    return dtypeOf(x) === "float32" ? p.select(isThere, found, -1) : found;
  });

/**
 * The index of the first largest element along `axis`, int32, ignoring NaN; -1 if all are NaN. Without an axis, of the
 * flattened elements.
 */
export const nanargmax: typeof argmax = indexOf(argmax);
/** The index of the first smallest element along `axis`, int32, ignoring NaN: see {@linkcode nanargmax}. */
export const nanargmin: typeof argmax = indexOf(argmin);

/** The `q`-quantile (`q` from 0 to 1) over `axes` (all by default) with linear interpolation, ignoring NaN, float32. */
export const nanquantile: typeof quantile = liftNamed(1, ["q", "axis", "keepdims"], (x, q, axes, keepDims = false) => {
  checkPart("Cannot take a quantile", q, 1);
  const [rows, result] = rowsOver(x, axes, keepDims, "nanquantile");
  const ordered = sort(rows);
  // NaN is last. Without numbers the first element, which is NaN, is taken.
  const place = p.multiply(p.maximum(p.subtract(countOf(rows, 1, true), 1), 0), q);
  const [low, high] = [p.floor(place), p.ceil(place)];
  const [below, above] = [low, high].map((at) => takeAlongAxis(ordered, p.cast(at, "int32"), 1));
  const part = p.subtract(place, low);
  const value = p.add(p.multiply(below, p.subtract(1, part)), p.multiply(above, part));
  return p.reshape(p.select(p.equal(low, high), below, value), result);
});

/** The `q`-th percentile over `axes` (all by default), ignoring NaN: see {@linkcode nanquantile}. */
export const nanpercentile: typeof quantile = liftNamed(
  1,
  ["q", "axis", "keepdims"],
  (x, q, axes, keepDims = false) => {
    checkPart("Cannot take a percentile", q, 100);
    return nanquantile(x, q / 100, axes, keepDims);
  },
);

/** The median over `axes` (all by default), ignoring NaN: see {@linkcode nanquantile}. */
export const nanmedian: ReductionOp = liftReduction((x, axes, keepDims = false) => nanquantile(x, 0.5, axes, keepDims));

/** The running sums along `axis`, of the flattened elements without one; NaN counts as 0. */
export const nancumsum: Named<[x: Operand], [axis?: number | null], { axis?: number | null }> = liftNamed(
  1,
  ["axis"],
  (x, axis = null) => cumsum(filled(x, 0), axis),
);
/** The running products along `axis`, of the flattened elements without one; NaN counts as 1. */
export const nancumprod: Named<[x: Operand], [axis?: number | null], { axis?: number | null }> = liftNamed(
  1,
  ["axis"],
  (x, axis = null) => cumprod(filled(x, 1), axis),
);

/** How Keras's files write these functions. */
export const savedNan: SavedForms = {
  nanargmax: { keys: { axis: null, keepdims: false } },
  nanargmin: { keys: { axis: null, keepdims: false } },
  nancumprod: { keys: { axis: null }, fixed: { dtype: null } },
  nancumsum: { keys: { axis: null }, fixed: { dtype: null } },
  nanmax: { keys: { axis: null, keepdims: false } },
  nanmean: { keys: { axis: null, keepdims: false } },
  nanmedian: { keys: { axis: null, keepdims: false } },
  nanmin: { keys: { axis: null, keepdims: false } },
  nanpercentile: { inputs: 2, keys: { axis: null, keepdims: false }, fixed: { method: "linear" } },
  nanprod: { keys: { axis: null, keepdims: false } },
  nanquantile: { inputs: 2, keys: { axis: null, keepdims: false }, fixed: { method: "linear" } },
  nanstd: { keys: { axis: null, keepdims: false } },
  nansum: { keys: { axis: null, keepdims: false } },
  nanvar: { keys: { axis: null, keepdims: false } },
};
