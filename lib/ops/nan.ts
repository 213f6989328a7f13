// Reductions that ignore NaN. https://keras.io/api/ops/numpy/
import type { SavedForms } from "../ir/saved_form.ts";
import type { Axes } from "../shape.ts";
import { dtypeOf, type Operand } from "../tensor/apply.ts";
import { liftReduction, type ReductionOp } from "./lift.ts";
import * as p from "./primitives.ts";
import { prod } from "./statistics.ts";

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

/** How Keras's files write these functions. */
export const savedNan: SavedForms = {
  nanmax: { keys: { axis: null, keepdims: false } },
  nanmean: { keys: { axis: null, keepdims: false } },
  nanmin: { keys: { axis: null, keepdims: false } },
  nanprod: { keys: { axis: null, keepdims: false } },
  nanstd: { keys: { axis: null, keepdims: false } },
  nansum: { keys: { axis: null, keepdims: false } },
  nanvar: { keys: { axis: null, keepdims: false } },
};
