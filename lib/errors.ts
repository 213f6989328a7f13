// The error classes: each message says what failed, the rule, what was received, and how to fix it.

/** The parts of an error message. */
export interface ErrorParts {
  /** What failed and where, such as `Cannot build "dense_1"`. */
  what: string;
  /** The rule that was broken, such as `kernel needs a fixed last axis`. */
  rule: string;
  /** What was received instead, such as `[null, 28, null]`. */
  received?: string;
  /** How to fix it, such as `give Input a full shape`. */
  hint?: string;
}

/** The message as one sentence: `what: rule, received X: hint`. */
export function formatMessage({ what, rule, received, hint }: ErrorParts): string {
  const text = (part: unknown) => typeof part === "string" ? part : describe(part);
  return `${text(what)}: ${text(rule)}${received === undefined ? "" : `, received ${text(received)}`}${
    hint ? `: ${text(hint)}` : ""
  }`;
}

/**
 * The base of every error that Ceratops throws on purpose.
 *
 * @example Catch every Ceratops error
 * ```ts
 * import { CeratopsError, tensor } from "./mod.ts";
 * try {
 *   tensor([[1, 2], [3]]);
 * } catch (error) {
 *   if (error instanceof CeratopsError) console.error(error.message);
 * }
 * ```
 */
export class CeratopsError extends Error {
  /** Takes the parts of the message, or the whole message. */
  constructor(parts: ErrorParts | string) {
    const hasParts = typeof parts === "object" && parts !== null;
    super(hasParts ? formatMessage(parts) : typeof parts === "string" ? parts : describe(parts));
    this.name = new.target.name;
  }
}

/** Shapes that do not fit each other or a rule. */
export class ShapeError extends CeratopsError {}
/** A dtype that an operation or a layer does not support. */
export class DTypeError extends CeratopsError {}
/** An argument, identifier or data value that is out of its range. */
export class ValueError extends CeratopsError {}
/** A call at the wrong time, such as `fit` before `compile`. */
export class StateError extends CeratopsError {}
/** A backend that cannot be had, or that failed while it ran. */
export class BackendError extends CeratopsError {
  /**
   * Takes the message, and where a backend cannot be had, what it needs in a few words, such as `a C++ compiler`: for
   * the line in which `auto` says what it chose.
   */
  constructor(complaint: ErrorParts | string, readonly needs?: string) {
    super(complaint);
  }
}
/**
 * A GPU device that was lost while in use. Weights keep the values last copied to the host: after each epoch of `fit`,
 * and whenever `getWeights` was called.
 */
export class DeviceLostError extends BackendError {}
/** A data set or weight file that is missing, damaged or of another format. */
export class FileError extends CeratopsError {}

const squash = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/**
 * The candidate that `name` was probably meant to be: the nearest by edit distance if it looks like a typo, else one
 * that it abbreviates, as `mean_sq_error` abbreviates `mean_squared_error`.
 */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const list = [...candidates];
  // A text of this length is no typo.
  if (name.length > 100) return undefined;
  const meant = squash(name);
  // A single letter is close to every other one.
  if (meant.length < 2) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of list) {
    const distance = editDistance(meant, squash(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? list.find((candidate) => abbreviates(name, candidate)) ??
    (meant.length > 2 ? list.find((candidate) => squash(candidate).startsWith(meant)) : undefined);
}

/** Whether each word of `name` is a prefix, of 2 letters or more, of the corresponding word of `candidate`. */
function abbreviates(name: string, candidate: string): boolean {
  const wordsOf = (text: string) => text.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase().split(/[^a-z0-9]+/);
  const [short, long] = [wordsOf(name), wordsOf(candidate)];
  return short.length === long.length && short.every((word, i) => word.length > 1 && long[i].startsWith(word));
}

/** How many letters are deleted, inserted, replaced or swapped with their neighbour between `a` and `b`. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) next[j] = Math.min(next[j], before[j - 2] + 1);
    }
    [before, row] = [row, next];
  }
  return row[b.length];
}

/** The most names that a message lists; of more it shows only the nearest. */
const maxListed = 100;

/** The error for an unknown identifier: lists the valid ones, or the nearest of many, and suggests one. */
export function unknownIdentifier(kind: string, name: string, known: readonly string[], where?: string): ValueError {
  const near = didYouMean(name, known);
  // Skip other spellings of a name that is listed already.
  const spelled = new Set<string>();
  const listed = known.filter((k) => !spelled.has(squash(k)) && spelled.add(squash(k)));
  const quoted = (names: readonly string[]) => names.map((k) => `"${k}"`).join(", ");
  return new ValueError({
    what: where ?? `Unknown ${kind}`,
    rule: listed.length > maxListed
      ? `${kind} must be one of ${listed.length} names, the nearest of which are ${quoted(nearest(name, listed, 3))}`
      : `${kind} must be one of ${quoted(listed)}`,
    received: `"${name}"`,
    hint: near ? `did you mean "${near}"?` : "use one of these names",
  });
}

/** The `count` candidates nearest to `name` by edit distance, those that begin alike before others as near. */
function nearest(name: string, candidates: readonly string[], count: number): string[] {
  const meant = squash(name.slice(0, 100));
  const distances = candidates.map((candidate): [string, number] => {
    const text = squash(candidate);
    return [candidate, editDistance(meant, text) - (text[0] === meant[0] ? 0.5 : 0)];
  });
  return distances.sort(([, a], [, b]) => a - b).slice(0, count).map(([candidate]) => candidate);
}

/** Whether a value is a class, which cannot be called without `new`. */
export function isClass(value: unknown): boolean {
  if (typeof value !== "function") return false;
  const source = Function.prototype.toString.call(value);
  // Of JavaScript's built-in functions only classes have a prototype.
  return /^class\b/.test(source) ||
    (/^function \w+\(\) \{\s*\[native code\]\s*\}$/.test(source) && Object.hasOwn(value, "prototype"));
}

/** A value as messages show it, without dumping data. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return `"${value.length > 40 ? `${value.slice(0, 40)}...` : value}"`;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "function") {
    return `the ${isClass(value) ? "class" : "function"} ${nameOf(value) || "(without a name)"}`;
  }
  return Array.isArray(value) ? "an array" : `an object of type ${nameOf(value.constructor) || "Object"}`;
}

function nameOf(fn: unknown): string {
  const name = (fn as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" ? name : "";
}

/** How many items of a list messages show. */
const shownItems = 8;

/**
 * A list as messages show it, such as `[2, "a", [1, 2]]`, limited to its first items; other values as {@linkcode
 * describe}.
 */
export function describeList(value: unknown): string {
  const list = (items: unknown, describeItem: (item: unknown) => string): string => {
    if (!Array.isArray(items)) return describe(items);
    const more = items.length > shownItems ? ", ..." : "";
    return `[${Array.from(items.slice(0, shownItems), describeItem).join(", ")}${more}]`;
  };
  return list(value, (item) => list(item, describe));
}
