// fused: an elementwise program over broadcast operands, one dispatch; an operand may be rows that are gathered by index.
import type { ElementwiseProgram } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import { sizeOf } from "../../../shape.ts";
import { elementType, type Operand } from "../header.ts";
import type { Lowering } from "../lowering.ts";
import { programLines } from "../program_code.ts";
import { broadcastIndex, Words } from "../terms.ts";
import type { View } from "../view.ts";

/** An operand that is rows of a table by index, which are read where they lie. */
export interface Gathered {
  readonly table: View;
  readonly indices: View;
}

/**
 * Lowers a fused program. With `rows` that input is not read but gathered: the last two inputs are the table and the
 * indices.
 */
export function lowerFused(
  lowering: Lowering,
  { attrs: { program } }: Node<"fused">,
  inputs: readonly View[],
  outputs: readonly View[],
  rows?: number,
): void {
  if (rows === undefined) return emitProgram(lowering, program, inputs, outputs);
  const [table, indices] = inputs.slice(-2);
  const read = inputs.slice(0, -2).map((view, i) => (i === rows ? { ...view, shape: outputs[0].shape } : view));
  emitProgram(lowering, program, read, outputs, new Map([[rows, { table, indices }]]));
}

/** Adds the dispatch of an elementwise program; `gathered` says which inputs are never computed but gathered. */
export function emitProgram(
  lowering: Lowering,
  program: ElementwiseProgram,
  inputs: readonly View[],
  outputs: readonly View[],
  gathered: ReadonlyMap<number, Gathered> = new Map(),
): void {
  const { shape } = outputs[0];
  const words = new Words();
  const operands = programOperands(inputs, outputs).filter(({ access }, i) => access === "store" || !gathered.has(i));
  const loads = [...gathered].map(([at, { table, indices }]) => {
    operands.push(
      { name: `table${at}`, view: table, access: "load", type: elementType(table.dtype) },
      { name: `indices${at}`, view: indices, access: "load", type: "i32" },
    );
    return gatherCode(at, table, words);
  });
  const lines = programLines(program, (i) => `load_x${i}(${broadcastIndex(shape, inputs[i].shape, words)})`, words);
  const stores = program.results.map((register, i) => `store_y${i}(i, r${register});`);
  lowering.emitThreads({
    file: "fused.wgsl",
    entry: "fused",
    operands,
    params: [["size", "u32", sizeOf(shape)], ...words.params],
    functions: [...loads, `fn apply_at(i: u32) {\n  ${[...lines, ...stores].join("\n  ")}\n}`].join("\n"),
    usesElementwise: true,
  }, sizeOf(shape));
}

/** The function that loads element `i` of gathered rows; outside of the table it gives NaN, or 0 where there is none. */
function gatherCode(at: number, table: View, words: Words): string {
  const type = elementType(table.dtype);
  const width = words.add(sizeOf(table.shape.slice(1)));
  const missing = { f32: "not_a_number()", i32: "0", bool: "false" }[type as "f32" | "i32" | "bool"];
  return [
    `fn load_x${at}(i: u32) -> ${type} {`,
    `  let row = bitcast<u32>(load_indices${at}(i / ${width}));`,
    `  if (row < ${words.add(table.shape[0])}) {`,
    `    return load_table${at}(row * ${width} + i % ${width});`,
    "  }",
    `  return ${missing};`,
    "}",
  ].join("\n");
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
