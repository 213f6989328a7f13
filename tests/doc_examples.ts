// The examples in pages and in JSDoc comments: finding them, and comparing what they print with what they say.

/** A block of code in a page, or in a JSDoc comment. */
export interface Block {
  /** What is written after the fence, such as `ts` or `ts ignore`. */
  readonly language: string;
  readonly code: string;
  /** The line of its first line of code, from 1. */
  readonly line: number;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```([^\n]*)\n([^]*?)^```$/gm)].map(({ index, 1: language, 2: code }) => ({
    language,
    code,
    line: page.slice(0, index).split("\n").length + 1,
  }));
}

/** The blocks of TypeScript in the JSDoc comments of a source. */
export function commentBlocksOf(source: string): Block[] {
  return [...source.matchAll(/^[ \t]*\* ```ts\n([^]*?)^[ \t]*\* ```$/gm)].map(({ index, 1: code }) => ({
    language: "ts",
    code: code.replace(/^[ \t]*\* ?/gm, ""),
    line: source.slice(0, index).split("\n").length + 1,
  }));
}

/** The expected outputs in lines `console.log(...); // this`, in order. */
export function promisesOf(code: string): string[] {
  return [...code.matchAll(/^.*console\.log\(.*\); \/\/ (.+)$/gm)].map((match) => match[1]);
}

/** Whether a printed line is the expected one; numbers may differ by rounding if the comment says so. */
export function keeps(printed: string, promised: string): boolean {
  const loose = /^about | up to rounding$/;
  if (!loose.test(promised)) return printed === promised;
  const number = /-?\d+(\.\d+)?(e[+-]?\d+)?/g;
  const wanted = promised.replace(loose, "");
  const [a, b] = [printed, wanted].map((text) => (text.match(number) ?? []).map(Number));
  const digits = /\.(\d+)/.exec(wanted)?.[1].length ?? 0;
  return printed.replace(number, "#") === wanted.replace(number, "#") &&
    a.every((x, i) => Math.abs(x - b[i]) <= 0.51 * 10 ** -digits);
}

/** The first promise that none of the printed lines keeps, after those that keep the ones before; undefined if all are kept. */
export function brokenPromise(
  promises: readonly string[],
  printed: readonly string[],
): { readonly promised: string; readonly rest: readonly string[] } | undefined {
  let from = 0;
  for (const promised of promises) {
    const at = printed.findIndex((line, n) => n >= from && keeps(line, promised));
    if (at < 0) return { promised, rest: printed.slice(from) };
    from = at + 1;
  }
  return undefined;
}
