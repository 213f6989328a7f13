// The element types of files: their bytes as the numbers of a tensor.
import { type DType, makeArray, type TypedArray } from "../dtype.ts";
import { FileError } from "../errors.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** An element type of a file. */
export interface ElementType {
  /** The dtype of tensors that hold it: floats become float32, and whole numbers that int32 holds int32. */
  readonly dtype: DType;
  /** The bytes of an element. */
  readonly bytes: number;
  /** The elements in these bytes, of which the first comes first. */
  view(buffer: ArrayBuffer): ArrayLike<number | bigint>;
}

/** The element types that tensors can be made of, by NumPy's names. */
export const elementTypes = {
  float64: { dtype: "float32", bytes: 8, view: (buffer) => new Float64Array(buffer) },
  float32: { dtype: "float32", bytes: 4, view: (buffer) => new Float32Array(buffer) },
  float16: { dtype: "float32", bytes: 2, view: (buffer) => new Float16Array(buffer) },
  bfloat16: {
    dtype: "float32",
    bytes: 2,
    view: (buffer) => new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer),
  },
  int64: { dtype: "int32", bytes: 8, view: (buffer) => new BigInt64Array(buffer) },
  uint64: { dtype: "int32", bytes: 8, view: (buffer) => new BigUint64Array(buffer) },
  int32: { dtype: "int32", bytes: 4, view: (buffer) => new Int32Array(buffer) },
  uint32: { dtype: "int32", bytes: 4, view: (buffer) => new Uint32Array(buffer) },
  int16: { dtype: "int32", bytes: 2, view: (buffer) => new Int16Array(buffer) },
  uint16: { dtype: "int32", bytes: 2, view: (buffer) => new Uint16Array(buffer) },
  int8: { dtype: "int32", bytes: 1, view: (buffer) => new Int8Array(buffer) },
  uint8: { dtype: "uint8", bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  bool: { dtype: "bool", bytes: 1, view: (buffer) => new Uint8Array(buffer) },
} as const satisfies Readonly<Record<string, ElementType>>;

/** The elements of a tensor as files hold them: halves take two bytes. */
export function fileElements({ dtype, data }: Pick<Tensor, "dtype" | "data">): TypedArray | Uint16Array<ArrayBuffer> {
  if (dtype === "float16") return new Uint16Array(new Float16Array(data).buffer);
  if (dtype !== "bfloat16") return data;
  return Uint16Array.from(new Uint32Array(data.slice().buffer), (bits) => bits >>> 16);
}

/**
 * The tensor of a shape in as many bytes as it takes. Floats are rounded to float32. Throws {@linkcode FileError}, whose
 * message begins with `what` and tells of `thing`, for whole numbers that int32 cannot hold.
 */
export function tensorOfBytes(
  type: ElementType,
  shape: Shape,
  bytes: Uint8Array,
  { what, thing, bigEndian = false }: { what: string; thing: string; bigEndian?: boolean },
): Tensor {
  const copy = bytes.slice();
  if (bigEndian) reverseElements(copy, type.bytes);
  return tensorOfNumbers(type.dtype, shape, type.view(copy.buffer), { what, thing });
}

/** The tensor of a dtype that holds these numbers, without a copy where it can; errors are those of {@linkcode tensorOfBytes}. */
export function tensorOfNumbers(
  dtype: DType,
  shape: Shape,
  numbers: ArrayLike<number | bigint>,
  { what, thing }: { what: string; thing: string },
): Tensor {
  if (dtype === "int32" && !(numbers instanceof Int32Array)) {
    const whole = makeArray("int32", numbers.length);
    for (let i = 0; i < numbers.length; i++) {
      whole[i] = Number(numbers[i]);
      if (whole[i] === Number(numbers[i])) continue;
      throw new FileError({
        what,
        rule: `whole numbers must be from -2147483648 to 2147483647, as int32 holds them`,
        received: `${numbers[i]} in ${thing}`,
        hint: "save them as float32, or in another unit",
      });
    }
    return new Tensor(shape, dtype, whole);
  }
  const isExact = dtype !== "bool" && numbers.constructor === makeArray(dtype, 0).constructor;
  const data = isExact ? numbers as TypedArray : makeArray(dtype, numbers as ArrayLike<number>);
  return new Tensor(shape, dtype, data);
}

/** How many bytes a shape takes; undefined if it is not a list of whole numbers of at least 0. */
export function bytesOfShape(type: ElementType, shape: unknown): number | undefined {
  const isShape = Array.isArray(shape) && shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
  return isShape ? sizeOf(shape) * type.bytes : undefined;
}

function reverseElements(bytes: Uint8Array, size: number): void {
  if (size === 1) return;
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}
