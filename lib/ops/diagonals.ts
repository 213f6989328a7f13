// Diagonals and triangles of matrices. https://keras.io/api/ops/numpy/
import type { DType } from "../dtype.ts";
import { ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { checkSize, formatShape, normalizeAxis } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { liftNamed, type Named } from "./lift.ts";
import * as p from "./primitives.ts";

/** A matrix of `rows` by `columns` (square by default) with ones on its `k`-th diagonal, else 0. */
export function eye(rows: number, columns: number = rows, k = 0, dtype: DType = "float32"): Tensor {
  checkSize([rows, columns], "Cannot make a matrix");
  const offset = p.subtract(p.iota([1, columns], 1), p.iota([rows, 1], 0));
  return p.cast(p.equal(offset, k), dtype);
}

/** The distance of each element of the last two axes to the right of the diagonal. */
function offsets(x: Operand, what: string): Operand {
  const shape = shapeOf(x);
  if (shape.length < 2) {
    const hint = "reshape it to a matrix";
    throw new ShapeError({
      what: `Cannot take ${what}`,
      rule: "there must be two axes",
      received: formatShape(shape),
      hint,
    });
  }
  const [rows, columns] = shape.slice(-2);
  return p.subtract(p.iota([1, columns], 1), p.iota([rows, 1], 0));
}

/** Sets the elements of the last two axes above the `k`-th diagonal to 0. */
export const tril: Named<[x: Operand], [k?: number], { k?: number }> = liftNamed(
  1,
  ["k"],
  (x, k = 0) => p.select(p.lessEqual(offsets(x, "tril"), k), x, p.cast(0, dtypeOf(x))),
);
/** Sets the elements of the last two axes below the `k`-th diagonal to 0. */
export const triu: Named<[x: Operand], [k?: number], { k?: number }> = liftNamed(
  1,
  ["k"],
  (x, k = 0) => p.select(p.greaterEqual(offsets(x, "triu"), k), x, p.cast(0, dtypeOf(x))),
);

/**
 * The elements on the `offset`-th diagonal of two axes (the first two by default), as a new last axis. Throws
 * {@linkcode ShapeError} for fewer than two axes, and {@linkcode ValueError} if both are the same.
 */
export const diagonal: Named<
  [x: Operand],
  [offset?: number, axis1?: number, axis2?: number],
  { offset?: number; axis1?: number; axis2?: number }
> = liftNamed(1, ["offset", "axis1", "axis2"], (x, offset = 0, axis1 = 0, axis2 = 1) => {
  const shape = shapeOf(x);
  if (shape.length < 2) {
    throw new ShapeError({
      what: "Cannot take a diagonal",
      rule: "there must be two axes",
      received: formatShape(shape),
      hint: "make a matrix of a vector with ops.diag",
    });
  }
  const [first, second] = [axis1, axis2].map((axis) => normalizeAxis(axis, shape.length, "diagonal"));
  if (first === second) {
    throw new ValueError({
      what: "Cannot take a diagonal",
      rule: "its two axes must differ",
      received: `${axis1} and ${axis2}`,
      hint: "name two axes",
    });
  }
  const others = shape.map((_, axis) => axis).filter((axis) => axis !== first && axis !== second);
  const kept = others.map((axis) => shape[axis]);
  const [rows, columns] = [shape[first], shape[second]];
  const length = Math.max(0, offset >= 0 ? Math.min(rows, columns - offset) : Math.min(rows + offset, columns));
  const flat = p.reshape(p.transpose(x, [...others, first, second]), [...kept, rows * columns]);
  // One row and one column further is `columns + 1` elements further.
  const start = length === 0 ? 0 : offset >= 0 ? offset : -offset * columns;
  const [starts, strides] = [[...kept.map(() => 0), start], [...kept.map(() => 1), columns + 1]];
  return p.slice(flat, starts, [...kept, length], strides);
});

/** The sum along the `offset`-th diagonal of two axes (the first two by default). */
export const trace: Named<
  [x: Operand],
  [offset?: number, axis1?: number, axis2?: number],
  { offset?: number; axis1?: number; axis2?: number }
> = liftNamed(
  1,
  ["offset", "axis1", "axis2"],
  (x, offset = 0, axis1 = 0, axis2 = 1) => p.sum(diagonal(x, offset, axis1, axis2), -1),
);

/** For a vector, the matrix with it on the `k`-th diagonal, else 0; for a matrix, its `k`-th diagonal. */
export const diag: Named<[x: Operand], [k?: number], { k?: number }> = liftNamed(1, ["k"], (x, k = 0) => {
  const shape = shapeOf(x);
  if (shape.length === 2) return diagonal(x, k);
  if (shape.length !== 1) {
    throw new ShapeError({
      what: "Cannot take diag",
      rule: "there must be a vector or a matrix",
      received: formatShape(shape),
      hint: "use ops.diagonal for more axes, ops.diagflat to flatten them",
    });
  }
  const size = shape[0] + Math.abs(k);
  if (shape[0] === 0) return p.cast(p.broadcastTo(p.cast(0, dtypeOf(x)), [size, size]), dtypeOf(x));
  const before = k >= 0 ? k : -k * size;
  const covered = (shape[0] - 1) * (size + 1) + 1;
  const spread = p.pad(x, [before], [size * size - before - covered], { interior: [size] });
  return p.reshape(spread, [size, size]);
});

/** The matrix with the flattened elements on its `k`-th diagonal, else 0. */
export const diagflat: Named<[x: Operand], [k?: number], { k?: number }> = liftNamed(
  1,
  ["k"],
  (x, k = 0) => diag(p.reshape(x, [-1]), k),
);

/** How Keras's files write these functions. */
export const savedDiagonals: SavedForms = {
  diag: { keys: { k: 0 } },
  diagflat: { keys: { k: 0 } },
  diagonal: { keys: { offset: 0, axis1: 0, axis2: 1 } },
  trace: { keys: { offset: 0, axis1: 0, axis2: 1 } },
  tril: { keys: { k: 0 } },
  triu: { keys: { k: 0 } },
};
