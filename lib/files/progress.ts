// The bar of a large file that is read or written, where a terminal shows it.
import { ProgressBar } from "../terminal/progress_bar.ts";
import { terminal } from "../terminal/terminal.ts";

/** Smaller files are there before anyone looks. */
const leastBytes = 100 * 2 ** 20;

/** So many bytes are read or written at a time. */
export const chunkBytes = 16 * 2 ** 20;

/** Counts the bytes of a file on a bar; undefined if nobody watches, or there are few. */
export function fileProgress(total: number): ((bytes: number) => void) | undefined {
  if (total < leastBytes || !terminal().isTerminal) return undefined;
  const mebibytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
  const bar = new ProgressBar(mebibytes(total), { unitName: "MiB" });
  let done = 0;
  return (bytes) => bar.update(mebibytes(done += bytes));
}
