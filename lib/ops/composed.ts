// Ops made of other ops: they need no kernel, and fuse like what they are made of.
import { type DType, makeArray } from "../dtype.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { formatShape, normalizeAxes, normalizeAxis, type Shape } from "../shape.ts";
import { type Applied, type Operand, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import * as p from "./primitives.ts";

/** `exp(x) / sum(exp(x))` along `axis` (the last by default). */
export function softmax<A extends Operand>(x: A, axis: number | readonly number[] = -1): Applied<A> {
  const shifted = p.exp(p.subtract(x, p.max(x, axis, true) as Operand) as Operand);
  return p.divide(shifted as Operand, p.sum(shifted as Operand, axis, true) as Operand) as Applied<A>;
}

/** `log(softmax(x))` along `axis` (the last by default), without overflow. */
export function logSoftmax<A extends Operand>(x: A, axis: number | readonly number[] = -1): Applied<A> {
  const shifted = p.subtract(x, p.max(x, axis, true) as Operand) as Operand;
  return p.subtract(shifted, p.log(p.sum(p.exp(shifted) as Operand, axis, true) as Operand) as Operand) as Applied<A>;
}

/** `log(sum(exp(x)))` over `axes` (all by default), without overflow. */
export function logSumExp<A extends Operand>(x: A, axes?: number | readonly number[], keepDims = false): Applied<A> {
  const list = normalizeAxes(axes, shapeOf(x).length, "logSumExp");
  const largest = p.max(x, list, true) as Operand;
  // An infinite maximum is not subtracted: infinity less itself is not a number.
  const top = p.select(p.less(p.abs(largest) as Operand, Infinity) as Operand, largest, 0) as Operand;
  const total = p.log(p.sum(p.exp(p.subtract(x, top) as Operand) as Operand, list, true) as Operand);
  const result = p.add(total as Operand, top) as Operand;
  return (keepDims ? result : squeeze(result, list)) as Applied<A>;
}

/** The mean of squared distances from the mean over `axes` (all by default). */
export function variance<A extends Operand>(x: A, axes?: number | readonly number[], keepDims = false): Applied<A> {
  const centred = p.subtract(x, p.mean(x, axes, true) as Operand) as Operand;
  return p.mean(p.square(centred) as Operand, axes, keepDims) as Applied<A>;
}

/** The standard deviation over `axes` (all by default): the root of {@linkcode variance}. */
export function std<A extends Operand>(x: A, axes?: number | readonly number[], keepDims = false): Applied<A> {
  return p.sqrt(variance(x, axes, keepDims) as Operand) as Applied<A>;
}

/** `x` with what is below `low` raised to it and what is above `high` lowered to it. */
export function clip<A extends Operand>(x: A, low: number, high: number): Applied<A> {
  return p.minimum(p.maximum(x, low) as Operand, high) as Applied<A>;
}

/** Without axes of extent 1: all of them, or those named. */
export function squeeze<A extends Operand>(x: A, axes?: number | readonly number[]): Applied<A> {
  const shape = shapeOf(x);
  const dropped = axes === undefined
    ? shape.map((_, axis) => axis).filter((axis) => shape[axis] === 1)
    : normalizeAxes(axes, shape.length, "squeeze");
  if (dropped.some((axis) => shape[axis] !== 1)) {
    throw new ShapeError({
      what: "Cannot squeeze",
      rule: "squeezed axes must have extent 1",
      received: `axes [${dropped.join(", ")}] of ${formatShape(shape)}`,
      hint: "name only axes of extent 1, or take one element of a longer axis with slice first",
    });
  }
  return p.reshape(x, shape.filter((_, axis) => !dropped.includes(axis)));
}

/** With a new axis of extent 1 at `axis`. */
export function expandDims<A extends Operand>(x: A, axis: number): Applied<A> {
  const shape = shapeOf(x);
  const at = normalizeAxis(axis, shape.length + 1, "expandDims");
  return p.reshape(x, [...shape.slice(0, at), 1, ...shape.slice(at)]);
}

/** 1 at each index along a new axis of `classes` (the last by default), else 0; all 0 for an index outside. */
export function oneHot<A extends Operand>(x: A, classes: number, axis = -1, dtype: DType = "float32"): Applied<A> {
  const rank = shapeOf(x).length;
  const at = normalizeAxis(axis, rank + 1, "oneHot");
  const indices = expandDims(p.cast(x, "int32") as Operand, at) as Operand;
  const hits = p.equal(indices, p.reshape(p.iota([classes]), [classes, ...new Array<number>(rank - at).fill(1)]));
  return p.cast(hits as Operand, dtype) as Applied<A>;
}

/**
 * 1 for each class that is among the indices of a row, else 0: `[rows, classes]` of `[rows, n]`, or `[classes]` of `[n]`.
 * As in Keras, more axes behind the second stay, and `axis` is where the classes are before the second one disappears.
 */
export function multiHot<A extends Operand>(x: A, classes: number, axis = -1, dtype: DType = "float32"): Applied<A> {
  const rank = shapeOf(x).length;
  return p.max(oneHot(x, classes, axis, dtype) as Operand, rank > 1 ? 1 : 0) as Applied<A>;
}

/** Elements that are all 0. */
export const zeros = (shape: Shape, dtype: DType = "float32"): Tensor => p.full(shape, 0, dtype);
/** Elements that are all 1. */
export const ones = (shape: Shape, dtype: DType = "float32"): Tensor => p.full(shape, 1, dtype);

/**
 * `start`, `start + step`, ... below `stop` (above, where `step` is negative); with one argument from 0 up to it.
 * Without `dtype`, int32 where all three are whole, else float32.
 */
export function arange(start: number, stop?: number, step = 1, dtype?: DType): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (step === 0 || !Number.isFinite(count)) {
    throw new ValueError({
      what: "Cannot count with arange",
      rule: "start and stop must be finite and step not 0",
      received: `from ${from} to ${to} by ${step}`,
      hint: "give a step that leads from start to stop",
    });
  }
  const kind = dtype ?? ([from, to, step].every(Number.isInteger) ? "int32" : "float32");
  return new Tensor([count], kind, makeArray(kind, Array.from({ length: count }, (_, i) => from + i * step)));
}

/** The index of the first largest element along `axis`, int32; of the flattened elements without one. */
export function argmax<A extends Operand>(x: A, axis?: number): Applied<A> {
  return axis === undefined ? p.argMax(p.reshape(x, [-1]) as Operand, 0) as Applied<A> : p.argMax(x, axis);
}

/**
 * Elements of `x` along `axis` by int32 `indices`, negative ones counted from the end; of the flattened elements
 * without an axis. An index outside gives NaN, or 0 where there is none.
 */
export function take<A extends Operand, B extends Operand>(x: A, indices: B, axis?: number): Applied<A | B> {
  if (axis === undefined) return take(p.reshape(x, [-1]) as Operand, indices, 0) as Applied<A | B>;
  const rank = shapeOf(x).length;
  const at = normalizeAxis(axis, rank, "take");
  const from = p.cast(indices, "int32") as Operand;
  const wrapped = p.select(p.less(from, 0) as Operand, p.add(from, shapeOf(x)[at]) as Operand, from) as Operand;
  if (at === 0) return p.gather(x, wrapped) as Applied<A | B>;
  // The axis is moved to the front for the gather, and what came of it back to its place.
  const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== at);
  const rows = p.gather(p.transpose(x, [at, ...others]) as Operand, wrapped) as Operand;
  const width = shapeOf(from).length;
  const taken = Array.from({ length: width }, (_, i) => i);
  const rest = others.map((_, i) => width + i);
  return p.transpose(rows, [...rest.slice(0, at), ...taken, ...rest.slice(at)]) as Applied<A | B>;
}
