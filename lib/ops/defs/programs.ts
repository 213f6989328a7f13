// Elementwise programs, alone or as epilogues: the dtypes of their registers, and their results in float64.
import type { DType } from "../../dtype.ts";
import type { ElementwiseProgram } from "../../ir/attrs.ts";
import { elementwiseRows, inDType } from "../../ir/elementwise.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { RefArray } from "../../ir/op_def.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { broadcastData } from "./broadcast.ts";

/** The dtype of a register. */
export function registerDType({ operands, steps }: ElementwiseProgram, register: number): DType {
  return register < operands.length ? operands[register] : steps[register - operands.length].dtype;
}

/** The output shapes of an op whose own result has `shape`, with its epilogue. */
export function epilogueShapes(epilogue: ElementwiseProgram | null, shape: Shape): Shape[] {
  return epilogue ? epilogue.results.map(() => shape) : [shape];
}

/** The output dtypes of an op whose own result is float32, with its epilogue. */
export function epilogueDTypes(epilogue: ElementwiseProgram | null): DType[] {
  return epilogue ? epilogue.results.map((register) => registerDType(epilogue, register)) : ["float32"];
}

/** The outputs of an op whose own result is `data`, with its epilogue, which also reads `others`. */
export function epilogueData(
  epilogue: ElementwiseProgram | null,
  data: Float64Array,
  others: readonly RefArray[],
  output: ValueType,
): Float64Array[] {
  return epilogue ? runProgram(epilogue, [{ shape: output.shape, dtype: "float32", data }, ...others], output) : [data];
}

/** The results of a program for operands that broadcast to its outputs' type. */
export function runProgram(
  program: ElementwiseProgram,
  operands: readonly RefArray[],
  output: ValueType,
): Float64Array[] {
  const registers = operands.map((operand) => broadcastData(operand, output));
  const size = sizeOf(output.shape);
  for (const step of program.steps) {
    const result = new Float64Array(size);
    if (step.fn === "literal") result.fill(step.value);
    else {
      const { scalar } = elementwiseRows[step.fn];
      const [a, b = a, c = a] = step.args.map((register) => registers[register]);
      for (let i = 0; i < size; i++) result[i] = inDType(scalar(a[i], b[i], c[i], step.dtype), step.dtype);
    }
    registers.push(result);
  }
  return program.results.map((register) => registers[register]);
}
