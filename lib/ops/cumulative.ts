// Cumulative sums and products along an axis, in log2(extent) rounds. https://keras.io/api/ops/numpy/
import { describe, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { normalizeAxis } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { liftNamed, type Named } from "./lift.ts";
import * as p from "./primitives.ts";

/** A range of an axis. */
export function cut(x: Operand, axis: number, start: number, size: number): Operand {
  const shape = shapeOf(x);
  return p.slice(x, shape.map((_, i) => (i === axis ? start : 0)), shape.map((n, i) => (i === axis ? size : n)));
}

/** Integers as Keras sums them: bools as int32. */
const numeric = (x: Operand): Operand => dtypeOf(x) === "bool" ? p.cast(x, "int32") : x;

/** A cumulative `join` along `axis`: each round joins elements twice as far apart as the one before. */
function running(x: Operand, axis: number, join: (a: Operand, b: Operand) => Operand, start: number): Operand {
  const extent = shapeOf(x)[axis];
  const none = shapeOf(x).map(() => 0);
  let result = numeric(x);
  for (let far = 1; far < extent; far *= 2) {
    const low = none.map((_, i) => (i === axis ? far : 0));
    result = join(result, p.pad(cut(result, axis, 0, extent - far), low, none, { value: start }));
  }
  return result;
}

/** The cumulative sum along `axis`; without an axis, of the flattened elements. */
export const cumsum: Named<[x: Operand], [axis?: number | null], { axis?: number | null }> = liftNamed(
  1,
  ["axis"],
  (x, axis = null) => {
    if (axis === null) return cumsum(p.reshape(x, [-1]), 0);
    return running(x, normalizeAxis(axis, shapeOf(x).length, "cumsum"), p.add, 0);
  },
);

/** The cumulative product along `axis`; without an axis, of the flattened elements. */
export const cumprod: Named<[x: Operand], [axis?: number | null], { axis?: number | null }> = liftNamed(
  1,
  ["axis"],
  (x, axis = null) => {
    if (axis === null) return cumprod(p.reshape(x, [-1]), 0);
    return running(x, normalizeAxis(axis, shapeOf(x).length, "cumprod"), p.multiply, 1);
  },
);

/** The highest order of differences: each adds an op. */
const maxDifferences = 1000;

/** The difference of neighbours along `axis` (the last by default), taken `n` times (once by default). */
export const diff: Named<[x: Operand], [n?: number, axis?: number], { n?: number; axis?: number }> = liftNamed(1, [
  "n",
  "axis",
], (x, n = 1, axis = -1) => {
  const at = normalizeAxis(axis, shapeOf(x).length, "diff");
  if (!(Number.isInteger(n) && n >= 0 && n <= maxDifferences)) {
    const rule = n > maxDifferences ? `n must be at most ${maxDifferences}` : "n must be a whole number of at least 0";
    throw new ValueError({ what: "Cannot take diff", rule, received: describe(n), hint: "leave it at 1" });
  }
  let result: Operand = x;
  for (let round = 0; round < n && shapeOf(result)[at] > 0; round++) {
    const rest = shapeOf(result)[at] - 1;
    const [after, before] = [cut(result, at, 1, rest), cut(result, at, 0, rest)];
    result = dtypeOf(x) === "bool" ? p.notEqual(after, before) : p.subtract(after, before);
  }
  return p.reshape(result, shapeOf(result));
});

/** How Keras's files write these functions. */
export const savedSums: SavedForms = {
  cumprod: { keys: { axis: null }, fixed: { dtype: null } },
  cumsum: { keys: { axis: null }, fixed: { dtype: null } },
  diff: { keys: { n: 1, axis: -1 } },
};
