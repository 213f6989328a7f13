// Arranging elements: splitting, repeating, turning axes, grids. https://keras.io/api/ops/numpy/
import { ShapeError, ValueError } from "../errors.ts";
import { formatShape, normalizeAxis } from "../shape.ts";
import { type Applied, type Operand, shapeOf } from "../tensor/apply.ts";
import { cut } from "./cumulative.ts";
import * as p from "./primitives.ts";

/**
 * The parts of `x` along `axis` (0 by default): so many equal ones, or those between the indices of a list.
 * Throws {@linkcode ValueError} where equal parts do not fit.
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const [a, b] = ops.split(tensor([1, 2, 3, 4]), 2);
 * console.log(a.toArray(), b.toArray()); // [ 1, 2 ] [ 3, 4 ]
 * ```
 */
export function split<A extends Operand>(x: A, parts: number | readonly number[], axis = 0): Applied<A>[] {
  const shape = shapeOf(x);
  const at = normalizeAxis(axis, shape.length, "split");
  const extent = shape[at];
  if (typeof parts === "number" && !(Number.isInteger(parts) && parts > 0 && extent % parts === 0)) {
    throw new ValueError({
      what: "Cannot split",
      rule: `the number of parts must divide the extent ${extent} of axis ${axis}`,
      received: String(parts),
      mend: "give the indices to split at, as in [2, 5]",
    });
  }
  const inner = typeof parts === "number"
    ? Array.from({ length: parts - 1 }, (_, i) => (i + 1) * extent / parts)
    : parts.map((index) => Math.min(Math.max(index < 0 ? index + extent : index, 0), extent));
  const bounds = [0, ...inner, extent];
  return bounds.slice(1).map((end, i) =>
    cut(p.cast(x as Operand, dtypeOf(x)), at, bounds[i], Math.max(0, end - bounds[i])) as Applied<A>
  );
}

const dtypeOf = (x: Operand) => (typeof x === "number" ? "float32" as const : x.dtype);

/** Each element along `axis` `repeats` times in a row; of the flattened elements without an axis. */
export function repeat<A extends Operand>(x: A, repeats: number, axis?: number): Applied<A> {
  if (axis === undefined) return repeat(p.reshape(x as Operand, [-1]), repeats, 0) as Applied<A>;
  const shape = shapeOf(x);
  const at = normalizeAxis(axis, shape.length, "repeat");
  const wide = p.broadcastTo(p.reshape(x as Operand, [...shape.slice(0, at + 1), 1, ...shape.slice(at + 1)]), [
    ...shape.slice(0, at + 1),
    repeats,
    ...shape.slice(at + 1),
  ]);
  return p.reshape(wide, shape.map((extent, i) => (i === at ? extent * repeats : extent))) as Applied<A>;
}

/** `x` laid side by side so many times along each axis; a shorter list counts from the last axis. */
export function tile<A extends Operand>(x: A, repeats: number | readonly number[]): Applied<A> {
  const list = typeof repeats === "number" ? [repeats] : repeats;
  const rank = Math.max(list.length, shapeOf(x).length);
  const ones = (count: number) => new Array<number>(count).fill(1);
  const shape = [...ones(rank - shapeOf(x).length), ...shapeOf(x)];
  const times = [...ones(rank - list.length), ...list];
  const narrow = p.reshape(x as Operand, shape.flatMap((extent) => [1, extent]));
  const wide = p.broadcastTo(narrow, shape.flatMap((extent, i) => [times[i], extent]));
  return p.reshape(wide, shape.map((extent, i) => extent * times[i])) as Applied<A>;
}

/** The elements moved on by `shift` along `axis`, those at the end back to the beginning; flattened without an axis. */
export function roll<A extends Operand>(x: A, shift: number, axis?: number): Applied<A> {
  const shape = shapeOf(x);
  if (axis === undefined) return p.reshape(roll(p.reshape(x as Operand, [-1]), shift, 0), shape) as Applied<A>;
  const at = normalizeAxis(axis, shape.length, "roll");
  const extent = shape[at];
  const by = extent === 0 ? 0 : ((shift % extent) + extent) % extent;
  if (by === 0) return p.reshape(x, shape);
  return p.concat([cut(x, at, extent - by, by), cut(x, at, 0, extent - by)], at) as Applied<A>;
}

/** With axis `source` at the place `destination`; lists move several. */
export function moveaxis<A extends Operand>(
  x: A,
  source: number | readonly number[],
  destination: number | readonly number[],
): Applied<A> {
  const rank = shapeOf(x).length;
  const list = (axes: number | readonly number[]) =>
    (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(axis, rank, "moveaxis"));
  const [from, to] = [list(source), list(destination)];
  const rest = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !from.includes(axis));
  const order = Array.from(
    { length: rank },
    (_, place) => to.includes(place) ? from[to.indexOf(place)] : rest.shift()!,
  );
  return p.transpose(x, order);
}

/** With two axes exchanged. */
export function swapaxes<A extends Operand>(x: A, first: number, second: number): Applied<A> {
  const rank = shapeOf(x).length;
  const [a, b] = [first, second].map((axis) => normalizeAxis(axis, rank, "swapaxes"));
  return p.transpose(x, Array.from({ length: rank }, (_, axis) => (axis === a ? b : axis === b ? a : axis)));
}

/** The elements in one row. */
export const ravel = <A extends Operand>(x: A): Applied<A> => p.reshape(x, [-1]);

/** Operands of at least two axes one below the other. */
export const vstack = <A extends Operand>(operands: readonly A[]): Applied<A> =>
  p.concat(operands.map((x) => shapeOf(x).length < 2 ? p.reshape(x as Operand, [1, -1]) : x as Operand), 0) as Applied<
    A
  >;

/** Operands side by side: along the second axis, or the first where there is one. */
export function hstack<A extends Operand>(operands: readonly A[]): Applied<A> {
  const rows = operands.map((x) => (shapeOf(x).length === 0 ? p.reshape(x as Operand, [1]) : x as Operand));
  return p.concat(rows, rows.length > 0 && shapeOf(rows[0]).length > 1 ? 1 : 0) as Applied<A>;
}

/** The grids of coordinates that vectors span, one for each: with `xy` indexing (the default) the second varies first. */
export function meshgrid<A extends Operand>(vectors: readonly A[], indexing: "xy" | "ij" = "xy"): Applied<A>[] {
  const flat = vectors.map((x) => p.reshape(x as Operand, [-1]));
  const isXY = indexing === "xy" && vectors.length > 1;
  const axisOf = (i: number) => (isXY && i < 2 ? 1 - i : i);
  const shape: number[] = [];
  flat.forEach((x, i) => shape[axisOf(i)] = shapeOf(x)[0]);
  return flat.map((x, i) =>
    p.broadcastTo(p.reshape(x, shape.map((extent, axis) => (axis === axisOf(i) ? extent : 1))), shape) as Applied<A>
  );
}

/** Sums of elements by the segment that each row belongs to: `[segments, ...]` of `data` `[rows, ...]`. */
export function segmentSum<A extends Operand, B extends Operand>(
  data: A,
  segmentIds: B,
  numSegments: number,
): Applied<A | B> {
  if (shapeOf(segmentIds).length !== 1) {
    throw new ShapeError({
      what: "Cannot sum by segments",
      rule: "segment ids must have one axis",
      received: formatShape(shapeOf(segmentIds)),
      mend: "give one id for each row of the data",
    });
  }
  return p.scatterAdd(segmentIds, data, numSegments);
}
