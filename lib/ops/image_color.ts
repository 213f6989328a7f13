// The colours of images.
import { ShapeError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { onImageBatch } from "./image_batch.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import type { DataFormat } from "./spatial.ts";

/** How bright red, green and blue are. ITU-R BT.601. */
const luma = new Tensor([3], "float32", Float32Array.of(0.2989, 0.587, 0.114));

/**
 * Images `[batch, height, width, 3]`, or one without the batch axis, as grey ones with one channel, in their dtype:
 * fractions of whole numbers are cut off. Grey images stay. Throws {@linkcode ShapeError} for what is no such image.
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
);
