// Layers that change the size of images. https://keras.io/api/layers/preprocessing_layers/image_preprocessing/
import { ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { imageSize } from "../ops/image_batch.ts";
import { cropImages } from "../ops/image_frame.ts";
import { cast } from "../ops/primitives.ts";
import { type Interpolation, resize } from "../ops/resize.ts";
import { boolean, choice, number, positiveInteger } from "../option_kinds.ts";
import { declareOptions, type Option, optionTable, positional, required } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { type DataFormat, dataFormatOption } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";

/** How to interpolate between pixels. */
export const interpolationOption = (fallback: Interpolation): Option<Interpolation> =>
  choice(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"], fallback);

/** The height or the width of images. */
export const imageExtent: Option<number> = positional(positiveInteger(required, 2 ** 16));

/** Options of layers of images. */
export interface ImageOptions extends LayerOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

const imageOptions = optionTable<ImageOptions>()({
  ...layerOptions,
  /** The height of the output. */
  height: imageExtent,
  /** The width of the output. */
  width: imageExtent,
  dataFormat: dataFormatOption,
});

interface SizedImages extends LayerFields<ImageOptions, typeof imageOptions> {}

/** The base of layers that give images `[batch, height, width, channels]` a fixed size. */
abstract class SizedImages extends Layer {
  override readonly callDefaults = { training: true };

  /** Checks that the input is images. */
  override build(shape: SymbolicShape): void {
    imageSize(`Cannot build "${this.name}"`, shape, this.dataFormat);
  }

  /** The shape with the layer's size. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    imageSize(`Cannot build "${this.name}"`, shape, this.dataFormat);
    return resized(shape, this.height, this.width, this.dataFormat);
  }
}

/** The shape of images with another size. */
export function resized(shape: SymbolicShape, height: number, width: number, dataFormat: DataFormat): SymbolicShape {
  const axis = shape.length - (dataFormat === "channels_last" ? 3 : 2);
  return shape.map((extent, i) => (i === axis ? height : i === axis + 1 ? width : extent));
}

/** Options of {@linkcode Resizing}. */
export interface ResizingOptions extends ImageOptions {
  /** How to interpolate between pixels; `bilinear` by default. */
  interpolation?: Interpolation;
  /** Whether images are cropped around their center first to keep their aspect ratio; false by default. */
  cropToAspectRatio?: boolean;
  /** Whether images are padded with `fillValue` first to keep their aspect ratio; false by default. */
  padToAspectRatio?: boolean;
  /** How images are padded: `constant` with one value. */
  fillMode?: "constant";
  /** The value to pad with; 0 by default. */
  fillValue?: number;
  /** Whether shrinking averages over pixels; not for `nearest`; false by default. */
  antialias?: boolean;
}

const resizingOptions = optionTable<ResizingOptions>()({
  ...imageOptions,
  interpolation: interpolationOption("bilinear"),
  cropToAspectRatio: boolean(false),
  padToAspectRatio: boolean(false),
  fillMode: choice(["constant"]),
  fillValue: number(0),
  antialias: boolean(false),
});

/** The options, checked and completed. */
export interface Resizing extends LayerFields<ResizingOptions, typeof resizingOptions> {}

/**
 * Resizes images `[batch, height, width, channels]`, in their dtype, in training and inference.
 *
 * @example Photographs of any size for a model of a fixed size
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [null, null, 3] }), new layers.Resizing(96, 128)]);
 * console.log(model.outputShape); // [ null, 96, 128, 3 ]
 * ```
 */
export class Resizing extends SizedImages {
  static {
    declareOptions(this, resizingOptions);
  }

  /**
   * Takes the size. Throws {@linkcode ValueError} for an invalid size or option. Defaults:
   * `dataFormat: "channels_last"`, `interpolation: "bilinear"`, `cropToAspectRatio: false`, `padToAspectRatio: false`,
   * `fillMode: "constant"`, `fillValue: 0`, `antialias: false`.
   */
  constructor(height: number, width: number, options: ResizingOptions = {}) {
    super(options, { height, width });
    if (!this.cropToAspectRatio || !this.padToAspectRatio) return;
    throw new ValueError({
      what: `Cannot make "${this.name}"`,
      rule: "images are either cropped or padded to the new aspect ratio",
      received: "both",
      hint: "leave out cropToAspectRatio or padToAspectRatio",
    });
  }

  /** The images at the layer's size. */
  call(x: Value): Value {
    const { interpolation, cropToAspectRatio, padToAspectRatio, fillValue, antialias, dataFormat } = this;
    const options = { interpolation, cropToAspectRatio, padToAspectRatio, fillValue, antialias, dataFormat };
    return resize(x, [this.height, this.width], options);
  }
}

/**
 * The center of images `[batch, height, width, channels]`, in float32. Smaller images are first cropped to the aspect
 * ratio and then enlarged.
 *
 * @example The center of photographs
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [256, 256, 3] }), new layers.CenterCrop(224, 224)]);
 * console.log(model.outputShape); // [ null, 224, 224, 3 ]
 * ```
 */
export class CenterCrop extends SizedImages {
  static {
    declareOptions(this, imageOptions);
  }

  /** Takes the size. Throws {@linkcode ValueError} if it is invalid. Defaults: `dataFormat: "channels_last"`. */
  constructor(height: number, width: number, options: ImageOptions = {}) {
    super(options, { height, width });
  }

  /** The center of the images. */
  call(x: Value): Value {
    return middleOf(cast(x, "float32"), this.height, this.width, this.dataFormat);
  }
}

/** The center of images; of smaller ones, the largest part with the aspect ratio, enlarged. */
function middleOf(images: Value, height: number, width: number, dataFormat: DataFormat): Value {
  const [rows, columns] = imageSize("Cannot crop images", images.shape, dataFormat);
  if (rows < height || columns < width) {
    return resize(images, [height, width], { cropToAspectRatio: true, dataFormat });
  }
  return cropImages(images, {
    topCropping: Math.floor((rows - height) / 2),
    leftCropping: Math.floor((columns - width) / 2),
    targetHeight: height,
    targetWidth: width,
    dataFormat,
  });
}
