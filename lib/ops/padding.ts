// Padding with Keras's arguments. https://keras.io/api/ops/numpy/
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { formatShape } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { take } from "./composed.ts";
import { liftNamed, type Named } from "./lift.ts";
import * as p from "./primitives.ts";
import { checkName } from "./spatial.ts";

/** How many elements to add before and after: to both ends of each axis, to the ends of each, or by axis. */
export type PadWidth = number | readonly [before: number, after: number] | readonly (readonly number[])[];

/** What padding consists of: one value, or the elements mirrored at the last one, or behind it. */
export type PadMode = "constant" | "reflect" | "symmetric";

const modes: readonly PadMode[] = ["constant", "reflect", "symmetric"];

/** The elements to add at the ends of each of the `rank` axes. */
function widthsOf(given: PadWidth, rank: number): [before: number, after: number][] {
  const rows: readonly unknown[] = Array.isArray(given) ? given : [given];
  const pairs = rows.every(Array.isArray) ? rows as number[][] : [rows as number[]];
  const isWidth = (width: unknown) => Number.isInteger(width) && (width as number) >= 0;
  if (pairs.length === 0 || pairs.some((pair) => pair.length < 1 || pair.length > 2 || !pair.every(isWidth))) {
    throw new ValueError({
      what: "Cannot pad",
      rule: "padWidth must be a whole number of at least 0, a pair of them, or a list of pairs",
      received: JSON.stringify(given) ?? describe(given),
      hint: "write it as in [[0, 0], [1, 2]], with what comes before and after along each axis",
    });
  }
  if (pairs.length !== 1 && pairs.length !== rank) {
    throw new ShapeError({
      what: "Cannot pad",
      rule: `there must be one pair for all axes, or one for each of the ${rank}`,
      received: `${pairs.length} pairs`,
      hint: "write [0, 0] for an axis that stays as it is",
    });
  }
  return Array.from({ length: rank }, (_, axis) => {
    const pair = pairs.length === 1 ? pairs[0] : pairs[axis];
    return [pair[0], pair[pair.length - 1]];
  });
}

/** The index of the element that a place outside of `extent` mirrors. */
function mirrored(place: number, extent: number, mode: "reflect" | "symmetric"): number {
  const period = mode === "reflect" ? Math.max(1, 2 * (extent - 1)) : 2 * extent;
  const at = ((place % period) + period) % period;
  return at < extent ? at : mode === "reflect" ? period - at : period - 1 - at;
}

/**
 * `x` with elements added at the ends of its axes: `padWidth` is a number, a pair `[before, after]`, or a pair for each
 * axis. They are `constantValues` (0 by default); with the mode `reflect` the elements mirrored at the first and the
 * last one, with `symmetric` these included. Throws {@linkcode ValueError} or {@linkcode ShapeError} for widths that do
 * not suit. Keras: https://keras.io/api/ops/numpy/#pad-function
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.pad(tensor([1, 2, 3]), [1, 2]).toArray()); // [ 0, 1, 2, 3, 0, 0 ]
 * console.log(ops.pad(tensor([1, 2, 3]), 1, "reflect").toArray()); // [ 2, 1, 2, 3, 2 ]
 * ```
 */
export const pad: Named<
  [x: Operand],
  [padWidth: PadWidth, mode?: PadMode, constantValues?: number | null],
  { padWidth: PadWidth; mode?: PadMode; constantValues?: number | null }
> = liftNamed(
  1,
  ["padWidth", "mode", "constantValues"],
  (x, padWidth, mode = "constant", constantValues) => {
    checkName("Cannot pad", "mode", mode, modes);
    const shape = shapeOf(x);
    const widths = widthsOf(padWidth, shape.length);
    if (mode === "constant") {
      const [low, high] = [0, 1].map((end) => widths.map((pair) => pair[end]));
      return p.pad(x, low, high, { value: constantValues ?? 0 });
    }
    if (constantValues !== undefined && constantValues !== null) {
      throw new ValueError({
        what: "Cannot pad",
        rule: 'constantValues belong to the mode "constant"',
        received: `${describe(constantValues)} with "${mode}"`,
        hint: "leave them out",
      });
    }
    return widths.reduce((padded: Operand, [before, after], axis) => {
      if (before + after === 0) return padded;
      const extent = shape[axis];
      if (extent === 0) {
        throw new ShapeError({
          what: "Cannot pad",
          rule: `an axis must have elements to mirror`,
          received: formatShape(shape),
          hint: 'use the mode "constant"',
        });
      }
      const places = Int32Array.from({ length: before + extent + after }, (_, i) => mirrored(i - before, extent, mode));
      return take(padded, new Tensor([places.length], "int32", places), axis);
    }, x);
  },
);

/** How Keras's files write padding. */
export const savedPadding: SavedForms = {
  pad: { keys: { pad_width: null, mode: "constant", constant_values: null }, named: ["constant_values"] },
};
