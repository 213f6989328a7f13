// fused: an elementwise program over broadcast operands, one dispatch; one operand may be gathered.
import type { ElementwiseProgram } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import { operandsOf } from "../../defs/gathered.ts";
import { sizeOf } from "../../../shape.ts";
import type { Lowering } from "../lowering.ts";
import { elementType, type Operand } from "../operand.ts";
import { programLines } from "../program_code.ts";
import { broadcastIndex, UniformWords } from "../index_math.ts";
import type { View } from "../view.ts";
import { withinBindings } from "./in_place.ts";
import { type Gathered, gatheredLoad } from "./gathered.ts";

/** Lowers a fused program. */
export function lowerFused(
  lowering: Lowering,
  { attrs: { program, gathered } }: Node<"fused">,
  inputs: readonly View[],
  outputs: readonly View[],
): void {
  if (!gathered) return emitProgram(lowering, program, withinBindings(lowering, inputs, outputs), outputs);
  const [table, indices] = inputs.slice(-2);
  const operands = operandsOf(inputs, gathered, () => ({ ...table, shape: gathered.shape }));
  emitProgram(lowering, program, operands, outputs, new Map([[gathered.at, { table, indices }]]));
}

/** Adds the dispatch of an elementwise program; `gathered` says which inputs are gathered instead of stored. */
export function emitProgram(
  lowering: Lowering,
  program: ElementwiseProgram,
  inputs: readonly View[],
  outputs: readonly View[],
  gathered: ReadonlyMap<number, Gathered> = new Map(),
): void {
  const { shape } = outputs[0];
  const words = new UniformWords();
  const operands = programOperands(inputs, outputs).filter(({ access }, i) => access === "store" || !gathered.has(i));
  const loads = [...gathered].map(([at, rows]) => {
    const { operands: more, code } = gatheredLoad(at, rows, words);
    operands.push(...more);
    return code;
  });
  const lines = programLines(program, (i) => `load_x${i}(${broadcastIndex(shape, inputs[i].shape, words)})`, words);
  const stores = program.results.map((register, i) => `store_y${i}(i, r${register});`);
  lowering.emitThreads({
    file: "fused.wgsl",
    entry: "fused",
    operands,
    params: words.params,
    functions: [...loads, `fn apply_at(i: u32) {\n  ${[...lines, ...stores].join("\n  ")}\n}`].join("\n"),
  }, sizeOf(shape));
}

/**
 * The operands of a program, named `x0`, `x1`, ..., and its results `y0`, ...; the first `skip` operands come from
 * elsewhere.
 */
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
