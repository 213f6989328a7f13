// Patches of images and volumes. https://keras.io/api/ops/image/
import { ShapeError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { formatShape } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { conv } from "./convolve.ts";
import { eye } from "./diagonals.ts";
import { lift, type Lifted } from "./lift.ts";
import * as p from "./primitives.ts";
import { type DataFormat, type PerAxis, perAxis } from "./spatial.ts";

/** Options of {@linkcode extractPatches}. */
export interface PatchOptions {
  /** The distances of patches, one for each axis or one for all; the size of a patch by default. */
  strides?: PerAxis | null;
  /** The distances of elements within a patch; 1 by default. */
  dilationRate?: PerAxis;
  /** `valid` by default: no patch reaches beyond the image. With `same`, zeros are added. */
  padding?: "valid" | "same";
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** The most elements of a patch. */
const maxElements = 2 ** 13;

/** The patches of images or volumes with `rank` spatial axes. */
function patches(images: Operand, size: PerAxis, options: PatchOptions, rank: 2 | 3): Operand {
  const what = "Cannot extract patches";
  const { strides = null, dilationRate = 1, padding = "valid", dataFormat = "channels_last" } = options;
  const shape = shapeOf(images);
  const isOne = shape.length === rank + 1;
  if (!isOne && shape.length !== rank + 2) {
    throw new ShapeError({
      what,
      rule: `there must be ${rank} axes of places and one of channels, and may be one of the batch`,
      received: formatShape(shape),
      hint: "add an axis of extent 1 for the channels",
    });
  }
  const sizes = perAxis(what, "size", size, rank);
  const channels = dataFormat === "channels_first" ? shape[shape.length - rank - 1] : shape[shape.length - 1];
  const elements = sizes.reduce((product, extent) => product * extent, channels);
  if (!(elements <= maxElements)) {
    throw new ShapeError({
      what,
      rule: `a patch may have at most ${maxElements} elements`,
      received: String(elements),
      hint: "extract smaller patches, or reshape the image",
    });
  }
  // A convolution whose filters each copy one element.
  const kernel = p.reshape(eye(elements, elements, 0, "float32"), [...sizes, channels, elements]);
  const batch = p.cast(isOne ? p.reshape(images, [1, ...shape]) : images, "float32");
  const made = conv(batch, kernel, { strides: strides ?? sizes, padding, dilationRate, dataFormat });
  const kept = p.cast(made, dtypeOf(images));
  return isOne ? p.reshape(kept, shapeOf(kept).slice(1)) : kept;
}

/**
 * The patches of images `[batch, height, width, channels]`, or of one without the batch axis, side by side unless
 * `strides` say otherwise: `[batch, rows, columns, elements]`, the elements of a patch in their order in the image. With
 * a `size` of three numbers, those of volumes. Keras: https://keras.io/api/ops/image/#extract_patches-function
 *
 * @throws {ShapeError} for images of other shapes
 *
 * @example Four patches of a picture
 * ```ts
 * import { ops } from "./mod.ts";
 * console.log(ops.image.extractPatches(ops.ones([28, 28, 3]), 14).shape); // [ 2, 2, 588 ]
 * ```
 */
export const extractPatches: Lifted<[images: Operand, size: PerAxis, options?: PatchOptions]> = lift(
  (images, size, options = {}) => patches(images, size, options, Array.isArray(size) && size.length === 3 ? 3 : 2),
  { optionsAt: 2 },
);

/**
 * The patches of volumes `[batch, depth, height, width, channels]`, or of one without the batch axis, as {@linkcode
 * extractPatches} gives them. Keras: https://keras.io/api/ops/image/
 *
 * @throws {ShapeError} for volumes of other shapes
 */
export const extractPatches3d: Lifted<[volumes: Operand, size: PerAxis, options?: PatchOptions]> = lift(
  (volumes, size, options = {}) => patches(volumes, size, options, 3),
  { optionsAt: 2 },
);

/** How Keras's files write these functions. */
export const savedPatches: SavedForms = {
  "image.extractPatches": {
    module: "image",
    keys: { size: null, strides: null, dilation_rate: 1, padding: "valid", data_format: null },
    optionsFrom: 1,
  },
};
