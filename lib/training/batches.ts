// Batches: data that is given batch by batch, as an iterable or a function that returns one for each pass.
import { isClass } from "../errors.ts";
import type { Structure } from "../structure.ts";
import { type DataLike, type HostArray, StringTensor } from "../tensor/strings.ts";
import { Tensor, type TensorLike } from "../tensor/tensor.ts";

/**
 * A batch: inputs, targets and weights in a list, `[x]`, `[x, y]` or `[x, y, sampleWeight]`; or only inputs, as one
 * tensor, or several by name.
 */
export type Batch =
  | HostArray
  | { readonly [name: string]: DataLike }
  | readonly [
    x: Structure<DataLike>,
    y?: Structure<TensorLike>,
    sampleWeight?: Structure<TensorLike>,
  ];

/**
 * A sequence of batches: an iterable, possibly asynchronous, or a function that makes one for each pass. An array is
 * not such an iterable: it is data.
 */
export type Batches =
  | (Iterable<Batch> & { readonly concat?: never })
  | AsyncIterable<Batch>
  | (() => Iterable<Batch> | AsyncIterable<Batch>);

/** Whether data comes in batches, and not all at once. */
export function isBatches(value: unknown): value is Batches {
  if (typeof value === "function") return !isClass(value);
  return isIterable(value);
}

/** Whether a value is an iterable of batches. */
export function isIterable(value: unknown): value is Iterable<Batch> | AsyncIterable<Batch> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) &&
    !(value instanceof Tensor) && !(value instanceof StringTensor) &&
    (Symbol.asyncIterator in value || Symbol.iterator in value);
}
