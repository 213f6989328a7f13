// The elementwise functions: one row each, from which the op, its name in files and what executors need follow.
import { type DType, isFloat, roundingOf, type StoredDType } from "../dtype.ts";
import type { SavedForm } from "./saved_form.ts";
import type { Value } from "./value.ts";
import { roundHalfToEven, roundToBfloat16, roundToFloat16 } from "../rounding.ts";

/** The name of an elementwise function. */
export type ElementwiseName = keyof typeof elementwiseRows;

/** A derivative: a value of the graph, or a call that has not been added to it yet. */
export type Expr = Value | Call;

/** A call of a function on expressions and numbers. */
export interface Call {
  readonly fn: Exclude<ElementwiseName, "cast">;
  readonly args: readonly (Expr | number)[];
}

/** The derivative is zero (or undefined on a set of measure zero). */
type Constant = { readonly none: "constant" };

/** What a row says besides value and derivative. */
interface Facts {
  /** The dtype that operands must have; by default any, the same for all. */
  readonly takes?: StoredDType;
  /** The dtype of the result; that of the operands by default. */
  readonly gives?: StoredDType;
  /**
   * Whether bool operands need a function of their own because they are not just the numbers 0 and 1; always if it
   * takes only bools.
   */
  readonly hasBools?: boolean;
  /** The numbers that leave the other operand unchanged: on the left and on the right. */
  readonly neutral?: { readonly left?: number; readonly right?: number };
  /** Whether the function is linear in all of its operands together. */
  readonly isLinear?: boolean;
  /** Whether the result is always the operand itself, if that has the dtype of the result. */
  readonly isIdentity?: boolean;
  /** Its name in `ops`, if different; null if it is not in `ops`. */
  readonly inOps?: string | null;
  /** How Keras's files write it. */
  readonly saved?: Omit<SavedForm, "inputs">;
}

/** The function on numbers; `dtype` is the dtype of the result, to whose range the caller rounds. */
type Scalar = (a: number, b: number, c: number, dtype: DType) => number;

/** A function of one operand. */
export interface UnaryRow extends Facts {
  readonly arity: 1;
  readonly scalar: Scalar;
  /** The gradient by `x`, given the gradient by the result `y`. */
  readonly vjp: Constant | ((gradient: Value, x: Value, y: Value) => Expr);
}

/** The gradients by the two operands. */
type Both = readonly [Expr, Expr];

/** A function of two operands, which broadcast. */
export interface BinaryRow extends Facts {
  readonly arity: 2;
  readonly scalar: Scalar;
  /** The gradients by `a` and `b`, given the gradient by the result `y`. */
  readonly vjp: Constant | ((gradient: Value, a: Value, b: Value, y: Value) => Both);
}

/** A function of a condition and two operands of one dtype; all broadcast. */
interface ChoiceRow extends Facts {
  readonly arity: 3;
  readonly scalar: Scalar;
  /** The gradients by the last two operands; the condition has none. */
  readonly vjp: (gradient: Value, condition: Value) => Both;
}

const constant: Constant = { none: "constant" };

function unary(scalar: Scalar, vjp: UnaryRow["vjp"], facts: Facts = {}): UnaryRow {
  return { arity: 1, scalar, vjp, ...facts };
}

function binary(scalar: Scalar, vjp: BinaryRow["vjp"], facts: Facts = {}): BinaryRow {
  return { arity: 2, scalar, vjp, ...facts };
}

function choice(scalar: Scalar, vjp: ChoiceRow["vjp"], facts: Facts = {}): ChoiceRow {
  return { arity: 3, scalar, vjp, ...facts };
}

/** A function of one float. */
function float(scalar: Scalar, vjp: UnaryRow["vjp"], facts: Facts = {}): UnaryRow {
  return unary(scalar, vjp, { takes: "float32", ...facts });
}

const comparison = (holds: (a: number, b: number) => boolean): BinaryRow =>
  binary((a, b) => Number(holds(a, b)), constant, { gives: "bool" });

const logical = (holds: (a: boolean, b: boolean) => boolean): BinaryRow =>
  binary((a, b) => Number(holds(a !== 0, b !== 0)), constant, { takes: "bool" });

const bitwise = (bits: (a: number, b: number) => number): BinaryRow => binary(bits, constant, { takes: "int32" });

/** The error function at float64 precision: its series near 0, elsewhere the continued fraction of its complement. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a;
    let total = a;
    for (let n = 1; n < 100; n++) {
      term *= -(a * a) / n;
      total += term / (2 * n + 1);
    }
    return (Math.sign(x) * 2 * total) / Math.sqrt(Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (a + fraction);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (a + fraction) / Math.sqrt(Math.PI));
}

/** The power of integers, wrapped to 32 bits; negative exponents truncate to an integer. */
function wholePower(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0;
  let [result, square] = [1, a];
  for (let rest = b; rest > 0; rest >>= 1) {
    if (rest & 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}

const sigmoid = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

/**
 * All rows. A row is `unary`, `float` or `binary`: the function on float64 numbers, the gradients, and further facts.
 * Gradients are written with {@linkcode o} and need a return type: otherwise their type would depend on itself.
 */
export const elementwiseRows = {
  negate: unary((x) => -x, (g): Expr => o.negate(g), { isLinear: true, inOps: "negative" }),
  abs: unary(Math.abs, (g, x): Expr => o.multiply(g, o.sign(x)), { saved: { className: "Absolute" } }),
  sign: unary(Math.sign, constant),
  exp: float(Math.exp, (g, _x, y): Expr => o.multiply(g, y)),
  expm1: float(Math.expm1, (g, _x, y): Expr => o.multiply(g, o.add(y, 1))),
  log: float(Math.log, (g, x): Expr => o.divide(g, x)),
  log1p: float(Math.log1p, (g, x): Expr => o.divide(g, o.add(x, 1))),
  sqrt: float(Math.sqrt, (g, _x, y): Expr => o.divide(o.multiply(g, 0.5), y)),
  rsqrt: float(
    (x) => 1 / Math.sqrt(x),
    (g, x, y): Expr => o.multiply(o.multiply(g, -0.5), o.divide(y, x)),
    { saved: { module: "math" } },
  ),
  square: unary((x) => x * x, (g, x): Expr => o.multiply(g, o.multiply(x, 2))),
  reciprocal: float((x) => 1 / x, (g, _x, y): Expr => o.negate(o.multiply(g, o.square(y)))),
  sin: float(Math.sin, (g, x): Expr => o.multiply(g, o.cos(x))),
  cos: float(Math.cos, (g, x): Expr => o.negate(o.multiply(g, o.sin(x)))),
  tanh: float(Math.tanh, (g, _x, y): Expr => o.multiply(g, o.subtract(1, o.square(y)))),
  sigmoid: float(
    sigmoid,
    (g, _x, y): Expr => o.multiply(g, o.multiply(y, o.subtract(1, y))),
    { saved: { module: "nn" } },
  ),
  relu: unary(
    (x) => (x < 0 ? 0 : x),
    (g, _x, y): Expr => o.select(o.greater(y, 0), g, 0),
    { saved: { module: "nn" } },
  ),
  softplus: float(
    (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    (g, x): Expr => o.multiply(g, o.sigmoid(x)),
    { saved: { module: "nn" } },
  ),
  erf: float(
    erf,
    (g, x): Expr => o.multiply(g, o.multiply(2 / Math.sqrt(Math.PI), o.exp(o.negate(o.square(x))))),
    { saved: { module: "math" } },
  ),
  floor: unary(Math.floor, constant),
  ceil: unary(Math.ceil, constant),
  round: unary(roundHalfToEven, constant, { saved: { fixed: { decimals: 0 } } }),
  isNan: float((x) => Number(Number.isNaN(x)), constant, { gives: "bool", inOps: "isnan" }),
  logicalNot: unary((x) => Number(x === 0), constant, { takes: "bool" }),
  stopGradient: unary((x) => x, constant, { isIdentity: true, saved: { module: "core" } }),
  bitsToUnit: unary((x) => (x >>> 8) * 2 ** -24, constant, { takes: "int32", gives: "float32", inOps: null }),
  // What values of half types are rounded by: see lib/passes/legalize.ts.
  roundToFloat16: unary(roundToFloat16, constant, { takes: "float32", inOps: null }),
  roundToBfloat16: unary(roundToBfloat16, constant, { takes: "float32", inOps: null }),
  cast: unary(
    (x, _b, _c, dtype) => (isFloat(dtype) ? x : dtype === "bool" ? Number(x !== 0) : Math.trunc(x)),
    (g): Expr => g,
    { isIdentity: true, saved: { module: "core", keys: { dtype: null } } },
  ),

  add: binary((a, b) => a + b, (g): Both => [g, g], { isLinear: true, neutral: { left: 0, right: 0 } }),
  subtract: binary((a, b) => a - b, (g): Both => [g, o.negate(g)], { isLinear: true, neutral: { right: 0 } }),
  multiply: binary(
    (a, b, _c, dtype) => (dtype === "int32" ? Math.imul(a, b) : a * b),
    (g, a, b): Both => [o.multiply(g, b), o.multiply(g, a)],
    { neutral: { left: 1, right: 1 } },
  ),
  divide: binary(
    (a, b) => a / b,
    (g, _a, b, y): Both => [o.divide(g, b), o.negate(o.divide(o.multiply(g, y), b))],
    { takes: "float32", neutral: { right: 1 } },
  ),
  maximum: binary(
    (a, b) => Math.max(a, b),
    (g, a, b): Both => [o.select(o.greaterEqual(a, b), g, 0), o.select(o.less(a, b), g, 0)],
  ),
  minimum: binary(
    (a, b) => Math.min(a, b),
    (g, a, b): Both => [o.select(o.lessEqual(a, b), g, 0), o.select(o.greater(a, b), g, 0)],
  ),
  power: binary(
    // IEEE 754 says 1 where JavaScript gives NaN: powers of 1, and of -1 to an infinity.
    (a, b, _c, dtype) => {
      if (!isFloat(dtype)) return wholePower(a, b);
      return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
    },
    (g, a, b, y): Both => {
      const isPositive = o.greater(a, 0);
      const byExponent = o.multiply(y, o.log(o.select(isPositive, a, 1)));
      return [
        o.multiply(g, o.multiply(b, o.power(a, o.subtract(b, 1)))),
        o.multiply(g, o.select(isPositive, byExponent, 0)),
      ];
    },
  ),
  mod: binary(
    (a, b, _c, dtype) => {
      if (b === 0 && !isFloat(dtype)) return 0;
      const rest = a % b;
      return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
    },
    (g, a, b): Both => [g, o.negate(o.multiply(g, o.floor(o.divide(a, b))))],
  ),
  arctan2: binary(
    (a, b) => Math.atan2(a, b),
    (g, a, b): Both => {
      const square = o.add(o.square(a), o.square(b));
      return [o.divide(o.multiply(g, b), square), o.negate(o.divide(o.multiply(g, a), square))];
    },
    { takes: "float32" },
  ),
  equal: comparison((a, b) => a === b),
  notEqual: comparison((a, b) => a !== b),
  less: comparison((a, b) => a < b),
  lessEqual: comparison((a, b) => a <= b),
  greater: comparison((a, b) => a > b),
  greaterEqual: comparison((a, b) => a >= b),
  logicalAnd: logical((a, b) => a && b),
  logicalOr: logical((a, b) => a || b),
  bitwiseAnd: bitwise((a, b) => a & b),
  bitwiseOr: bitwise((a, b) => a | b),
  bitwiseXor: bitwise((a, b) => a ^ b),
  // Shifts by what is no place of 32 bits leave nothing, or the sign.
  leftShift: bitwise((a, b) => (b >>> 0 > 31 ? 0 : a << b)),
  rightShift: bitwise((a, b) => a >> (b >>> 0 > 31 ? 31 : b)),

  select: choice(
    (condition, a, b) => (condition !== 0 ? a : b),
    (g, condition): Both => [o.select(condition, g, 0), o.select(condition, 0, g)],
    { hasBools: true, inOps: "where" },
  ),
};

type NamesOf<Row> = { [K in ElementwiseName]: (typeof elementwiseRows)[K] extends Row ? K : never }[ElementwiseName];

/** The functions of one operand without attributes. */
export type UnaryName = Exclude<NamesOf<UnaryRow>, "cast">;
/** The functions of two operands. */
export type BinaryName = NamesOf<BinaryRow>;

/** What each function becomes in derivatives. */
type Calls = {
  readonly [K in Call["fn"]]: (typeof elementwiseRows)[K] extends UnaryRow ? (x: Expr | number) => Call
    : (typeof elementwiseRows)[K] extends BinaryRow ? (a: Expr | number, b: Expr | number) => Call
    : (condition: Expr, whenTrue: Expr | number, whenFalse: Expr | number) => Call;
};

/** The names of all elementwise functions. */
export const elementwiseNames = Object.keys(elementwiseRows) as ElementwiseName[];

/** The functions, for writing derivatives. */
const o = Object.fromEntries(
  elementwiseNames.filter((fn) => fn !== "cast").map((fn) => [fn, (...args: Call["args"]): Call => ({ fn, args })]),
) as Calls;

/** A number rounded to `dtype`, but for float32; integers wrap. */
export function inDType(value: number, dtype: DType): number {
  if (dtype === "int32") return value | 0;
  if (dtype === "uint8") return value & 0xff;
  if (dtype === "bool") return value === 0 ? 0 : 1;
  return roundingOf(dtype)?.(value) ?? value;
}
