// Element types, and the typed arrays that hold them on the host.

import { describe, DTypeError, ValueError } from "./errors.ts";
import { roundToBfloat16, roundToFloat16 } from "./rounding.ts";

/** A floating-point type. */
export type FloatDType = "float32" | HalfDType;

/** An element type that arrays in memory have. */
export type StoredDType = "float32" | "int32" | "uint8" | "bool";

/** A floating-point type of 16 bits. Its numbers are held as float32, rounded. */
export type HalfDType = "float16" | "bfloat16";

/**
 * An element type. `bool` is one byte, 0 or 1, on the host. `float16` and `bfloat16` say which numbers there can be: they are
 * held as float32, which holds all of them, and results are rounded to the nearest of them.
 */
export type DType = StoredDType | HalfDType;

/** What a model's input may hold: numbers, or texts, which the host turns into numbers before the program. */
export type InputDType = DType | "string";

/** The typed arrays of host tensors: of `float32` and the halves, of `int32`, and of `uint8` or `bool`. */
export type TypedArray = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** All element types, in the order in which they promote. */
export const dtypes: readonly DType[] = ["bool", "uint8", "int32", "bfloat16", "float16", "float32"];

const roundings: Readonly<Record<HalfDType, (x: number) => number>> = {
  float16: roundToFloat16,
  bfloat16: roundToBfloat16,
};

/** The rounding to a half type; undefined for other dtypes. */
export function roundingOf(dtype: DType): ((x: number) => number) | undefined {
  return isHalf(dtype) ? roundings[dtype] : undefined;
}

/** Whether `dtype` is a floating-point type of 16 bits. */
export function isHalf(dtype: DType): dtype is HalfDType {
  return dtype === "float16" || dtype === "bfloat16";
}

/** The element type in which values of `dtype` are held. */
export function storedDType(dtype: DType): StoredDType {
  return isHalf(dtype) ? "float32" : dtype;
}

/** Throws {@linkcode DTypeError} if `dtype` is not a dtype. */
export function checkDType(dtype: unknown, what: string): asserts dtype is DType {
  if (dtypes.includes(dtype as DType)) return;
  const near = typeof dtype === "string" && /^(float|double)/.test(dtype)
    ? "float32"
    : typeof dtype === "string" && /^u?int/.test(dtype)
    ? "int32"
    : undefined;
  throw new DTypeError({
    what,
    rule: `dtype must be one of ${dtypes.map((known) => `"${known}"`).join(", ")}`,
    received: describe(dtype),
    hint: near ? `use "${near}"` : "use one of these names",
  });
}

/** Bytes of one element of `dtype` on the host. */
export function bytesPerElement(dtype: DType): number {
  return dtype === "uint8" || dtype === "bool" ? 1 : 4;
}

/**
 * A new typed array of `size` elements: zeros, or the given values cast as NumPy's `astype` casts them. Throws
 * {@linkcode ValueError} where the host has no memory for it.
 */
export function makeArray(dtype: DType, source: number | ArrayLike<number>): TypedArray {
  const size = typeof source === "number" ? source : source.length;
  return withHostMemory(size * bytesPerElement(dtype), () => {
    if (dtype === "bool" && typeof source !== "number") {
      const bools = new Uint8Array(size);
      for (let i = 0; i < size; i++) bools[i] = Number(source[i]) === 0 ? 0 : 1;
      return bools;
    }
    const round = roundingOf(dtype);
    if (round && typeof source !== "number") {
      const halves = new Float32Array(size);
      for (let i = 0; i < size; i++) halves[i] = round(source[i]);
      return halves;
    }
    const Type = isFloat(dtype) ? Float32Array : dtype === "int32" ? Int32Array : Uint8Array;
    return typeof source === "number" ? new Type(source) : new Type(source);
  });
}

/**
 * What `body` returns, which makes arrays of so many bytes. Throws {@linkcode ValueError} where the host has no room; `what`
 * and `thing` word it, those of the outermost call.
 */
export function withHostMemory<T>(
  bytes: number,
  body: () => T,
  { what, thing }: { what: string; thing: string } = { what: "Cannot allocate memory on the host", thing: "an array" },
): T {
  try {
    if (bytes >= largeArray && bytes > memoryLeft()) throw new RangeError("less memory is left");
    return body();
  } catch (error) {
    if (!isOutOfMemory(error)) throw error;
    const worded = new ValueError({
      what,
      rule: `${thing} must fit into the memory of this machine`,
      received: gibibytes(bytes),
      hint: "take a smaller batch, a smaller model or less data at a time",
    });
    worded.cause = error;
    throw worded;
  }
}

/** Arrays of as many bytes are compared with what is left. */
const largeArray = 2 ** 26;

/**
 * The bytes that the system can still give, where it says so without asking for a permission. Linux promises more than it
 * has, and ends the process that then writes to it; other systems refuse, or have room on disks.
 */
function memoryLeft(): number {
  const deno = typeof Deno === "undefined" ? undefined : Deno;
  if (deno?.build?.os !== "linux") return Infinity;
  if (deno.permissions.querySync({ name: "sys", kind: "systemMemoryInfo" }).state !== "granted") return Infinity;
  const { available, swapFree } = deno.systemMemoryInfo();
  return available + swapFree;
}

function isOutOfMemory(error: unknown): boolean {
  if (error instanceof ValueError) return isOutOfMemory(error.cause);
  // As V8, SpiderMonkey and JavaScriptCore word it; a stack that overflows is a RangeError too.
  return error instanceof RangeError && /alloc|length|memory/i.test(error.message);
}

/** A number of bytes as messages show it, such as `3.73 GiB`. */
export function gibibytes(bytes: number): string {
  const gib = bytes / 2 ** 30;
  return `${gib >= 1000 ? Math.round(gib) : gib.toPrecision(3)} GiB`;
}

/**
 * The dtype that holds both, in the order bool, uint8, int32, a half, float32; float32 for two different halves. A half
 * holds integers only up to its precision, as in Keras.
 */
export function promote(a: DType, b: DType): DType {
  if (a !== b && isHalf(a) && isHalf(b)) return "float32";
  return dtypes[Math.max(dtypes.indexOf(a), dtypes.indexOf(b))];
}

/** Whether `dtype` is a floating-point type. */
export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === "float32" || isHalf(dtype);
}
