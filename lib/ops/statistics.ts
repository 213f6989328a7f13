// Composed reductions and tests: products, norms, moments, any and all. https://keras.io/api/ops/numpy/
import { ShapeError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { type Axes, formatShape, normalizeAxes, sameShape, sizeOf } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { argmax, variance } from "./composed.ts";
import { cut } from "./cumulative.ts";
import { type BinaryOp, lift, liftNamed, liftReduction, type Named, type ReductionOp, type UnaryOp } from "./lift.ts";
import * as p from "./primitives.ts";

/**
 * The index of the first smallest element along `axis`, int32; NaN is skipped. Without an axis, of the flattened
 * elements. With `keepdims` the axis, or all axes, stay with extent 1.
 */
export const argmin: Named<
  [x: Operand],
  [axis?: number | null, keepDims?: boolean],
  { axis?: number | null; keepdims?: boolean }
> = liftNamed(1, ["axis", "keepdims"], (x, axis, keepDims) => {
  const isFloat = dtypeOf(x) === "float32";
  // The complement of an integer does not overflow, unlike its negative.
  return argmax(isFloat ? p.negate(x) : p.subtract(-1, p.cast(x, "int32")), axis, keepDims);
});

/** Whether any element over `axes` (all by default) is true, as bool. */
export const any: ReductionOp = liftReduction((x, axes, keepDims = false) =>
  p.cast(p.sum(p.cast(p.cast(x, "bool"), "int32"), axes, keepDims), "bool")
);
/** Whether all elements over `axes` (all by default) are true, as bool. */
export const all: ReductionOp = liftReduction((x, axes, keepDims = false) =>
  p.logicalNot(any(p.logicalNot(x), axes, keepDims))
);
/** The number of elements over `axes` (all by default) that are not 0, int32. */
export const countNonzero: Named<[x: Operand], [axes?: Axes | null], { axis?: Axes | null }> = liftNamed(
  1,
  ["axis"],
  (x, axes) => p.sum(p.cast(p.cast(x, "bool"), "int32"), axes),
);

/** Whether an element is neither infinite nor NaN. */
export const isfinite: UnaryOp = lift((x) => p.less(p.abs(p.cast(x, "float32")), Infinity));
/** Whether an element is infinite. */
export const isinf: UnaryOp = lift((x) => p.equal(p.abs(p.cast(x, "float32")), Infinity));
/** Whether exactly one of two is true, as bool. */
export const logicalXor: BinaryOp = lift((a, b) => p.notEqual(p.cast(a, "bool"), p.cast(b, "bool")));

/** The product of the elements over `axes` (all by default), multiplied in pairs. */
export const prod: ReductionOp = liftReduction((x, axes, keepDims = false) => {
  const shape = shapeOf(x);
  const gone = normalizeAxes(axes, shape.length, "prod");
  const left = shape.map((_, axis) => axis).filter((axis) => !gone.includes(axis));
  const kept = left.map((axis) => shape[axis]);
  const isNarrow = dtypeOf(x) !== "float32";
  const whole: Operand = isNarrow ? p.cast(x, "int32") : x;
  const count = sizeOf(gone.map((axis) => shape[axis]));
  let pairs: Operand = p.reshape(p.transpose(whole, [...gone, ...left]), [count, ...kept]);
  const none = [0, ...kept.map(() => 0)];
  const padded = (values: Operand, more: number): Operand =>
    p.pad(values, none, none.map((_, axis) => (axis === 0 ? more : 0)), { value: 1 });
  if (count === 0) pairs = padded(pairs, 1);
  for (let size = count; size > 1; size = Math.ceil(size / 2)) {
    const half = Math.ceil(size / 2);
    const even = padded(pairs, 2 * half - size);
    pairs = p.multiply(cut(even, 0, 0, half), cut(even, 0, half, half));
  }
  return p.reshape(pairs, keepDims ? shape.map((n, axis) => (gone.includes(axis) ? 1 : n)) : kept);
});

/**
 * The mean over `axis` (all axes by default) with `weights` of the same shape, or one per index along the axis, in
 * float32. Throws {@linkcode ShapeError} if these do not fit.
 */
export const average: Named<
  [x: Operand],
  [axis?: Axes | null, weights?: Operand],
  { axis?: Axes | null; weights?: Operand }
> = liftNamed(1, ["axis", "weights"], (x, axis, weights) => {
  if (weights === undefined) return p.mean(x, axis);
  const [shape, given] = [shapeOf(x), shapeOf(weights)];
  const axes = normalizeAxes(axis, shape.length, "average");
  const isVector = given.length === 1 && axes.length === 1 && given[0] === shape[axes[0]];
  if (!isVector && !sameShape(given, shape)) {
    throw new ShapeError({
      what: "Cannot take a weighted average",
      rule: "weights must have the shape of x, or be a vector as long as the one axis",
      received: `weights ${formatShape(given)} for ${formatShape(shape)} over axes [${axes.join(", ")}]`,
      hint: "broadcast them with ops.broadcastTo",
    });
  }
  const wide = isVector ? p.reshape(weights, shape.map((n, i) => (i === axes[0] ? n : 1))) : weights;
  const shares = p.cast(p.broadcastTo(wide, shape), "float32");
  const total = p.sum(p.multiply(p.cast(x, "float32"), shares), axes);
  return p.divide(total, p.sum(shares, axes));
});

/** The largest minus the smallest element over `axes` (all by default). */
export const ptp: ReductionOp = liftReduction((x, axes, keepDims = false) =>
  p.subtract(p.max(x, axes, keepDims), p.min(x, axes, keepDims))
);

/** The mean and the variance over `axes`, in float32. */
export const moments: Named<
  [x: Operand],
  [axes?: Axes | null, keepDims?: boolean],
  { axes?: Axes | null; keepdims?: boolean },
  [mean: Operand, variance: Operand]
> = liftNamed(1, ["axes", "keepdims"], (x, axes, keepDims = false) => [
  p.mean(x, axes, keepDims),
  variance(p.cast(x, "float32"), axes, keepDims),
]);

/** How Keras's files write these functions. */
export const savedStatistics: SavedForms = {
  all: { keys: { axis: null, keepdims: false } },
  any: { keys: { axis: null, keepdims: false } },
  argmin: { keys: { axis: null, keepdims: false } },
  average: { keys: { axis: null, weights: null }, named: ["weights"] },
  countNonzero: { keys: { axis: null } },
  isfinite: {},
  isinf: {},
  logicalXor: { inputs: 2 },
  moments: { module: "nn", keys: { axes: null, keepdims: false }, fixed: { synchronized: false } },
  prod: { keys: { axis: null, keepdims: false }, fixed: { dtype: null } },
  ptp: { keys: { axis: null, keepdims: false } },
};
