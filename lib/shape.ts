// Shapes: sizes, broadcasting, axes, and their text in messages.
import { describe, describeList, ShapeError, ValueError } from "./errors.ts";

/** The extent of each axis; `[]` is a scalar. */
export type Shape = readonly number[];

/** A shape whose `null` axes are only known at run time, such as the batch axis. */
export type SymbolicShape = readonly (number | null)[];

/** Whether every extent is known. */
export function isKnown(shape: SymbolicShape): shape is Shape {
  return !shape.includes(null);
}

/** The most items of a list of extents or axes. */
const maxRank = 32;

/** Whether a value is a list, short enough for extents or axes, of items for which `suits` holds. */
export const isListOf = <T>(given: unknown, suits: (item: unknown) => item is T): given is readonly T[] =>
  Array.isArray(given) && given.length <= maxRank && Array.from(given).every(suits);

/** Throws {@linkcode ShapeError} if `shape` is not a list of integers of at least 0 (or of `least`). */
export function checkShape(shape: unknown, what: string, least = 0): asserts shape is Shape {
  const isExtent = (extent: unknown): extent is number => Number.isSafeInteger(extent) && (extent as number) >= least;
  if (isListOf(shape, isExtent)) return;
  throw new ShapeError({
    what,
    rule: `shape must be a list of integers${least < 0 ? ", of which one may be -1" : " of at least 0"}`,
    received: describeList(shape),
    hint: typeof shape === "number" ? `write it as [${shape}]` : "write it as in [2, 3]",
  });
}

/** Throws {@linkcode ValueError} where `list` is no list of integers, one for each axis; `name` says what it is. */
export function checkIntegers(list: unknown, what: string, name: string): asserts list is readonly number[] {
  if (isListOf(list, (item): item is number => Number.isSafeInteger(item))) return;
  throw new ValueError({
    what: `Cannot ${what}`,
    rule: `${name} must be a list of integers`,
    received: describeList(list),
    hint: "give one for each axis, as in [0, 1]",
  });
}

/** Throws {@linkcode ValueError} where `count` is no integer of at least `least`. */
export function checkCount(count: unknown, what: string, name: string, least = 0): asserts count is number {
  if (Number.isSafeInteger(count) && (count as number) >= least) return;
  throw new ValueError({
    what: `Cannot ${what}`,
    rule: `${name} must be a whole number of at least ${least}`,
    received: describe(count),
    hint: typeof count === "string" ? "give it as a number, without quotes" : "give one in that range",
  });
}

/** The number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const extent of shape) size *= extent;
  return size;
}

/** The most elements that are computed at once, on the host: 2 GiB of float64. */
const maxEager = 2 ** 28;

/** Throws {@linkcode ShapeError} where `shape` is none, or has more elements than are computed at once. */
export function checkSize(shape: Shape, what: string): void {
  checkShape(shape, what);
  if (sizeOf(shape) <= maxEager) return;
  throw new ShapeError({
    what,
    rule: `what is computed at once may have at most ${maxEager} elements`,
    received: `${formatShape(shape)}, which has ${sizeOf(shape)}`,
    hint: "compute it in a function given to compile(), or in parts",
  });
}

/** `[32, null, 784]`, as messages show it. */
export function formatShape(shape: SymbolicShape): string {
  return `[${shape.map((extent) => extent ?? "null").join(", ")}]`;
}

/** Whether two shapes are equal, axis by axis. */
export function sameShape(a: SymbolicShape, b: SymbolicShape): boolean {
  return a.length === b.length && a.every((extent, axis) => extent === b[axis]);
}

/** The broadcast shape by NumPy's rule; throws {@linkcode ShapeError} naming `what` if the shapes do not fit. */
export function broadcastShapes(a: Shape, b: Shape, what: string): Shape {
  const rank = Math.max(a.length, b.length);
  const out: number[] = [];
  for (let i = 0; i < rank; i++) {
    const m = a[a.length - rank + i] ?? 1;
    const n = b[b.length - rank + i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError({
        what: `Cannot ${what}`,
        rule: "shapes must be equal or broadcast (each axis equal, or 1 in one of them)",
        received: `${formatShape(a)} and ${formatShape(b)}`,
        hint: "reshape one of them, or check which axis was meant",
      });
    }
    out.push(m === 1 ? n : m);
  }
  return out;
}

/** The axis counted from the front; throws {@linkcode ValueError} if it is out of range. */
export function normalizeAxis(axis: number, rank: number, what: string): number {
  if (rank === 0) {
    const hint = "give a value with at least one axis";
    throw new ValueError({ what: `Cannot ${what}`, rule: "it has no axes to count", received: describe(axis), hint });
  }
  const front = typeof axis === "number" && axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || front < 0 || front >= rank) {
    throw new ValueError({
      what: `Cannot ${what}`,
      rule: `axis must be an integer from ${-rank} to ${rank - 1}`,
      received: describe(axis),
      hint: `count axes of a rank-${rank} value from 0, or from the end with -1`,
    });
  }
  return front;
}

/** One axis, or several; negative ones count from the last. */
export type Axes = number | readonly number[];

/** The most numbers of a list that is no tensor. */
const maxNumbers = 2 ** 20;

/** A number or a list of numbers, as a list; throws {@linkcode ValueError} for anything else. */
export function numbersOf(given: number | readonly number[], name: string, what: string): readonly number[] {
  if (typeof given === "number") return [given];
  const isList = Array.isArray(given) && given.length <= maxNumbers;
  if (isList && Array.from(given).every((item) => typeof item === "number")) return given;
  throw new ValueError({
    what: `Cannot ${what}`,
    rule: `${name} must be a number or a list of numbers`,
    received: Array.isArray(given) ? describeList(given) : describe(given),
    hint: "write them as in [0, 1]",
  });
}

/** Sorted distinct axes counted from the front; all axes if none are given. */
export function normalizeAxes(axes: Axes | null | undefined, rank: number, what: string): number[] {
  if (axes === undefined || axes === null) return Array.from({ length: rank }, (_, axis) => axis);
  return [...new Set(numbersOf(axes, "axes", what).map((axis) => normalizeAxis(axis, rank, what)))].sort((a, b) =>
    a - b
  );
}

/** The distance in elements between neighbours along each axis of a contiguous row-major array. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let axis = shape.length - 1, stride = 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}
