// Resizing images, with Keras's interpolations.
import { ValueError } from "../errors.ts";
import { checkSize, formatShape, sizeOf } from "../shape.ts";
import { apply, dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { clip } from "./composed.ts";
import { onImageBatch } from "./image_batch.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import { centralPart, extentInRatio, type Taps, tapsOf } from "./resize_taps.ts";
import { checkName, type DataFormat, perAxis } from "./spatial.ts";

const interpolations = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"] as const;

/** How to interpolate between pixels. */
export type Interpolation = "nearest" | "bilinear" | "bicubic" | "lanczos3" | "lanczos5";

/** Options of {@linkcode resize}. */
export interface ResizeOptions {
  /** `bilinear` by default. */
  interpolation?: Interpolation;
  /** Whether shrinking averages over pixels; not for `nearest`; false by default. */
  antialias?: boolean;
  /** Whether images are cropped around their middle first to keep their aspect ratio; false by default. */
  cropToAspectRatio?: boolean;
  /** Whether images are padded with `fillValue` first to keep their aspect ratio; false by default. */
  padToAspectRatio?: boolean;
  /** The value to pad with; 0 by default. */
  fillValue?: number;
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** The taps of the gradient: the outputs that each of `from` elements goes to. */
function adjointOf(taps: readonly Taps[], from: number): Taps[] {
  const back = Array.from({ length: from }, (): Taps => ({ indices: [], weights: [] }));
  taps.forEach(({ indices, weights }, i) =>
    indices.forEach((j, t) => {
      back[j].indices.push(i);
      back[j].weights.push(weights[t]);
    })
  );
  return back;
}

/** Taps as two tables of one width, padded with weights of 0. */
function tables(taps: readonly Taps[]): [Tensor, Tensor] {
  const width = Math.max(1, ...taps.map(({ indices }) => indices.length));
  const [indices, weights] = [new Int32Array(taps.length * width), new Float32Array(taps.length * width)];
  taps.forEach((row, i) => {
    indices.set(row.indices, i * width);
    weights.set(row.weights, i * width);
  });
  const shape = [taps.length, width];
  return [new Tensor(shape, "int32", indices), new Tensor(shape, "float32", weights)];
}

/** The largest part in the middle of a batch with the aspect ratio of `height` and `width`. */
function cropTo(batch: Operand, height: number, width: number): Operand {
  const [count, rows, columns, channels] = shapeOf(batch);
  const part = centralPart(rows, columns, height, width);
  return o.slice(batch, [0, part.top, part.left, 0], [count, part.rows, part.columns, channels]);
}

/** A batch padded with `value` to the aspect ratio of `height` and `width`. */
function padTo(batch: Operand, height: number, width: number, value: number): Operand {
  const [, rows, columns] = shapeOf(batch);
  const above = Math.floor((Math.max(rows, extentInRatio(columns, height, width)) - rows) / 2);
  const before = Math.floor((Math.max(columns, extentInRatio(rows, width, height)) - columns) / 2);
  const frame = [0, above, before, 0];
  return o.pad(batch, frame, frame, { value });
}

/**
 * Resizes images `[batch, height, width, channels]`, or one without the batch axis, to `size` `[height, width]`, in
 * their dtype: integers are rounded. Pixel centers are at halves, as in TensorFlow 2. Throws {@linkcode ShapeError} or
 * {@linkcode ValueError} for invalid images or sizes.
 * Keras: https://keras.io/api/ops/image/#resize-function
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * const image = ops.reshape(ops.arange(4), [2, 2, 1]);
 * console.log(ops.image.resize(image, [4, 4], { interpolation: "nearest" }).shape); // [ 4, 4, 1 ]
 * ```
 */
export const resize: Lifted<[images: Operand, size: readonly number[], options?: ResizeOptions]> = lift(
  (images, size, options = {}) => {
    const { interpolation = "bilinear", antialias = false, fillValue = 0, dataFormat = "channels_last" } = options;
    const { cropToAspectRatio = false, padToAspectRatio = false } = options;
    const what = "Cannot resize";
    const shape = shapeOf(images);
    checkName(what, "interpolation", interpolation, interpolations);
    const [height, width] = perAxis(what, "size", size, 2);
    checkSize([height, width], what);
    if (cropToAspectRatio && padToAspectRatio) {
      throw new ValueError({
        what,
        rule: "images are either cropped or padded to the new aspect ratio",
        received: "both",
        hint: "leave out cropToAspectRatio or padToAspectRatio",
      });
    }
    return onImageBatch(what, images, dataFormat, (batch) => {
      if (sizeOf(shapeOf(batch).slice(1, 3)) === 0) {
        throw new ValueError({ what, rule: "images must have pixels", received: formatShape(shape) });
      }
      let result: Operand = o.cast(batch, "float32");
      if (cropToAspectRatio) result = cropTo(result, height, width);
      if (padToAspectRatio) result = padTo(result, height, width, fillValue);
      [height, width].forEach((extent, i) => {
        const from = shapeOf(result)[i + 1];
        if (from === extent) return;
        const taps = tapsOf(from, extent, interpolation, { antialias });
        const operands = [result, ...tables(taps), ...tables(adjointOf(taps, from))];
        result = apply("resample", operands, { axis: i + 1 })[0];
      });
      if (dtypeOf(batch) === "float32") return result;
      // Integers are rounded; cubic and sinc kernels may overshoot the range of uint8.
      const whole = o.round(result);
      return o.cast(dtypeOf(batch) === "uint8" ? clip(whole, 0, 255) : whole, dtypeOf(batch));
    });
  },
  { optionsAt: 2 },
);
