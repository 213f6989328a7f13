// Elementwise ops: a row per function of one, two or three broadcast operands.
import type { DType } from "../../dtype.ts";
import { DTypeError } from "../../errors.ts";
import type { BinaryName, ElementwiseName, OpAttrs, UnaryName } from "../../ir/attrs.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { NoGradient, OpDef, RefArray, Vjp, VjpContext } from "../../ir/op_def.ts";
import type { Value } from "../../ir/value.ts";
import { broadcastShapes, type Shape, sizeOf, stridesOf } from "../../shape.ts";
import * as o from "../primitives.ts";

/** The name of an op's functions in elementwise.wgsl, which end in the type of their operands: `less_equal_f32`. */
const snakeCase = (op: string) => op.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const constant: NoGradient = { none: "constant" };

/** The scalar function behind each elementwise op, in float64; `dtype` is that of the result. */
type Scalar = (a: number, b: number, c: number, dtype: DType) => number;

/** The gradient by `x` of a unary function, from its input, output and gradient. */
type UnaryVjp = (x: Value, y: Value, g: Value) => Value;
type BinaryVjp = (a: Value, b: Value, g: Value, y: Value) => [Value | undefined, Value | undefined];

type DTypeRule = (inputs: readonly ValueType[]) => DType;
const sameDType: DTypeRule = ([x]) => x.dtype;
const toBool: DTypeRule = () => "bool";

/** Refuses operands of different dtypes, or of a dtype that the function does not take. */
function checkDTypes(op: string, inputs: readonly ValueType[], accepted?: DType): void {
  const wanted = accepted ?? inputs[0].dtype;
  if (inputs.some((input) => input.dtype !== wanted)) {
    throw new DTypeError({
      what: `Cannot apply ${op}`,
      rule: accepted ? `operands must be ${accepted}` : "operands must have one dtype",
      received: inputs.map((input) => input.dtype).join(", "),
      hint: "cast them with ops.cast",
    });
  }
}

function elementwiseRow<K extends ElementwiseName>(
  op: K,
  scalar: Scalar,
  vjp: Vjp<K> | NoGradient,
  dtype: (inputs: readonly ValueType[], attrs: OpAttrs[K]) => DType,
): OpDef<K> {
  return {
    shape: (inputs) => [inputs.map((input) => input.shape).reduce((a, b) => broadcastShapes(a, b, `apply ${op}`))],
    dtype: (inputs, attrs) => [dtype(inputs, attrs)],
    vjp,
    wgsl: { file: "elementwise.wgsl", entry: snakeCase(op) },
    nativeAttrs: {},
    reference: (inputs, _attrs, [output]) => [mapElements(scalar, inputs, output)],
  };
}

/** Applies `scalar` to each element of the operands broadcast to `output`. */
function mapElements(scalar: Scalar, inputs: readonly RefArray[], output: ValueType): Float64Array {
  const result = new Float64Array(sizeOf(output.shape));
  const [a, b = a, c = a] = inputs.map((input) => broadcastReader(input, output.shape));
  for (let i = 0; i < result.length; i++) result[i] = toDType(scalar(a(i), b(i), c(i), output.dtype), output.dtype);
  return result;
}

/** Wraps an integer result as the dtype's own arithmetic would. */
function toDType(value: number, dtype: DType): number {
  if (dtype === "int32") return value | 0;
  if (dtype === "uint8") return value & 0xff;
  if (dtype === "bool") return value === 0 ? 0 : 1;
  return value;
}

/** Reads element `i` of the output's row-major order from an operand that broadcasts to it. */
function broadcastReader({ shape, data }: RefArray, output: Shape): (i: number) => number {
  if (data.length === 1) return () => data[0];
  if (data.length === sizeOf(output)) return (i) => data[i];
  const outputStrides = stridesOf(output);
  const lead = output.length - shape.length;
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return (i) => {
    let at = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      at += (Math.floor(i / outputStrides[axis + lead]) % output[axis + lead]) * strides[axis];
    }
    return data[at];
  };
}

/** A function of floats: refuses integers. */
function floatRow<K extends UnaryName>(op: K, scalar: (x: number) => number, vjp: UnaryVjp | NoGradient): OpDef<K> {
  return unaryRow(op, scalar, vjp, (inputs) => (checkDTypes(op, inputs, "float32"), "float32"));
}

function unaryRow<K extends UnaryName>(
  op: K,
  scalar: Scalar,
  vjp: UnaryVjp | NoGradient,
  dtype: DTypeRule = sameDType,
): OpDef<K> {
  return elementwiseRow(op, scalar, typeof vjp === "function" ? unaryVjp(vjp) : vjp, dtype);
}

function unaryVjp<K extends UnaryName>(vjp: UnaryVjp): Vjp<K> {
  return ({ inputs: [x], outputs: [y], gradients: [g] }) => [vjp(x, y, g!)];
}

function binaryRow<K extends BinaryName>(
  op: K,
  scalar: Scalar,
  vjp: BinaryVjp | NoGradient,
  dtype: DTypeRule = sameDType,
): OpDef<K> {
  const row = ({ inputs: [a, b], outputs: [y], gradients: [g] }: VjpContext<K>) => {
    const [byA, byB] = (vjp as BinaryVjp)(a, b, g!, y);
    return [byA && o.sumTo(byA, a.shape), byB && o.sumTo(byB, b.shape)];
  };
  return elementwiseRow(op, scalar, typeof vjp === "function" ? row : vjp, (inputs) => {
    checkDTypes(op, inputs);
    return dtype(inputs);
  });
}

function logicalRow<K extends "logicalAnd" | "logicalOr">(op: K, scalar: Scalar): OpDef<K> {
  return binaryRow(op, scalar, constant, (inputs) => (checkDTypes(op, inputs, "bool"), "bool"));
}

/** The error function, to float64's precision: its series near 0, the continued fraction of its complement away. */
export function erf(x: number): number {
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

/** Halves go to the even neighbour, as IEEE 754 and NumPy round. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  if (rest !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}

/** The power of whole numbers, wrapped to 32 bits; that to a negative one is cut to a whole number. */
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
const truth = (condition: boolean) => (condition ? 1 : 0);
const where = (condition: Value, g: Value) => o.select(condition, g, 0);

/** The rows of the elementwise ops. */
export const elementwiseRows = {
  negate: unaryRow("negate", (x) => -x, (_x, _y, g) => o.negate(g)),
  abs: unaryRow("abs", Math.abs, (x, _y, g) => o.multiply(g, o.sign(x))),
  sign: unaryRow("sign", Math.sign, constant),
  exp: floatRow("exp", Math.exp, (_x, y, g) => o.multiply(g, y)),
  expm1: floatRow("expm1", Math.expm1, (_x, y, g) => o.multiply(g, o.add(y, 1))),
  log: floatRow("log", Math.log, (x, _y, g) => o.divide(g, x)),
  log1p: floatRow("log1p", Math.log1p, (x, _y, g) => o.divide(g, o.add(x, 1))),
  sqrt: floatRow("sqrt", Math.sqrt, (_x, y, g) => o.divide(o.multiply(g, 0.5), y)),
  rsqrt: floatRow(
    "rsqrt",
    (x) => 1 / Math.sqrt(x),
    (x, y, g) => o.multiply(o.multiply(g, -0.5), o.divide(y, x)),
  ),
  square: unaryRow("square", (x) => x * x, (x, _y, g) => o.multiply(g, o.multiply(x, 2))),
  reciprocal: floatRow("reciprocal", (x) => 1 / x, (_x, y, g) => o.negate(o.multiply(g, o.square(y)))),
  sin: floatRow("sin", Math.sin, (x, _y, g) => o.multiply(g, o.cos(x))),
  cos: floatRow("cos", Math.cos, (x, _y, g) => o.negate(o.multiply(g, o.sin(x)))),
  tanh: floatRow("tanh", Math.tanh, (_x, y, g) => o.multiply(g, o.subtract(1, o.square(y)))),
  sigmoid: floatRow("sigmoid", sigmoid, (_x, y, g) => o.multiply(g, o.multiply(y, o.subtract(1, y)))),
  relu: unaryRow("relu", (x) => (x < 0 ? 0 : x), (_x, y, g) => where(o.greater(y, 0), g)),
  softplus: floatRow(
    "softplus",
    (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    (x, _y, g) => o.multiply(g, o.sigmoid(x)),
  ),
  erf: floatRow(
    "erf",
    erf,
    (x, _y, g) => o.multiply(g, o.multiply(2 / Math.sqrt(Math.PI), o.exp(o.negate(o.square(x))))),
  ),
  floor: unaryRow("floor", Math.floor, constant),
  ceil: unaryRow("ceil", Math.ceil, constant),
  round: unaryRow("round", roundHalfToEven, constant),
  isNan: unaryRow("isNan", (x) => truth(Number.isNaN(x)), constant, toBool),
  logicalNot: unaryRow("logicalNot", (x) => truth(x === 0), constant, (inputs) => {
    checkDTypes("logicalNot", inputs, "bool");
    return "bool";
  }),
  stopGradient: floatRow("stopGradient", (x) => x, constant),
  bitsToUnit: unaryRow("bitsToUnit", (x) => (x >>> 8) * 2 ** -24, constant, (inputs) => {
    checkDTypes("bitsToUnit", inputs, "int32");
    return "float32";
  }),

  add: binaryRow("add", (a, b) => a + b, (_a, _b, g) => [g, g]),
  subtract: binaryRow("subtract", (a, b) => a - b, (_a, _b, g) => [g, o.negate(g)]),
  multiply: binaryRow(
    "multiply",
    (a, b, _c, dtype) => (dtype === "int32" ? Math.imul(a, b) : a * b),
    (a, b, g) => [o.multiply(g, b), o.multiply(g, a)],
  ),
  divide: binaryRow(
    "divide",
    (a, b) => a / b,
    (_a, b, g, y) => [o.divide(g, b), o.negate(o.divide(o.multiply(g, y), b))],
    (inputs) => (checkDTypes("divide", inputs, "float32"), "float32"),
  ),
  maximum: binaryRow(
    "maximum",
    (a, b) => Math.max(a, b),
    (a, b, g) => [where(o.greaterEqual(a, b), g), where(o.less(a, b), g)],
  ),
  minimum: binaryRow(
    "minimum",
    (a, b) => Math.min(a, b),
    (a, b, g) => [where(o.lessEqual(a, b), g), where(o.greater(a, b), g)],
  ),
  power: binaryRow(
    "power",
    // Where JavaScript gives NaN, IEEE 754 has 1: powers of 1, and of -1 to an infinity.
    (a, b, _c, dtype) => {
      if (dtype !== "float32") return wholePower(a, b);
      return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
    },
    (a, b, g, y) => [
      o.multiply(g, o.multiply(b, o.power(a, o.subtract(b, 1)))),
      o.multiply(g, where(o.greater(a, 0), o.multiply(y, o.log(o.select(o.greater(a, 0), a, 1))))),
    ],
  ),
  mod: binaryRow(
    "mod",
    (a, b, _c, dtype) => {
      if (b === 0 && dtype !== "float32") return 0;
      const rest = a % b;
      return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
    },
    (a, b, g) => [g, o.negate(o.multiply(g, o.floor(o.divide(a, b))))],
  ),
  arctan2: binaryRow(
    "arctan2",
    (a, b) => Math.atan2(a, b),
    (a, b, g) => {
      const square = o.add(o.square(a), o.square(b));
      return [o.divide(o.multiply(g, b), square), o.negate(o.divide(o.multiply(g, a), square))];
    },
    (inputs) => (checkDTypes("arctan2", inputs, "float32"), "float32"),
  ),
  equal: binaryRow("equal", (a, b) => truth(a === b), constant, toBool),
  notEqual: binaryRow("notEqual", (a, b) => truth(a !== b), constant, toBool),
  less: binaryRow("less", (a, b) => truth(a < b), constant, toBool),
  lessEqual: binaryRow("lessEqual", (a, b) => truth(a <= b), constant, toBool),
  greater: binaryRow("greater", (a, b) => truth(a > b), constant, toBool),
  greaterEqual: binaryRow("greaterEqual", (a, b) => truth(a >= b), constant, toBool),
  logicalAnd: logicalRow("logicalAnd", (a, b) => truth(a !== 0 && b !== 0)),
  logicalOr: logicalRow("logicalOr", (a, b) => truth(a !== 0 || b !== 0)),

  select: elementwiseRow(
    "select",
    (condition, a, b) => (condition !== 0 ? a : b),
    ({ inputs: [condition, a, b], gradients: [g] }) => [
      undefined,
      o.sumTo(o.select(condition, g!, 0), a.shape),
      o.sumTo(o.select(condition, 0, g!), b.shape),
    ],
    ([condition, ...branches]) => {
      checkDTypes("select", [condition], "bool");
      checkDTypes("select", branches);
      return branches[0].dtype;
    },
  ),
  cast: elementwiseRow(
    "cast",
    (x, _b, _c, dtype) => (dtype === "float32" ? x : dtype === "bool" ? truth(x !== 0) : Math.trunc(x)),
    ({ inputs: [x], gradients: [g] }) => [x.dtype === "float32" ? g : undefined],
    (_inputs, { dtype }) => dtype,
  ),
} satisfies { [K in ElementwiseName]: OpDef<K> };

/** The dtype that an elementwise function gives for operands of `dtypes`. */
export function elementwiseDType(fn: ElementwiseName, dtypes: readonly DType[], castTo: DType): DType {
  const inputs = dtypes.map((dtype) => ({ shape: [], dtype }));
  return elementwiseRows[fn].dtype(inputs, { dtype: castTo } as never)[0];
}

/** The function of an elementwise op on plain numbers. */
export function elementwiseScalar(fn: ElementwiseName, args: readonly number[], dtype: DType): number {
  const inputs = args.map((value) => ({ shape: [], dtype, data: Float64Array.of(value) }));
  return elementwiseRows[fn].reference(inputs, { dtype } as never, [{ shape: [], dtype }])[0][0];
}
