// fused: a straight-line elementwise program, made by the fusion pass.
import type { ElementwiseProgram } from "../../ir/attrs.ts";
import type { ElementwiseName } from "../../ir/elementwise.ts";
import type { Node, ValueId, ValueType } from "../../ir/graph.ts";
import type { Origin } from "../../ir/origin.ts";
import { broadcastShapes, sizeOf } from "../../shape.ts";
import { lowerFused } from "../webgpu/kernels/fused.ts";
import { operandArrays, operandTypes } from "./gathered.ts";
import { registerDType, runProgram } from "./programs.ts";
import type { Definition } from "./definition.ts";

/** A node that runs an elementwise program. */
export function fusedNode(
  inputs: readonly ValueId[],
  outputs: readonly ValueId[],
  program: ElementwiseProgram,
  origin: Origin,
): Node<"fused"> {
  return { op: "fused", inputs, outputs, attrs: { program }, origin };
}

/** An elementwise node as a program of one step. */
export function asProgram(node: Node<ElementwiseName>, types: readonly ValueType[]): Node<"fused"> {
  const program: ElementwiseProgram = {
    operands: node.inputs.map((id) => types[id].dtype),
    steps: [{ fn: node.op, args: node.inputs.map((_, i) => i), dtype: types[node.outputs[0]].dtype }],
    results: [node.inputs.length],
  };
  return fusedNode(node.inputs, node.outputs, program, node.origin);
}

/** The definition of `fused`. */
export const fusedDef: Definition<"fused"> = {
  shape: (inputs, { program, gathered }) => {
    const shapes = operandTypes(inputs, gathered).map(({ shape }) => shape);
    const shape = shapes.reduce((a, b) => broadcastShapes(a, b, "fuse"), []);
    return program.results.map(() => shape);
  },
  dtype: (_inputs, { program }) => program.results.map((register) => registerDType(program, register)),
  vjp: { none: "fusion comes after differentiation" },
  lower: lowerFused,
  nativeAttrs: { program: "program" },
  reference: (inputs, { program, gathered }, [output]) => runProgram(program, operandArrays(inputs, gathered), output),
  pointwise: true,
  inPlace: (inputs, outputs, { gathered }) => {
    // A gathered table is not read in the order in which the outputs are written.
    const stored = gathered ? inputs.slice(0, -2) : inputs;
    return outputs.flatMap((output, i) =>
      stored.flatMap((input, j): [number, number][] =>
        input.dtype === output.dtype && sizeOf(input.shape) === sizeOf(output.shape) ? [[i, j]] : []
      )
    );
  },
  gathersOperand: (at, { program }, { readers, operands, outputs: [output] }) => {
    const size = sizeOf(output.shape);
    return readers === 1 && program === null && size > 0 && sizeOf(operands[at].shape) === size;
  },
  gatheredRows: ({ inputs, attrs: { program, gathered } }) => {
    const [table, indices, more] = inputs;
    return gathered && more === undefined && program.results.length === 1 ? { table, indices, program } : undefined;
  },
};
