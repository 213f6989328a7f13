// Gathered operands: kernels read `table[indices[i]]` directly.
import type { ElementwiseProgram } from "../../../ir/attrs.ts";
import { sizeOf } from "../../../shape.ts";
import type { UniformWords } from "../index_math.ts";
import { elementType, type Operand, quadsOf } from "../operand.ts";
import { programLines } from "../program_code.ts";
import type { View } from "../view.ts";
import type { ComputedFactor } from "./matmul.ts";

/** An operand that is gathered from a table as it is read. */
export interface Gathered {
  readonly table: View;
  readonly indices: View;
}

/** What a kernel needs so that `load_x{at}` loads elements of gathered rows. */
export function gatheredLoad(
  at: number,
  { table, indices }: Gathered,
  words: UniformWords,
): { operands: readonly Operand[]; code: string } {
  const type = elementType(table.dtype);
  const operands: Operand[] = [
    { name: `table${at}`, view: table, access: "load", type },
    { name: `indices${at}`, view: indices, access: "load", type: "i32" },
  ];
  const code = rowFunction(`load_x${at}`, type, `load_table${at}`, missingOf(type), at, table, words);
  return { operands, code };
}

/**
 * A gathered factor of a product, or a program of gathered elements. If rows are whole quads, four neighbours are
 * loaded at once. `others` are bound too.
 */
export function gatheredFactor(
  { table, indices }: Gathered,
  program: ElementwiseProgram | null,
  words: UniformWords,
  others: readonly View[],
): ComputedFactor {
  const type = elementType(table.dtype);
  const width = sizeOf(table.shape.slice(1));
  const quads = table.storage === "bytes" || type === "f32" ? quadsOf(table, width, others) : "anywhere";
  const lines = program ? programLines(program, () => "x", words) : [];
  const row = rowFunction("gathered_row", type, "load_table0", missingOf(type), 0, table, words);
  const four = `vec4(${["x", "y", "z", "w"].map((lane) => `gathered_element(x.${lane})`).join(", ")})`;
  const element = [
    `fn gathered_element(x: ${type}) -> f32 {`,
    ...lines.map((line) => `  ${line}`),
    `  return ${program ? `r${program.results[0]}` : "x"};`,
    "}",
  ].join("\n");
  const missing = `vec4(${missingOf(type)})`;
  const rowQuad = rowFunction("gathered_quad", `vec4<${type}>`, "load_table0_quad", missing, 0, table, words);
  return {
    operands: [
      { name: "table0", view: table, access: "load", type, quads },
      { name: "indices0", view: indices, access: "load", type: "i32" },
    ],
    functions: [
      row,
      rowQuad,
      element,
      `fn gathered_elements(x: vec4<${type}>) -> vec4<f32> {\n  return ${four};\n}`,
    ],
    element: (_, index) => `gathered_element(gathered_row(${index}))`,
    quad: width % 4 === 0 ? (_, index) => `gathered_elements(gathered_quad(${index}))` : undefined,
  };
}

const missingOf = (type: string) => type === "f32" ? "not_a_number()" : type === "bool" ? "false" : "0";

/** A function that loads element `i` of gathered rows; out of range it returns `missing`. */
function rowFunction(
  name: string,
  type: string,
  load: string,
  missing: string,
  at: number,
  table: View,
  words: UniformWords,
): string {
  const width = words.add(sizeOf(table.shape.slice(1)));
  return [
    `fn ${name}(i: u32) -> ${type} {`,
    `  let place = i / ${width};`,
    `  let row = bitcast<u32>(load_indices${at}(place));`,
    `  if (row < ${words.add(table.shape[0])}) {`,
    // The same column of another row, without a second division: unsigned differences wrap around.
    `    return ${load}(i + (row - place) * ${width});`,
    "  }",
    `  return ${missing};`,
    "}",
  ].join("\n");
}
