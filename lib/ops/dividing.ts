// Floor division, truncation, and division by 0. https://keras.io/api/ops/numpy/
import type { SavedForms } from "../ir/saved_form.ts";
import { dtypeOf, type Operand, promoteDTypes } from "../tensor/apply.ts";
import { type BinaryOp, lift, type UnaryOp } from "./lift.ts";
import * as p from "./primitives.ts";

/** `x` without its fraction, rounded towards 0. */
export const trunc: UnaryOp = lift((x) => p.select(p.less(x, 0), p.ceil(x), p.floor(x)));

/** The largest integer not above `a / b`. Integers give an integer, and 0 if `b` is 0. */
export const floorDivide: BinaryOp = lift((a, b) => {
  const [x, y] = promoteDTypes([a, b]);
  const dtype = dtypeOf(x);
  if (dtype === "float32") return p.floor(p.divide(x, y));
  const [from, by] = [p.cast(x, "int32"), p.cast(y, "int32")];
  const quotient = (of: Operand) => p.cast(p.round(p.divide(of, by)), "int32");
  // Without the remainder (rounded towards 0), the division is exact and does not overflow.
  const rest = p.mod(from, by);
  const isCut = p.logicalAnd(p.notEqual(rest, 0), p.notEqual(p.less(from, 0), p.less(by, 0)));
  const even = p.subtract(from, p.select(isCut, p.subtract(rest, by), rest));
  // A second quotient corrects the rounding error of the first.
  const first = quotient(even);
  const whole = p.add(first, quotient(p.subtract(even, p.multiply(first, by))));
  const result = p.select(p.equal(by, 0), 0, p.select(isCut, p.subtract(whole, 1), whole));
  return dtype === "uint8" ? p.cast(result, dtype) : result;
});

/** `a / b` in float32, 0 where `b` is 0. */
export const divideNoNan: BinaryOp = lift((a, b) => {
  const isZero = p.equal(b, 0);
  return p.select(isZero, 0, p.divide(a, p.select(isZero, 1, b)));
});

/** How Keras's files write these functions. */
export const savedQuotients: SavedForms = {
  divideNoNan: { inputs: 2 },
  floorDivide: { inputs: 2 },
  trunc: {},
};
