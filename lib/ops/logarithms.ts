// Logarithms and powers to other bases, log-add-exp, and the inverse error function. https://keras.io/api/ops/
import type { SavedForms } from "../ir/saved_form.ts";
import type { Operand } from "../tensor/apply.ts";
import { type BinaryOp, lift, type UnaryOp } from "./lift.ts";
import * as p from "./primitives.ts";

/** The logarithm to base 2. */
export const log2: UnaryOp = lift((x) => p.divide(p.log(x), Math.LN2));
/** The logarithm to base 10. */
export const log10: UnaryOp = lift((x) => p.divide(p.log(x), Math.LN10));
/** 2 to the power of `x`. */
export const exp2: UnaryOp = lift((x) => p.power(2, p.cast(x, "float32")));

/** `log(exp(a) + exp(b))`, without overflow. */
export const logaddexp: BinaryOp = lift((a, b) => {
  const [left, right] = [p.cast(a, "float32"), p.cast(b, "float32")];
  const largest = p.maximum(left, right);
  // Equal infinities differ by 0, not NaN.
  const distance = p.select(p.equal(left, right), 0, p.subtract(left, right));
  return p.add(largest, p.log1p(p.exp(p.negate(p.abs(distance)))));
});

/** A polynomial from its coefficients, the highest power first. */
const polynomial = (x: Operand, coefficients: readonly number[]): Operand =>
  coefficients.slice(1).reduce<Operand>((sum, next) => p.add(p.multiply(sum, x), next), coefficients[0]);

// Giles, Approximating the erfinv function, 2010: single precision, by w = -log(1 - x^2).
const centre = [
  2.81022636e-08,
  3.43273939e-07,
  -3.5233877e-06,
  -4.39150654e-06,
  0.00021858087,
  -0.00125372503,
  -0.00417768164,
  0.246640727,
  1.50140941,
];
const tail = [
  -0.000200214257,
  0.000100950558,
  0.00134934322,
  -0.00367342844,
  0.00573950773,
  -0.0076224613,
  0.00943887047,
  1.00167406,
  2.83297682,
];

/** The number whose error function is `x`; infinite at -1 and 1, NaN beyond. */
export const erfinv: UnaryOp = lift((x) => {
  const values = p.cast(x, "float32");
  const w = p.negate(p.log(p.multiply(p.subtract(1, values), p.add(1, values))));
  const near = polynomial(p.subtract(p.minimum(w, 5), 2.5), centre);
  const far = polynomial(p.subtract(p.sqrt(p.maximum(w, 5)), 3), tail);
  const inside = p.multiply(values, p.select(p.less(w, 5), near, far));
  return p.select(p.equal(values, 1), Infinity, p.select(p.equal(values, -1), -Infinity, inside));
});

/** How Keras's files write these functions. */
export const savedLogarithms: SavedForms = {
  erfinv: { module: "math" },
  exp2: {},
  log10: {},
  log2: {},
  logaddexp: { inputs: 2 },
};
