// Views: where a value lies in GPU memory and how its elements are laid there.
import type { DType } from "../../dtype.ts";
import type { ValueType } from "../../ir/graph.ts";
import { type Shape, sizeOf } from "../../shape.ts";

/** Ranges that are bound begin at multiples of this, in bytes: WebGPU's default limit. */
export const bindingAlignment = 256;

/** WebGPU's default limit of storage buffers in a shader. */
export const maxBuffers = 8;

/** A part of a variable that no binding holds whole. */
export interface Part {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly bytes: number;
  /** The number of its first element. */
  readonly from: number;
  /** How many elements it has. */
  readonly count: number;
}

/** A value in GPU memory. */
export interface View {
  readonly buffer: GPUBuffer;
  /** The first byte, a multiple of {@linkcode bindingAlignment}. */
  readonly offset: number;
  /** The bytes to bind: those of the elements, padded to a multiple of {@linkcode bindingAlignment}. */
  readonly bytes: number;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether uint8 or bool elements lie as on the host, four to a word (variables), not one a word (all else). */
  readonly packed: boolean;
  /** The parts of what lies in several buffers: then the view itself is that of the first. */
  readonly parts?: readonly Part[];
}

/** The parts of a view: itself alone, mostly. */
export function partsOf(view: View): readonly Part[] {
  const { buffer, offset, bytes, shape } = view;
  return view.parts ?? [{ buffer, offset, bytes, from: 0, count: sizeOf(shape) }];
}

/** `bytes` padded to a multiple of {@linkcode bindingAlignment}, at least one. */
export function padded(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / bindingAlignment)) * bindingAlignment;
}

/** Whether elements of `dtype` lie packed in a variable. */
export function isPacked(dtype: DType): boolean {
  return dtype === "uint8" || dtype === "bool";
}

/** A view of a computed value, whose elements are a word each. */
export function wordView(buffer: GPUBuffer, offset: number, { shape, dtype }: ValueType): View {
  return { buffer, offset, bytes: padded(4 * sizeOf(shape)), shape, dtype, packed: false };
}

/** Whether two views begin at one place. */
export function isSameRange(a: View, b: View): boolean {
  return a.buffer === b.buffer && a.offset === b.offset;
}

/** Row `index` of `view` along its first axis, if it begins at a bindable offset. */
export function rowView(view: View, index: number): View | undefined {
  const shape = view.shape.slice(1);
  const rowBytes = sizeOf(shape) * (view.packed ? 1 : 4);
  const offset = view.offset + index * rowBytes;
  // A row that is not a whole number of blocks would share its padding with the next.
  if (rowBytes % bindingAlignment !== 0 || rowBytes === 0) return undefined;
  return { ...view, offset, bytes: rowBytes, shape };
}
