// Scaling of arrays to norm one along an axis.
import { describe, ValueError } from "../errors.ts";
import { normalizeAxis, sizeOf } from "../shape.ts";
import { Tensor, tensor, type TensorLike } from "../tensor/tensor.ts";

/**
 * Divides by the norm along `axis`, so that each vector there has norm 1; vectors of norm 0 stay as they are. The
 * result is `float32` in the shape of `x`. Source: `keras.utils.normalize` and the vector norms of `numpy.linalg.norm`.
 *
 * @param x an array of rank 1 or more
 * @param axis the axis along which the norm is taken
 * @param order the order of the norm; `0` counts the elements that are not 0, `Infinity` takes the largest magnitude
 * @throws {ValueError} for an axis out of range or an order that is not a number
 *
 * @example Rows of length one
 * ```ts
 * import { utils } from "./mod.ts";
 * console.log(utils.normalize([[3, 4]]).toArray()); // [ [ 0.6, 0.8 ] ] up to rounding
 * ```
 */
export function normalize(x: TensorLike, axis = -1, order = 2): Tensor {
  const input = tensor(x);
  const front = normalizeAxis(axis, input.rank, "normalize");
  if (typeof order !== "number" || Number.isNaN(order)) {
    throw new ValueError({
      what: "Cannot normalize",
      rule: "order must be a number",
      received: describe(order),
      hint: "give 1, 2 or Infinity",
    });
  }
  const extent = input.shape[front];
  const step = sizeOf(input.shape.slice(front + 1));
  const out = new Float32Array(input.size);
  const vector = new Float64Array(extent);
  for (let block = 0; block < input.size; block += extent * step) {
    for (let start = block; start < block + step; start++) {
      for (let i = 0; i < extent; i++) vector[i] = input.data[start + i * step];
      const norm = vectorNorm(vector, order) || 1;
      for (let i = 0; i < extent; i++) out[start + i * step] = vector[i] / norm;
    }
  }
  return new Tensor(input.shape, "float32", out);
}

function vectorNorm(vector: Float64Array, order: number): number {
  if (order === Infinity) return vector.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  if (order === -Infinity) return vector.reduce((least, v) => Math.min(least, Math.abs(v)), Infinity);
  if (order === 0) return vector.reduce((count, v) => count + (v === 0 ? 0 : 1), 0);
  if (order === 1) return vector.reduce((sum, v) => sum + Math.abs(v), 0);
  if (order === 2) return Math.sqrt(vector.reduce((sum, v) => sum + v * v, 0));
  return vector.reduce((sum, v) => sum + Math.abs(v) ** order, 0) ** (1 / order);
}
