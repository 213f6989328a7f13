// Elementwise programs as WGSL: a line per step, each a call to a function of elementwise.wgsl.
import type { DType } from "../../dtype.ts";
import type { ElementwiseName, ElementwiseProgram, ElementwiseStep } from "../../ir/attrs.ts";
import { registerDType } from "../../ops/fused.ts";
import { elementType, floatWord } from "./header.ts";
import type { Words } from "./terms.ts";

/** The WGSL function of each elementwise op; on integers its name ends in `_i32` where `integer` says so. */
export const functionNames: {
  readonly [K in Exclude<ElementwiseName, "select" | "cast">]: { readonly name: string; readonly integer?: boolean };
} = {
  negate: { name: "negate", integer: true },
  abs: { name: "abs" },
  sign: { name: "sign_of", integer: true },
  exp: { name: "exponential" },
  expm1: { name: "expm1" },
  log: { name: "logarithm" },
  log1p: { name: "log1p" },
  sqrt: { name: "square_root" },
  rsqrt: { name: "rsqrt" },
  square: { name: "square", integer: true },
  reciprocal: { name: "reciprocal" },
  sin: { name: "sine" },
  cos: { name: "cosine" },
  tanh: { name: "hyperbolic_tangent" },
  sigmoid: { name: "sigmoid" },
  relu: { name: "relu", integer: true },
  softplus: { name: "softplus" },
  erf: { name: "error_function" },
  floor: { name: "round_down" },
  ceil: { name: "round_up" },
  round: { name: "round" },
  isNan: { name: "is_nan" },
  logicalNot: { name: "logical_not" },
  bitsToUnit: { name: "bits_to_unit" },
  add: { name: "add", integer: true },
  subtract: { name: "subtract", integer: true },
  multiply: { name: "multiply", integer: true },
  divide: { name: "divide" },
  maximum: { name: "maximum", integer: true },
  minimum: { name: "minimum", integer: true },
  power: { name: "power" },
  mod: { name: "modulo", integer: true },
  equal: { name: "equal", integer: true },
  notEqual: { name: "not_equal", integer: true },
  less: { name: "less", integer: true },
  lessEqual: { name: "less_equal", integer: true },
  greater: { name: "greater", integer: true },
  greaterEqual: { name: "greater_equal", integer: true },
  logicalAnd: { name: "logical_and" },
  logicalOr: { name: "logical_or" },
};

const keepsIntegers = new Set<ElementwiseName>(["floor", "ceil", "round"]);

/**
 * The program's lines. `operand(i)` is the expression of operand `i`; register `r` is `r{i}` after its line. Literals
 * are read from the uniform, since they differ from shape to shape (one over the batch) and may be NaN.
 */
export function programLines(program: ElementwiseProgram, operand: (i: number) => string, words: Words): string[] {
  const lines = program.operands.map((_, i) => `let r${i} = ${operand(i)};`);
  const dtypeOf = (register: number) => registerDType(program, register);
  program.steps.forEach((step, at) => {
    lines.push(`let r${program.operands.length + at} = ${stepCode(step, dtypeOf, words)};`);
  });
  return lines;
}

function stepCode(step: ElementwiseStep, dtypeOf: (register: number) => DType, words: Words): string {
  if (step.fn === "literal") return literal(step.value, step.dtype, words);
  const names = step.args.map((register) => `r${register}`);
  const dtypes = step.args.map(dtypeOf);
  if (step.fn === "select") return `select(${names[2]}, ${names[1]}, ${names[0]})`;
  if (step.fn === "cast") return castCode(names[0], dtypes[0], step.dtype);
  if (dtypes[0] !== "float32" && keepsIntegers.has(step.fn)) return names[0];
  const { name, integer } = functionNames[step.fn];
  if (!integer || dtypes[0] === "float32") return `${name}(${names.join(", ")})`;
  // Truth values take part in arithmetic and comparisons as 0 and 1.
  const numbers = dtypes[0] === "bool" ? names.map((register) => `select(0, 1, ${register})`) : names;
  const call = `${name}_i32(${numbers.join(", ")})`;
  if (step.dtype === "uint8") return `${call} & 255`;
  return step.dtype === "bool" && dtypes[0] === "bool" && arithmetic.has(step.fn) ? `${call} != 0` : call;
}

const arithmetic = new Set<ElementwiseName>([
  "negate",
  "sign",
  "square",
  "relu",
  "add",
  "subtract",
  "multiply",
  "maximum",
  "minimum",
  "mod",
]);

function literal(value: number, dtype: DType, words: Words): string {
  if (dtype === "float32") return `bitcast<f32>(${words.add(floatWord(value))})`;
  return dtype === "bool" ? `${words.add(value)} != 0u` : `bitcast<i32>(${words.add(value)})`;
}

function castCode(x: string, from: DType, to: DType): string {
  if (from === to) return x;
  if (to === "float32") return from === "bool" ? `select(0.0, 1.0, ${x})` : `f32(${x})`;
  if (to === "bool") return from === "float32" ? `to_bool(${x})` : `${x} != 0`;
  const whole = from === "float32" ? `to_i32(${x})` : from === "bool" ? `select(0, 1, ${x})` : x;
  return to === "uint8" ? `${whole} & 255` : whole;
}

/** The WGSL type of a register. */
export function registerType(program: ElementwiseProgram, register: number): string {
  return elementType(registerDType(program, register));
}
