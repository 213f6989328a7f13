// The extents of a matrix product.
import { ShapeError } from "../../errors.ts";
import type { OpAttrs, ValueType } from "../../ir/graph.ts";
import { formatShape, sameShape, sizeOf } from "../../shape.ts";

/** The extents of a product: leading axes as `batch`, then `m x k` times `k x n`. */
export interface MatmulExtents {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

/** The extents of a product from the types of its operands; throws {@linkcode ShapeError} if they do not fit. */
export function matmulExtents(
  [a, b]: readonly ValueType[],
  { transposeA, transposeB }: OpAttrs["matmul"],
): MatmulExtents {
  const rank = a.shape.length;
  const [m, k] = transposeA ? [a.shape[rank - 1], a.shape[rank - 2]] : a.shape.slice(-2);
  const [k2, n] = transposeB ? [b.shape[rank - 1], b.shape[rank - 2]] : b.shape.slice(-2);
  if (rank < 2 || rank !== b.shape.length || !sameShape(a.shape.slice(0, -2), b.shape.slice(0, -2)) || k !== k2) {
    const turned = (flag: boolean) => (flag ? " transposed" : "");
    throw new ShapeError({
      what: "Cannot multiply matrices",
      rule: "the last axis of the first must equal the second-last of the second, and leading axes must be equal",
      received: `${formatShape(a.shape)}${turned(transposeA)} and ${formatShape(b.shape)}${turned(transposeB)}`,
      hint: "check the number of features, or transpose one operand",
    });
  }
  return { batch: sizeOf(a.shape.slice(0, -2)), m, n, k };
}
