// safetensors: named arrays behind a JSON header. https://huggingface.co/docs/safetensors
import { type DType, makeArray } from "../dtype.ts";
import { FileError } from "../errors.ts";
import { sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The element types of the format that tensors are made of, with the array that views their bytes. */
const readers: Readonly<
  Record<string, { readonly dtype: DType; readonly bytes: number; view(buffer: ArrayBuffer): ArrayLike<number> }>
> = {
  F32: { dtype: "float32", bytes: 4, view: (buffer) => new Float32Array(buffer) },
  F64: { dtype: "float32", bytes: 8, view: (buffer) => new Float64Array(buffer) },
  F16: { dtype: "float32", bytes: 2, view: (buffer) => new Float16Array(buffer) },
  BF16: {
    dtype: "float32",
    bytes: 2,
    view: (buffer) => new Float32Array(Uint32Array.from(new Uint16Array(buffer), (bits) => bits << 16).buffer),
  },
  I64: { dtype: "int32", bytes: 8, view: (buffer) => Array.from(new BigInt64Array(buffer), Number) },
  I32: { dtype: "int32", bytes: 4, view: (buffer) => new Int32Array(buffer) },
  I16: { dtype: "int32", bytes: 2, view: (buffer) => new Int16Array(buffer) },
  I8: { dtype: "int32", bytes: 1, view: (buffer) => new Int8Array(buffer) },
  U8: { dtype: "uint8", bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  BOOL: { dtype: "bool", bytes: 1, view: (buffer) => new Uint8Array(buffer) },
};

const typeNames: Readonly<Record<DType, string>> = { float32: "F32", int32: "I32", uint8: "U8", bool: "BOOL" };

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
  for (const [name, { shape, dtype, data }] of tensors) {
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
  for (const { data } of tensors.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return file;
}

/**
 * The tensors in the bytes of a file. Throws {@linkcode FileError}, whose message begins with `what`, for a damaged file
 * and for element types that no tensor has.
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
    const reader = Object.hasOwn(readers, dtype) ? readers[dtype] : fail(`"${name}" of the element type ${dtype}`);
    const isList = (list: unknown): list is number[] =>
      Array.isArray(list) && list.every((extent) => Number.isSafeInteger(extent) && extent >= 0);
    if (!isList(shape) || !isList(offsets) || offsets.length !== 2) {
      return fail(`"${name}" without a shape and offsets`);
    }
    const [begin, end] = offsets;
    if (end > data.length || end - begin !== sizeOf(shape) * reader.bytes) {
      fail(`"${name}" of shape [${shape}] in the bytes ${begin} to ${end} of ${data.length}`);
    }
    const view = reader.view(data.slice(begin, end).buffer);
    tensors.set(name, new Tensor(shape, reader.dtype, makeArray(reader.dtype, view)));
  }
  return tensors;
}
