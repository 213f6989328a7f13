// Blurring images.
import { ValueError } from "../errors.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { depthwiseConv } from "./convolve.ts";
import { onImageBatch } from "./image_batch.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import { type DataFormat, perAxis } from "./spatial.ts";

/** Options of {@linkcode gaussianBlur}. */
export interface GaussianBlurOptions {
  /** The number of pixels that are averaged, along the width and along the height; 3 by default. */
  kernelSize?: number | readonly number[];
  /** The standard deviation along the width and along the height, in pixels; 1 by default. */
  sigma?: number | readonly number[];
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** The weights of `size` pixels around their middle, which add up to 1: `[size]`. */
export function gaussianWeights(size: number, sigma: Operand): Operand {
  const distance = o.subtract(o.iota([size], 0, "float32"), (size - 1) / 2);
  const weights = o.exp(o.multiply(o.square(o.divide(distance, sigma)), -0.5));
  return o.divide(weights, o.sum(weights));
}

/** A batch `[batch, height, width, channels]` averaged by weights along each of the two axes; outside are zeros. */
export function weightedAverage(batch: Operand, alongHeight: Operand, alongWidth: Operand): Operand {
  const channels = shapeOf(batch)[3];
  const averaged = (x: Operand, weights: Operand, rows: number, columns: number) => {
    const kernel = o.broadcastTo(o.reshape(weights, [rows, columns, 1, 1]), [rows, columns, channels, 1]);
    return depthwiseConv(x, kernel, { padding: "same" });
  };
  const [[rows], [columns]] = [shapeOf(alongHeight), shapeOf(alongWidth)];
  return averaged(averaged(batch, alongHeight, rows, 1), alongWidth, 1, columns);
}

/**
 * Images `[batch, height, width, channels]`, or one without the batch axis, blurred by a Gaussian, in their dtype;
 * outside are zeros, and integers are rounded. As in Keras's code, the first of two numbers is that along the width.
 * Throws {@linkcode ShapeError} or {@linkcode ValueError} for invalid images or options.
 * Keras: https://keras.io/api/ops/image/#gaussian_blur-function
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * const blurred = ops.image.gaussianBlur(ops.ones([8, 8, 3]), { kernelSize: 5, sigma: 1.5 });
 * console.log(blurred.shape); // [ 8, 8, 3 ]
 * ```
 */
export const gaussianBlur: Lifted<[images: Operand, options?: GaussianBlurOptions]> = lift((images, options = {}) => {
  const { kernelSize = 3, sigma = 1, dataFormat = "channels_last" } = options;
  const what = "Cannot blur images";
  const [columns, rows] = perAxis(what, "kernelSize", kernelSize, 2);
  const sigmas = typeof sigma === "number" ? [sigma, sigma] : sigma;
  if (sigmas.length !== 2 || !sigmas.every((each) => Number.isFinite(each) && each > 0)) {
    throw new ValueError({
      what,
      rule: "sigma must be a number above 0, or two of them",
      received: JSON.stringify(sigma),
      hint: "give it in pixels, as in sigma: 1.5",
    });
  }
  return onImageBatch(what, images, dataFormat, (batch) => {
    const [alongWidth, alongHeight] = [gaussianWeights(columns, sigmas[0]), gaussianWeights(rows, sigmas[1])];
    const blurred = weightedAverage(o.cast(batch, "float32"), alongHeight, alongWidth);
    return dtypeOf(batch) === "float32" ? blurred : o.cast(o.round(blurred), dtypeOf(batch));
  });
}, { optionsAt: 1 });
