// Padding and cropping of images.
import { describe, ValueError } from "../errors.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { imageSize, onImageBatch } from "./image_batch.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import type { DataFormat } from "./spatial.ts";

/** How images are padded: two of `topPadding`, `bottomPadding`, `targetHeight`, and two of the others. */
export interface Padded {
  /** The rows of zeros above. */
  topPadding?: number;
  /** The rows of zeros below. */
  bottomPadding?: number;
  /** The columns of zeros on the left. */
  leftPadding?: number;
  /** The columns of zeros on the right. */
  rightPadding?: number;
  /** The height of the result. */
  targetHeight?: number;
  /** The width of the result. */
  targetWidth?: number;
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** How images are cropped: two of `topCropping`, `bottomCropping`, `targetHeight`, and two of the others. */
export interface Cropping {
  /** The rows cropped at the top. */
  topCropping?: number;
  /** The rows cropped at the bottom. */
  bottomCropping?: number;
  /** The columns cropped on the left. */
  leftCropping?: number;
  /** The columns cropped on the right. */
  rightCropping?: number;
  /** The height of the result. */
  targetHeight?: number;
  /** The width of the result. */
  targetWidth?: number;
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
}

/**
 * The frame along one axis, before and after, from two of three numbers; `sign` is 1 if it is added to the extent.
 * Throws {@linkcode ValueError} if they are not two, or if one is or becomes negative.
 */
function resolveFrame(what: string, given: Readonly<Record<string, number | undefined>>, extent: number, sign: 1 | -1) {
  const names = Object.keys(given);
  const fail = (rule: string, received: string, hint: string) => {
    throw new ValueError({ what, rule, received, hint });
  };
  const known = names.filter((name) => given[name] !== undefined);
  if (known.length !== 2) {
    fail(`exactly two of ${names.join(", ")} must be given`, known.join(", ") || "none", "leave the third one out");
  }
  const [before, behind, target] = names.map((name) => given[name]);
  const total = target === undefined ? before! + behind! : sign * (target - extent);
  const all = {
    [names[0]]: before ?? total - behind!,
    [names[1]]: behind ?? total - before!,
    [names[2]]: target ?? extent + sign * total,
  };
  for (const [name, value] of Object.entries(all)) {
    if (Number.isInteger(value) && value >= 0) continue;
    const inferred = given[name] === undefined;
    fail(
      `${name} must be an integer of at least 0`,
      inferred ? `${value} as what is left for images of ${extent}` : describe(value),
      inferred ? `give a ${sign === 1 ? "larger" : "smaller"} frame or target` : "give a whole number",
    );
  }
  return [all[names[0]], all[names[1]], all[names[2]]];
}

/**
 * Pads images `[batch, height, width, channels]`, or one without the batch axis, with zeros. Throws {@linkcode
 * ShapeError} for other shapes, {@linkcode ValueError} if the numbers do not define a frame.
 * Keras: https://keras.io/api/ops/image/#pad_images-function
 *
 * @example A frame of 2
 * ```ts
 * import { ops } from "./mod.ts";
 * const frame = { topPadding: 2, bottomPadding: 2, leftPadding: 2, rightPadding: 2 };
 * console.log(ops.image.padImages(ops.ones([28, 28, 1]), frame).shape); // [ 32, 32, 1 ]
 * ```
 */
export const padImages: Lifted<[images: Operand, frame: Padded]> = lift((images, given) => {
  const frame: Partial<Padded> = given;
  const { topPadding, bottomPadding, leftPadding, rightPadding, targetHeight, targetWidth } = frame;
  const { dataFormat = "channels_last" } = frame;
  const what = "Cannot pad images";
  const [height, width] = imageSize(what, shapeOf(images), dataFormat);
  const [top, bottom] = resolveFrame(what, { topPadding, bottomPadding, targetHeight }, height, 1);
  const [left, right] = resolveFrame(what, { leftPadding, rightPadding, targetWidth }, width, 1);
  return onImageBatch(
    what,
    images,
    dataFormat,
    (batch) => o.pad(batch, [0, top, left, 0], [0, bottom, right, 0]),
  );
}, { optionsAt: 1 });

/**
 * Crops images `[batch, height, width, channels]`, or one without the batch axis. Throws {@linkcode ShapeError} for
 * other shapes, {@linkcode ValueError} if the numbers do not define a part.
 * Keras: https://keras.io/api/ops/image/#crop_images-function
 *
 * @example The upper left corner
 * ```ts
 * import { ops } from "./mod.ts";
 * const corner = { topCropping: 0, leftCropping: 0, targetHeight: 16, targetWidth: 20 };
 * console.log(ops.image.cropImages(ops.ones([32, 32, 3]), corner).shape); // [ 16, 20, 3 ]
 * ```
 */
export const cropImages: Lifted<[images: Operand, frame: Cropping]> = lift((images, given) => {
  const frame: Partial<Cropping> = given;
  const { topCropping, bottomCropping, leftCropping, rightCropping, targetHeight, targetWidth } = frame;
  const { dataFormat = "channels_last" } = frame;
  const what = "Cannot crop images";
  const [height, width] = imageSize(what, shapeOf(images), dataFormat);
  const [top, , rows] = resolveFrame(what, { topCropping, bottomCropping, targetHeight }, height, -1);
  const [left, , columns] = resolveFrame(what, { leftCropping, rightCropping, targetWidth }, width, -1);
  return onImageBatch(what, images, dataFormat, (batch) => {
    const [count, , , channels] = shapeOf(batch);
    return o.slice(batch, [0, top, left, 0], [count, rows, columns, channels]);
  });
}, { optionsAt: 1 });
