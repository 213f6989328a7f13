// How much rows, and shifted sequences, have in common. https://keras.io/api/ops/numpy/
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { formatShape } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { clip } from "./composed.ts";
import { conv } from "./convolve.ts";
import { cut } from "./cumulative.ts";
import { diagonal } from "./diagonals.ts";
import { lift, liftNamed, type Named, type UnaryOp } from "./lift.ts";
import * as p from "./primitives.ts";

/**
 * The correlation of each row of `[variables, samples]` with each other one, float32 `[variables, variables]`, from -1 to 1;
 * of a vector one number. Throws {@linkcode ShapeError} for more axes.
 */
export const corrcoef: UnaryOp = lift((x) => {
  const shape = shapeOf(x);
  if (shape.length > 2) {
    throw new ShapeError({
      what: "Cannot correlate",
      rule: "there must be at most two axes, of variables and of samples",
      received: formatShape(shape),
      hint: "flatten the others",
    });
  }
  const rows = p.reshape(p.cast(x, "float32"), shape.length === 2 ? shape : [1, shape[0] ?? 1]);
  const samples = shapeOf(rows)[1];
  const centred = p.subtract(rows, p.mean(rows, -1, true));
  const covariance = p.divide(p.matmul(centred, centred, { transposeB: true }), samples - 1);
  const deviations = p.sqrt(diagonal(covariance));
  const product = p.multiply(p.reshape(deviations, [-1, 1]), deviations);
  const result = clip(p.divide(covariance, product), -1, 1);
  return shape.length === 2 ? result : p.reshape(result, []);
});

/** How much of the correlation of two vectors is given. */
export type CorrelateMode = "valid" | "same" | "full";

/**
 * The products of vector `a` with vector `b` at each shift, summed, float32: at those where one lies within the other
 * (`valid`), at as many as the longer has elements (`same`), or wherever they overlap (`full`).
 *
 * @throws {ShapeError} unless both are vectors with elements
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.correlate(tensor([1, 2, 3]), tensor([0, 1, 0.5])).toArray()); // [ 3.5 ]
 * ```
 */
export const correlate: Named<[a: Operand, b: Operand], [mode?: CorrelateMode], { mode?: CorrelateMode }> = liftNamed(
  2,
  ["mode"],
  (a, b, mode = "valid") => {
    const what = "Cannot correlate";
    if (mode !== "valid" && mode !== "same" && mode !== "full") {
      throw new ValueError({
        what,
        rule: 'mode must be "valid", "same" or "full"',
        received: describe(mode),
        hint: "leave it out for valid",
      });
    }
    const shapes = [shapeOf(a), shapeOf(b)];
    if (shapes.some((shape) => shape.length !== 1 || shape[0] === 0)) {
      throw new ShapeError({
        what,
        rule: "both must be vectors with elements",
        received: shapes.map(formatShape).join(" and "),
        hint: "reshape them",
      });
    }
    const [[n], [m]] = shapes;
    const padded = p.pad(p.cast(a, "float32"), [m - 1], [m - 1]);
    const kernel = p.reshape(p.cast(b, "float32"), [m, 1, 1]);
    const full = p.reshape(conv(p.reshape(padded, [1, -1, 1]), kernel), [-1]);
    const [longer, shorter] = [Math.max(n, m), Math.min(n, m)];
    if (mode === "full") return full;
    if (mode === "valid") return cut(full, 0, shorter - 1, longer - shorter + 1);
    // Of an even overlap, the side before `a` starts is the longer one's.
    return cut(full, 0, n < m ? Math.ceil((shorter - 1) / 2) : Math.floor((shorter - 1) / 2), longer);
  },
);

/** How Keras's files write these functions. */
export const savedCorrelations: SavedForms = { corrcoef: {}, correlate: { inputs: 2, keys: { mode: "valid" } } };
