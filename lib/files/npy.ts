// NumPy's files of one array. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import { type DType, makeArray } from "../dtype.ts";
import { FileError } from "../errors.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { bytesOfShape, type ElementType, elementTypes, fileElements, tensorOfBytes } from "./elements.ts";

/** Files begin with `\x93NUMPY`. */
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** Element types by NumPy's codes, without the order of bytes. */
const types: Readonly<Record<string, ElementType>> = {
  f8: elementTypes.float64,
  f4: elementTypes.float32,
  f2: elementTypes.float16,
  i8: elementTypes.int64,
  u8: elementTypes.uint64,
  i4: elementTypes.int32,
  u4: elementTypes.uint32,
  i2: elementTypes.int16,
  u2: elementTypes.uint16,
  i1: elementTypes.int8,
  u1: elementTypes.uint8,
  b1: elementTypes.bool,
};

/** The element type of a code, such as `u1` or `<f4`; undefined for other elements than numbers. */
export function elementTypeOf(code: string): ElementType | undefined {
  const kind = code.replace(/^[<>|=]/, "");
  return Object.hasOwn(types, kind) ? types[kind] : undefined;
}

const codes: Readonly<Record<DType, string>> = {
  float32: "<f4",
  float16: "<f2",
  // NumPy has no bfloat16.
  bfloat16: "<f4",
  int32: "<i4",
  uint8: "|u1",
  bool: "|b1",
};

/** Headers of more bytes describe no array of numbers. */
const maxHeader = 2 ** 16;

/** Data begins at a multiple of this. */
const alignment = 64;

/** NumPy leaves as much room in a header as the first extent may grow to, in digits. */
const roomToGrow = 21;

/** The bytes of a `.npy` file of a tensor, as NumPy writes it. */
export function writeNpy({ shape, dtype, data: numbers }: Tensor): Uint8Array<ArrayBuffer> {
  const data = dtype === "float16" ? fileElements({ dtype, data: numbers }) : numbers;
  const tuple = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const room = shape.length === 0 ? 0 : roomToGrow - String(shape[0]).length;
  const text = `{'descr': '${codes[dtype]}', 'fortran_order': False, 'shape': ${tuple}, }${" ".repeat(room)}`;
  const before = magic.length + 4 + text.length + 1;
  const header = `${text}${" ".repeat(alignment - before % alignment)}\n`;
  const start = magic.length + 4 + header.length;
  const file = new Uint8Array(start + data.byteLength);
  file.set([...magic, 1, 0, header.length & 0xff, header.length >> 8]);
  file.set(new TextEncoder().encode(header), magic.length + 4);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return file;
}

/** What the header of a `.npy` file says. */
interface NpyHeader {
  /** NumPy's code of the element type, such as `<f4`. */
  readonly code: string;
  /** Whether the elements lie in Fortran's order. */
  readonly isFortran: boolean;
  readonly shape: Shape;
  /** What follows the header. */
  readonly content: Uint8Array;
}

const damaged = (what: string, received: string): FileError =>
  new FileError({
    what,
    rule: "it must be a whole .npy file",
    received,
    hint: "the file is damaged or of another format: save or fetch it again",
  });

/** Reads the header of a `.npy` file. Throws {@linkcode FileError}, whose message begins with `what`, for a damaged one. */
export function readNpyHeader(file: Uint8Array, what: string): NpyHeader {
  const fail = (received: string): never => {
    throw damaged(what, received);
  };
  const [major] = file.subarray(magic.length);
  if (file.length < 12 || magic.some((byte, i) => file[i] !== byte)) fail(`${file.length} bytes of another format`);
  if (major < 1 || major > 3) fail(`version ${major} of the format`);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = (major === 1 ? 10 : 12) + length;
  if (length > maxHeader || start > file.length) fail(`a header of ${length} bytes in a file of ${file.length}`);
  const header = new TextDecoder().decode(file.subarray(start - length, start));
  const [, code] = header.match(/['"]descr['"]: *['"]([^'"]*)['"]/) ?? fail("a header without an element type");
  const [, order] = header.match(/['"]fortran_order['"]: *(True|False)\b/) ?? fail("a header without an order");
  const [, extents] = header.match(/['"]shape['"]: *\(([\d, L]*)\)/) ?? fail("a header without a shape");
  const shape = (extents.match(/\d+/g) ?? []).map(Number);
  return { code, isFortran: order === "True", shape, content: file.subarray(start) };
}

/**
 * The tensor in the bytes of a `.npy` file: float64 and float16 become float32, whole numbers but uint8 become int32.
 * Throws {@linkcode FileError}, whose message begins with `what`, for a damaged file, for elements that no tensor has such
 * as Python's objects, and for whole numbers outside of int32.
 */
export function readNpy(file: Uint8Array, what: string): Tensor {
  const { code, isFortran, shape, content } = readNpyHeader(file, what);
  const type = elementTypeOf(code) ?? refuseElements(code, what);
  if (bytesOfShape(type, shape) !== content.length) {
    throw damaged(what, `${content.length} bytes of data for the shape [${shape.join(", ")}] of ${code}`);
  }
  const isReversed = isFortran && shape.length > 1;
  const stored = isReversed ? [...shape].reverse() : shape;
  const tensor = tensorOfBytes(type, stored, content, { what, thing: "the array", bigEndian: code.startsWith(">") });
  return isReversed ? withAxesReversed(tensor) : tensor;
}

/** The tensor whose elements lie in Fortran's order, where the first index changes fastest, in the order of C. */
function withAxesReversed({ shape: stored, dtype, data }: Tensor): Tensor {
  const shape: Shape = [...stored].reverse();
  const made = makeArray(dtype, sizeOf(shape));
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < made.length; to++) {
    made[to] = data[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return new Tensor(shape, dtype, made);
}

function refuseElements(code: string, what: string): never {
  if (/O/.test(code)) {
    throw new FileError({
      what,
      rule: "it must hold numbers: an array of Python's objects is a pickle, and loading one may run any code",
      received: `elements of ${code}`,
      hint: 'in Python save numbers, as in np.save(path, array.astype("float32"))',
    });
  }
  throw new FileError({
    what,
    rule: `elements must be of bool, integers, or floats of at most 64 bits`,
    received: `elements of ${code}`,
    hint: 'in Python convert them first, as in np.save(path, array.astype("float32"))',
  });
}
