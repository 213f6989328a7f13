// Fingerprints: data in few words, by which processes tell whether they have the same.
import { formatShape } from "../shape.ts";
import { isNamed, type Structure } from "../structure.ts";
import { type DataLike, holdsStrings, type HostArray, StringTensor, toStrings } from "../tensor/strings.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import type { Facts } from "./agreement.ts";
import { BatchStream } from "./batch_stream.ts";
import { isBatches } from "./batches.ts";
import { type Dataset, keyOf } from "./dataset.ts";
import type { FitOptions } from "./options.ts";

interface NodeModules {
  getBuiltinModule(name: "node:zlib"): typeof import("node:zlib");
}

/** Data of a run: shapes and dtypes, and a number that depends on all elements; of a stream its length. */
export function describedData(data: Dataset | BatchStream): string {
  if (data instanceof BatchStream) return `batches, ${data.length ?? "as many as there are"}`;
  return `${keyOf(data, `${data.rows} rows`)}, ${checksumOf([...data.x, ...data.y, ...data.weights])}`;
}

/** The same for arrays. */
export function describedArrays(arrays: readonly HostArray[]): string {
  return `${arrays.map(({ dtype, shape }) => `${dtype}${formatShape(shape)}`).join(" ")}, ${checksumOf(arrays)}`;
}

/** The same for data as it was given to a method, which no model has looked at yet; `name` is that of the argument. */
function describedGiven(given: unknown, what: string, name: string): string {
  if (given === undefined || given === null) return "none";
  return isBatches(given) ? "batches" : describedArrays(arraysIn(given as Structure<DataLike>, what, name));
}

/** What a method was given to call `fit` with, by name: data, and the options that are plain values. */
export function factsOfGiven(
  x: unknown,
  y: unknown,
  { sampleWeight, validationData, callbacks: _, ...options }: FitOptions,
  what: string,
): Facts {
  const parts = (given: readonly unknown[], names: readonly string[]) =>
    given.map((part, i) => `${names[i]} ${describedGiven(part, what, names[i])}`).join("; ");
  const held = Array.isArray(validationData) ? validationData : [validationData];
  return {
    data: `data: ${parts([x, y, sampleWeight], ["x", "y", "sampleWeight"])}`,
    validationData: `data for validation: ${parts(held, held.map((_, i) => `validationData[${i}]`))}`,
    options: `options: ${JSON.stringify(options)}`,
  };
}

/** The arrays of one, of a list of them or of some by name. Throws {@linkcode ValueError} for what is none. */
function arraysIn(given: Structure<DataLike>, what: string, name: string): HostArray[] {
  const isArray = (item: unknown) => item instanceof Tensor || item instanceof StringTensor || ArrayBuffer.isView(item);
  if (!isArray(given)) {
    if (Array.isArray(given) && given.some(isArray)) {
      return given.flatMap((item, i) => (item ? arraysIn(item, what, `${name}[${i}]`) : []));
    }
    if (isNamed(given)) {
      return Object.entries(given).flatMap(([key, item]) => arraysIn(item, what, `${name}["${key}"]`));
    }
  }
  const item = given as DataLike;
  return [holdsStrings(item) ? toStrings(item, what, name) : toTensor(item as TensorLike, what, name)];
}

/** A number that depends on all elements of arrays, in words. */
function checksumOf(arrays: readonly (HostArray | null | undefined)[]): string {
  // Several processes are in Deno, which has this.
  const { crc32 } = (globalThis as unknown as { process: NodeModules }).process.getBuiltinModule("node:zlib");
  let hash = 0;
  for (const array of arrays) {
    if (!array) continue;
    if (array instanceof StringTensor) {
      hash = crc32(JSON.stringify(array.data), hash);
      continue;
    }
    const { buffer, byteOffset, byteLength } = array.data;
    hash = crc32(new Uint8Array(buffer, byteOffset, byteLength), hash);
  }
  return `checksum ${hash.toString(16)}`;
}
