// Norms of vectors and matrices, and vectors of norm 1. https://keras.io/api/ops/linalg/
import { epsilon as defaultEpsilon } from "../config.ts";
import { describe, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { type Axes, normalizeAxes, sizeOf } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { liftNamed, type Named } from "./lift.ts";
import { singularFactors } from "./linalg_spectra.ts";
import * as p from "./primitives.ts";

/** What a norm is of: a power, or of matrices a name. */
export type NormOrder = number | "fro" | "nuc";

/** The reductions of the singular values that are norms of matrices. */
const ofValues: ReadonlyMap<NormOrder, typeof p.max> = new Map<NormOrder, typeof p.max>([
  [2, p.max],
  [-2, p.min],
  ["nuc", p.sum],
]);

/** The norm of matrices over two axes, the rows first; undefined for an order that is none. */
function matrixNorm(x: Operand, order: NormOrder, [rows, columns]: readonly number[]): Operand | undefined {
  if (order === "fro") return p.sqrt(p.sum(p.square(x), [rows, columns], true));
  if (order === 1 || order === -1 || order === Infinity || order === -Infinity) {
    const [summed, compared] = Math.abs(order) === 1 ? [rows, columns] : [columns, rows];
    const sums = p.sum(p.abs(x), summed, true);
    return order > 0 ? p.max(sums, compared, true) : p.min(sums, compared, true);
  }
  const reduce = ofValues.get(order);
  if (!reduce) return undefined;
  const shape = shapeOf(x);
  const others = shape.map((_, axis) => axis).filter((axis) => axis !== rows && axis !== columns);
  const lead = others.map((axis) => shape[axis]);
  const matrices = p.reshape(p.transpose(x, [...others, rows, columns]), [sizeOf(lead), shape[rows], shape[columns]]);
  const [, values] = singularFactors(matrices);
  return p.reshape(reduce(values, -1), shape.map((extent, axis) => (axis === rows || axis === columns ? 1 : extent)));
}

/**
 * The norm over one axis (all elements by default): the root of the sum of squares, or by `order` 1, 2, any other
 * power, 0 (the number of elements that are not 0), `Infinity` or `-Infinity`. Over two axes the norm of matrices: the root of
 * squares or `fro`, by 1 and -1 the largest and smallest sum of magnitudes of a column, by `Infinity` and `-Infinity` of a row,
 * by 2 and -2 the largest and smallest singular value, or `nuc`, their sum. Throws {@linkcode ValueError} for another order.
 */
export const norm: Named<
  [x: Operand],
  [order?: NormOrder | null, axes?: Axes | null, keepDims?: boolean],
  { ord?: NormOrder | null; axis?: Axes | null; keepdims?: boolean }
> = liftNamed(1, ["ord", "axis", "keepdims"], (x, order = null, axes, keepDims = false) => {
  const values = p.cast(x, "float32");
  const shape = shapeOf(values);
  // Those of matrices count in the order in which they are given.
  const own = Array.isArray(axes) ? axes.map((axis) => normalizeAxes(axis, shape.length, "norm")[0]) : undefined;
  const list = normalizeAxes(axes, shape.length, "norm");
  if (order === null || (order === 2 && list.length === 1)) {
    return p.sqrt(p.sum(p.square(values), list, keepDims));
  }
  if (list.length === 2) {
    const found = matrixNorm(values, order, own ?? list);
    if (found) return keepDims ? found : p.reshape(found, shape.filter((_, axis) => !list.includes(axis)));
  }
  if (list.length > 1 || typeof order !== "number") {
    const rule = list.length > 2
      ? "over several axes the order must be null, the root of squares"
      : list.length === 2
      ? 'over two axes the order must be null, "fro", "nuc", 1, -1, 2, -2, Infinity or -Infinity'
      : "over one axis the order must be a number or null";
    throw new ValueError({ what: "Cannot take norm", rule, received: describe(order), hint: "name one axis" });
  }
  const sizes = p.abs(values);
  if (order === Infinity) return p.max(sizes, list, keepDims);
  if (order === -Infinity) return p.min(sizes, list, keepDims);
  if (order === 0) return p.sum(p.cast(p.notEqual(values, 0), "float32"), list, keepDims);
  if (order === 1) return p.sum(sizes, list, keepDims);
  return p.power(p.sum(p.power(sizes, order), list, keepDims), 1 / order);
});

/**
 * `x` divided by its norm over `axis` (the last by default), or by `epsilon` (1e-7) if that is larger. The norm is the
 * root of squares, or by another `order` of at least 1.
 */
export const normalize: Named<
  [x: Operand],
  [axis?: Axes, order?: number, epsilon?: number | null],
  { axis?: Axes; order?: number; epsilon?: number | null }
> = liftNamed(1, ["axis", "order", "epsilon"], (x, axis = -1, order = 2, epsilon = null) => {
  if (!(order >= 1)) {
    throw new ValueError({
      what: "Cannot normalize",
      rule: "order must be a number of at least 1",
      received: describe(order),
      hint: "leave it at 2",
    });
  }
  const values = p.cast(x, "float32");
  const least = epsilon ?? defaultEpsilon();
  if (order === 2) {
    const inverse = p.rsqrt(p.maximum(p.sum(p.square(values), axis, true), least * least));
    return p.multiply(values, inverse);
  }
  return p.divide(values, p.maximum(norm(values, order, axis, true), least));
});

/** How Keras's files write these functions. */
export const savedNorms: SavedForms = {
  norm: { module: "linalg", keys: { ord: null, axis: null, keepdims: false } },
  normalize: { module: "nn", keys: { axis: -1, order: 2, epsilon: null } },
};
