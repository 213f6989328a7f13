// The extents of a reduction.
import { type Shape, sizeOf } from "../../shape.ts";

/** A reduction over adjacent axes as one over the middle of three axes: `[outer, reduced, inner]`. */
export function reductionExtents(shape: Shape, axes: readonly number[]): [number, number, number] {
  const first = axes[0] ?? 0;
  const end = (axes[axes.length - 1] ?? -1) + 1;
  return [sizeOf(shape.slice(0, first)), sizeOf(shape.slice(first, end)), sizeOf(shape.slice(end))];
}
