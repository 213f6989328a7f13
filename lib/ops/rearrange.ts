// Axes reordered, split and merged by a pattern of their names. https://keras.io/api/ops/einops/
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { lift, type Lifted } from "./lift.ts";
import * as p from "./primitives.ts";

/** The extents of named axes. */
export type AxesLengths = Readonly<Record<string, number>>;

/** The axes of one side of a pattern, those in parentheses as one group. */
function groupsOf(side: string): string[][] | undefined {
  if (!/^\s*((\w+|\([\w\s]+\))\s*)*$/.test(side)) return undefined;
  return Array.from(side.matchAll(/\w+|\([\w\s]+\)/g), ([group]) => group.match(/\w+/g)!);
}

const what = "Cannot rearrange";

/** The extent of each named axis; one of a group may follow from the others. */
function extentsOf(groups: readonly (readonly string[])[], x: Operand, lengths: AxesLengths): Map<string, number> {
  const shape = shapeOf(x);
  const extents = new Map<string, number>();
  const given = Object.entries(lengths).map(([name, extent]) => `${name}: ${extent}`).join(", ");
  groups.forEach((group, i) => {
    const open = group.filter((name) => !Object.hasOwn(lengths, name));
    const known = group.filter((name) => Object.hasOwn(lengths, name)).reduce(
      (product, name) => product * lengths[name],
      1,
    );
    if (open.length > 1 || shape[i] % known !== 0 || (open.length === 0 && known !== shape[i])) {
      throw new ShapeError({
        what,
        rule: "the extents of an axis's parts must multiply to its own, and all but one be given",
        received: `(${group.join(" ")}) for an extent of ${shape[i]}, with ${given || "none given"}`,
        hint: "give extents behind the pattern, as in { h1: 2 }",
      });
    }
    for (const name of group) extents.set(name, lengths[name] ?? shape[i] / known);
  });
  return extents;
}

/**
 * `x` with its axes named, reordered, split and merged as a pattern says: names stand for axes, and those in parentheses for
 * one axis that they make together. The extents of parts are given by name; one part of each axis follows from the others.
 *
 * @throws {ValueError} for a pattern that is none
 * @throws {ShapeError} for extents that do not fit
 *
 * @example The patches of images
 * ```ts
 * import { ops } from "./mod.ts";
 * const images = ops.ones([8, 28, 28, 3]);
 * const patches = ops.rearrange(images, "b (y h) (x w) c -> b (y x) (h w c)", { h: 7, w: 7 });
 * console.log(patches.shape); // [ 8, 16, 147 ]
 * ```
 */
export const rearrange: Lifted<[x: Operand, pattern: string, axesLengths?: AxesLengths]> = lift(
  (x, pattern, axesLengths = {}) => {
    const sides = typeof pattern === "string" ? pattern.split("->").map(groupsOf) : [];
    const [from, to] = sides;
    const names = sides.map((groups) => groups?.flat() ?? []);
    const isOnce = names.every((list) => new Set(list).size === list.length);
    const isSame = names.length === 2 && [...names[0]].sort().join() === [...names[1]].sort().join();
    const rank = shapeOf(x).length;
    if (from === undefined || to === undefined || !isOnce || !isSame || from.length !== rank) {
      throw new ValueError({
        what,
        rule: "a pattern must name each axis once before the arrow, and the same names once after it",
        received: `${describe(pattern)} for ${formatShape(shapeOf(x))}`,
        hint: 'write it as in "b h w c -> b (h w) c"',
      });
    }
    const isExtent = (extent: unknown) => Number.isSafeInteger(extent) && (extent as number) > 0;
    const wrong = Object.entries(axesLengths).find(([name, extent]) => !names[0].includes(name) || !isExtent(extent));
    if (wrong) {
      throw new ValueError({
        what,
        rule: "extents must be whole numbers of at least 1, by names of the pattern",
        received: `${wrong[0]}: ${describe(wrong[1])}`,
        hint: "write them as in { h1: 2 }",
      });
    }
    const extents = extentsOf(from, x, axesLengths);
    const split = p.reshape(x, names[0].map((name) => extents.get(name)!));
    const turned = p.transpose(split, names[1].map((name) => names[0].indexOf(name)));
    return p.reshape(turned, to.map((group) => sizeOf(group.map((name) => extents.get(name)!))));
  },
  { optionsAt: 2 },
);

/** How Keras's files write these functions. */
export const savedRearranging: SavedForms = {
  rearrange: { module: "einops", inputs: 3, keywords: true },
};
