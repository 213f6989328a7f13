// Arguments of ops on spatial axes, as in Keras: sizes per axis, named padding, and the position of the channels.
import { describe, describeList, didYouMean, ShapeError, ValueError } from "../errors.ts";
import { formatShape, type Shape } from "../shape.ts";
import { type Operand, promoteDTypes, shapeOf } from "../tensor/apply.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import { dilatedSize, maxSpatial } from "./extents/window.ts";

/** The position of the channels: after or before the spatial axes. */
export type DataFormat = "channels_last" | "channels_first";

/**
 * How far a window reaches beyond the edges: `valid` not at all; `same` so far that a stride of 1 keeps the extents,
 * the odd element at the end; `causal` (one spatial axis only) only before the first element.
 */
export type Padding = "valid" | "same" | "causal";

/** One number for every spatial axis, or a list with one for each. */
export type PerAxis = number | readonly number[];

/** Throws {@linkcode ValueError} if `value` is not in `known`. */
export function checkName(what: string, name: string, value: unknown, known: readonly string[]): void {
  if (known.includes(value as string)) return;
  const near = typeof value === "string" ? didYouMean(value, known) : undefined;
  throw new ValueError({
    what,
    rule: `${name} must be one of ${known.map((word) => `"${word}"`).join(", ")}`,
    received: describe(value),
    hint: near ? `did you mean "${near}"?` : "use one of these names",
  });
}

/**
 * One number for each of `rank` spatial axes; throws {@linkcode ValueError} unless they are integers of at least
 * `least`.
 */
export function perAxis(what: string, name: string, value: unknown, rank: number, least = 1): number[] {
  const list = typeof value === "number" ? new Array<number>(rank).fill(value) : value;
  const fits = (n: unknown) => Number.isInteger(n) && (n as number) >= least && (n as number) < 2 ** 31;
  if (Array.isArray(list) && list.length === rank && Array.from(list).every(fits)) return [...list];
  const isLarge = Array.isArray(list) && list.slice(0, rank).some((n) => typeof n === "number" && n >= 2 ** 31);
  throw new ValueError({
    what,
    rule:
      `${name} must be an integer of at least ${least}${isLarge ? " and less than 2^31" : ""}, or a list of ${rank}, ` +
      "one for each spatial axis",
    received: describeList(value),
    hint: `write it as ${name}: ${rank === 1 ? "2" : `2, or [${new Array(rank).fill(2).join(", ")}]`}`,
  });
}

/** Throws {@linkcode ValueError} for strides together with dilation. */
export function refuseStridedDilation(what: string, strides: readonly number[], dilation: readonly number[]): void {
  if (strides.every((n) => n === 1) || dilation.every((n) => n === 1)) return;
  throw new ValueError({
    what,
    rule: "strides and dilationRate must not both be more than 1",
    received: `strides ${formatShape(strides)} and dilationRate ${formatShape(dilation)}`,
    hint: "leave one of them at 1",
  });
}

/** The spatial rank of `x`; throws {@linkcode ShapeError} if that is not one to three (or `most`). */
export function spatialRank(what: string, shape: Shape, most = maxSpatial): number {
  const rank = shape.length - 2;
  if (rank >= 1 && rank <= most) return rank;
  throw new ShapeError({
    what,
    rule: `the input must have a batch axis, one to ${most} spatial axes, and an axis of channels`,
    received: formatShape(shape),
    hint: "reshape it, as a batch of grey images [batch, height, width] to [batch, height, width, 1]",
  });
}

/** The padding in elements for a named one, with windows of `sizes` over `extents`. */
export function resolvePadding(
  padding: Padding,
  extents: Shape,
  sizes: Shape,
  strides: readonly number[],
  dilation: readonly number[],
): { low: number[]; high: number[] } {
  const totals = extents.map((extent, i) => {
    const window = dilatedSize(sizes[i], dilation[i]);
    if (padding === "valid") return 0;
    if (padding === "causal") return window - 1;
    return Math.max(0, (Math.ceil(extent / strides[i]) - 1) * strides[i] + window - extent);
  });
  const low = totals.map((total) => (padding === "causal" ? total : Math.floor(total / 2)));
  return { low, high: totals.map((total, i) => total - low[i]) };
}

/** The number of window positions over an extent with a named padding; null for null, 0 if no window fits. */
export function positionsAlong(
  extent: number | null,
  size: number,
  stride: number,
  dilation: number,
  padding: Padding,
): number | null {
  if (extent === null) return null;
  if (padding !== "valid") return Math.ceil(extent / stride);
  return Math.max(0, Math.floor((extent - dilatedSize(size, dilation)) / stride) + 1);
}

/** Runs `body` on `x` with its channels last, and moves the channels of the result back. */
export const withChannelsLast: Lifted<
  [what: string, x: Operand, dataFormat: DataFormat, body: (x: Operand) => Operand]
> = lift((what, x, dataFormat, body) => {
  checkName(what, "dataFormat", dataFormat, ["channels_last", "channels_first"]);
  const [operand] = promoteDTypes([x], true);
  if (dataFormat === "channels_last") return body(operand);
  const axes = shapeOf(operand).map((_, axis) => axis);
  const last = [0, ...axes.slice(2), 1];
  const first = [0, axes.length - 1, ...axes.slice(1, -1)];
  return o.transpose(body(o.transpose(operand, last)), first);
});
