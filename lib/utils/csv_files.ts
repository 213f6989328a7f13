// Tables of comma-separated values as tensors.
import { FileError } from "../errors.ts";
import { readCsv } from "../files/csv.ts";
import { type FileSource, nameOfSource, readSource } from "../files/source.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The columns of a table, by name. */
export interface CsvColumns {
  /** Those of numbers, each `[rows]`: `int32` where all are whole, else `float32`, with NaN for empty cells. */
  readonly numbers: Readonly<Record<string, Tensor>>;
  /** Those with texts in them, as they stand there. */
  readonly texts: Readonly<Record<string, readonly string[]>>;
}

/** Whether a cell is a number, written in digits. */
const isNumber = (cell: string) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(cell);
/** Whether a cell says that there is no number. */
const isMissing = (cell: string) => /^(nan|na|null|)$/i.test(cell);

/**
 * The columns of a CSV file, whose values are separated by commas, semicolons or tabs. The first line has their names, if
 * none of its cells is a number; otherwise they are `0`, `1` and so on. Cells that are empty, `NA`, `NaN` or `null` are
 * missing numbers, in columns of numbers.
 *
 * @param source a path, a URL, bytes, a `Blob` or a stream
 * @throws {FileError} for a file that is missing, or has rows of different lengths, or columns of one name
 *
 * @example Two features and a label
 * ```ts
 * import { ops, utils } from "./mod.ts";
 * const file = new TextEncoder().encode("area,rooms,city,price\n80,3,Ulm,1\n55.5,2,Bern,0\n");
 * const { numbers, texts } = await utils.loadCsv(file);
 * const x = ops.stack([numbers.area, ops.cast(numbers.rooms, "float32")], 1);
 * console.log(x.toArray(), numbers.price.dtype, texts.city); // [ [ 80, 3 ], [ 55.5, 2 ] ] int32 [ "Ulm", "Bern" ]
 * ```
 */
export async function loadCsv(source: FileSource): Promise<CsvColumns> {
  const what = `Cannot load ${nameOfSource(source)}`;
  const { header, rows } = await readCsv(new TextDecoder().decode(await readSource(source, what)), what);
  const twice = header?.find((name, i) => header.indexOf(name) < i);
  if (twice !== undefined) {
    throw new FileError({
      what,
      rule: "its columns must have names of their own",
      received: `"${twice}" twice`,
      hint: "rename one of them",
    });
  }
  const numbers: [string, Tensor][] = [];
  const texts: [string, string[]][] = [];
  rows[0].forEach((_, i) => {
    const name = header?.[i] ?? String(i);
    const cells = rows.map((row) => row[i].trim());
    if (cells.every((cell) => isNumber(cell) || isMissing(cell)) && cells.some(isNumber)) {
      numbers.push([name, numbersOf(cells)]);
    } else {
      texts.push([name, rows.map((row) => row[i])]);
    }
  });
  return { numbers: Object.fromEntries(numbers), texts: Object.fromEntries(texts) };
}

function numbersOf(cells: readonly string[]): Tensor {
  const isWhole = cells.every((cell) => /^[+-]?\d+$/.test(cell) && (Number(cell) | 0) === Number(cell));
  const values = cells.map((cell) => (isNumber(cell) ? Number(cell) : NaN));
  return isWhole
    ? new Tensor([cells.length], "int32", Int32Array.from(values))
    : new Tensor([cells.length], "float32", Float32Array.from(values));
}
