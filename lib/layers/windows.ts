// Options of sliding windows along spatial axes, and the shapes that result.
import { describeList, ShapeError, ValueError } from "../errors.ts";
import { maxCopies } from "../option_kinds.ts";
import { perAxis } from "../ops/spatial.ts";
import { type Option, option, required, withFacts } from "../options.ts";
import { formatShape, sizeOf, type SymbolicShape } from "../shape.ts";
import { type DataFormat, spatialAxes } from "./data_format.ts";

/** An integer of at least `least` for each of `rank` spatial axes; one number may be given for all. */
export const perAxisOption = (
  rank: number,
  fallback: number | typeof required = required,
  least = 1,
): Option<readonly number[]> =>
  option<readonly number[]>({
    fallback,
    read: (given, { whatNamed, option }) => perAxis(whatNamed, option, given, rank, least),
  });

/** The extents of a window, or of the copies of one element, limited so that they fit in memory. */
export function windowOption(rank: number, fallback: number | typeof required = required): Option<readonly number[]> {
  const sizes = perAxisOption(rank, fallback);
  return withFacts(sizes, {
    read: (given, place) => {
      const kept = sizes.read(given, place);
      if (sizeOf(kept) <= maxCopies) return kept;
      throw new ValueError({
        what: place.whatNamed,
        rule: `${place.option} must be of at most ${maxCopies} elements`,
        received: describeList(given),
        hint: "choose smaller extents",
      });
    },
  });
}

/** The axis of the channels in a shape with the batch axis. */
export const channelAxis = (format: DataFormat, rank: number): number => (format === "channels_first" ? 1 : rank + 1);

/** The shape with `extentOf` applied to each spatial extent; throws {@linkcode ShapeError} if one becomes 0. */
export function slidShape(
  name: string,
  shape: SymbolicShape,
  format: DataFormat,
  rank: number,
  extentOf: (extent: number | null, i: number) => number | null,
): (number | null)[] {
  if (shape.length !== rank + 2) {
    throw new ShapeError({
      what: `Cannot build "${name}"`,
      rule: `the input must have a batch axis, ${rank} spatial ${
        rank === 1 ? "axis" : "axes"
      }, and an axis of channels`,
      received: formatShape(shape),
      hint: rank === 2 && shape.length === 3
        ? "give grey images an axis of channels, as in Input({ shape: [28, 28, 1] })"
        : "check the shape of Input, without the batch axis",
    });
  }
  const result = [...shape];
  spatialAxes(shape.length, format).forEach((axis, i) => result[axis] = extentOf(shape[axis], i));
  if (result.every((extent) => extent !== 0)) return result;
  throw new ShapeError({
    what: `Cannot build "${name}"`,
    rule: "the window must fit into the input",
    received: `${formatShape(shape)}, of which it makes ${formatShape(result)}`,
    hint: 'use a smaller window, fewer layers that shrink before it, or padding "same"',
  });
}
