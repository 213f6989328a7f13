// Max and average pooling with Keras's arguments.
import { checkConstant, Tensor } from "../tensor/tensor.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { apply, type Operand, shapeOf } from "../tensor/apply.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import { eachTap, positionsOf } from "./extents/window.ts";
import {
  checkName,
  type DataFormat,
  type Padding,
  type PerAxis,
  perAxis,
  resolvePadding,
  spatialRank,
  withChannelsLast,
} from "./spatial.ts";
import type { WindowAttrs } from "../ir/attrs.ts";

/** Options of {@linkcode maxPool} and {@linkcode averagePool}. */
export interface PoolOptions {
  /** The step of the window; the pool size by default. */
  strides?: PerAxis;
  /** `valid` by default. */
  padding?: "valid" | "same";
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** The windows of a pool, and how they move. */
function windows(
  what: string,
  shape: Shape,
  poolSize: PerAxis,
  { strides = poolSize, padding = "valid" }: PoolOptions,
): WindowAttrs & { sizes: number[] } {
  const rank = spatialRank(what, shape);
  checkName(what, "padding", padding, ["valid", "same"] satisfies Padding[]);
  const sizes = perAxis(what, "poolSize", poolSize, rank);
  const steps = perAxis(what, "strides", strides, rank);
  const dilation = sizes.map(() => 1);
  return { sizes, strides: steps, dilation, ...resolvePadding(padding, shape.slice(1, -1), sizes, steps, dilation) };
}

/**
 * The largest element of each window of `poolSize` over `x`, `[batch, ...spatial, channels]` with one to three spatial
 * axes, in float32. Throws {@linkcode ShapeError} if no window fits.
 * Keras: https://keras.io/api/ops/nn/#maxpool-function
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * const x = ops.reshape(ops.arange(16), [1, 4, 4, 1]);
 * console.log(ops.maxPool(x, 2).data); // Float32Array(4) [ 5, 7, 13, 15 ]
 * ```
 */
export const maxPool: Lifted<[x: Operand, poolSize: PerAxis, options?: PoolOptions]> = lift(
  (x, poolSize, options = {}) => {
    const what = "Cannot pool";
    return withChannelsLast(
      what,
      x,
      options.dataFormat ?? "channels_last",
      (input) => apply("maxPool", [input], windows(what, shapeOf(input), poolSize, options))[0],
    );
  },
  { optionsAt: 2 },
);

/**
 * The mean of each window of `poolSize` over `x`, `[batch, ...spatial, channels]` with one to three spatial axes, in
 * float32; padding is not counted. Throws {@linkcode ShapeError} if no window fits.
 * Keras: https://keras.io/api/ops/nn/#averagepool-function
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * const x = ops.reshape(ops.arange(16), [1, 4, 4, 1]);
 * console.log(ops.averagePool(x, 2).data); // Float32Array(4) [ 2.5, 4.5, 10.5, 12.5 ]
 * ```
 */
export const averagePool: Lifted<[x: Operand, poolSize: PerAxis, options?: PoolOptions]> = lift(
  (x, poolSize, options = {}) => {
    const what = "Cannot pool";
    return withChannelsLast(what, x, options.dataFormat ?? "channels_last", (input) => {
      const shape = shapeOf(input);
      const { sizes, ...sliding } = windows(what, shape, poolSize, options);
      const channels = shape[shape.length - 1];
      const extents = shape.slice(1, -1);
      const positions = positionsOf(what, extents, sizes, sliding);
      const weight = (scale: number) => o.full([...sizes, 1, channels], scale);
      const sumsBy = (kernel: Operand) =>
        apply("convolution", [input, kernel], { ...sliding, groups: channels, epilogue: null })[0];
      if ([...sliding.low, ...sliding.high].every((padding) => padding === 0)) return sumsBy(weight(1 / sizeOf(sizes)));
      // Windows that reach over the edge cover fewer elements.
      checkConstant("pool", positions);
      const counts = new Float32Array(sizeOf(positions));
      eachTap(extents, positions, sizes, sliding, (position) => counts[position]++);
      if (counts.every((count) => count === counts[0])) return sumsBy(weight(1 / counts[0]));
      const shares = new Tensor([...positions, 1], "float32", counts.map((count) => 1 / count));
      return o.multiply(sumsBy(weight(1)), shares);
    });
  },
  { optionsAt: 2 },
);

const keys = { pool_size: null, strides: null, padding: "valid", data_format: "channels_last" } as const;

/** How Keras's files write pools. */
export const savedPools: SavedForms = {
  averagePool: { module: "nn", keys, optionsFrom: 1 },
  maxPool: { module: "nn", keys, optionsFrom: 1 },
};
