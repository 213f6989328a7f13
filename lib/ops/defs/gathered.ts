// Gathered operands: what an op sees in place of a table and indices.
import type { GatheredOperand } from "../../ir/attrs.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { RefArray } from "../../ir/op_def.ts";
import { gatherRows } from "./indexing.ts";
import { registerDType, runProgram } from "./programs.ts";

/** The operands of a node from its inputs, with the gathered one inserted; `make` makes it from table and indices. */
export function operandsOf<T>(
  inputs: readonly T[],
  gathered: GatheredOperand | undefined,
  make: (table: T, indices: T, gathered: GatheredOperand) => T,
): readonly T[] {
  if (!gathered) return inputs;
  const [table, indices] = inputs.slice(-2);
  const stored = inputs.slice(0, -2);
  return [...stored.slice(0, gathered.at), make(table, indices, gathered), ...stored.slice(gathered.at)];
}

/** The type of a gathered operand. */
function gatheredType({ dtype }: ValueType, { shape, program }: GatheredOperand): ValueType {
  return { shape, dtype: program ? registerDType(program, program.results[0]) : dtype };
}

/** The types of a node's operands from those of its inputs. */
export function operandTypes(inputs: readonly ValueType[], gathered?: GatheredOperand): readonly ValueType[] {
  return operandsOf(inputs, gathered, (table, _indices, by) => gatheredType(table, by));
}

/** The operands of a node in float64, from its inputs. */
export function operandArrays(inputs: readonly RefArray[], gathered?: GatheredOperand): readonly RefArray[] {
  return operandsOf(inputs, gathered, (table, indices, by) => {
    const { shape, program } = by;
    const rows: RefArray = { shape, dtype: table.dtype, data: gatherRows(table, indices) };
    const type = gatheredType(table, by);
    return program ? { ...type, data: runProgram(program, [rows], type)[0] } : rows;
  });
}
