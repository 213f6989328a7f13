// fused: an elementwise program over broadcast operands, one dispatch.
import type { ElementwiseProgram } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import { sizeOf } from "../../../shape.ts";
import { elementType, type Operand } from "../header.ts";
import type { Lowering } from "../lowering.ts";
import { programLines } from "../program_code.ts";
import { broadcastIndex, Words } from "../terms.ts";
import type { View } from "../view.ts";

/** Lowers a fused program. */
export function lowerFused(
  lowering: Lowering,
  { attrs: { program } }: Node<"fused">,
  inputs: readonly View[],
  outputs: readonly View[],
): void {
  emitProgram(lowering, program, inputs, outputs);
}

/** Adds the dispatch of an elementwise program. */
export function emitProgram(
  lowering: Lowering,
  program: ElementwiseProgram,
  inputs: readonly View[],
  outputs: readonly View[],
): void {
  const { shape } = outputs[0];
  const words = new Words();
  const lines = programLines(program, (i) => `load_x${i}(${broadcastIndex(shape, inputs[i].shape, words)})`, words);
  const stores = program.results.map((register, i) => `store_y${i}(i, r${register});`);
  lowering.emitThreads({
    file: "fused.wgsl",
    entry: "fused",
    operands: programOperands(inputs, outputs),
    params: [["size", "u32", sizeOf(shape)], ...words.params],
    functions: `fn apply_at(i: u32) {\n  ${[...lines, ...stores].join("\n  ")}\n}`,
    usesElementwise: true,
  }, sizeOf(shape));
}

/** The operands of a program, named `x0`, `x1`, ..., and its results `y0`, ...; `skip` operands come from elsewhere. */
export function programOperands(inputs: readonly View[], outputs: readonly View[], skip = 0): Operand[] {
  return [
    ...inputs.map((view, i): Operand => ({
      name: `x${i + skip}`,
      view,
      access: "load",
      type: elementType(view.dtype),
    })),
    ...outputs.map((view, i): Operand => ({ name: `y${i}`, view, access: "store", type: elementType(view.dtype) })),
  ];
}
