// Trigonometric and hyperbolic functions, composed so that no intermediate value overflows.
// https://keras.io/api/ops/numpy/
import type { SavedForms } from "../ir/saved_form.ts";
import type { Operand } from "../tensor/apply.ts";
import { lift, type UnaryOp } from "./lift.ts";
import * as p from "./primitives.ts";

const float = (x: Operand): Operand => p.cast(x, "float32");

/** `sqrt(1 - x^2)` as a product of two roots, whose slopes at -1 and 1 are not NaN. */
const cosineOf = (x: Operand): Operand => p.multiply(p.sqrt(p.subtract(1, x)), p.sqrt(p.add(1, x)));

/** The tangent of `x` in radians. */
export const tan: UnaryOp = lift((x) => p.divide(p.sin(x), p.cos(x)));

/** The angle from -pi / 2 to pi / 2 whose sine is `x`; NaN outside -1 and 1. */
export const arcsin: UnaryOp = lift((x) => p.arctan2(x, cosineOf(float(x))));

/** The angle from 0 to pi whose cosine is `x`; NaN outside -1 and 1. */
export const arccos: UnaryOp = lift((x) => p.arctan2(cosineOf(float(x)), x));

/** The angle from -pi / 2 to pi / 2 whose tangent is `x`. */
export const arctan: UnaryOp = lift((x) => p.arctan2(x, 1));

/** `exp(x / 2)` and `exp(-x / 2)`: half of one times itself stays in range where `exp(x)` overflows. */
function halfPowers(x: Operand): [up: Operand, down: Operand] {
  const root = p.exp(p.multiply(x, 0.5));
  return [p.multiply(p.multiply(root, 0.5), root), p.divide(p.divide(0.5, root), root)];
}

/** The hyperbolic sine, `(exp(x) - exp(-x)) / 2`. */
export const sinh: UnaryOp = lift((x) => {
  const values = float(x);
  const [up, down] = halfPowers(values);
  // Near 0 the two powers cancel. Clipped to that range, so that the branch not taken has a finite slope.
  const rise = p.expm1(p.maximum(p.minimum(values, 1), -1));
  const near = p.multiply(p.add(rise, p.divide(rise, p.add(rise, 1))), 0.5);
  return p.select(p.less(p.abs(values), 1), near, p.subtract(up, down));
});

/** The hyperbolic cosine, `(exp(x) + exp(-x)) / 2`. */
export const cosh: UnaryOp = lift((x) => {
  const [up, down] = halfPowers(float(x));
  return p.add(up, down);
});

/** The number whose hyperbolic sine is `x`. */
export const arcsinh: UnaryOp = lift((x) => {
  const values = float(x);
  const close = p.maximum(p.minimum(values, 1), -1);
  const half = p.divide(close, p.add(p.sqrt(p.add(p.square(close), 1)), 1));
  const near = p.subtract(p.log1p(half), p.log1p(p.negate(half)));
  // Far from 0 by the logarithm of the magnitude, whose square may overflow.
  const size = p.maximum(p.abs(values), 1);
  const root = p.sqrt(p.add(p.square(p.reciprocal(size)), 1));
  const far = p.add(p.log(size), p.log(p.add(root, 1)));
  return p.select(p.less(p.abs(values), 1), near, p.multiply(p.sign(values), far));
});

/** Beyond this, `arccosh(x)` is the logarithm of `2 x`. */
const farOut = 1e8;

/** The nonnegative number whose hyperbolic cosine is `x`; NaN below 1. */
export const arccosh: UnaryOp = lift((x) => {
  const values = float(x);
  const close = p.minimum(values, farOut);
  const above = p.subtract(close, 1);
  const near = p.log1p(p.add(above, p.multiply(p.sqrt(above), p.sqrt(p.add(close, 1)))));
  const far = p.add(p.log(p.maximum(values, farOut)), Math.LN2);
  return p.select(p.less(values, farOut), near, far);
});

/** The number whose hyperbolic tangent is `x`; infinite at -1 and 1, NaN beyond. */
export const arctanh: UnaryOp = lift((x) => {
  const values = float(x);
  return p.multiply(p.subtract(p.log1p(values), p.log1p(p.negate(values))), 0.5);
});

/** `sin(pi x) / (pi x)`, 1 at 0. */
export const sinc: UnaryOp = lift((x) => {
  const values = float(x);
  const isZero = p.equal(values, 0);
  const angle = p.multiply(p.select(isZero, 1, values), Math.PI);
  return p.select(isZero, 1, p.divide(p.sin(angle), angle));
});

/** Degrees as radians. */
export const deg2rad: UnaryOp = lift((x) => p.multiply(float(x), Math.PI / 180));
/** Radians as degrees. */
export const rad2deg: UnaryOp = lift((x) => p.multiply(float(x), 180 / Math.PI));

/** How Keras's files write these functions. */
export const savedTrigonometry: SavedForms = {
  arccos: {},
  arccosh: {},
  arcsin: {},
  arcsinh: {},
  arctan: {},
  arctanh: {},
  cosh: {},
  deg2rad: {},
  rad2deg: {},
  sinc: {},
  sinh: {},
  tan: {},
};
