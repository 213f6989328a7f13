// Tables of comma-separated values, read by papaparse.
import { FileError } from "../errors.ts";
import { loadPackage } from "../packages.ts";

/** A table of texts. */
export interface Table {
  /** The names of the columns, where the first line has them. */
  readonly header: readonly string[] | undefined;
  /** The cells, row by row; rows are of one length. */
  readonly rows: readonly (readonly string[])[];
}

/** Whether a cell is a number. */
export const isNumeric = (cell: string): boolean => cell.trim() !== "" && !Number.isNaN(Number(cell));

/**
 * The table in a text, whose columns are separated by commas, semicolons or tabs. The first line is the header if none of
 * its cells is a number. Throws {@linkcode FileError} for rows of different lengths, and for none.
 */
export async function readCsv(text: string, what: string): Promise<Table> {
  const { default: papaparse } = await loadPackage("papaparse", what);
  const { data, errors } = papaparse.parse(text, { skipEmptyLines: "greedy" });
  // That no separator was found is no error in a table of one column.
  const error = errors.find(({ type }) => type !== "Delimiter");
  if (error) throw notATable(what, `${error.message} in row ${(error.row ?? 0) + 1}`);
  const [first] = data;
  if (!first) throw notATable(what, "none");
  const header = first.some(isNumeric) ? undefined : first.map((name) => name.trim());
  const rows = header ? data.slice(1) : data;
  if (rows.length === 0) throw notATable(what, "a header alone");
  const odd = data.findIndex((row) => row.length !== first.length);
  if (odd !== -1) {
    throw notATable(what, `${data[odd].length} cells in row ${odd + 1} and ${first.length} in the first`);
  }
  return { header, rows };
}

function notATable(what: string, received: string): FileError {
  return new FileError({
    what,
    rule: "it must be rows of as many comma-separated values each",
    received,
    hint: "a value with a comma or a line end in it needs quotes",
  });
}

/** A table as text, with a header. */
export async function writeCsv(
  header: readonly string[],
  rows: readonly (readonly number[])[],
  what: string,
): Promise<string> {
  const { default: papaparse } = await loadPackage("papaparse", what);
  return papaparse.unparse({ fields: header, data: rows }, { newline: "\n" }) + "\n";
}
