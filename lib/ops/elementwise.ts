// The elementwise functions of `ops`: one for each row of lib/ir/elementwise.ts, by Keras's name.
import { checkDType, type DType, isFloat } from "../dtype.ts";
import type { BinaryName, UnaryName } from "../ir/elementwise.ts";
import { apply, dtypeOf, type Operand, promoteDTypes } from "../tensor/apply.ts";
import { scalarLike } from "../tensor/tensor.ts";
import { applyElementwise } from "./apply_elementwise.ts";
import { type BinaryOp, type Lifted, liftNamedPrimitive, liftPrimitive, type Named, type UnaryOp } from "./lift.ts";

const unary = (fn: UnaryName): UnaryOp => liftPrimitive((x) => applyElementwise(fn, [x]));
const binary = (fn: BinaryName): BinaryOp => liftPrimitive((a, b) => applyElementwise(fn, [a, b]));

/** `-x`. */
export const negative: UnaryOp = unary("negate");
/** The absolute value. */
export const abs: UnaryOp = unary("abs");
/** -1, 0 or 1 by the sign. */
export const sign: UnaryOp = unary("sign");
/** `e` to the power of `x`. */
export const exp: UnaryOp = unary("exp");
/** `exp(x) - 1`, exact near 0. */
export const expm1: UnaryOp = unary("expm1");
/** The natural logarithm. */
export const log: UnaryOp = unary("log");
/** `log(1 + x)`, exact near 0. */
export const log1p: UnaryOp = unary("log1p");
/** The square root. */
export const sqrt: UnaryOp = unary("sqrt");
/** `1 / sqrt(x)`. */
export const rsqrt: UnaryOp = unary("rsqrt");
/** `x * x`. */
export const square: UnaryOp = unary("square");
/** `1 / x`. */
export const reciprocal: UnaryOp = unary("reciprocal");
/** The sine of `x` in radians. */
export const sin: UnaryOp = unary("sin");
/** The cosine of `x` in radians. */
export const cos: UnaryOp = unary("cos");
/** The hyperbolic tangent. */
export const tanh: UnaryOp = unary("tanh");
/** `1 / (1 + exp(-x))`. */
export const sigmoid: UnaryOp = unary("sigmoid");
/** `max(x, 0)`. */
export const relu: UnaryOp = unary("relu");
/** `log(1 + exp(x))`, without overflow. */
export const softplus: UnaryOp = unary("softplus");
/** The error function. */
export const erf: UnaryOp = unary("erf");
/** The largest integer not above `x`. */
export const floor: UnaryOp = unary("floor");
/** The smallest integer not below `x`. */
export const ceil: UnaryOp = unary("ceil");
/** The nearest integer, halves to even. */
export const round: UnaryOp = unary("round");
/** Whether an element is not a number. */
export const isnan: UnaryOp = unary("isNan");
/** `not x`, as bool. */
export const logicalNot: UnaryOp = unary("logicalNot");
/** `x` itself, but no gradient flows through it. */
export const stopGradient: UnaryOp = liftPrimitive((x) => {
  const [operand] = promoteDTypes([x]);
  // Only floats have gradients.
  return isFloat(operand.dtype) ? applyElementwise("stopGradient", [operand]) : operand;
});
/** The elements in another dtype: to integers by truncation, to bool by `!= 0`. */
export const cast: Named<[x: Operand], [dtype: DType], { dtype: DType }> = liftNamedPrimitive(
  1,
  ["dtype"],
  (x, dtype) => {
    checkDType(dtype, "Cannot cast");
    const [operand] = promoteDTypes([x]);
    return operand.dtype === dtype ? operand : apply("cast", [operand], { dtype })[0];
  },
);

/** `a + b`. */
export const add: BinaryOp = binary("add");
/** `a - b`. */
export const subtract: BinaryOp = binary("subtract");
/** `a * b`. */
export const multiply: BinaryOp = binary("multiply");
/** `a / b` in float32. */
export const divide: BinaryOp = binary("divide");
/** The larger of `a` and `b`. */
export const maximum: BinaryOp = binary("maximum");
/** The smaller of `a` and `b`. */
export const minimum: BinaryOp = binary("minimum");
/** The remainder with the sign of `b`, as Python's `%`. */
export const mod: BinaryOp = binary("mod");
/** The angle of the point `(b, a)`, from -pi to pi. */
export const arctan2: BinaryOp = binary("arctan2");
/** `a == b`, as bool. */
export const equal: BinaryOp = binary("equal");
/** `a != b`, as bool. */
export const notEqual: BinaryOp = binary("notEqual");
/** `a < b`, as bool. */
export const less: BinaryOp = binary("less");
/** `a <= b`, as bool. */
export const lessEqual: BinaryOp = binary("lessEqual");
/** `a > b`, as bool. */
export const greater: BinaryOp = binary("greater");
/** `a >= b`, as bool. */
export const greaterEqual: BinaryOp = binary("greaterEqual");
/** `a and b`, as bool. */
export const logicalAnd: BinaryOp = binary("logicalAnd");
/** `a or b`, as bool. */
export const logicalOr: BinaryOp = binary("logicalOr");
/** `a` to the power of `b`; integers give an integer, truncated for negative exponents. */
export const power: BinaryOp = liftPrimitive((a, b) => {
  const operands = promoteDTypes([a, b]);
  // Bools give int32, as in Keras.
  const isBool = dtypeOf(operands[0]) === "bool";
  return applyElementwise("power", isBool ? operands.map((x) => cast(x, "int32")) : operands);
});

/** `whenTrue` where `condition` is true, else `whenFalse`; the three broadcast. Integers alone give int32. */
export const where: Lifted<[condition: Operand, whenTrue: Operand, whenFalse: Operand]> = liftPrimitive(
  (condition, whenTrue, whenFalse) => {
    const branches = [whenTrue, whenFalse];
    const isWhole = (x: Operand): x is number => typeof x === "number" && (x | 0) === x;
    const kept = branches.every(isWhole) ? branches.map((x) => scalarLike(x, "int32")) : branches;
    return applyElementwise("select", [condition, ...kept]);
  },
);
