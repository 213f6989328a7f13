// How alike two images are.
import { ShapeError, ValueError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { conv } from "./convolve.ts";
import { gaussianWeights } from "./gaussian_blur.ts";
import { imageSize } from "./image_batch.ts";
import { lift, type Lifted, liftNamed, type Named } from "./lift.ts";
import { log10 } from "./logarithms.ts";
import * as o from "./primitives.ts";
import type { DataFormat } from "./spatial.ts";

/** Options of {@linkcode ssim}. */
export interface SsimOptions {
  /** The largest value that pixels may have; 1 by default. */
  maxVal?: number;
  /** The pixels each way that are compared at a time, an odd number; 11 by default. */
  filterSize?: number;
  /** The standard deviation of their weights, in pixels; 1.5 by default. */
  filterSigma?: number;
  /** What keeps the comparison of brightness stable; 0.01 by default. */
  k1?: number;
  /** What keeps the comparison of contrast stable; 0.03 by default. */
  k2?: number;
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** Throws {@linkcode ShapeError} unless two shapes are equal. */
function checkSame(what: string, a: Operand, b: Operand): void {
  if (formatShape(shapeOf(a)) === formatShape(shapeOf(b))) return;
  throw new ShapeError({
    what,
    rule: "both must have the same shape",
    received: `${formatShape(shapeOf(a))} and ${formatShape(shapeOf(b))}`,
    hint: "resize or crop one of them first",
  });
}

/**
 * The structural similarity of images `[batch, height, width, channels]`: `[batch]`, or one number for single images;
 * from -1 to 1, which equal images have. Wang, Bovik, Sheikh, Simoncelli, Image Quality Assessment: From Error Visibility
 * to Structural Similarity, 2004. Throws {@linkcode ShapeError} for shapes that differ or are smaller than the filter,
 * {@linkcode ValueError} for invalid options. Keras: https://keras.io/api/ops/image/
 *
 * @example
 * ```ts
 * import { ops, random } from "./mod.ts";
 * const photo = random.uniform([32, 32, 3], { seed: 1 });
 * console.log(ops.image.ssim(photo, photo).item().toFixed(3)); // 1.000
 * ```
 */
export const ssim: Lifted<[image1: Operand, image2: Operand, options?: SsimOptions]> = lift(
  (image1, image2, options = {}) => {
    const { maxVal = 1, filterSize = 11, filterSigma = 1.5, k1 = 0.01, k2 = 0.03, dataFormat = "channels_last" } =
      options;
    const what = "Cannot compare images";
    checkSame(what, image1, image2);
    const shape = shapeOf(image1);
    const [height, width] = imageSize(what, shape, dataFormat);
    if (!Number.isInteger(filterSize) || filterSize < 1 || filterSize % 2 === 0 || !(filterSigma > 0)) {
      throw new ValueError({
        what,
        rule: "filterSize must be an odd number of at least 1, and filterSigma above 0",
        received: `${filterSize} and ${filterSigma}`,
        hint: "give filterSize: 11, filterSigma: 1.5",
      });
    }
    if (height < filterSize || width < filterSize) {
      throw new ShapeError({
        what,
        rule: `images must be at least as large as the filter of ${filterSize} pixels`,
        received: formatShape(shape),
        hint: "give a smaller filterSize",
      });
    }
    const axes = dataFormat === "channels_last" ? [0, 3, 1, 2] : [0, 1, 2, 3];
    // Each channel becomes an image of its own.
    const count = shape.length === 4 ? shape[0] : 1;
    const planes = (image: Operand) => {
      const batch = o.reshape(o.cast(image, "float32"), shape.length === 4 ? shape : [1, ...shape]);
      return o.reshape(o.transpose(batch, axes), [-1, height, width, 1]);
    };
    const weights = gaussianWeights(filterSize, filterSigma);
    const kernel = o.multiply(o.reshape(weights, [filterSize, 1, 1, 1]), o.reshape(weights, [1, filterSize, 1, 1]));
    const average = (x: Operand) => conv(x, kernel);
    const [a, b] = [planes(image1), planes(image2)];
    const [meanA, meanB] = [average(a), average(b)];
    const both = o.multiply(meanA, meanB);
    const squares = o.add(o.square(meanA), o.square(meanB));
    const spread = o.subtract(o.add(average(o.square(a)), average(o.square(b))), squares);
    const shared = o.subtract(average(o.multiply(a, b)), both);
    const [c1, c2] = [(k1 * maxVal) ** 2, (k2 * maxVal) ** 2];
    const twice = (x: Operand, c: number) => o.add(o.multiply(x, 2), c);
    const map = o.divide(
      o.multiply(twice(both, c1), twice(shared, c2)),
      o.multiply(o.add(squares, c1), o.add(spread, c2)),
    );
    const values = o.mean(o.reshape(map, [count, -1]), 1);
    const result = shape.length === 4 ? values : o.reshape(values, []);
    return o.cast(result, dtypeOf(image1));
  },
  { optionsAt: 2 },
);

/**
 * The peak signal-to-noise ratio of two arrays in decibels, a scalar: the larger, the closer; `maxVal` is the largest
 * value that elements may have. Throws {@linkcode ShapeError} for shapes that differ.
 * Keras: https://keras.io/api/ops/nn/#psnr-function
 *
 * @example
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * console.log(ops.psnr(tensor([0, 1]), tensor([0.5, 1]), 1).item().toFixed(2)); // 9.03
 * ```
 */
export const psnr: Named<[x1: Operand, x2: Operand], [maxVal: number], { maxVal: number }> = liftNamed(
  2,
  ["maxVal"],
  (x1, x2, maxVal) => {
    const what = "Cannot take a signal-to-noise ratio";
    checkSame(what, x1, x2);
    if (!(maxVal > 0)) {
      throw new ValueError({
        what,
        rule: "maxVal must be a number above 0",
        received: String(maxVal),
        hint: "give 1 or 255, the largest value of pixels",
      });
    }
    const error = o.mean(o.square(o.subtract(o.cast(x1, "float32"), o.cast(x2, "float32"))));
    return o.subtract(20 * Math.log10(maxVal), o.multiply(log10(error), 10));
  },
);
