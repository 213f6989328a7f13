// Pooling to a size: windows that divide each axis as evenly as they can. https://keras.io/api/ops/nn/
import type { SavedForms } from "../ir/saved_form.ts";
import { ValueError } from "../errors.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { take } from "./composed.ts";
import { lift, type Lifted } from "./lift.ts";
import * as p from "./primitives.ts";
import { type DataFormat, type PerAxis, perAxis, spatialRank, withChannelsLast } from "./spatial.ts";

/** Options of {@linkcode adaptiveAveragePool} and {@linkcode adaptiveMaxPool}. */
export interface AdaptivePoolOptions {
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** The most windows along an axis: the places in them are computed when the operation is made. */
const maxWindows = 2 ** 16;

/** The elements of each window along an axis `[windows, longest]`; shorter windows have their last one again. */
function windowsOf(extent: number, windows: number): { places: Tensor; lengths: number[] } {
  const starts = Array.from({ length: windows }, (_, i) => Math.floor((i * extent) / windows));
  const lengths = starts.map((start, i) => Math.ceil(((i + 1) * extent) / windows) - start);
  const longest = Math.max(...lengths);
  const places = starts.flatMap((start, i) =>
    Array.from({ length: longest }, (_, k) => start + Math.min(k, lengths[i] - 1))
  );
  return { places: new Tensor([windows, longest], "int32", Int32Array.from(places)), lengths };
}

/** Reduces the windows of each spatial axis; `reduce` gets windows `[..., windows, longest, ...]` and their axis. */
function pooled(
  what: string,
  x: Operand,
  size: PerAxis,
  { dataFormat = "channels_last" }: AdaptivePoolOptions,
  reduce: (windows: Operand, axis: number, lengths: readonly number[]) => Operand,
): Operand {
  return withChannelsLast(what, x, dataFormat, (input) => {
    const sizes = perAxis(what, "outputSize", size, spatialRank(what, shapeOf(input)));
    const wrong = sizes.find((windows) => windows > maxWindows);
    if (wrong !== undefined) {
      throw new ValueError({
        what,
        rule: `outputSize may be at most ${maxWindows}`,
        received: `${wrong}`,
        hint: "give the number of windows along each axis",
      });
    }
    return sizes.reduce((left: Operand, windows, i) => {
      const { places, lengths } = windowsOf(shapeOf(left)[i + 1], windows);
      return reduce(take(left, places, i + 1), i + 2, lengths);
    }, input);
  });
}

/**
 * The mean of windows that divide each spatial axis of `[batch, ..., channels]` as evenly as they can, so that there are
 * `outputSize` of them. Keras: https://keras.io/api/ops/nn/
 *
 * @throws {ShapeError} for an input without spatial axes, {@linkcode ValueError} for an invalid size
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * console.log(ops.adaptiveAveragePool(ops.ones([1, 7, 5, 3]), [3, 2]).shape); // [ 1, 3, 2, 3 ]
 * ```
 */
export const adaptiveAveragePool: Lifted<[x: Operand, outputSize: PerAxis, options?: AdaptivePoolOptions]> = lift(
  (x, outputSize, options = {}) =>
    pooled("Cannot pool to a size", p.cast(x, "float32"), outputSize, options, (windows, axis, lengths) => {
      const shape = shapeOf(windows);
      const longest = shape[axis];
      const weights = Float32Array.from(
        { length: lengths.length * longest },
        (_, i) => i % longest < lengths[Math.floor(i / longest)] ? 1 / lengths[Math.floor(i / longest)] : 0,
      );
      const rest = new Array<number>(shape.length - axis - 1).fill(1);
      return p.sum(p.multiply(windows, new Tensor([lengths.length, longest, ...rest], "float32", weights)), axis);
    }),
  { optionsAt: 2 },
);

/** The largest element of such windows: as {@linkcode adaptiveAveragePool}. */
export const adaptiveMaxPool: Lifted<[x: Operand, outputSize: PerAxis, options?: AdaptivePoolOptions]> = lift(
  (x, outputSize, options = {}) =>
    pooled("Cannot pool to a size", x, outputSize, options, (windows, axis) => p.max(windows, axis)),
  { optionsAt: 2 },
);

/** How Keras's files write these functions. */
export const savedAdaptivePools: SavedForms = {
  adaptiveAveragePool: { module: "nn", keys: { output_size: null, data_format: null }, optionsFrom: 1 },
  adaptiveMaxPool: { module: "nn", keys: { output_size: null, data_format: null }, optionsFrom: 1 },
};
