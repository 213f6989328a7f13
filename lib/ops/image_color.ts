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

/** The channels of images, which must be three, each `[batch, height, width]`. */
function planesOf(what: string, images: Operand, batch: Operand): Operand[] {
  const [count, height, width, channels] = shapeOf(batch);
  if (channels !== 3) {
    throw new ShapeError({
      what,
      rule: "images must have 3 channels",
      received: `${channels} of ${formatShape(shapeOf(images))}`,
      hint: "say with dataFormat where the channels are",
    });
  }
  const floats = o.cast(batch, "float32");
  return [0, 1, 2].map((channel) =>
    o.reshape(o.slice(floats, [0, 0, 0, channel], [count, height, width, 1]), [count, height, width])
  );
}

/**
 * Colors as hue, saturation and value, each from 0 to 1, of red, green and blue from 0 to 1: images `[batch, height,
 * width, 3]`, or one without the batch axis, in float32. Throws {@linkcode ShapeError} for other shapes.
 * Keras: https://keras.io/api/ops/image/#rgb_to_hsv-function
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.image.rgbToHsv(tensor([[[1, 0, 0]]])).toArray()); // [ [ [ 0, 1, 1 ] ] ]
 * ```
 */
export const rgbToHsv: Lifted<[images: Operand, options?: { dataFormat?: DataFormat }]> = lift(
  (images, options = {}) => {
    const what = "Cannot take hues";
    return onImageBatch(what, images, options.dataFormat ?? "channels_last", (batch) => {
      const tiny = 2 ** -23;
      const [r, g, b] = planesOf(what, images, batch).map((x) => o.select(o.less(o.abs(x), tiny), 0, x));
      const value = o.maximum(o.maximum(r, g), b);
      const range = o.subtract(value, o.minimum(o.minimum(r, g), b));
      const [isLit, isColored] = [o.greater(value, 0), o.greater(range, 0)];
      const saturation = o.select(isLit, o.divide(range, o.select(isLit, value, 1)), 0);
      const scale = o.divide(1 / 6, o.select(isColored, range, 1));
      const from = (difference: Operand, turn: number) => o.add(o.multiply(scale, difference), turn);
      const others = o.select(o.equal(value, g), from(o.subtract(b, r), 1 / 3), from(o.subtract(r, g), 2 / 3));
      const hue = o.select(o.equal(value, r), from(o.subtract(g, b), 0), others);
      const turned = o.add(o.select(isColored, hue, 0), o.cast(o.less(hue, 0), "float32"));
      return o.stack([turned, saturation, value], -1);
    });
  },
  { optionsAt: 1 },
);

/**
 * Colors as red, green and blue of hue, saturation and value: the inverse of {@linkcode rgbToHsv}.
 * Keras: https://keras.io/api/ops/image/#hsv_to_rgb-function
 */
export const hsvToRgb: Lifted<[images: Operand, options?: { dataFormat?: DataFormat }]> = lift(
  (images, options = {}) => {
    const what = "Cannot take colors";
    return onImageBatch(what, images, options.dataFormat ?? "channels_last", (batch) => {
      const [hue, saturation, value] = planesOf(what, images, batch);
      const turn = o.multiply(o.mod(hue, 1), 6);
      const share = (x: Operand) => o.minimum(o.maximum(x, 0), 1);
      const shares = [
        share(o.subtract(o.abs(o.subtract(turn, 3)), 1)),
        share(o.subtract(2, o.abs(o.subtract(turn, 2)))),
        share(o.subtract(2, o.abs(o.subtract(turn, 4)))),
      ];
      const grey = o.subtract(1, saturation);
      return o.stack(shares.map((part) => o.multiply(value, o.add(grey, o.multiply(saturation, part)))), -1);
    });
  },
  { optionsAt: 1 },
);
