// fused: a straight-line elementwise program, made by the fusion pass out of elementwise ops.
import type { ElementwiseProgram } from "../../ir/attrs.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { OpDef, RefArray } from "../../ir/op_def.ts";
import { broadcastShapes, type Shape, sizeOf } from "../../shape.ts";
import { elementwiseScalar } from "./elementwise.ts";
import { broadcastData } from "./reductions.ts";
import type { DType } from "../../dtype.ts";

/** The dtype of a register. */
export function registerDType({ operands, steps }: ElementwiseProgram, register: number): DType {
  return register < operands.length ? operands[register] : steps[register - operands.length].dtype;
}

/** The row of `fused`. */
export const fusedRow: OpDef<"fused"> = {
  shape: (inputs, { program }) => {
    const shape = inputs.map((input) => input.shape).reduce((a, b) => broadcastShapes(a, b, "fuse"), []);
    return program.results.map(() => shape);
  },
  dtype: (_inputs, { program }) => program.results.map((register) => registerDType(program, register)),
  vjp: { none: "fusion comes after differentiation" },
  wgsl: { file: "fused.wgsl", entry: "fused" },
  nativeAttrs: { program: "program" },
  reference: (inputs, { program }, [output]) => runProgram(program, inputs, output),
  inPlace: (inputs, outputs) =>
    outputs.flatMap((output, i) =>
      inputs.flatMap((input, j): [number, number][] =>
        input.dtype === output.dtype && sizeOf(input.shape) === sizeOf(output.shape) ? [[i, j]] : []
      )
    ),
};

/** The shapes of the outputs of an op that would have one of `shape`, and of its epilogue. */
export function epilogueShapes(epilogue: ElementwiseProgram | null, shape: Shape): Shape[] {
  return epilogue ? epilogue.results.map(() => shape) : [shape];
}

/** The dtypes of the outputs of an op that would have one of float32, and of its epilogue. */
export function epilogueDTypes(epilogue: ElementwiseProgram | null): DType[] {
  return epilogue ? epilogue.results.map((register) => registerDType(epilogue, register)) : ["float32"];
}

/** The outputs of an op whose own result is `data`, and of its epilogue, which reads `others` too. */
export function epilogueData(
  epilogue: ElementwiseProgram | null,
  data: Float64Array,
  others: readonly RefArray[],
  output: ValueType,
): Float64Array[] {
  return epilogue ? runProgram(epilogue, [{ shape: output.shape, dtype: "float32", data }, ...others], output) : [data];
}

/** The results of a program for operands that broadcast to the type of its outputs. */
export function runProgram(
  program: ElementwiseProgram,
  operands: readonly RefArray[],
  output: ValueType,
): Float64Array[] {
  const registers = operands.map((operand) => broadcastData(operand, output));
  const size = sizeOf(output.shape);
  for (const step of program.steps) {
    const result = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      result[i] = step.fn === "literal"
        ? step.value
        : elementwiseScalar(step.fn, step.args.map((register) => registers[register][i]), step.dtype);
    }
    registers.push(result);
  }
  return program.results.map((register) => registers[register]);
}
