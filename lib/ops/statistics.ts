// Reductions and tests composed of others: products, norms, moments, any and all. https://keras.io/api/ops/numpy/
import { ShapeError, ValueError } from "../errors.ts";
import { formatShape, normalizeAxes, sameShape, sizeOf } from "../shape.ts";
import { type Applied, type Operand, shapeOf } from "../tensor/apply.ts";
import { variance } from "./composed.ts";
import { cut } from "./cumulative.ts";
import * as p from "./primitives.ts";

type Axes = number | readonly number[];

/** The index of the first smallest element along `axis`, int32, NaN passed over; of the flattened elements without one. */
export function argmin<A extends Operand>(x: A, axis?: number): Applied<A> {
  const flat = axis === undefined ? p.reshape(x as Operand, [-1]) : x as Operand;
  const isFloat = typeof flat === "number" || flat.dtype === "float32";
  // Of whole numbers the complement, which unlike the negative has no overflow.
  const turned = isFloat ? p.negate(flat) : p.subtract(-1, p.cast(flat, "int32"));
  return p.argMax(turned, axis ?? 0) as Applied<A>;
}

/** Whether any element over `axes` (all by default) is true, as bool. */
export const any = <A extends Operand>(x: A, axes?: Axes, keepDims = false): Applied<A> =>
  p.cast(p.sum(p.cast(p.cast(x as Operand, "bool"), "int32"), axes, keepDims), "bool") as Applied<A>;
/** Whether all elements over `axes` (all by default) are true, as bool. */
export const all = <A extends Operand>(x: A, axes?: Axes, keepDims = false): Applied<A> =>
  p.logicalNot(any(p.logicalNot(x as Operand) as Operand, axes, keepDims) as Operand) as Applied<A>;
/** How many elements over `axes` (all by default) are not 0, int32. */
export const countNonzero = <A extends Operand>(x: A, axes?: Axes): Applied<A> =>
  p.sum(p.cast(p.cast(x as Operand, "bool"), "int32"), axes) as Applied<A>;

/** Whether an element is neither infinite nor NaN. */
export const isfinite = <A extends Operand>(x: A): Applied<A> =>
  p.less(p.abs(p.cast(x as Operand, "float32")), Infinity) as Applied<A>;
/** Whether an element is infinite. */
export const isinf = <A extends Operand>(x: A): Applied<A> =>
  p.equal(p.abs(p.cast(x as Operand, "float32")), Infinity) as Applied<A>;
/** Whether exactly one of two is true, as bool. */
export const logicalXor = <A extends Operand, B extends Operand>(a: A, b: B): Applied<A | B> =>
  p.notEqual(p.cast(a as Operand, "bool"), p.cast(b as Operand, "bool")) as Applied<A | B>;

/** The product of the elements over `axes` (all by default), in pairs. */
export function prod<A extends Operand>(x: A, axes?: Axes, keepDims = false): Applied<A> {
  const shape = shapeOf(x);
  const gone = normalizeAxes(axes, shape.length, "prod");
  const left = shape.map((_, axis) => axis).filter((axis) => !gone.includes(axis));
  const kept = left.map((axis) => shape[axis]);
  const isNarrow = typeof x !== "number" && x.dtype !== "float32";
  const whole: Operand = isNarrow ? p.cast(x as Operand, "int32") : x;
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
  return p.reshape(pairs, keepDims ? shape.map((n, axis) => (gone.includes(axis) ? 1 : n)) : kept) as Applied<A>;
}

/**
 * The mean over `axis` (all axes by default) by `weights` of the same shape, or one for each place along the axis, in
 * float32. Throws {@linkcode ShapeError} where these do not fit.
 */
export function average<A extends Operand, B extends Operand = never>(
  x: A,
  axis?: Axes,
  weights?: B,
): Applied<A | B> {
  if (weights === undefined) return p.mean(x as Operand, axis) as Applied<A | B>;
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
  const wide = isVector ? p.reshape(weights as Operand, shape.map((n, i) => (i === axes[0] ? n : 1))) : weights;
  const shares = p.cast(p.broadcastTo(wide as Operand, shape), "float32");
  const total = p.sum(p.multiply(p.cast(x as Operand, "float32"), shares), axes);
  return p.divide(total, p.sum(shares, axes)) as Applied<A | B>;
}

/** The largest less the smallest element over `axes` (all by default). */
export const ptp = <A extends Operand>(x: A, axes?: Axes, keepDims = false): Applied<A> =>
  p.subtract(p.max(x as Operand, axes, keepDims), p.min(x as Operand, axes, keepDims)) as Applied<A>;

/** The mean and the variance over `axes`, in float32. */
export const moments = <A extends Operand>(
  x: A,
  axes?: Axes,
  keepDims = false,
): [mean: Applied<A>, variance: Applied<A>] => [
  p.mean(x, axes, keepDims),
  variance(p.cast(x as Operand, "float32"), axes, keepDims) as Applied<A>,
];

/**
 * The norm over one axis (all elements by default): the root of the sum of squares, or by `order` 1, 2, any other power,
 * 0 (how many are not 0), `Infinity` or `-Infinity`. Two axes have the root of squares only.
 * Throws {@linkcode ValueError} for another order over two axes.
 */
export function norm<A extends Operand>(
  x: A,
  order: number | null = null,
  axes?: Axes,
  keepDims = false,
): Applied<A> {
  const values = p.cast(x as Operand, "float32");
  const list = normalizeAxes(axes, shapeOf(values).length, "norm");
  if (order === null || (order === 2 && list.length === 1)) {
    return p.sqrt(p.sum(p.square(values), list, keepDims)) as Applied<A>;
  }
  if (list.length > 1) {
    throw new ValueError({
      what: "Cannot take norm",
      rule: "over several axes the order must be null, the root of squares",
      received: String(order),
      hint: "name one axis",
    });
  }
  const sizes = p.abs(values);
  if (order === Infinity) return p.max(sizes, list, keepDims) as Applied<A>;
  if (order === -Infinity) return p.min(sizes, list, keepDims) as Applied<A>;
  if (order === 0) return p.sum(p.cast(p.notEqual(values, 0), "float32"), list, keepDims) as Applied<A>;
  if (order === 1) return p.sum(sizes, list, keepDims) as Applied<A>;
  return p.power(p.sum(p.power(sizes, order), list, keepDims), 1 / order) as Applied<A>;
}

/**
 * `x` divided by its norm over `axis` (the last by default), or by `epsilon` (1e-7) where that is larger. The norm is the
 * root of squares, or by another `order` of at least 1.
 */
export function normalize<A extends Operand>(
  x: A,
  axis: Axes = -1,
  order = 2,
  epsilon: number | null = null,
): Applied<A> {
  if (!(order >= 1)) {
    throw new ValueError({
      what: "Cannot normalize",
      rule: "order must be a number of at least 1",
      received: String(order),
      hint: "leave it at 2",
    });
  }
  const values = p.cast(x, "float32") as Operand;
  const least = epsilon ?? 1e-7;
  if (order === 2) {
    const inverse = p.rsqrt(p.maximum(p.sum(p.square(values), axis, true), least * least));
    return p.multiply(values, inverse) as Applied<A>;
  }
  return p.divide(values, p.maximum(norm(values, order, axis, true), least)) as Applied<A>;
}
