// The file of an unfinished training: JSON and the bytes of tensors, with a checksum, written atomically.
import { type DType, makeArray } from "../dtype.ts";
import { FileError } from "../errors.ts";
import { sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { SavedTraining } from "./callback.ts";

/** The format's name and version, at the start of the file. */
const magic = "ceratops-training-1\n";

interface Header extends Omit<SavedTraining, "tensors"> {
  readonly tensors: readonly { readonly name: string; readonly dtype: DType; readonly shape: readonly number[] }[];
}

/** The state as bytes: the magic, a checksum of the rest, the length of the JSON, the JSON, then each tensor's bytes. */
export function encodeTraining({ tensors, ...state }: SavedTraining): Uint8Array<ArrayBuffer> {
  const described = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const json = new TextEncoder().encode(JSON.stringify({ ...state, tensors: described }));
  const parts = [...tensors.values()].map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  const start = magic.length + 8;
  const bytes = new Uint8Array(start + json.length + parts.reduce((total, part) => total + part.length, 0));
  bytes.set(new TextEncoder().encode(magic));
  bytes.set(json, start);
  let at = start + json.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(magic.length + 4, json.length, true);
  view.setUint32(magic.length, checksum(bytes.subarray(magic.length + 4)), true);
  return bytes;
}

/** The state from a file's bytes. Throws {@linkcode FileError} for a file that is damaged or of another format. */
export function decodeTraining(bytes: Uint8Array, path: string): SavedTraining {
  const fail = (received: string): never => {
    throw new FileError({
      what: `Cannot go on from "${path}"`,
      rule: "it must be a whole file that BackupAndRestore wrote",
      received,
      hint: "remove the file to start over",
    });
  };
  const start = magic.length + 8;
  if (bytes.length < start || new TextDecoder().decode(bytes.subarray(0, magic.length)) !== magic) {
    fail("a file of another format");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(magic.length, true) !== checksum(bytes.subarray(magic.length + 4))) fail("a damaged one");
  const length = view.getUint32(magic.length + 4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(start, start + length))) as Header;
  let at = start + length;
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape } of header.tensors) {
    const data = makeArray(dtype, sizeOf(shape));
    new Uint8Array(data.buffer).set(bytes.subarray(at, at + data.byteLength));
    at += data.byteLength;
    tensors.set(name, new Tensor(shape, dtype, data));
  }
  return { ...header, tensors };
}

/** The 32-bit FNV-1a hash of bytes. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193);
  return hash >>> 0;
}
