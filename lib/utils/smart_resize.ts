// Images of one size without distortion. https://keras.io/api/data_loading/image/
import { type Interpolation, resize, type ResizeOptions } from "../ops/resize.ts";
import { lift, type Lifted } from "../ops/lift.ts";
import type { Operand } from "../tensor/apply.ts";

/** Options of {@linkcode smartResize}. */
export interface SmartResizeOptions {
  /** How to interpolate between pixels; `bilinear` by default. */
  interpolation?: Interpolation;
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: ResizeOptions["dataFormat"];
}

/**
 * Resizes images `[batch, height, width, channels]`, or one without the batch axis, to `size` `[height, width]`: the largest
 * part in their middle that has its aspect ratio. Throws {@linkcode ShapeError} or {@linkcode ValueError} for invalid
 * images or sizes. Keras: https://keras.io/api/data_loading/image/#smart_resize-function
 *
 * @example
 * ```ts
 * import { ops, utils } from "./mod.ts";
 * console.log(utils.smartResize(ops.ones([340, 500, 3]), [200, 200]).shape); // [ 200, 200, 3 ]
 * ```
 */
export const smartResize: Lifted<[x: Operand, size: readonly number[], options?: SmartResizeOptions]> = lift(
  (x, size, options = {}) => resize(x, size, { ...options, cropToAspectRatio: true }),
  { optionsAt: 2 },
);
