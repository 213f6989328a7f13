// Rearranging elements: split, repeat, move axes, grids. https://keras.io/api/ops/numpy/
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import {
  type Axes,
  checkCount,
  checkIntegers,
  checkShape,
  formatShape,
  normalizeAxis,
  numbersOf,
  sameShape,
  type Shape,
  sizeOf,
  stridesOf,
} from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { cut } from "./cumulative.ts";
import { lift, type Lifted, liftNamed, type Named, type UnaryOp } from "./lift.ts";
import * as p from "./primitives.ts";

/** The most parts of a tensor: each adds an op. */
const maxParts = 10_000;

const isCount = (parts: number): boolean => Number.isInteger(parts) && parts > 0 && parts <= maxParts;

/**
 * The parts of `x` along `axis` (0 by default): a number of equal parts, or those between the indices of a list. Throws
 * {@linkcode ValueError} if the extent is not divisible.
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const [a, b] = ops.split(tensor([1, 2, 3, 4]), 2);
 * console.log(a.toArray(), b.toArray()); // [ 1, 2 ] [ 3, 4 ]
 * ```
 */
export const split: Named<
  [x: Operand],
  [parts: number | readonly number[], axis?: number],
  { indicesOrSections: number | readonly number[]; axis?: number },
  Operand[]
> = liftNamed(1, ["indicesOrSections", "axis"], (x, parts, axis = 0) => {
  const shape = shapeOf(x);
  const at = normalizeAxis(axis, shape.length, "split");
  const extent = shape[at];
  if (typeof parts === "number" && !(isCount(parts) && extent % parts === 0)) {
    throw new ValueError({
      what: "Cannot split",
      rule: parts > maxParts
        ? `there may be at most ${maxParts} parts`
        : `the number of parts must divide the extent ${extent} of axis ${axis}`,
      received: describe(parts),
      hint: "give the indices to split at, as in [2, 5]",
    });
  }
  const inner = typeof parts === "number"
    ? Array.from({ length: parts - 1 }, (_, i) => (i + 1) * extent / parts)
    : numbersOf(parts, "indices", "split").map((index) =>
      Math.min(Math.max(index < 0 ? index + extent : index, 0), extent)
    );
  const bounds = [0, ...inner, extent];
  return bounds.slice(1).map((end, i) => cut(p.cast(x, dtypeOf(x)), at, bounds[i], Math.max(0, end - bounds[i])));
});

/** Splits `x` along `axis` (0 by default) into `parts`; if they cannot be equal, the first ones are longer by one. */
export const arraySplit: Named<
  [x: Operand],
  [parts: number, axis?: number],
  { indicesOrSections: number; axis?: number },
  Operand[]
> = liftNamed(1, ["indicesOrSections", "axis"], (x, parts, axis = 0) => {
  const shape = shapeOf(x);
  const extent = shape[normalizeAxis(axis, shape.length, "arraySplit")];
  if (!isCount(parts)) {
    throw new ValueError({
      what: "Cannot split",
      rule: parts > maxParts
        ? `there may be at most ${maxParts} parts`
        : "the number of parts must be a whole number of at least 1",
      received: describe(parts),
      hint: "give ops.split the indices to split at, as in [2, 5]",
    });
  }
  const [size, longer] = [Math.floor(extent / parts), extent % parts];
  return split(x, Array.from({ length: parts - 1 }, (_, i) => (i + 1) * size + Math.min(i + 1, longer)), axis);
});

/**
 * The slices along `axis` (0 by default), without that axis. Throws {@linkcode ValueError} if there are not `num` of
 * them.
 */
export const unstack: Named<
  [x: Operand],
  [num?: number | null, axis?: number],
  { num?: number | null; axis?: number },
  Operand[]
> = liftNamed(1, ["num", "axis"], (x, num = null, axis = 0) => {
  const shape = shapeOf(x);
  const at = normalizeAxis(axis, shape.length, "unstack");
  if (num !== null && num !== shape[at]) {
    throw new ValueError({
      what: "Cannot unstack",
      rule: `num must be the extent ${shape[at]} of axis ${axis}`,
      received: describe(num),
      hint: "leave it out",
    });
  }
  if (shape[at] > maxParts) {
    throw new ValueError({
      what: "Cannot unstack",
      rule: `there may be at most ${maxParts} parts`,
      received: String(shape[at]),
      hint: "take slices of it instead",
    });
  }
  const rest = shape.filter((_, i) => i !== at);
  return Array.from({ length: shape[at] }, (_, i) => p.reshape(cut(x, at, i, 1), rest));
});

/** Repeats each element along `axis` `repeats` times; without an axis, of the flattened elements. */
export const repeat: Named<
  [x: Operand],
  [repeats: number, axis?: number | null],
  { repeats: number; axis?: number | null }
> = liftNamed(1, ["repeats", "axis"], (x, repeats, axis = null) => {
  checkCount(repeats, "repeat", "repeats");
  if (axis === null) return repeat(p.reshape(x, [-1]), repeats, 0);
  const shape = shapeOf(x);
  const at = normalizeAxis(axis, shape.length, "repeat");
  const wide = p.broadcastTo(p.reshape(x, [...shape.slice(0, at + 1), 1, ...shape.slice(at + 1)]), [
    ...shape.slice(0, at + 1),
    repeats,
    ...shape.slice(at + 1),
  ]);
  return p.reshape(wide, shape.map((extent, i) => (i === at ? extent * repeats : extent)));
});

/** Repeats all of `x` along each axis; a shorter list of counts applies to the last axes. */
export const tile: Named<[x: Operand], [repeats: number | readonly number[]], { repeats: number | readonly number[] }> =
  liftNamed(1, ["repeats"], (x, repeats) => {
    const list = numbersOf(repeats, "repeats", "tile");
    checkShape(list, "Cannot tile");
    const rank = Math.max(list.length, shapeOf(x).length);
    const ones = (count: number) => new Array<number>(count).fill(1);
    const shape = [...ones(rank - shapeOf(x).length), ...shapeOf(x)];
    const times = [...ones(rank - list.length), ...list];
    const narrow = p.reshape(x, shape.flatMap((extent) => [1, extent]));
    const wide = p.broadcastTo(narrow, shape.flatMap((extent, i) => [times[i], extent]));
    return p.reshape(wide, shape.map((extent, i) => extent * times[i]));
  });

/**
 * Rolls the elements by `shift` along `axis`, from the end back to the beginning; without an axis, of the flattened
 * elements.
 */
export const roll: Named<[x: Operand], [shift: number, axis?: number | null], { shift: number; axis?: number | null }> =
  liftNamed(1, ["shift", "axis"], (x, shift, axis = null) => {
    const shape = shapeOf(x);
    checkIntegers([shift], "roll", "shift");
    if (axis === null) return p.reshape(roll(p.reshape(x, [-1]), shift, 0), shape);
    const at = normalizeAxis(axis, shape.length, "roll");
    const extent = shape[at];
    const by = extent === 0 ? 0 : ((shift % extent) + extent) % extent;
    if (by === 0) return p.reshape(x, shape);
    return p.concat([cut(x, at, extent - by, by), cut(x, at, 0, extent - by)], at);
  });

/** Moves axis `source` to position `destination`; lists move several. */
export const moveaxis: Named<[x: Operand], [source: Axes, destination: Axes], { source: Axes; destination: Axes }> =
  liftNamed(1, ["source", "destination"], (x, source, destination) => {
    const rank = shapeOf(x).length;
    const list = (axes: Axes) =>
      numbersOf(axes, "axes", "moveaxis").map((axis) => normalizeAxis(axis, rank, "moveaxis"));
    const [from, to] = [list(source), list(destination)];
    const rest = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !from.includes(axis));
    const order = Array.from(
      { length: rank },
      (_, place) => to.includes(place) ? from[to.indexOf(place)] : rest.shift()!,
    );
    return p.transpose(x, order);
  });

/** Swaps two axes. */
export const swapaxes: Named<[x: Operand], [first: number, second: number], { axis1: number; axis2: number }> =
  liftNamed(1, ["axis1", "axis2"], (x, first, second) => {
    const rank = shapeOf(x).length;
    const [a, b] = [first, second].map((axis) => normalizeAxis(axis, rank, "swapaxes"));
    return p.transpose(x, Array.from({ length: rank }, (_, axis) => (axis === a ? b : axis === b ? a : axis)));
  });

/** Rotates by `k` quarter turns (1 by default) from the first of two axes (0 and 1 by default) towards the second. */
export const rot90: Named<
  [x: Operand],
  [k?: number, axes?: readonly [number, number]],
  { k?: number; axes?: readonly [number, number] }
> = liftNamed(1, ["k", "axes"], (x, k = 1, axes = [0, 1]) => {
  const rank = shapeOf(x).length;
  const given = numbersOf(axes, "axes", "rot90");
  const [from, to] = given.map((axis) => normalizeAxis(axis, rank, "rot90"));
  if (from === to || !Number.isInteger(k)) {
    throw new ValueError({
      what: "Cannot turn with rot90",
      rule: "k must be a whole number, and the two axes must differ",
      received: `k ${describe(k)}, axes ${given.join(" and ")}`,
      hint: "name the axes of the rows and of the columns",
    });
  }
  const quarters = ((k % 4) + 4) % 4;
  if (quarters === 2) return p.reverse(x, [from, to]);
  if (quarters === 1) return swapaxes(p.reverse(x, to), from, to);
  return quarters === 3 ? p.reverse(swapaxes(x, from, to), to) : p.reverse(x, []);
});

/** Flips left and right: the second axis reversed. */
export const fliplr: UnaryOp = lift((x) => p.reverse(x, 1));
/** Flips up and down: the first axis reversed. */
export const flipud: UnaryOp = lift((x) => p.reverse(x, 0));

/** The flattened elements. */
export const ravel: UnaryOp = lift((x) => p.reshape(x, [-1]));

/** Appends `b` to `a` along `axis`; without an axis, both are flattened. */
export const append: Named<[a: Operand, b: Operand], [axis?: number | null], { axis?: number | null }> = liftNamed(2, [
  "axis",
], (a, b, axis = null) => axis === null ? p.concat([p.reshape(a, [-1]), p.reshape(b, [-1])]) : p.concat([a, b], axis));

/** Stacks operands along the first axis; vectors become rows. */
export const vstack: Lifted<[operands: readonly Operand[]]> = lift((operands) => {
  p.checkOperands("vstack", operands);
  return p.concat(operands.map((x) => shapeOf(x).length < 2 ? p.reshape(x, [1, -1]) : x), 0);
});

/** Stacks operands along the second axis; vectors along the first. */
export const hstack: Lifted<[operands: readonly Operand[]]> = lift((operands) => {
  p.checkOperands("hstack", operands);
  const rows = operands.map((x) => (shapeOf(x).length === 0 ? p.reshape(x, [1]) : x));
  return p.concat(rows, shapeOf(rows[0]).length > 1 ? 1 : 0);
});

/**
 * The coordinate grids spanned by vectors, one grid per vector; with `xy` indexing (the default) the second vector
 * varies along the first axis.
 */
export const meshgrid: Named<
  [vectors: readonly Operand[]],
  [indexing?: "xy" | "ij"],
  { indexing?: "xy" | "ij" },
  Operand[]
> = liftNamed(1, ["indexing"], (vectors, indexing = "xy") => {
  p.checkOperands("meshgrid", vectors);
  const flat = vectors.map((x) => p.reshape(x, [-1]));
  const isXY = indexing === "xy" && vectors.length > 1;
  const axisOf = (i: number) => (isXY && i < 2 ? 1 - i : i);
  const shape: number[] = [];
  flat.forEach((x, i) => shape[axisOf(i)] = shapeOf(x)[0]);
  return flat.map((x, i) =>
    p.broadcastTo(p.reshape(x, shape.map((extent, axis) => (axis === axisOf(i) ? extent : 1))), shape)
  );
});

/**
 * `x` with the block that starts at the indices `starts` replaced by `update`, which has as many axes. Throws
 * {@linkcode ShapeError} if the block is not inside.
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.sliceUpdate(tensor([1, 2, 3, 4]), [1], tensor([8, 9])).toArray()); // [ 1, 8, 9, 4 ]
 * ```
 */
export const sliceUpdate: Lifted<[x: Operand, starts: readonly number[], update: Operand]> = lift(
  (x, starts, update) => {
    const [whole, sizes] = [shapeOf(x), shapeOf(update)];
    checkIntegers(starts, "update a slice", "starts");
    const from = numbersOf(starts, "starts", "update a slice");
    const fits = from.length === whole.length && sizes.length === whole.length &&
      from.every((start, i) => Number.isInteger(start) && start >= 0 && start + sizes[i] <= whole[i]);
    if (!fits) {
      throw new ShapeError({
        what: "Cannot update a slice",
        rule: `the block must lie inside of ${formatShape(whole)}, with a start for each axis`,
        received: `${formatShape(sizes)} at [${from.join(", ")}]`,
        hint: "check starts and the update's shape",
      });
    }
    const replaced = (old: Operand, axis: number): Operand => {
      if (axis === whole.length) return p.cast(update, dtypeOf(x));
      const [start, size] = [from[axis], sizes[axis]];
      const inside = replaced(cut(old, axis, start, size), axis + 1);
      if (size === whole[axis]) return inside;
      const end = start + size;
      return p.concat([cut(old, axis, 0, start), inside, cut(old, axis, end, whole[axis] - end)], axis);
    };
    return replaced(x, 0);
  },
);

/**
 * Zeros of `shape` with `values` `[..., ...rest]` added at int32 `indices` `[..., k]`, each an index into the first `k`
 * axes; indices out of range are dropped. Throws {@linkcode ShapeError} if the three do not fit.
 */
export const scatter: Named<[indices: Operand, values: Operand], [shape: Shape], { shape: Shape }> = liftNamed(2, [
  "shape",
], (indices, values, shape) => {
  const [places, given] = [shapeOf(indices), shapeOf(values)];
  checkShape(shape, "Cannot scatter");
  const depth = places[places.length - 1] ?? 0;
  const rest = shape.slice(depth);
  if (depth === 0 || depth > shape.length || !sameShape(given, [...places.slice(0, -1), ...rest])) {
    throw new ShapeError({
      what: "Cannot scatter",
      rule: "indices must be [..., k] and values [..., ...shape[k:]]",
      received: `indices ${formatShape(places)} and values ${formatShape(given)} for ${formatShape(shape)}`,
      hint: "give one index for each of the first axes",
    });
  }
  const extents = shape.slice(0, depth);
  const row = new Tensor([depth], "int32", Int32Array.from(stridesOf(extents)));
  const ends = new Tensor([depth], "int32", Int32Array.from(extents));
  const list = p.reshape(p.cast(indices, "int32"), [-1, depth]);
  const isInside = p.logicalAnd(p.greaterEqual(list, 0), p.less(list, ends));
  // An index past the end of one axis must not address the next row.
  const flat = p.select(p.min(p.cast(isInside, "int32"), -1), p.sum(p.multiply(list, row), -1), -1);
  const summed = p.scatterAdd(flat, p.reshape(values, [-1, ...rest]), sizeOf(extents));
  return p.reshape(summed, shape);
});

/**
 * Takes each element from the first of `choices` whose condition is true there, else `otherwise` (0 by default). Throws
 * {@linkcode ValueError} unless there is one choice per condition.
 */
export const select: Lifted<[conditions: readonly Operand[], choices: readonly Operand[], otherwise?: Operand]> = lift(
  (conditions, choices, otherwise) => {
    const [count, choiceCount] = [conditions, choices].map((list) =>
      Array.isArray(list) ? list.length : describe(list)
    );
    if (count !== choiceCount || typeof count !== "number" || count === 0) {
      throw new ValueError({
        what: "Cannot select",
        rule: "there must be one choice for each condition",
        received: `${count} conditions and ${choiceCount} choices`,
        hint: "give as many of both",
      });
    }
    return conditions.reduceRight(
      (rest, condition, i) => p.select(condition, choices[i], rest),
      otherwise ?? 0,
    );
  },
);

/** How Keras's files write these functions. */
export const savedArrangements: SavedForms = {
  append: { inputs: 2, keys: { axis: null } },
  arraySplit: { keys: { indices_or_sections: null, axis: 0 } },
  fliplr: {},
  flipud: {},
  hstack: {},
  meshgrid: { listed: true, keys: { indexing: "xy" } },
  moveaxis: { keys: { source: null, destination: null } },
  ravel: {},
  repeat: { keys: { repeats: null, axis: null } },
  roll: { keys: { shift: null, axis: null } },
  rot90: { keys: { k: 1, axes: [0, 1] } },
  scatter: { module: "core", inputs: 2, keys: { shape: null } },
  select: { inputs: 3 },
  sliceUpdate: { module: "core", inputs: 3 },
  split: { keys: { indices_or_sections: null, axis: 0 } },
  swapaxes: { keys: { axis1: null, axis2: null } },
  tile: { keys: { repeats: null } },
  unstack: { module: "core", keys: { num: null, axis: 0 } },
  vstack: {},
};
