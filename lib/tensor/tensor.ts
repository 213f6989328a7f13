// Tensor: an array on the host, and the functions that make one.
import { checkDType, type DType, isFloat, isHalf, makeArray, promote, storedDType, type TypedArray } from "../dtype.ts";
import { describe, describeList, DTypeError, ShapeError, ValueError } from "../errors.ts";
import { checkIntegers, checkShape, checkSize, formatShape, type Shape, sizeOf } from "../shape.ts";
import type { OpName } from "../ir/attrs.ts";
import type { OpAttrs } from "../ir/graph.ts";
import { commonFloat, keepsHalves, opDef, type RefArray } from "../ir/op_def.ts";
import { tracing } from "../ir/trace.ts";
import { arrayText } from "./print.ts";

/** Nested arrays of numbers or booleans, rows of equal length; the innermost rows may be typed arrays. */
export type NestedArray =
  | number
  | boolean
  | readonly NestedArray[]
  | readonly (Float32Array | Int32Array | Uint8Array)[];

/** Nested arrays of numbers by rank: a number, a list, a list of lists, ... */
export interface NumbersByRank {
  /** One number. */
  0: number;
  /** A list. */
  1: number[];
  /** A list of rows. */
  2: number[][];
  /** A list of matrices. */
  3: number[][][];
  /** A list of lists of matrices. */
  4: number[][][][];
  /** Lists in five levels. */
  5: number[][][][][];
}

/** What is accepted as a tensor: a tensor, nested arrays, or a typed array (one axis). */
export type TensorLike = Tensor | NestedArray | Float32Array | Int32Array | Uint8Array;

/**
 * An array on the host: `shape`, `dtype`, and `data` in row-major order. Arithmetic on it is computed at once and is
 * meant for convenience; heavy work goes through `compile`.
 *
 * @example Two rows of three
 * ```ts
 * import { tensor } from "./mod.ts";
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * console.log(x.shape, x.add(1).toArray()); // [ 2, 3 ] [ [ 2, 3, 4 ], [ 5, 6, 7 ] ]
 * ```
 */
export class Tensor {
  /** The extent of each axis. */
  readonly shape: Shape;
  /** The element type. */
  readonly dtype: DType;
  /** The elements in row-major order; not a copy, so writes change the tensor. */
  readonly data: TypedArray;

  /** Wraps `data` without a copy. Throws {@linkcode ShapeError} if its length does not match `shape`. */
  constructor(shape: Shape, dtype: DType, data: TypedArray) {
    if (!ArrayBuffer.isView(data)) {
      throw new ValueError({
        what: "Cannot make a tensor",
        rule: "new Tensor takes a shape, a dtype and a typed array",
        received: `${describe(data)} as data`,
        hint: "use tensor(values), which takes nested arrays",
      });
    }
    if (data.length !== sizeOf(shape)) {
      throw new ShapeError({
        what: "Cannot make a tensor",
        rule: `shape ${formatShape(shape)} needs ${sizeOf(shape)} elements`,
        received: `${data.length}`,
        hint: "give the shape that the data has",
      });
    }
    this.shape = shape;
    this.dtype = dtype;
    this.data = data;
  }

  /** The number of elements. */
  get size(): number {
    return this.data.length;
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** The elements as nested arrays of numbers (booleans for `bool`); a number for a scalar. */
  toArray(): NestedArray;
  /**
   * The elements of a tensor of numbers as nested arrays, of which TypeScript knows the depth.
   *
   * @param rank the tensor's number of axes, from 0 to 5
   * @throws {ShapeError} for another rank than the tensor's
   * @throws {DTypeError} for dtype `bool`
   *
   * @example An element of a matrix
   * ```ts
   * import { tensor } from "./mod.ts";
   * console.log(tensor([[1, 2], [3, 4]]).toArray(2)[0][1] + 1); // 3
   * ```
   */
  toArray<Rank extends keyof NumbersByRank>(rank: Rank): NumbersByRank[Rank];
  toArray(rank?: number): NestedArray {
    if (rank !== undefined) this.#checkRank(rank);
    const build = (axis: number, start: number, size: number): NestedArray => {
      if (axis === this.shape.length) return this.dtype === "bool" ? this.data[start] !== 0 : this.data[start];
      const step = size / (this.shape[axis] || 1);
      return Array.from({ length: this.shape[axis] }, (_, i) => build(axis + 1, start + i * step, step));
    };
    return build(0, 0, this.data.length);
  }

  /**
   * The element at these indices, one for each axis, from the end of the axis if negative; without indices the only
   * element. 0 or 1 for `bool`. Throws {@linkcode ShapeError} if there is no such element, or without indices more than
   * one.
   *
   * @example The fourth number of the first row
   * ```ts
   * import { tensor } from "./mod.ts";
   * console.log(tensor([[1, 2, 3, 4]]).item(0, 3)); // 4
   * ```
   */
  item(...indices: number[]): number {
    if (indices.length > 0) return this.data[this.#placeOf(indices)];
    if (this.data.length !== 1) {
      throw new ShapeError({
        what: "Cannot take item()",
        rule: "the tensor must have one element",
        received: formatShape(this.shape),
        hint: "use toArray() for all of them",
      });
    }
    return this.data[0];
  }

  /** Throws unless this is a tensor of numbers with so many axes. */
  #checkRank(rank: number): void {
    const what = "Cannot take toArray()";
    if (rank !== this.rank) {
      const rule = "the rank must be the tensor's number of axes";
      const hint = `write toArray(${this.rank})`;
      throw new ShapeError({ what, rule, received: `${describe(rank)} for ${formatShape(this.shape)}`, hint });
    }
    if (this.dtype === "bool") {
      const rule = "a rank is for tensors of numbers";
      throw new DTypeError({ what, rule, received: "dtype bool", hint: "leave it out, or cast the tensor to int32" });
    }
  }

  #placeOf(indices: readonly number[]): number {
    const suits = indices.length === this.shape.length &&
      indices.every((i, axis) => Number.isInteger(i) && i >= -this.shape[axis] && i < this.shape[axis]);
    if (suits) return indices.reduce((at, i, axis) => at * this.shape[axis] + (i < 0 ? i + this.shape[axis] : i), 0);
    throw new ShapeError({
      what: "Cannot take item()",
      rule: `there must be an index for each axis of ${formatShape(this.shape)}, within its extent`,
      received: describeList(indices),
      hint: "count from 0, or from the end with -1",
    });
  }

  /** The elements as nested lists, for `JSON.stringify`, which writes NaN and infinities as null. */
  toJSON(): NestedArray {
    return this.toArray();
  }

  /** Dtype and shape, and the elements as NumPy prints them: what `console.log` shows. */
  toString(): string {
    const head = this[Symbol.toPrimitive]("default");
    if (this.data.length !== sizeOf(this.shape)) return `${head} (its buffer was given away)`;
    return `${head}${this.rank > 1 ? "\n" : " "}${arrayText(this.shape, this.dtype, this.data)}`;
  }

  static {
    const value = function (this: Tensor) {
      return this.toString();
    };
    for (const name of ["Deno.customInspect", "nodejs.util.inspect.custom"]) {
      Object.defineProperty(this.prototype, Symbol.for(name), { value });
    }
  }

  /** The same data in another shape; one extent may be -1. Throws {@linkcode ShapeError} if sizes differ. */
  reshape(shape: Shape): Tensor {
    checkAttached(this, "Cannot reshape");
    return new Tensor(resolveShape(shape, this.shape), this.dtype, this.data);
  }

  /** The elements cast to `dtype` as NumPy's `astype` casts them. */
  cast(dtype: DType): Tensor {
    if (dtype !== this.dtype) checkDType(dtype, "Cannot cast");
    return dtype === this.dtype ? this : new Tensor(this.shape, dtype, makeArray(dtype, this.data));
  }

  /** Rows `start` to `end` (exclusive) of the first axis, sharing memory; negative counts from the end. */
  rows(start: number, end: number = this.shape[0]): Tensor {
    if (this.shape.length === 0) {
      throw new ShapeError({
        what: "Cannot take rows()",
        rule: "the tensor must have a first axis",
        received: "[]",
        hint: "reshape it to [1] first",
      });
    }
    checkIntegers([start, end], "take rows()", "start and end");
    const n = this.shape[0];
    const from = Math.min(n, Math.max(0, start < 0 ? start + n : start));
    const to = Math.min(n, Math.max(from, end < 0 ? end + n : end));
    const width = n === 0 ? 0 : this.data.length / n;
    return new Tensor(
      [to - from, ...this.shape.slice(1)],
      this.dtype,
      this.data.subarray(from * width, to * width) as TypedArray,
    );
  }

  /** Elementwise sum, broadcasting by NumPy's rule. */
  add(other: TensorLike): Tensor {
    return this.#binary("add", other);
  }
  /** Elementwise difference, broadcasting by NumPy's rule. */
  subtract(other: TensorLike): Tensor {
    return this.#binary("subtract", other);
  }
  /** Elementwise product, broadcasting by NumPy's rule. */
  multiply(other: TensorLike): Tensor {
    return this.#binary("multiply", other);
  }
  /** Elementwise quotient in float32, broadcasting by NumPy's rule. */
  divide(other: TensorLike): Tensor {
    return this.#binary("divide", other);
  }

  /** Its dtype and shape as text. Throws {@linkcode ValueError} if a number is wanted, as in `2 * tensor`. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint !== "number") return `Tensor ${this.dtype} ${formatShape(this.shape)}`;
    throw new ValueError({
      what: "Cannot take a tensor as a number",
      rule: "JavaScript's operators work on numbers alone",
      received: `a tensor of shape ${formatShape(this.shape)}`,
      hint: "use its methods, as in x.multiply(2), or ops, or x.item() for a single number",
    });
  }

  #binary(op: "add" | "subtract" | "multiply" | "divide", other: TensorLike): Tensor {
    const operands = promoteOperands(
      [this, typeof other === "number" ? scalarLike(other, this.dtype) : tensor(other)],
      op === "divide",
    );
    return evaluate(op, operands, {})[0];
  }
}

/** Whether a value is a view of a buffer that was sent to a worker or transferred. */
export const isDetached = (value: unknown): boolean =>
  ArrayBuffer.isView(value) && (value.buffer as ArrayBuffer).detached === true;

/** Throws {@linkcode ValueError} where the numbers are gone, since their buffer was sent to a worker or transferred. */
export function checkAttached({ shape, data }: { shape: Shape; data: TypedArray }, what: string): void {
  if (data.length === sizeOf(shape)) return;
  throw new ValueError({
    what,
    rule: "the buffer of a tensor must not be given away",
    received: `a tensor of shape ${formatShape(shape)} with ${data.length} elements`,
    hint: "copy it before it is transferred, as in buffer.slice()",
  });
}

/**
 * A scalar in `dtype`, or in the next dtype that holds it: float32 for a fraction, int32 for an integer outside of a
 * byte.
 */
export function scalarLike(value: number, dtype: DType): Tensor {
  const whole = Number.isInteger(value);
  let kept = dtype === "bool" && whole ? "int32" as const : dtype;
  if (kept === "uint8" && (value < 0 || value > 255)) kept = "int32";
  if (!isFloat(kept) && (!whole || value < -(2 ** 31) || value >= 2 ** 31)) kept = "float32";
  return new Tensor([], kept, makeArray(kept, [value]));
}

/** The tensors cast to their common dtype; to a float with `toFloat`. */
function promoteOperands(operands: readonly Tensor[], toFloat = false): Tensor[] {
  const common = operands.map((operand) => operand.dtype).reduce(promote);
  const dtype = toFloat && !isFloat(common) ? "float32" : common;
  return operands.map((operand) => operand.cast(dtype));
}

/** The most elements of a tensor created while tracing: it becomes a constant of the program. */
const maxConstant = 2 ** 24;

/** Throws {@linkcode ShapeError} while tracing if a shape has more elements than a constant may have. */
export function checkConstant(what: string, shape: Shape, most: number = maxConstant): void {
  if (!tracing.current || sizeOf(shape) <= most) return;
  throw new ShapeError({
    what: `Cannot ${what}`,
    rule: `a constant of a program may have at most ${maxConstant} elements`,
    received: formatShape(shape),
    hint: "take smaller sizes, or make it outside of the function",
  });
}

/**
 * Computes an op at once by the float64 reference, rounded to the dtype. Throws {@linkcode ShapeError} while tracing if
 * the result is large and the inputs are not.
 */
export function evaluate<K extends OpName>(op: K, inputs: readonly Tensor[], attrs: OpAttrs[K]): Tensor[] {
  if (!keepsHalves(op, inputs.length) && inputs.some(({ dtype }) => isHalf(dtype))) {
    const result = commonFloat(inputs);
    return evaluate(op, inputs.map((input) => input.cast(storedDType(input.dtype))), attrs)
      .map((output) => isFloat(output.dtype) ? output.cast(result) : output);
  }
  const row = opDef(op);
  const shapes = row.shape(inputs, attrs);
  const dtypes = row.dtype(inputs, attrs);
  for (const input of inputs) checkAttached(input, `Cannot apply ${op}`);
  for (const shape of shapes) checkSize(shape, `Cannot apply ${op}`);
  const most = Math.max(...inputs.map(({ size }) => size), maxConstant);
  for (const shape of shapes) checkConstant(`apply ${op}`, shape, most);
  const outputs = shapes.map((shape, i) => ({ shape, dtype: dtypes[i] }));
  const direct = row.direct?.(inputs, attrs, outputs);
  if (direct) return direct.map((data, i) => new Tensor(shapes[i], dtypes[i], data));
  const wide: RefArray[] = inputs.map(({ shape, dtype, data }) => ({ shape, dtype, data: new Float64Array(data) }));
  return row.reference(wide, attrs, outputs).map((data, i) =>
    new Tensor(shapes[i], dtypes[i], makeArray(dtypes[i], data))
  );
}

/** `shape` with its -1 resolved by the number of elements of `from`. */
export function resolveShape(shape: Shape, from: Shape): Shape {
  checkShape(shape, "Cannot reshape", -1);
  const free = shape.filter((extent) => extent === -1).length;
  const known = sizeOf(shape.filter((extent) => extent !== -1));
  const resolved = free === 1 && known > 0
    ? shape.map((extent) => (extent === -1 ? sizeOf(from) / known : extent))
    : shape;
  if (
    free > 1 || sizeOf(resolved) !== sizeOf(from) || resolved.some((extent) => !Number.isInteger(extent) || extent < 0)
  ) {
    throw new ShapeError({
      what: "Cannot reshape",
      rule: `${formatShape(from)} has ${sizeOf(from)} elements, the new shape must have as many (one extent may be -1)`,
      received: formatShape(shape),
      hint: "check the extents, or leave one as -1",
    });
  }
  return resolved;
}

/**
 * Makes a tensor from nested arrays or a typed array. Without `dtype`, a typed array keeps its own, booleans give
 * `bool` and numbers `float32`.
 *
 * @param values nested arrays, one number, a typed array, or a tensor
 * @param shape the shape, if it is not that of the nesting; one extent may be -1
 * @param dtype the element type
 * @throws {ShapeError} if rows differ in length or `shape` does not fit
 *
 * @example A typed array with a shape
 * ```ts
 * import { tensor } from "./mod.ts";
 * const image = tensor(new Uint8Array(784), [28, 28]);
 * console.log(image.dtype); // uint8
 * ```
 */
export function tensor(values: TensorLike, shape?: Shape, dtype?: DType): Tensor {
  const what = "Cannot make a tensor";
  if (shape !== undefined) checkShape(shape, what, -1);
  if (dtype !== undefined) checkDType(dtype, what);
  const made = toTensor(values, what, "", dtype);
  return shape ? made.reshape(shape) : made;
}

/** What {@linkcode tensor} makes; errors say `what` failed, and the `name` of the values. */
export function toTensor(values: TensorLike, what: string, name: string, dtype?: DType): Tensor {
  if (values instanceof Tensor) {
    checkAttached(values, what);
    return dtype ? values.cast(dtype) : values;
  }
  if (ArrayBuffer.isView(values)) {
    // Nothing that is done with a tensor's data tells shared memory from other.
    const data = values as TypedArray;
    if (isDetached(data)) checkAttached({ shape: [1], data }, what);
    const made = new Tensor([data.length], dtypeOfArray(data, what, name), data);
    return dtype ? made.cast(dtype) : made;
  }
  return fromNested(values, what, name, dtype);
}

function dtypeOfArray(array: TypedArray, what: string, name: string): DType {
  if (array instanceof Float32Array) return "float32";
  if (array instanceof Int32Array) return "int32";
  if (array instanceof Uint8Array) return "uint8";
  throw new DTypeError({
    what,
    rule: `typed arrays${name && ` in ${name}`} must be Float32Array, Int32Array or Uint8Array`,
    received: (array as object).constructor.name,
    hint: (array as object) instanceof DataView
      ? "give a typed array over its buffer"
      : "convert it, for example with Float32Array.from(array)",
  });
}

/** Arrays nested deeper than any tensor: perhaps endlessly, if one contains itself. */
const maxNesting = 64;

function fromNested(values: NestedArray, what: string, name: string, dtype?: DType): Tensor {
  const isRow = (level: unknown): level is ArrayLike<NestedArray> =>
    Array.isArray(level) || (ArrayBuffer.isView(level) && !(level instanceof DataView));
  const shape: number[] = [];
  for (let level: unknown = values; isRow(level); level = level[0]) {
    shape.push(level.length);
    if (level.length === 0) break;
    if (shape.length > maxNesting) {
      throw new ShapeError({
        what,
        rule: `arrays${name && ` in ${name}`} may be nested ${maxNesting} levels deep`,
        received: "more",
        hint: "check whether an array holds itself",
      });
    }
  }
  const of = name && `of ${name} `;
  const flat: number[] = [];
  let booleans = true;
  const fill = (level: NestedArray, axis: number, path: string): void => {
    const at = path === "" ? name && ` as ${name}` : ` at ${name}${path}`;
    if (!isRow(level) && typeof level !== "number" && typeof level !== "boolean") {
      throw new ValueError({
        what,
        rule: `elements ${of}must be numbers or booleans`,
        received: `${typeof level === "string" ? "a string" : describe(level)}${at}`,
        hint: elementHint(level),
      });
    }
    if (isRow(level) !== axis < shape.length || (isRow(level) && level.length !== shape[axis])) {
      throw new ShapeError({
        what,
        rule: `rows ${of}must have equal lengths: the first row gives shape ${formatShape(shape)}`,
        received: `${isRow(level) ? `${level.length} elements` : "a number"}${at}`,
        hint: "pad or cut the rows to one length (utils.padSequences pads)",
      });
    }
    if (isRow(level)) {
      for (let i = 0; i < level.length; i++) fill(level[i], axis + 1, `${path}[${i}]`);
      return;
    }
    booleans &&= typeof level === "boolean";
    flat.push(Number(level));
  };
  fill(values, 0, "");
  const kind = dtype ?? (booleans && flat.length > 0 ? "bool" : "float32");
  return new Tensor(shape, kind, makeArray(kind, flat));
}

function elementHint(element: unknown): string {
  if (element === undefined || element === null) return "check where it comes from, or fill the gap with a number";
  if (typeof element === "string") return "map each text to a number first";
  if (typeof element === "bigint") return "convert it with Number(value)";
  if (element instanceof Promise) return "await it first";
  if (element instanceof Tensor) return "ops.stack makes one tensor of many of one shape";
  return "give a tensor, nested arrays of numbers, or a typed array";
}
