// Elements by index, as Python's `x[key]` gives them. https://keras.io/api/ops/numpy/
import { describe, describeList, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { formatShape, type Shape } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { lift, type Lifted } from "./lift.ts";
import * as p from "./primitives.ts";

/** A range of indices, as Python's `start:stop:step`; what is left out is as there. */
export interface IndexRange {
  /** The first index; from the end of the axis if negative. */
  readonly start?: number | null;
  /** The index before which the range ends; from the end of the axis if negative. */
  readonly stop?: number | null;
  /** From one index to the next; 1 by default, backwards if negative. */
  readonly step?: number | null;
}

/** What is taken along an axis: one index, a range, a new axis of extent 1 (`null`), or all of the axes between (`"..."`). */
export type IndexItem = number | null | "..." | IndexRange;

/** One item, or one for each axis; axes without one are taken whole. */
export type IndexKey = IndexItem | readonly IndexItem[];

const rangeKeys = ["start", "stop", "step"] as const;

function refuseItem(item: string): never {
  throw new ValueError({
    what: "Cannot get an item",
    rule: 'a key must be of whole numbers, ranges { start, stop, step }, null and at most one "..."',
    received: item,
    hint: "write x[:, 1:3] as getItem(x, [{}, { start: 1, stop: 3 }])",
  });
}

/** The items of a key, checked; with one `"..."`, at the end where there was none. */
function itemsOf(key: IndexKey): readonly IndexItem[] {
  const items: readonly unknown[] = Array.isArray(key) ? key : [key];
  for (const item of items) {
    if (item === null || item === "..." || Number.isInteger(item)) continue;
    if (typeof item !== "object" || Array.isArray(item)) refuseItem(describe(item));
    const isWhole = (value: unknown) => value === undefined || value === null || Number.isInteger(value);
    const wrong = Object.entries(item as object).find(([name, value]) =>
      !rangeKeys.some((known) => known === name) || !isWhole(value) || (name === "step" && value === 0)
    );
    if (wrong) refuseItem(`${wrong[0]}: ${describe(wrong[1])}`);
  }
  const rests = items.filter((item) => item === "...").length;
  if (rests > 1) refuseItem('"..." twice');
  return (rests === 1 ? items : [...items, "..."]) as readonly IndexItem[];
}

/** The first index of a range along an axis, how many there are, and the step. */
function indicesOf(range: IndexRange, extent: number): { start: number; size: number; step: number } {
  const step = range.step ?? 1;
  const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1];
  const bounded = (index: number | null | undefined, otherwise: number) =>
    index === null || index === undefined
      ? otherwise
      : Math.min(Math.max(index < 0 ? index + extent : index, low), high);
  const start = bounded(range.start, step > 0 ? low : high);
  const stop = bounded(range.stop, step > 0 ? high : low);
  return { start, size: Math.max(0, Math.ceil((stop - start) / step)), step };
}

/**
 * The part of `x` that Python's `x[key]` is: an index takes its axis away, a range keeps it, `null` is a new axis of
 * extent 1, and `"..."` stands for the axes that no other item does.
 * Throws {@linkcode ShapeError} for an index that is not there, and {@linkcode ValueError} for what is no key.
 *
 * @example `x[:, -1]` and `x[..., None]`
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const x = tensor([[1, 2], [3, 4]]);
 * console.log(ops.getItem(x, [{}, -1]).toArray()); // [ 2, 4 ]
 * console.log(ops.getItem(x, ["...", null]).shape); // [ 2, 2, 1 ]
 * ```
 */
export const getItem: Lifted<[x: Operand, key: IndexKey]> = lift((x, key) => {
  const shape = shapeOf(x);
  const items = itemsOf(key);
  const named = items.filter((item) => item !== null && item !== "...").length;
  const refuse = (rule: string): never => {
    throw new ShapeError({
      what: "Cannot get an item",
      rule,
      received: `${describeList(key)} for ${formatShape(shape)}`,
      hint: "count from 0, or from the end with -1",
    });
  };
  if (named > shape.length) refuse("there must be an axis for each item of the key");
  const whole: IndexItem[] = new Array(shape.length - named).fill({});
  const all = items.flatMap((item) => (item === "..." ? whole : [item]));
  const [starts, sizes, steps, result]: number[][] = [[], [], [], []];
  for (const item of all) {
    const axis = starts.length;
    const extent = shape[axis];
    if (item === null) {
      result.push(1);
    } else if (typeof item === "number") {
      const index = item < 0 ? item + extent : item;
      if (index < 0 || index >= extent) refuse(`an index along axis ${axis} must be from ${-extent} to ${extent - 1}`);
      starts.push(index), sizes.push(1), steps.push(1);
    } else {
      const { start, size, step } = indicesOf(item as IndexRange, extent);
      starts.push(start), sizes.push(size), steps.push(step);
      result.push(size);
    }
  }
  return p.reshape(strided(x, starts, sizes, steps), result);
}, { objectsAt: 1 });

/** `sizes` elements along each axis from `starts` on, `steps` apart, backwards where these are negative. */
function strided(x: Operand, starts: readonly number[], sizes: Shape, steps: readonly number[]): Operand {
  const shape = shapeOf(x);
  if (shape.length === 0) return p.cast(x, dtypeOf(x));
  const backwards = steps.flatMap((step, axis) => (step < 0 ? [axis] : []));
  const turned = backwards.length > 0 ? p.reverse(x, backwards) : x;
  const from = starts.map((start, axis) => (sizes[axis] === 0 ? 0 : steps[axis] < 0 ? shape[axis] - 1 - start : start));
  return p.slice(turned, from, sizes, steps.map(Math.abs));
}

/** A key as Keras's files write it. */
function writeKey(key: unknown): unknown {
  if (Array.isArray(key)) return key.map(writeKey);
  if (key === "...") return { class_name: "__ellipsis__", config: {} };
  if (typeof key === "number" || key === null) return key;
  const { start = null, stop = null, step = null } = key as IndexRange;
  return { class_name: "__slice__", config: { start, stop, step } };
}

/** How Keras's files write these functions. */
export const savedItems: SavedForms = {
  getItem: { inputs: 2, write: writeKey },
};
