// StringTensor: an array of texts on the host, which layers such as TextVectorization turn into numbers.
import { describe, ShapeError, ValueError } from "../errors.ts";
import { checkIntegers, formatShape, type Shape, sizeOf } from "../shape.ts";
import { resolveShape, Tensor, type TensorLike } from "./tensor.ts";

/** Nested lists of texts, rows of equal length. */
export type NestedStrings = string | readonly NestedStrings[];

/** What is accepted as texts: nested lists of them, or a {@linkcode StringTensor}. */
export type Strings = StringTensor | NestedStrings;

/** What is accepted as the inputs of a model: numbers, or texts for an `Input` of dtype `"string"`. */
export type DataLike = TensorLike | Strings;

/** An array on the host: of numbers, or of texts. */
export type HostArray = Tensor | StringTensor;

/**
 * An array of texts on the host: `shape`, and `data` in row-major order. Devices compute with numbers alone, so texts go
 * through a layer such as `StringLookup` or `TextVectorization` first.
 *
 * @example What an inverse lookup gives
 * ```ts
 * import { layers } from "./mod.ts";
 * const words = new layers.StringLookup({ vocabulary: ["cat", "dog"], invert: true });
 * console.log(words.apply([[2, 1]]).toArray()); // [ [ "dog", "cat" ] ]
 * ```
 */
export class StringTensor {
  /** The element type. */
  readonly dtype = "string";

  /** Wraps `data` without a copy. Throws {@linkcode ShapeError} if its length does not match `shape`. */
  constructor(
    /** The extent of each axis. */
    readonly shape: Shape,
    /** The elements in row-major order. */
    readonly data: readonly string[],
  ) {
    const what = "Cannot make a tensor of texts";
    if (!Array.isArray(data) || !Array.isArray(shape)) {
      throw new ValueError({
        what,
        rule: "new StringTensor takes a shape and a list of texts",
        received: `${describe(shape)} and ${describe(data)}`,
        hint: "use StringTensor.from(texts), which takes nested lists",
      });
    }
    if (data.length === sizeOf(shape)) return;
    throw new ShapeError({
      what,
      rule: `shape ${formatShape(shape)} needs ${sizeOf(shape)} elements`,
      received: `${data.length}`,
      hint: "give the shape that the data has",
    });
  }

  /**
   * The texts of nested lists. Throws {@linkcode ValueError} for elements that are no texts, and {@linkcode ShapeError}
   * for rows of different lengths.
   *
   * @example
   * ```ts
   * import { StringTensor } from "./mod.ts";
   * console.log(StringTensor.from([["a"], ["b"]]).shape); // [ 2, 1 ]
   * ```
   */
  static from(values: Strings): StringTensor {
    return toStrings(values, "Cannot make a tensor of texts", "values");
  }

  /** The number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** The elements as nested lists; one text for a scalar. */
  toArray(): NestedStrings {
    const build = (axis: number, start: number, size: number): NestedStrings => {
      if (axis === this.shape.length) return this.data[start];
      const step = size / (this.shape[axis] || 1);
      return Array.from({ length: this.shape[axis] }, (_, i) => build(axis + 1, start + i * step, step));
    };
    return build(0, 0, this.data.length);
  }

  /** The elements as nested lists, for `JSON.stringify`. */
  toJSON(): NestedStrings {
    return this.toArray();
  }

  /** The same texts in another shape; one extent may be -1. Throws {@linkcode ShapeError} if sizes differ. */
  reshape(shape: Shape): StringTensor {
    return new StringTensor(resolveShape(shape, this.shape), this.data);
  }

  /** Rows `start` to `end` (exclusive) of the first axis; negative counts from the end. */
  rows(start: number, end: number = this.shape[0]): StringTensor {
    if (this.shape.length === 0) {
      throw new ShapeError({
        what: "Cannot take rows()",
        rule: "the texts must have a first axis",
        received: "[]",
        hint: "reshape them to [1] first",
      });
    }
    checkIntegers([start, end], "take rows()", "start and end");
    const [count, ...rest] = this.shape;
    const from = Math.min(count, Math.max(0, start < 0 ? start + count : start));
    const to = Math.min(count, Math.max(from, end < 0 ? end + count : end));
    const width = sizeOf(rest);
    return new StringTensor([to - from, ...rest], this.data.slice(from * width, to * width));
  }
}

/** Whether data is of texts: whether its first element is one. */
export function holdsStrings(given: unknown): boolean {
  let first = given;
  for (let depth = 0; Array.isArray(first) && depth < maxNesting; depth++) first = first[0];
  return first instanceof StringTensor || typeof first === "string";
}

/** Lists nested deeper than any tensor: perhaps endlessly, if one contains itself. */
const maxNesting = 64;

/** What {@linkcode StringTensor.from} makes; errors say `what` failed, and the `name` of the values. */
export function toStrings(values: unknown, what: string, name: string): StringTensor {
  if (values instanceof StringTensor) return values;
  const shape: number[] = [];
  for (let level = values; Array.isArray(level) && shape.length <= maxNesting; level = level[0]) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  const flat: string[] = [];
  const fill = (level: unknown, axis: number, path: string): void => {
    const at = `${name}${path}`;
    if (!Array.isArray(level) && typeof level !== "string") {
      throw new ValueError({
        what,
        rule: `elements of ${name} must be texts`,
        received: `${describe(level)}${path && ` at ${at}`}`,
        hint: typeof level === "number" || level instanceof Tensor || ArrayBuffer.isView(level)
          ? "IntegerLookup, Hashing and Discretization take numbers; or give texts"
          : 'give lists of texts, as in [["a"], ["b"]]',
      });
    }
    const fits = Array.isArray(level) ? axis < shape.length && level.length === shape[axis] : axis === shape.length;
    if (!fits || axis > maxNesting) {
      throw new ShapeError({
        what,
        rule: `rows of ${name} must have equal lengths: the first row gives shape ${formatShape(shape)}`,
        received: `${Array.isArray(level) ? `${level.length} elements` : "a text"} at ${at}`,
        hint: "pad the rows to one length, or join the texts of a row to one",
      });
    }
    if (!Array.isArray(level)) return void flat.push(level as string);
    for (let i = 0; i < level.length; i++) fill(level[i], axis + 1, `${path}[${i}]`);
  };
  fill(values, 0, "");
  return new StringTensor(shape, flat);
}
