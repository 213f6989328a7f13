// Tables that a FeatureSpace learns from: columns by name, a few rows at a time.
import { ValueError } from "../errors.ts";
import type { DataKind } from "../layers/adapting.ts";
import { isNamed } from "../structure.ts";
import { type DataLike, holdsStrings, type HostArray, type StringTensor, toStrings } from "../tensor/strings.ts";
import { type Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";

/** Columns of a table by name: of numbers or texts, each of as many rows. */
export type Columns = Readonly<Record<string, DataLike>>;

/** Data as tables. */
export const tables: DataKind = {
  isData: isNamed,
  rule: "data must be an object of columns by name, or batches of such",
  hint: "write it as in adapt({ age: [20, 40] })",
};

/** As many rows as Keras lets layers learn from at a time. */
const rowsAtOnce = 32;

/** A column as `[rows, 1]`, a few rows at a time. */
export function batchesOfColumn(table: Columns, name: string, what: string): HostArray[] {
  const given = isNamed(table) && Object.hasOwn(table, name) ? table[name] : undefined;
  if (given === undefined) {
    throw new ValueError({
      what,
      rule: `there must be a column for each feature that learns`,
      received: `none for "${name}"`,
      hint: "give it by its name",
    });
  }
  const label = `the column "${name}"`;
  const column = holdsStrings(given) ? toStrings(given, what, label) : toTensor(given as TensorLike, what, label);
  const [rows = 1] = column.shape;
  const array: StringTensor | Tensor = column.shape.length < 2 ? column.reshape([rows, 1]) : column;
  return Array.from(
    { length: Math.ceil(rows / rowsAtOnce) },
    (_, i) => array.rows(i * rowsAtOnce, (i + 1) * rowsAtOnce),
  );
}
