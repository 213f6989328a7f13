// Rows of a table by index, which are read where they lie.
import { sizeOf } from "../../../shape.ts";
import { elementType, type Operand } from "../header.ts";
import type { UniformWords } from "../index_math.ts";
import type { View } from "../view.ts";

/** An operand that is rows of a table by index, which are read where they lie. */
export interface Gathered {
  readonly table: View;
  readonly indices: View;
}

/** What a kernel needs for `load_x{at}` to give elements of gathered rows. */
export function gatheredLoad(
  at: number,
  { table, indices }: Gathered,
  words: UniformWords,
): { operands: readonly Operand[]; code: string } {
  const operands: Operand[] = [
    { name: `table${at}`, view: table, access: "load", type: elementType(table.dtype) },
    { name: `indices${at}`, view: indices, access: "load", type: "i32" },
  ];
  return { operands, code: gatherCode(at, table, words) };
}

/** The function that loads element `i` of gathered rows; outside of the table it gives NaN, or 0 where there is none. */
function gatherCode(at: number, table: View, words: UniformWords): string {
  const type = elementType(table.dtype);
  const width = words.add(sizeOf(table.shape.slice(1)));
  const missing = { f32: "not_a_number()", i32: "0", bool: "false" }[type as "f32" | "i32" | "bool"];
  return [
    `fn load_x${at}(i: u32) -> ${type} {`,
    `  let place = i / ${width};`,
    `  let row = bitcast<u32>(load_indices${at}(place));`,
    `  if (row < ${words.add(table.shape[0])}) {`,
    // The same column of another row, without a second division: differences wrap around.
    `    return load_table${at}(i + (row - place) * ${width});`,
    "  }",
    `  return ${missing};`,
    "}",
  ].join("\n");
}
