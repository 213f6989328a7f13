// Views: the GPU memory of a value and the layout of its elements.
import type { DType } from "../../dtype.ts";
import type { ValueType } from "../../ir/graph.ts";
import { type Shape, sizeOf } from "../../shape.ts";

/** The alignment of bound ranges, in bytes: WebGPU's default limit. */
export const bindingAlignment = 256;

/** The most storage buffers of a shader: WebGPU's default limit. */
export const maxBuffers = 8;

/**
 * How elements lie in memory: one to a word; as float16, two to a word; or as bytes, four to a word, as on the host. Bytes
 * are uint8 or bool. Halves are elements of any dtype whose numbers float16 has.
 */
export type Storage = "words" | "halves" | "bytes";

const bytesOf: Readonly<Record<Storage, number>> = { words: 4, halves: 2, bytes: 1 };

/** A part of a variable that is too large for one binding. */
export interface Part {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
  /** The index of its first element. */
  readonly from: number;
  /** The number of its elements. */
  readonly count: number;
}

/** A value in GPU memory. */
export interface View {
  readonly buffer: GPUBuffer;
  /** The first byte, a multiple of {@linkcode bindingAlignment}. */
  readonly offset: number;
  /** The bytes to bind: the elements, padded to a multiple of {@linkcode bindingAlignment}. */
  readonly bytes: number;
  readonly shape: Shape;
  readonly dtype: DType;
  /** How its elements lie in memory. */
  readonly storage: Storage;
  /** The parts of a value in several buffers; the view itself is then the first part. */
  readonly parts?: readonly Part[];
}

/** The parts of a view; usually just the view itself. */
export function partsOf(view: View): readonly Part[] {
  const { buffer, offset, bytes, shape } = view;
  return view.parts ?? [{ buffer, offset, bytes, from: 0, count: sizeOf(shape) }];
}

/** `bytes` padded to a multiple of {@linkcode bindingAlignment}, at least one. */
export function padded(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / bindingAlignment)) * bindingAlignment;
}

/** The bytes of an element. */
export function elementBytes({ storage }: Pick<View, "storage">): number {
  return bytesOf[storage];
}

/** A view of a computed value. */
export function valueView(buffer: GPUBuffer, offset: number, { shape, dtype, half }: ValueType): View {
  const storage = half ? "halves" : "words";
  return { buffer, offset, bytes: padded(sizeOf(shape) * bytesOf[storage]), shape, dtype, storage };
}

/** Whether two views start at the same place. */
export function isSameRange(a: View, b: View): boolean {
  return a.buffer === b.buffer && a.offset === b.offset;
}

/** Row `index` of `view` along its first axis, if it starts at a bindable offset. */
export function rowView(view: View, index: number): View | undefined {
  const shape = view.shape.slice(1);
  const rowBytes = sizeOf(shape) * elementBytes(view);
  const offset = view.offset + index * rowBytes;
  // A row that is not a multiple of the alignment would share its padding with the next.
  if (rowBytes % bindingAlignment !== 0 || rowBytes === 0) return undefined;
  return { ...view, offset, bytes: rowBytes, shape };
}
