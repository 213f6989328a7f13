// Elementwise programs as WGSL: a line per step, each a call to a function of elementwise.wgsl.
import type { DType } from "../../dtype.ts";
import type { ElementwiseProgram, ElementwiseStep } from "../../ir/attrs.ts";
import { elementwiseRows } from "../../ir/elementwise.ts";
import { snakeCase } from "../../names.ts";
import { registerDType } from "../defs/programs.ts";
import type { UniformWords } from "./index_math.ts";
import { type ElementType, elementType } from "./operand.ts";
import { floatWord } from "./uniform.ts";

/**
 * The program's lines. `operand(i)` is the expression of operand `i`; register `r` is named `r{i}`. Literals are read
 * from the uniform, since they depend on the shape (one over the batch size) and may be NaN.
 */
export function programLines(
  program: ElementwiseProgram,
  operand: (i: number) => string,
  words: UniformWords,
): string[] {
  const lines = program.operands.map((_, i) => `let r${i} = ${operand(i)};`);
  const dtypeOf = (register: number) => registerDType(program, register);
  program.steps.forEach((step, at) => {
    lines.push(`let r${program.operands.length + at} = ${stepCode(step, dtypeOf, words)};`);
  });
  return lines;
}

function stepCode(step: ElementwiseStep, dtypeOf: (register: number) => DType, words: UniformWords): string {
  if (step.fn === "literal") return literal(step.value, step.dtype, words);
  const names = step.args.map((register) => `r${register}`);
  const from = dtypeOf(step.args[step.args.length - 1]);
  const { takes, gives, isIdentity, hasBools = takes === "bool" } = elementwiseRows[step.fn];
  if (isIdentity) return narrowed(castCode(names[0], elementType(from), elementType(step.dtype)), step.dtype);
  // Bools take part in arithmetic and comparisons as 0 and 1.
  const isNumber = from !== "bool" || hasBools;
  const args = isNumber ? names : names.map((name) => castCode(name, "bool", "i32"));
  // In elementwise.wgsl the operands' dtype is part of the name: `less_equal_f32`.
  const call = `${snakeCase(step.fn)}_${isNumber ? elementType(from) : "i32"}(${args.join(", ")})`;
  if (step.dtype === "bool" && !isNumber && gives !== "bool") return castCode(call, "i32", "bool");
  return narrowed(call, step.dtype);
}

function castCode(x: string, from: ElementType, to: ElementType): string {
  return from === to ? x : `cast_${from}_to_${to}(${x})`;
}

/** Wraps an integer to its dtype. */
function narrowed(code: string, dtype: DType): string {
  return dtype === "uint8" ? `${code} & 255` : code;
}

function literal(value: number, dtype: DType, words: UniformWords): string {
  if (dtype === "float32") return `bitcast<f32>(${words.add(floatWord(value))})`;
  return dtype === "bool" ? `${words.add(value)} != 0u` : `bitcast<i32>(${words.add(value)})`;
}
