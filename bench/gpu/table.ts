// The table of the fastest kernels by class of adapters: what the timings of a run say, and its file.
import { matmulKernels, type MeasuredProduct } from "../../lib/ops/webgpu/kernels/matmul_table.ts";
import type { Timing } from "./findings.ts";

/** The file that the library reads. */
export const tableFile = new URL("../../lib/ops/webgpu/kernels/measured_products.ts", import.meta.url);

/** The table: products by class of adapters. */
export type Table = Readonly<Record<string, readonly MeasuredProduct[]>>;

/** How much faster than the general table's choice another kernel must be. */
const worthwhile = 1.03;

/** The fastest kernel of a product, and the general table's. */
export interface Winner {
  readonly best: Timing;
  readonly general: Timing;
}

/**
 * The winner of each product. The first timing of a product is that of the general table's choice. Kernels that were
 * wrong anywhere, and those that the library does not have, win nowhere.
 */
export function winnersOf(timings: readonly Timing[], wrong: ReadonlySet<string>): Winner[] {
  const right = timings.filter(({ kernel }) => (kernel === "direct" || kernel in matmulKernels) && !wrong.has(kernel));
  return [...new Set(right.map(({ product }) => product))].map((name) => {
    const list = right.filter(({ product }) => product === name);
    const [general] = list;
    const fastest = list.reduce((a, b) => (b.rate > a.rate ? b : a));
    return { best: fastest.rate > worthwhile * general.rate ? fastest : general, general };
  });
}

/** What a product and its kernel are known by in the table. */
const entryOf = (
  { batch, m, n, k, transposeA, transposeB, isConvolution, kernel, splits }: MeasuredProduct,
): MeasuredProduct => ({ batch, m, n, k, transposeA, transposeB, isConvolution, kernel, splits });

/** The product of an entry, whatever its kernel. */
const formOf = ({ kernel: _kernel, splits: _splits, ...form }: MeasuredProduct) => JSON.stringify(form);

/** The table with the winners of a class: they replace what was measured of the same products before. */
export function adopted(table: Table, adapterClass: string, winners: readonly Winner[]): Table {
  const entries = winners.map(({ best }) => entryOf(best));
  const renewed = new Set(entries.map(formOf));
  const kept = (table[adapterClass] ?? []).filter((entry) => !renewed.has(formOf(entryOf(entry))));
  const next: Record<string, readonly MeasuredProduct[]> = { ...table, [adapterClass]: [...kept, ...entries] };
  return Object.fromEntries(Object.entries(next).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The text of the table's file, formatted once `deno fmt` has seen it. */
export function fileOf(table: Table): string {
  return `// The fastest kernels of products by class of adapters. Written by \`deno task bench:gpu --adopt\`; do not edit.
import type { MeasuredProduct } from "./matmul_table.ts";

export const measuredProducts: Readonly<Record<string, readonly MeasuredProduct[]>> = ${JSON.stringify(table)};
`;
}

/** Writes the table's file. */
export async function writeTable(table: Table, file: URL = tableFile): Promise<void> {
  await Deno.writeTextFile(file, fileOf(table));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--quiet", "--line-width", "120", file.pathname],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
