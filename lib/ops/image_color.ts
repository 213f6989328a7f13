// The colors of images.
import { ShapeError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { onImageBatch } from "./image_batch.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import type { DataFormat } from "./spatial.ts";

/** The luminance of red, green and blue. ITU-R BT.601. */
const luma = new Tensor([3], "float32", Float32Array.of(0.2989, 0.587, 0.114));

/**
 * Converts images `[batch, height, width, 3]`, or one without the batch axis, to grayscale with one channel, in their
 * dtype: integers are truncated. Grayscale images stay as they are. Throws {@linkcode ShapeError} for other shapes.
 * Keras: https://keras.io/api/ops/image/#rgb_to_grayscale-function
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const red = tensor([[[255, 0, 0]]]);
 * console.log(ops.image.rgbToGrayscale(red).item().toFixed(1)); // 76.2
 * ```
 */
export const rgbToGrayscale: Lifted<[images: Operand, options?: { dataFormat?: DataFormat }]> = lift(
  (images, options = {}) => {
    const { dataFormat = "channels_last" } = options;
    const what = "Cannot make images grey";
    return onImageBatch(what, images, dataFormat, (batch) => {
      const channels = shapeOf(batch)[3];
      if (channels === 1) return batch;
      if (channels !== 3) {
        throw new ShapeError({
          what,
          rule: "images must have 3 channels, or 1",
          received: `${channels} of ${formatShape(shapeOf(images))}`,
          hint: dataFormat === "channels_last"
            ? 'give dataFormat: "channels_first" where the channels come first'
            : 'give dataFormat: "channels_last" where the channels come last',
        });
      }
      const grey = o.sum(o.multiply(o.cast(batch, "float32"), luma), 3, true);
      return o.cast(grey, dtypeOf(batch));
    });
  },
  { optionsAt: 1 },
);
