// Vocabularies: their order, and the text files that hold them.
import { FileError } from "../errors.ts";
import { notReadable } from "../files/system.ts";

/** An entry of a vocabulary: a text, or an integer. */
export type Token = string | number;

/** Orders tokens: numbers by size, texts by the bytes of UTF-8, which is by code points. */
function compareTokens(a: Token, b: Token): number {
  if (typeof a === "number" || typeof b === "number") return Number(a) - Number(b);
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    // Of two halves of pairs the order is that of the pairs, and pairs come after all that is none.
    if (x !== y) return isHalf(x) === isHalf(y) ? x - y : isHalf(x) ? 1 : -1;
  }
  return a.length - b.length;
}

const isHalf = (unit: number): boolean => unit >= 0xd800 && unit < 0xe000;

/** The tokens by how often they occur, the most frequent first, and of equal ones the last in order first. */
export function byFrequency<T extends Token>(counts: ReadonlyMap<T, number>): T[] {
  return [...counts].sort(([a, m], [b, n]) => n - m || compareTokens(b, a)).map(([token]) => token);
}

/** The lines of a vocabulary's file, without empty ones at the end beyond the first `least`. */
export function linesOf(text: string, least = 0): string[] {
  const lines = text.split(/\r\n|\n|\r/);
  while (lines.length > least && lines.at(-1) === "") lines.pop();
  return lines;
}

/** The lines of a file. Throws {@linkcode FileError} if it cannot be read. */
export function readVocabulary(path: string, what: string): string[] {
  if (typeof Deno === "undefined") {
    throw new FileError({
      what,
      rule: "a path to a vocabulary is read only in Deno",
      received: `"${path}"`,
      hint: "give the list of its lines",
    });
  }
  try {
    return linesOf(Deno.readTextFileSync(path));
  } catch (error) {
    throw notReadable(`${what} from "${path}"`, error);
  }
}
