// Windows: the positions of a window over spatial axes, for convolution and pooling.
import type { DType } from "../../dtype.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import type { WindowAttrs } from "../../ir/attrs.ts";
import type { ValueType } from "../../ir/graph.ts";
import { formatShape, type Shape, sizeOf } from "../../shape.ts";

/** The most spatial axes. */
export const maxSpatial = 3;

/** The spatial extents of `[batch, ...spatial, channels]`. */
export const spatialOf = ({ shape }: ValueType): Shape => shape.slice(1, -1);

/** Throws unless `x` is a float32 array of a batch, one to three spatial axes, and channels. */
export function checkImages(what: string, x: ValueType, sliding: WindowAttrs): void {
  const rank = x.shape.length - 2;
  if (rank < 1 || rank > maxSpatial) {
    throw new ShapeError({
      what,
      rule: "there must be a batch axis, one to three spatial axes, and a last axis of channels",
      received: formatShape(x.shape),
      hint: "reshape it, as a batch of grey images [batch, height, width] to [batch, height, width, 1]",
    });
  }
  for (const list of [sliding.strides, sliding.dilation, sliding.low, sliding.high]) {
    if (list.length === rank) continue;
    throw new ShapeError({
      what,
      rule: `strides, dilation and padding must have a number for each of the ${rank} spatial axes`,
      received: formatShape(list),
      hint: "give one number for all of them, or a list of as many",
    });
  }
  checkFloat(what, x.dtype);
}

/** Throws if an operand is not float32. */
export function checkFloat(what: string, dtype: DType): void {
  if (dtype === "float32") return;
  throw new DTypeError({ what, rule: "operands must be float32", received: dtype, hint: "cast them with ops.cast" });
}

/** The extent that a dilated window of `taps` covers. */
export const dilatedSize = (taps: number, dilation: number) => (taps - 1) * dilation + 1;

/** The number of window positions along each axis; throws if there is none. */
export function positionsOf(what: string, extents: Shape, sizes: Shape, sliding: WindowAttrs): number[] {
  const { strides, dilation, low, high } = sliding;
  return extents.map((extent, i) => {
    const wide = extent + low[i] + high[i];
    const window = dilatedSize(sizes[i], dilation[i]);
    const count = Math.floor((wide - window) / strides[i]) + 1;
    if (sizes[i] < 1 || extent < 1 || count < 1) {
      throw new ShapeError({
        what,
        rule: `the window must fit into the padded input, whose spatial axis ${i} has extent ${wide}`,
        received: `a window of ${sizes[i]}${dilation[i] > 1 ? ` spread over ${window} by dilation` : ""}`,
        hint: 'use a smaller window, fewer or smaller pools before it, or padding "same"',
      });
    }
    return count;
  });
}

/**
 * Calls `visit` with each pair of a window position and an input element under one of its taps, by row-major indices,
 * tap by tap within a position. Skips taps on padding.
 */
export function eachTap(
  extents: Shape,
  positions: Shape,
  sizes: Shape,
  { strides, dilation, low }: WindowAttrs,
  visit: (position: number, element: number, tap: number) => void,
): void {
  const taps = sizeOf(sizes);
  const count = sizeOf(positions);
  for (let position = 0; position < count; position++) {
    for (let tap = 0; tap < taps; tap++) {
      let [p, t, element, stride, inside] = [position, tap, 0, 1, true];
      for (let axis = extents.length - 1; axis >= 0; axis--) {
        const at = (p % positions[axis]) * strides[axis] + (t % sizes[axis]) * dilation[axis] - low[axis];
        if (at < 0 || at >= extents[axis]) inside = false;
        element += at * stride;
        stride *= extents[axis];
        p = Math.floor(p / positions[axis]);
        t = Math.floor(t / sizes[axis]);
      }
      if (inside) visit(position, element, tap);
    }
  }
}
