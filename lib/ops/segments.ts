// Reductions of rows by segments, and rows replaced by indices: sorted by their targets, then joined with those before.
// https://keras.io/api/ops/core/
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { checkCount, formatShape, sameShape, type Shape, sizeOf, stridesOf } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { checkAttached, Tensor } from "../tensor/tensor.ts";
import { cumsum, cut } from "./cumulative.ts";
import { liftNamed, type Named } from "./lift.ts";
import * as p from "./primitives.ts";

/** What joins two rows of one segment, the earlier one first. */
type Join = (a: Operand, b: Operand) => Operand;

/** A segment's later row. */
const last: Join = (_, later) => later;

/** The rows of `data` joined by segment, and whether a segment has any: `[segments, ...]` and `[segments, 1, ...]`. */
function joined(data: Operand, ids: Operand, segments: number, join: Join): [rows: Operand, isThere: Operand] {
  const [count, ...rest] = shapeOf(data);
  const column = (x: Operand) => p.reshape(x, [-1, ...rest.map(() => 1)]);
  const counts = p.scatterAdd(ids, p.full([count], 1, "int32"), segments);
  const isThere = column(p.greater(counts, 0));
  if (count === 0) return [p.full([segments, ...rest], 0, dtypeOf(data)), isThere];
  const order = p.argSort(ids);
  const sorted = p.gather(ids, order);
  let rows: Operand = p.gather(data, order);
  // After each round a row has what was joined of twice as many before it.
  for (let far = 1; join !== last && far < count; far *= 2) {
    const [before, here]: Operand[] = [cut(rows, 0, 0, count - far), cut(rows, 0, far, count - far)];
    const isSame = p.equal(cut(sorted, 0, 0, count - far), cut(sorted, 0, far, count - far));
    rows = p.concat([cut(rows, 0, 0, far), p.select(column(isSame), join(before, here), here)]);
  }
  const below = p.sum(p.cast(p.less(ids, 0), "int32"));
  const ends = p.subtract(p.add(cumsum(counts, 0), below), 1);
  return [p.gather(rows, p.select(p.greater(counts, 0), ends, 0)), isThere];
}

/** The ids as a vector of int32, and the number of segments, which only tensors can do without. */
function segmentsOf(what: string, data: Operand, ids: Operand, given: number | null): [Operand, number] {
  const [rows, shape] = [shapeOf(data)[0], shapeOf(ids)];
  const hint = "give one id for each row of the data";
  if (shape.length !== 1) {
    throw new ShapeError({
      what: `Cannot ${what}`,
      rule: "segment ids must have one axis",
      received: formatShape(shape),
      hint,
    });
  }
  if (shape[0] !== rows) {
    throw new ShapeError({
      what: `Cannot ${what}`,
      rule: `there must be as many segment ids as rows, ${rows ?? "but a number has none"}`,
      received: String(shape[0]),
      hint,
    });
  }
  if (given === null && !(ids instanceof Tensor)) {
    throw new ValueError({
      what: `Cannot ${what}`,
      rule: "inside of a program numSegments must say how many segments there are",
      received: "none",
      hint: "give it a whole number of at least 1",
    });
  }
  if (ids instanceof Tensor) checkAttached(ids, `Cannot ${what}`);
  const segments = given ??
    Array.from((ids as Tensor).data).reduce((most, id) => Math.max(most, Math.trunc(id) + 1), 0);
  checkCount(segments, what, "numSegments");
  return [p.cast(ids, "int32"), segments];
}

/** The argument of a {@linkcode SegmentReduction} by name. */
export interface SegmentNames {
  /** How many segments there are; on tensors, as many as the largest id says by default. */
  numSegments?: number | null;
}

/** A reduction of rows by segments. */
export type SegmentReduction = Named<
  [data: Operand, segmentIds: Operand],
  [numSegments?: number | null],
  SegmentNames
>;

/** Lifts a reduction of the rows that have one id. */
const bySegments = (
  what: string,
  reduce: (data: Operand, ids: Operand, segments: number) => Operand,
): SegmentReduction =>
  liftNamed<[data: Operand, segmentIds: Operand], [numSegments?: number | null], SegmentNames, Operand>(
    2,
    ["numSegments"],
    (data, segmentIds, numSegments = null) => reduce(data, ...segmentsOf(what, data, segmentIds, numSegments)),
  );

/** A reduction by segments; `neutral` is the result for a segment without rows. */
const reduction = (
  what: string,
  join: Join,
  neutral: (isFloat: boolean) => number,
): SegmentReduction =>
  bySegments(what, (data, ids, segments) => {
    const dtype = dtypeOf(data);
    const isNarrow = dtype === "bool" || dtype === "uint8";
    const [rows, isThere] = joined(isNarrow ? p.cast(data, "int32") : data, ids, segments, join);
    const missing = isNarrow
      ? Math.min(Math.max(neutral(false), 0), dtype === "bool" ? 1 : 255)
      : neutral(dtype === "float32");
    const result = p.select(isThere, rows, p.full([], missing, dtypeOf(rows)));
    return p.cast(result, dtype);
  });

/**
 * The sum of the rows of each segment: `[segments, ...]` from `data` `[rows, ...]`, 0 for a segment without rows: see
 * {@linkcode segmentMax}.
 */
export const segmentSum: SegmentReduction = bySegments(
  "sum by segments",
  (data, ids, segments) => p.scatterAdd(ids, data, segments),
);

/**
 * The largest element of the rows of each segment: `[segments, ...]` from `data` `[rows, ...]`; the smallest number of the
 * dtype for a segment without rows. Ids outside are dropped. On tensors `numSegments` may be left out: there are as many as
 * the largest id says.
 */
export const segmentMax: SegmentReduction = reduction(
  "take maxima by segments",
  p.maximum,
  (isFloat) => isFloat ? -Infinity : -(2 ** 31),
);
/** The smallest element of the rows of each segment: see {@linkcode segmentMax}. */
export const segmentMin: SegmentReduction = reduction(
  "take minima by segments",
  p.minimum,
  (isFloat) => isFloat ? Infinity : 2 ** 31 - 1,
);
/** The product of the rows of each segment, 1 for a segment without rows: see {@linkcode segmentMax}. */
export const segmentProd: SegmentReduction = reduction("multiply by segments", p.multiply, () => 1);

/** How updates change what they fall on. */
export type ScatterReduction = "add" | "max" | "min" | "mul";

const joins: Readonly<Record<Exclude<ScatterReduction, "add">, Join>> = {
  max: p.maximum,
  min: p.minimum,
  mul: p.multiply,
};

/** Indices `[n, k]` into the first `k` axes as one for each row, -1 outside. */
function flatIndices(indices: Operand, extents: Shape): Operand {
  const depth = extents.length;
  const list = p.cast(indices, "int32");
  const constant = (values: Shape) => new Tensor([depth], "int32", Int32Array.from(values));
  const isInside = p.logicalAnd(p.greaterEqual(list, 0), p.less(list, constant(extents)));
  const flat = p.sum(p.multiply(list, constant(stridesOf(extents))), -1);
  return p.select(p.min(p.cast(isInside, "int32"), -1), flat, -1);
}

/**
 * `inputs` with `updates` `[n, ...rest]` at int32 `indices` `[n, k]`, each an index into the first `k` axes. Of several for
 * one place the last counts; with a `reduction` all are added to, multiplied with, or compared with what is there. Indices out
 * of range are dropped.
 *
 * @throws {ShapeError} if the three do not fit
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const x = tensor([1, 2, 3, 4]);
 * const at = tensor([[1], [3]], undefined, "int32");
 * console.log(ops.scatterUpdate(x, at, tensor([8, 9])).toArray()); // [ 1, 8, 3, 9 ]
 * ```
 */
export const scatterUpdate: Named<
  [inputs: Operand, indices: Operand, updates: Operand],
  [reduction?: ScatterReduction | null],
  { reduction?: ScatterReduction | null }
> = liftNamed(3, ["reduction"], (inputs, indices, updates, reduction = null) => {
  const [shape, places] = [shapeOf(inputs), shapeOf(indices)];
  const depth = places[places.length - 1] ?? 0;
  const rest = shape.slice(depth);
  if (
    places.length < 2 || depth === 0 || depth > shape.length ||
    !sameShape(shapeOf(updates), [...places.slice(0, -1), ...rest])
  ) {
    throw new ShapeError({
      what: "Cannot scatter updates",
      rule: "indices must be [n, k] and updates [n, ...shape[k:]] for inputs of a shape",
      received: `indices ${formatShape(places)} and updates ${formatShape(shapeOf(updates))} for ${formatShape(shape)}`,
      hint: "give one index for each of the first axes",
    });
  }
  if (reduction !== null && reduction !== "add" && !Object.hasOwn(joins, reduction)) {
    throw new ValueError({
      what: "Cannot scatter updates",
      rule: 'reduction must be "add", "max", "min", "mul" or null',
      received: describe(reduction),
      hint: "leave it out to replace what is there",
    });
  }
  const extents = shape.slice(0, depth);
  const count = sizeOf(extents);
  const dtype = dtypeOf(inputs);
  const flat = p.reshape(flatIndices(p.reshape(indices, [-1, depth]), extents), [-1]);
  const old = p.reshape(inputs, [count, ...rest]);
  const rows = p.reshape(p.cast(updates, dtype), [-1, ...rest]);
  if (reduction === "add") return p.reshape(p.cast(p.add(old, p.scatterAdd(flat, rows, count)), dtype), shape);
  const join = reduction === null ? last : joins[reduction];
  const [found, isThere] = joined(rows, flat, count, join);
  return p.reshape(p.cast(p.select(isThere, join(old, found), old), dtype), shape);
});

/** How Keras's files write these functions. */
export const savedSegments: SavedForms = {
  scatterUpdate: { module: "core", inputs: 3, keys: { reduction: null } },
  segmentMax: { module: "math", inputs: 2, keys: { num_segments: null }, fixed: { sorted: false } },
  segmentMin: { module: "math", inputs: 2, keys: { num_segments: null }, fixed: { sorted: false } },
  segmentProd: { module: "math", inputs: 2, keys: { num_segments: null }, fixed: { sorted: false } },
  segmentSum: { module: "math", inputs: 2, keys: { num_segments: null }, fixed: { sorted: false } },
};
