// Layouts: how a value of a program is spread over the processes that run it together.
import type { Shape } from "../shape.ts";

/** Every process has all of the value. */
interface Whole {
  readonly kind: "whole";
}

/** The value is the sum of what the processes have. */
interface Partial {
  readonly kind: "partial";
}

/**
 * Each process has some rows of the batch. They lie along `axis`, whose elements are `[outer, rows, inner]` in row-major
 * order: an axis that was merged with others has them before or behind the rows.
 */
export interface Split {
  readonly kind: "split";
  readonly axis: number;
  readonly outer: number;
  readonly inner: number;
}

/** How a value is spread. */
export type Layout = Whole | Partial | Split;

/** Every process has all of it. */
export const whole: Whole = { kind: "whole" };
/** It is a sum over the processes. */
export const partial: Partial = { kind: "partial" };

/** Rows along an axis. */
export function split(axis: number, outer = 1, inner = 1): Split {
  return { kind: "split", axis, outer, inner };
}

/** A split of the same elements along another axis. */
export function onAxis({ outer, inner }: Split, axis: number): Split {
  return split(axis, outer, inner);
}

/** Whether a layout splits. */
export function isSplit(layout: Layout): layout is Split {
  return layout.kind === "split";
}

/** Whether layouts are equal. */
export function sameLayout(a: Layout, b: Layout): boolean {
  if (!isSplit(a) || !isSplit(b)) return a.kind === b.kind;
  return a.axis === b.axis && a.outer === b.outer && a.inner === b.inner;
}

/** The shape of what a process has of a value, if it has `own` of the rows. */
export function ownShape(shape: Shape, layout: Layout, own: number): Shape {
  if (!isSplit(layout)) return shape;
  return shape.map((extent, axis) => (axis === layout.axis ? layout.outer * own * layout.inner : extent));
}

const product = (extents: Shape) => extents.reduce((a, b) => a * b, 1);

/** The layout of a reshaped value; undefined if its rows are no longer along one axis. */
export function reshaped({ axis, outer, inner }: Split, from: Shape, to: Shape): Split | undefined {
  const before = product(from.slice(0, axis)) * outer;
  const rows = from[axis] / (outer * inner);
  let prefix = 1;
  for (let at = 0; at < to.length; at++) {
    if (prefix * to[at] > before) {
      const [ahead, behind] = [before / prefix, to[at] / (before / prefix * rows)];
      return Number.isInteger(ahead) && Number.isInteger(behind) ? split(at, ahead, behind) : undefined;
    }
    prefix *= to[at];
  }
  return undefined;
}
