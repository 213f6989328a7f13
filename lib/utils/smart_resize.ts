// smartResize: images of one size without distortion. https://keras.io/api/data_loading/image/
import { describe, ShapeError } from "../errors.ts";
import { interpolationOption } from "../layers/image_preprocessing.ts";
import { type DataFormat, dataFormatOption } from "../layers/data_format.ts";
import { type Interpolation, resize } from "../ops/resize.ts";
import { isList, isNumber } from "../option_kinds.ts";
import { optionTable, readMethodOptions } from "../options.ts";
import { type Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";

/** Options of {@linkcode smartResize}. */
export interface SmartResizeOptions {
  /** How to interpolate between pixels; `"bilinear"` by default. */
  interpolation?: Interpolation;
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

const smartResizeOptions = optionTable<SmartResizeOptions>()({
  interpolation: interpolationOption("bilinear"),
  dataFormat: dataFormatOption,
});

/**
 * Images of one size, undistorted: the largest part in the middle of that aspect ratio is resized. As Keras's
 * `keras.preprocessing.image.smart_resize`.
 *
 * @param x an image `[height, width, channels]`, or a batch of them
 * @param size `[height, width]`
 * @throws {ShapeError} if x is no image, or the size no pair of positive integers
 *
 * @example A wide picture as a square
 * ```ts
 * import { ops, utils } from "./mod.ts";
 * console.log(utils.smartResize(ops.ones([4, 8, 3]), [2, 2]).shape); // [ 2, 2, 3 ]
 * ```
 */
export function smartResize(x: TensorLike, size: readonly number[], options: SmartResizeOptions = {}): Tensor {
  const what = "Cannot resize an image";
  const { interpolation, dataFormat } = readMethodOptions("smartResize", smartResizeOptions, options, what);
  if (!isList(size, isNumber) || size.length !== 2) {
    throw new ShapeError({
      what,
      rule: "size must be the height and the width",
      received: describe(size),
      hint: "write it as in [224, 224]",
    });
  }
  return resize(toTensor(x, what, "x"), size, { interpolation, dataFormat, cropToAspectRatio: true });
}
