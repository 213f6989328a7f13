// safetensors: named arrays behind a JSON header. https://huggingface.co/docs/safetensors
import type { DType } from "../dtype.ts";
import { FileError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bytesOfShape, type ElementType, elementTypes, fileElements, tensorOfBytes } from "./elements.ts";

/** The element types of the format that tensors are made of. */
const types: Readonly<Record<string, ElementType>> = {
  F32: elementTypes.float32,
  F64: elementTypes.float64,
  F16: elementTypes.float16,
  BF16: elementTypes.bfloat16,
  I64: elementTypes.int64,
  U64: elementTypes.uint64,
  I32: elementTypes.int32,
  U32: elementTypes.uint32,
  I16: elementTypes.int16,
  U16: elementTypes.uint16,
  I8: elementTypes.int8,
  U8: elementTypes.uint8,
  BOOL: elementTypes.bool,
};

const typeNames: Readonly<Record<DType, string>> = {
  float32: "F32",
  float16: "F16",
  bfloat16: "BF16",
  int32: "I32",
  uint8: "U8",
  bool: "BOOL",
};

/** Headers of more bytes are no model's. */
const maxHeader = 100 * 2 ** 20;

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** The bytes of a file with these tensors. */
export function writeSafetensors(tensors: ReadonlyMap<string, Tensor>): Uint8Array<ArrayBuffer> {
  const header: Record<string, Entry | Record<string, string>> = { __metadata__: { format: "ceratops" } };
  let at = 0;
  const elements = [...tensors.values()].map(fileElements);
  for (const [i, [name, { shape, dtype }]] of [...tensors].entries()) {
    const data = elements[i];
    header[name] = { dtype: typeNames[dtype], shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const text = JSON.stringify(header);
  // Data begins at a multiple of 8.
  const json = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const file = new Uint8Array(8 + json.length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  at = 8 + json.length;
  for (const data of elements) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * The tensors in the bytes of a file. Throws {@linkcode FileError}, whose message begins with `what`, for a damaged file,
 * for element types that no tensor has, and for whole numbers outside of int32.
 */
export function readSafetensors(file: Uint8Array, what: string): Map<string, Tensor> {
  const fail = (received: string): never => {
    throw new FileError({
      what,
      rule: "it must be a whole safetensors file",
      received,
      hint: "the file is damaged or of another format: save or fetch it again",
    });
  };
  if (file.length < 8) fail(`${file.length} bytes`);
  const length = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  if (length > Math.min(maxHeader, file.length - 8)) fail(`a header of ${length} bytes in a file of ${file.length}`);
  let header: Record<string, Entry>;
  try {
    header = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)));
  } catch (error) {
    return fail((error as Error).message);
  }
  if (typeof header !== "object" || header === null) fail("a header that is no object");
  const data = file.subarray(8 + length);
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: offsets } = entry ?? {};
    const type = Object.hasOwn(types, dtype) ? types[dtype] : fail(`"${name}" of the element type ${dtype}`);
    const bytes = bytesOfShape(type, shape);
    const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? offsets : [NaN, NaN];
    if (bytes === undefined || ![begin, end].every((at) => Number.isSafeInteger(at) && at >= 0)) {
      fail(`"${name}" without a shape and offsets`);
    }
    if (end > data.length || end - begin !== bytes) {
      fail(`"${name}" of shape [${shape}] in the bytes ${begin} to ${end} of ${data.length}`);
    }
    tensors.set(name, tensorOfBytes(type, shape, data.subarray(begin, end), { what, thing: `"${name}"` }));
  }
  return tensors;
}
