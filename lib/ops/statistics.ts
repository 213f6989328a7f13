// Composed reductions and tests: products, norms, moments, any and all. https://keras.io/api/ops/numpy/
import { describe, ShapeError, ValueError } from "../errors.ts";
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

/**
 * The norm over one axis (all elements by default): the root of the sum of squares, or by `order` 1, 2, any other
 * power, 0 (the number of elements that are not 0), `Infinity` or `-Infinity`. Over two axes only the root of squares.
 * Throws {@linkcode ValueError} for another order over two axes.
 */
export const norm: Named<
  [x: Operand],
  [order?: number | null, axes?: Axes | null, keepDims?: boolean],
  { ord?: number | null; axis?: Axes | null; keepdims?: boolean }
> = liftNamed(1, ["ord", "axis", "keepdims"], (x, order = null, axes, keepDims = false) => {
  const values = p.cast(x, "float32");
  const list = normalizeAxes(axes, shapeOf(values).length, "norm");
  if (order === null || (order === 2 && list.length === 1)) {
    return p.sqrt(p.sum(p.square(values), list, keepDims));
  }
  if (list.length > 1) {
    throw new ValueError({
      what: "Cannot take norm",
      rule: "over several axes the order must be null, the root of squares",
      received: describe(order),
      hint: "name one axis",
    });
  }
  const sizes = p.abs(values);
  if (order === Infinity) return p.max(sizes, list, keepDims);
  if (order === -Infinity) return p.min(sizes, list, keepDims);
  if (order === 0) return p.sum(p.cast(p.notEqual(values, 0), "float32"), list, keepDims);
  if (order === 1) return p.sum(sizes, list, keepDims);
  return p.power(p.sum(p.power(sizes, order), list, keepDims), 1 / order);
});

/**
 * `x` divided by its norm over `axis` (the last by default), or by `epsilon` (1e-7) if that is larger. The norm is the
 * root of squares, or by another `order` of at least 1.
 */
export const normalize: Named<
  [x: Operand],
  [axis?: Axes, order?: number, epsilon?: number | null],
  { axis?: Axes; order?: number; epsilon?: number | null }
> = liftNamed(1, ["axis", "order", "epsilon"], (x, axis = -1, order = 2, epsilon = null) => {
  if (!(order >= 1)) {
    throw new ValueError({
      what: "Cannot normalize",
      rule: "order must be a number of at least 1",
      received: describe(order),
      hint: "leave it at 2",
    });
  }
  const values = p.cast(x, "float32");
  const least = epsilon ?? 1e-7;
  if (order === 2) {
    const inverse = p.rsqrt(p.maximum(p.sum(p.square(values), axis, true), least * least));
    return p.multiply(values, inverse);
  }
  return p.divide(values, p.maximum(norm(values, order, axis, true), least));
});

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
  norm: { module: "linalg", keys: { ord: null, axis: null, keepdims: false } },
  normalize: { module: "nn", keys: { axis: -1, order: 2, epsilon: null } },
  prod: { keys: { axis: null, keepdims: false }, fixed: { dtype: null } },
  ptp: { keys: { axis: null, keepdims: false } },
};
