// The complementary error function, a Bessel function, and the sign bit. https://keras.io/api/ops/numpy/
import type { SavedForms } from "../ir/saved_form.ts";
import { dtypeOf, type Operand } from "../tensor/apply.ts";
import { lift, type UnaryOp } from "./lift.ts";
import * as p from "./primitives.ts";

/** A polynomial of `x` by its coefficients, that of the highest power first. */
function polynomial(x: Operand, [first, ...rest]: readonly number[]): Operand {
  return rest.reduce<Operand>((sum, coefficient) => p.add(p.multiply(sum, x), coefficient), first);
}

/**
 * The logarithm of `erfc(z) / t * exp(z * z)` as a polynomial of `t = 1 / (1 + z / 2)`, for z of at least 0; good to 1.2 in
 * 10^7. Press et al., Numerical Recipes, 6.2.
 */
const complement = [
  ...[0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807],
  ...[-0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223],
];

/** `1 - erf(x)`, precise also where that is small, float32. */
export const erfc: UnaryOp = lift((x) => {
  const value = p.cast(x, "float32");
  // It is 0 from 11 on, and then no square overflows.
  const z = p.minimum(p.abs(value), 20);
  const t = p.reciprocal(p.add(p.multiply(z, 0.5), 1));
  // The square of z rounded to 16ths is exact, so that exp sees no rounding of a large argument.
  const coarse = p.multiply(p.round(p.multiply(z, 16)), 1 / 16);
  const rest = p.multiply(p.subtract(coarse, z), p.add(coarse, z));
  const tail = p.multiply(t, p.exp(p.add(polynomial(t, complement), rest)));
  const above = p.multiply(tail, p.exp(p.negate(p.square(coarse))));
  return p.select(p.less(value, 0), p.subtract(2, above), above);
});

/** The modified Bessel function of order 0 up to 3.75, by the square of `x / 3.75`. Abramowitz and Stegun, 9.8.1. */
const nearZero = [0.0045813, 0.0360768, 0.2659732, 1.2067492, 3.0899424, 3.5156229, 1];
/** It times `sqrt(x) * exp(-x)` beyond, by `3.75 / x`. Abramowitz and Stegun, 9.8.2. */
const farOut = [
  ...[0.00392377, -0.01647633, 0.02635537, -0.02057706, 0.00916281],
  ...[-0.00157565, 0.00225319, 0.01328592, 0.39894228],
];

/** The modified Bessel function of the first kind and order 0, float32. */
export const i0: UnaryOp = lift((x) => {
  const size = p.abs(p.cast(x, "float32"));
  const near = polynomial(p.square(p.divide(p.minimum(size, 3.75), 3.75)), nearZero);
  const far = p.maximum(size, 3.75);
  const grown = p.multiply(polynomial(p.divide(3.75, far), farOut), p.multiply(p.exp(far), p.rsqrt(far)));
  return p.select(p.less(size, 3.75), near, p.select(p.equal(size, Infinity), size, grown));
});

/** Whether the sign of an element is set, as it is of -0 too. */
export const signbit: UnaryOp = lift((x) => {
  if (dtypeOf(x) === "bool") return p.cast(p.multiply(p.cast(x, "int32"), 0), "bool");
  const isBelow = p.less(x, 0);
  if (dtypeOf(x) !== "float32") return isBelow;
  return p.logicalOr(isBelow, p.logicalAnd(p.equal(x, 0), p.less(p.reciprocal(x), 0)));
});

/** How Keras's files write these functions. */
export const savedSpecials: SavedForms = { erfc: { module: "math" }, i0: {}, signbit: {} };
