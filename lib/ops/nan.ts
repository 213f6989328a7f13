// Reductions that pass over NaN. https://keras.io/api/ops/numpy/
import type { Applied, Operand } from "../tensor/apply.ts";
import * as p from "./primitives.ts";
import { prod } from "./statistics.ts";

type Axes = number | readonly number[];

/** With a number in place of NaN. */
const filled = (x: Operand, value: number): Operand => p.select(p.isNan(x), value, x);

/** How many elements over `axes` are numbers, float32. */
const counted = (x: Operand, axes: Axes | undefined, keepDims: boolean): Operand =>
  p.sum(p.cast(p.logicalNot(p.isNan(x)), "float32"), axes, keepDims);

/** The sum over `axes` (all by default) of what is not NaN. */
export const nansum = <A extends Operand>(x: A, axes?: Axes, keepDims = false): Applied<A> =>
  p.sum(filled(x, 0), axes, keepDims) as Applied<A>;

/** The product over `axes` (all by default) of what is not NaN. */
export const nanprod = <A extends Operand>(x: A, axes?: Axes, keepDims = false): Applied<A> =>
  prod(filled(x, 1), axes, keepDims) as Applied<A>;

/** The mean over `axes` (all by default) of what is not NaN, in float32; NaN where there is nothing else. */
export const nanmean = <A extends Operand>(x: A, axes?: Axes, keepDims = false): Applied<A> =>
  p.divide(nansum(x as Operand, axes, keepDims), counted(x, axes, keepDims)) as Applied<A>;

/** The mean of squared distances from the mean over `axes` (all by default) of what is not NaN, in float32. */
export function nanvar<A extends Operand>(x: A, axes?: Axes, keepDims = false): Applied<A> {
  const centred = p.subtract(p.cast(x as Operand, "float32"), nanmean(x as Operand, axes, true));
  return p.divide(nansum(p.square(centred), axes, keepDims), counted(x, axes, keepDims)) as Applied<A>;
}

/** The root of {@linkcode nanvar}. */
export const nanstd = <A extends Operand>(x: A, axes?: Axes, keepDims = false): Applied<A> =>
  p.sqrt(nanvar(x as Operand, axes, keepDims)) as Applied<A>;

/** The largest or smallest number over axes; NaN where there is none. */
function extreme(take: typeof p.max, least: number, x: Operand, axes: Axes | undefined, keepDims: boolean): Operand {
  if (typeof x !== "number" && x.dtype !== "float32") return take(x, axes, keepDims);
  const found = take(filled(x, least), axes, keepDims);
  return p.select(p.greater(counted(x, axes, keepDims), 0), found, NaN);
}

/** The largest element over `axes` (all by default) of what is not NaN; NaN where there is nothing else. */
export const nanmax = <A extends Operand>(x: A, axes?: Axes, keepDims = false): Applied<A> =>
  extreme(p.max, -Infinity, x, axes, keepDims) as Applied<A>;

/** The smallest element over `axes` (all by default) of what is not NaN; NaN where there is nothing else. */
export const nanmin = <A extends Operand>(x: A, axes?: Axes, keepDims = false): Applied<A> =>
  extreme(p.min, Infinity, x, axes, keepDims) as Applied<A>;
