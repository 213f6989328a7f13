// Creating tensors: like another one, and spacedValues spaced numbers. https://keras.io/api/ops/numpy/
import { type DType, makeArray } from "../dtype.ts";
import { describe, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { requireTrace } from "../ir/trace.ts";
import { normalizeAxis } from "../shape.ts";
import { dtypeOf, isEager, type Operand, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { expandDims } from "./composed.ts";
import { eye } from "./diagonals.ts";
import { liftNamed, type Named } from "./lift.ts";
import * as p from "./primitives.ts";

/** A tensor filled with `value`, with the shape of `x` and, unless given, its dtype. */
export const fullLike: Named<[x: Operand, value: number], [dtype?: DType], { dtype?: DType }> = liftNamed(
  2,
  ["dtype"],
  (x, value, dtype = dtypeOf(x)) => {
    const shape = shapeOf(x);
    if (isEager(x)) return p.full(shape, value, dtype);
    const trace = requireTrace("ops.fullLike");
    const element = trace.constant([], dtype, makeArray(dtype, [value]));
    return p.broadcastTo(element, shape);
  },
);
/** Zeros with the shape of `x` and, unless given, its dtype. */
export const zerosLike: Named<[x: Operand], [dtype?: DType], { dtype?: DType }> = liftNamed(
  1,
  ["dtype"],
  (x, dtype) => fullLike(x, 0, dtype),
);
/** Ones with the shape of `x` and, unless given, its dtype. */
export const onesLike: Named<[x: Operand], [dtype?: DType], { dtype?: DType }> = liftNamed(
  1,
  ["dtype"],
  (x, dtype) => fullLike(x, 1, dtype),
);

/** Zeros with the shape of `x` and, unless given, its dtype: what elements hold that nothing was written to is not said. */
export const emptyLike: Named<[x: Operand], [dtype?: DType], { dtype?: DType }> = liftNamed(
  1,
  ["dtype"],
  (x, dtype) => fullLike(x, 0, dtype),
);

/** The identity matrix of `n` by `n`. */
export const identity = (n: number, dtype: DType = "float32"): Tensor => eye(n, n, 0, dtype);

/** The most steps. */
const maxCount = 2 ** 24;

/** Throws unless `num` is a valid number of steps. */
function checkCount(what: string, num: number): void {
  if (Number.isInteger(num) && num >= 0 && num <= maxCount) return;
  throw new ValueError({
    what,
    rule: num > maxCount ? `num must be at most ${maxCount}` : "num must be a whole number of at least 0",
    received: describe(num),
    hint: "say how many numbers there are",
  });
}

/** The position of each of `num` steps between the first (0) and the last (1). */
function shares(num: number, endpoint: boolean): Float64Array {
  const parts = new Float64Array(num);
  for (let i = 0; i < num; i++) parts[i] = i / Math.max(1, endpoint ? num - 1 : num);
  return parts;
}

/** Evenly spaced float32 numbers along a new first axis. */
function spacedValues(start: Operand, stop: Operand, num: number, endpoint: boolean): Operand {
  const parts = shares(num, endpoint);
  if (typeof start === "number" && typeof stop === "number") {
    return new Tensor([num], "float32", new Float32Array(parts.map((part) => start + part * (stop - start))));
  }
  const [from, to] = [p.cast(start, "float32"), p.cast(stop, "float32")];
  const rank = Math.max(shapeOf(from).length, shapeOf(to).length);
  const along = new Tensor([num, ...new Array<number>(rank).fill(1)], "float32", Float32Array.from(parts));
  const steps = p.add(expandDims(from, 0), p.multiply(p.subtract(to, from), along));
  // The last number is exactly `stop`, whatever rounding does to the steps.
  const isLast = p.equal(along, 1);
  return endpoint && num > 1 ? p.select(isLast, expandDims(to, 0), steps) : steps;
}

/** `x` with its first axis moved to `axis`, cast to `dtype`. */
function alongAxis(x: Operand, axis: number, dtype: DType, what: string): Operand {
  const rank = shapeOf(x).length;
  const at = normalizeAxis(axis, rank, what);
  const rest = Array.from({ length: rank - 1 }, (_, i) => i + 1);
  // Integers are rounded down, as in NumPy.
  const values = dtype === "float32" ? x : p.floor(x);
  return p.cast(p.transpose(values, [...rest.slice(0, at), 0, ...rest.slice(at)]), dtype);
}

/**
 * `num` spacedValues spaced numbers from `start` to `stop`, along a new axis (the first by default); without `endpoint`,
 * `stop` is excluded. Throws {@linkcode ValueError} for an invalid `num`.
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * console.log(ops.linspace(0, 1, 5).toArray()); // [ 0, 0.25, 0.5, 0.75, 1 ]
 * ```
 */
export const linspace: Named<
  [start: Operand, stop: Operand],
  [num?: number, endpoint?: boolean, dtype?: DType, axis?: number],
  { num?: number; endpoint?: boolean; dtype?: DType; axis?: number }
> = liftNamed(
  2,
  ["num", "endpoint", "dtype", "axis"],
  (start, stop, num = 50, endpoint = true, dtype = "float32", axis = 0) => {
    checkCount("Cannot take even steps with linspace", num);
    return alongAxis(spacedValues(start, stop, num, endpoint), axis, dtype, "linspace");
  },
);

/** `base` (10 by default) to the powers of {@linkcode linspace}. */
export const logspace: Named<
  [start: Operand, stop: Operand],
  [num?: number, endpoint?: boolean, base?: number, dtype?: DType, axis?: number],
  { num?: number; endpoint?: boolean; base?: number; dtype?: DType; axis?: number }
> = liftNamed(
  2,
  ["num", "endpoint", "base", "dtype", "axis"],
  (start, stop, num = 50, endpoint = true, base = 10, dtype = "float32", axis = 0) => {
    checkCount("Cannot take powers in even steps with logspace", num);
    return alongAxis(p.power(base, spacedValues(start, stop, num, endpoint)), axis, dtype, "logspace");
  },
);

/**
 * `num` numbers from `start` to `stop` with one ratio of neighbours, along a new axis (the first by default); without
 * `endpoint`, `stop` is excluded. Both must have one sign, which the numbers have too.
 */
export const geomspace: Named<
  [start: Operand, stop: Operand],
  [num?: number, endpoint?: boolean, dtype?: DType, axis?: number],
  { num?: number; endpoint?: boolean; dtype?: DType; axis?: number }
> = liftNamed(
  2,
  ["num", "endpoint", "dtype", "axis"],
  (start, stop, num = 50, endpoint = true, dtype = "float32", axis = 0) => {
    checkCount("Cannot take steps of one ratio with geomspace", num);
    if (typeof start === "number" && typeof stop === "number") {
      const values = Array.from(shares(num, endpoint), (part) => start * (stop / start) ** part);
      return alongAxis(new Tensor([num], "float32", Float32Array.from(values)), axis, dtype, "geomspace");
    }
    const logs = [start, stop].map((x) => p.log(p.abs(p.cast(x, "float32"))));
    const steps = p.multiply(p.exp(spacedValues(logs[0], logs[1], num, endpoint)), p.sign(p.cast(start, "float32")));
    return alongAxis(steps, axis, dtype, "geomspace");
  },
);

/** How Keras's files write these functions. */
export const savedCreations: SavedForms = {
  emptyLike: { keys: { dtype: null } },
  fullLike: { inputs: 2, keys: { dtype: null } },
  geomspace: { inputs: 2, keys: { num: 50, endpoint: true, dtype: null, axis: 0 } },
  linspace: { inputs: 2, keys: { num: 50, endpoint: true, dtype: null, axis: 0 }, fixed: { retstep: false } },
  logspace: { inputs: 2, keys: { num: 50, endpoint: true, base: 10, dtype: null, axis: 0 } },
  onesLike: { keys: { dtype: null } },
  zerosLike: { keys: { dtype: null } },
};
