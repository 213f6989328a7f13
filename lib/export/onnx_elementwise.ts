// The elementwise functions in ONNX.
import type { DType } from "../dtype.ts";
import { type BinaryRow, type ElementwiseName, elementwiseRows, type UnaryRow } from "../ir/elementwise.ts";
import type { Call, Refused, Result, Translation } from "./onnx_call.ts";
import { OnnxGraph, type OnnxValue } from "./onnx_model.ts";
import { Held, type Layout } from "./onnx_scope.ts";

/** Writes a function of operands by name; they are float32, int32 or, where the function takes that, bool. */
type Write = (call: Call<ElementwiseName>, operands: readonly string[], dtype: DType) => string;

/** A function that is an operator of ONNX. */
const operator = (opType: string): Write => (call, operands) => call.node(opType, operands);

/** A function that changes only floats. */
const forFloats = (opType: string): Write => (call, [x], dtype) =>
  dtype === "float32" ? call.node(opType, [x]) : call.node("Identity", [x]);

/** 2 artanh(x / (x + 2)), which is log(1 + x), precise near 0. */
function log1pNear0(call: Call<ElementwiseName>, x: string): string {
  const two = call.scalar(2, "float32");
  return call.node("Mul", [two, call.node("Atanh", [call.node("Div", [x, call.node("Add", [x, two])])])]);
}

/** Whether a float is below zero, or -0. */
function isNegative(call: Call<ElementwiseName>, x: string): string {
  const zero = call.scalar(0, "float32");
  const isZero = call.node("Equal", [x, zero]);
  return call.node("Less", [call.node("Where", [isZero, call.node("Reciprocal", [x]), x]), zero]);
}

/**
 * The power of integers, which wraps: a loop over the bits of the exponent, since ONNX's Pow saturates. A negative
 * exponent leaves 1 and -1, and makes 0 of other integers.
 */
function wholePower(call: Call<ElementwiseName>, a: string, b: string): string {
  const { model, origin } = call;
  const number = (value: number) => call.scalar(value, "int32");
  const isOther = call.node("Not", [call.node("Equal", [call.node("Abs", [a]), number(1)])]);
  const isLost = call.node("And", [call.node("Less", [b, number(0)]), isOther]);
  const base = call.node("Where", [isLost, number(0), a]);
  const bits = call.node("Add", [call.node("Mul", [base, number(0)]), call.node("Abs", [b])]);
  const body = new OnnxGraph();
  const add = (opType: string, inputs: readonly string[]) => model.node(body, opType, inputs, {}, origin)[0];
  const input = (name: string, shape: OnnxValue["shape"]) => {
    body.inputs.push({ name: model.unique(`${origin}/${name}`), dtype: "int32", shape });
    return body.inputs[body.inputs.length - 1].name;
  };
  const shape = call.outputs[0].shape.map(() => null);
  const [power, square, rest] = ["power", "square", "rest"].map((name) => input(name, shape));
  input("bit", []);
  const isSet = add("Equal", [add("Mod", [rest, number(2)]), number(1)]);
  const next = [
    add("Where", [isSet, add("Mul", [power, square]), power]),
    add("Mul", [square, square]),
    add("Div", [rest, number(2)]),
  ];
  body.outputs.push(...next.map((name) => ({ name, dtype: "int32" as const, shape })));
  const ones = call.node("Add", [call.node("Mul", [bits, number(0)]), number(1)]);
  const wide = call.node("Add", [call.node("Mul", [bits, number(0)]), base]);
  const each = call.node("Expand", [number(0), call.integers([31])]);
  return model.node(call.scope.graph, "Scan", [ones, wide, bits, each], { body, num_scan_inputs: 1 }, origin, 3)[0];
}

/** To a type of 16 bits and back. */
const rounding = (dtype: "float16" | "bfloat16"): Write => (call, [x]) => call.cast(call.cast(x, dtype), "float32");

/** 2 to the power of `b`, whole numbers, and 0 where that has no place in 32 bits. */
function powerOfTwo(call: Call<ElementwiseName>, b: string): string {
  const [none, bits] = [call.scalar(0, "int32"), call.scalar(32, "int32")];
  const isPlace = call.node("And", [call.node("GreaterOrEqual", [b, none]), call.node("Less", [b, bits])]);
  const data = Int32Array.from({ length: 33 }, (_, i) => i < 32 ? 1 << i : 0);
  const powers = call.model.initializer("powers", "int32", [33], data);
  return call.node("Gather", [powers, call.node("Where", [isPlace, b, bits])]);
}

const functions: Readonly<Record<Exclude<ElementwiseName, "cast" | "bitsToUnit">, Write>> = {
  negate: operator("Neg"),
  abs: operator("Abs"),
  sign: operator("Sign"),
  exp: operator("Exp"),
  // tanh(x / 2) (exp(x) + 1), which is precise near 0.
  expm1: (call, [x]) => {
    const half = call.node("Tanh", [call.node("Mul", [x, call.scalar(0.5, "float32")])]);
    return call.node("Mul", [half, call.node("Add", [call.node("Exp", [x]), call.scalar(1, "float32")])]);
  },
  log: operator("Log"),
  log1p: (call, [x]) => {
    const isNear = call.node("Less", [call.node("Abs", [x]), call.scalar(0.5, "float32")]);
    const far = call.node("Log", [call.node("Add", [x, call.scalar(1, "float32")])]);
    return call.node("Where", [isNear, log1pNear0(call, x), far]);
  },
  sqrt: operator("Sqrt"),
  rsqrt: (call, [x]) => call.node("Reciprocal", [call.node("Sqrt", [x])]),
  square: (call, [x]) => call.node("Mul", [x, x]),
  reciprocal: operator("Reciprocal"),
  sin: operator("Sin"),
  cos: operator("Cos"),
  tanh: operator("Tanh"),
  sigmoid: operator("Sigmoid"),
  relu: (call, [x], dtype) =>
    dtype === "float32" ? call.node("Relu", [x]) : call.node("Max", [x, call.scalar(0, dtype)]),
  // max(x, 0) + log(1 + exp(-|x|)); ONNX's Softplus is imprecise below 0.
  softplus: (call, [x]) => {
    const small = call.node("Exp", [call.node("Neg", [call.node("Abs", [x])])]);
    return call.node("Add", [call.node("Relu", [x]), log1pNear0(call, small)]);
  },
  erf: operator("Erf"),
  floor: forFloats("Floor"),
  ceil: forFloats("Ceil"),
  round: forFloats("Round"),
  roundToFloat16: rounding("float16"),
  roundToBfloat16: rounding("bfloat16"),
  isNan: operator("IsNaN"),
  logicalNot: operator("Not"),
  stopGradient: operator("Identity"),

  add: operator("Add"),
  subtract: operator("Sub"),
  multiply: operator("Mul"),
  divide: operator("Div"),
  maximum: operator("Max"),
  // A ReLU with a largest value: ONNX Runtime computes these two along with a convolution, but not Max and Min.
  minimum: (call, [a, b], dtype) =>
    dtype === "float32" && call.makerOf(0) === "relu" && call.inputs[1].shape.length === 0
      ? call.node("Clip", [a, call.scalar(0, dtype), b])
      : call.node("Min", [a, b]),
  power: (call, [a, b], dtype) => {
    if (dtype === "float32") return call.node("Pow", [a, b]);
    return wholePower(call, a, b);
  },
  mod: (call, [a, b], dtype) => {
    const zero = call.scalar(0, dtype);
    if (dtype !== "float32") {
      const divisor = call.node("Where", [call.node("Equal", [b, zero]), call.scalar(1, dtype), b]);
      return call.node("Mod", [a, divisor]);
    }
    // C's remainder has the sign of the dividend.
    const rest = call.node("Mod", [a, b], { fmod: 1 });
    const differ = call.node("Xor", [call.node("Less", [rest, zero]), call.node("Less", [b, zero])]);
    const isRest = call.node("Not", [call.node("Equal", [rest, zero])]);
    return call.node("Where", [call.node("And", [isRest, differ]), call.node("Add", [rest, b]), rest]);
  },
  arctan2: (call, [y, x]) => {
    const zero = call.scalar(0, "float32");
    const [height, width] = [call.node("Abs", [y]), call.node("Abs", [x])];
    const isDiagonal = call.node("Equal", [height, width]);
    const isOrigin = call.node("Equal", [call.node("Add", [height, width]), zero]);
    // Of two infinities too.
    const slope = call.node("Where", [isDiagonal, call.scalar(1, "float32"), call.node("Div", [height, width])]);
    const angle = call.node("Atan", [call.node("Where", [isOrigin, zero, slope])]);
    const opposite = call.node("Sub", [call.scalar(Math.PI, "float32"), angle]);
    const above = call.node("Where", [isNegative(call, x), opposite, angle]);
    return call.node("Where", [isNegative(call, y), call.node("Neg", [above]), above]);
  },
  equal: operator("Equal"),
  notEqual: (call, operands) => call.node("Not", [call.node("Equal", operands)]),
  less: operator("Less"),
  lessEqual: operator("LessOrEqual"),
  greater: operator("Greater"),
  greaterEqual: operator("GreaterOrEqual"),
  logicalAnd: operator("And"),
  logicalOr: operator("Or"),
  bitwiseAnd: operator("BitwiseAnd"),
  bitwiseOr: operator("BitwiseOr"),
  bitwiseXor: operator("BitwiseXor"),
  leftShift: (call, [a, b]) => call.node("Mul", [a, powerOfTwo(call, b)]),
  // A division rounds towards 0, so that numbers below it are turned over before and after it.
  rightShift: (call, [a, b]) => {
    const zero = call.scalar(0, "int32");
    const isBelow = call.node("Less", [a, zero]);
    const turned = (x: string) => call.node("Where", [isBelow, call.node("BitwiseNot", [x]), x]);
    const power = powerOfTwo(call, b);
    const hasPlace = call.node("Greater", [power, zero]);
    const quotient = call.node("Div", [turned(a), call.node("Where", [hasPlace, power, call.scalar(1, "int32")])]);
    return turned(call.node("Where", [hasPlace, quotient, zero]));
  },
  select: operator("Where"),
};

/** The layout of an elementwise node: channels first if an operand of its rank has that one only. */
function layoutOf(inputs: readonly Held[], rank: number): Layout {
  return inputs.some((held) => held.rank === rank && held.layout === "channelsFirst") ? "channelsFirst" : "plain";
}

/** Writes a function of operands: runtimes compute with few dtypes, so that uint8 and bool are int32 meanwhile. */
function apply(fn: keyof typeof functions, call: Call<ElementwiseName>, inputs: readonly Held[]): Result {
  const { takes, gives } = elementwiseRows[fn] as UnaryRow | BinaryRow;
  const [{ shape, dtype }] = call.outputs;
  const conditions = inputs.length > 2 ? 1 : 0;
  const layout = layoutOf(inputs, shape.length);
  const names = inputs.map((held) => held.broadcastIn(layout, shape.length));
  const given = inputs[conditions].dtype;
  const suits = given === "float32" || given === "int32" || takes === "bool";
  const operands = names.map((name, i) => suits || i < conditions ? name : call.cast(name, "int32"));
  const y = functions[fn](call, operands, suits ? given : "int32");
  return { name: suits || gives === "bool" ? y : call.narrowed(y, dtype), layout };
}

/** A subtraction of constants adds them, since runtimes merge a sum into the convolution before it. */
const subtract: Translation<"subtract"> = {
  emit: (call) => {
    const [a, b] = call.inputs;
    const { constant } = b;
    if (constant?.dtype !== "float32") return apply("subtract", call, call.inputs);
    const negative = { ...constant, data: Float32Array.from(constant.data, (value) => -value) };
    return apply("add", call, [a, new Held(b.scope, b.hint, b.shape, b.dtype, negative)]);
  },
};

/** Casts as NumPy's `astype`: floats are truncated, integers wrap. */
const cast: Translation<"cast"> = {
  emit: (call) => {
    const [x] = call.inputs;
    const { dtype } = call.attrs;
    const name = x.in(x.layout);
    const whole = dtype === "uint8" && x.dtype !== "int32" ? call.cast(name, "int32") : name;
    return { name: call.narrowed(whole, dtype), layout: x.layout };
  },
};

const bitsToUnit: Refused = { refused: "it makes random numbers" };

/** The translations of the elementwise functions. */
export const elementwiseTranslations = {
  ...Object.fromEntries(
    Object.keys(functions).map((fn) => [fn, {
      emit: (call: Call<ElementwiseName>) => apply(fn as keyof typeof functions, call, call.inputs),
    }]),
  ) as {
    readonly [K in keyof typeof functions]: Translation<ElementwiseName>;
  },
  subtract,
  cast,
  bitsToUnit,
};
