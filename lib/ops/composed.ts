// Ops made of other ops: they need no kernel, and fuse like what they are made of.
import type { DType } from "../dtype.ts";
import { ShapeError } from "../errors.ts";
import { formatShape, normalizeAxes, normalizeAxis, type Shape } from "../shape.ts";
import type { Applied, Operand } from "../tensor/apply.ts";
import type { Tensor } from "../tensor/tensor.ts";
import * as p from "./primitives.ts";

const shapeOf = (x: Operand): Shape => (typeof x === "number" ? [] : x.shape);

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
  const top = p.max(x, list, true) as Operand;
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

/** 1 at each index along a new last axis of `classes`, else 0; all 0 for an index outside. */
export function oneHot<A extends Operand>(x: A, classes: number, dtype: DType = "float32"): Applied<A> {
  const shape = shapeOf(x);
  const hits = p.equal(expandDims(p.cast(x, "int32") as Operand, shape.length) as Operand, p.iota([classes]));
  return p.cast(hits as Operand, dtype) as Applied<A>;
}

/** Elements that are all 0. */
export const zeros = (shape: Shape, dtype: DType = "float32"): Tensor => p.full(shape, 0, dtype);
/** Elements that are all 1. */
export const ones = (shape: Shape, dtype: DType = "float32"): Tensor => p.full(shape, 1, dtype);

/** `start`, `start + step`, ... below `stop`; with one argument from 0 up to it. */
export function arange(start: number, stop?: number, step = 1, dtype: DType = "int32"): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  const count = Math.max(0, Math.ceil((to - from) / step));
  return p.cast(p.add(p.multiply(p.iota([count], 0, "float32"), step), from), dtype);
}
