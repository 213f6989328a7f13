// Layers that give images another size. https://keras.io/api/layers/preprocessing_layers/image_preprocessing/
import type { Config } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { imageSize } from "../ops/image_batch.ts";
import { cropImages } from "../ops/image_frame.ts";
import { cast } from "../ops/primitives.ts";
import { type Interpolation, resize } from "../ops/resize.ts";
import { checkPositiveInteger } from "../option_kinds.ts";
import type { SymbolicShape } from "../shape.ts";
import { unknownIdentifier, ValueError } from "../errors.ts";
import { checkDataFormat, type DataFormat } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";

const interpolations: readonly Interpolation[] = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"];

/** Options of layers of images. */
export interface ImageOptions extends LayerOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

/** The base of layers that give images `[batch, height, width, channels]` a size that does not depend on theirs. */
abstract class SizedImages extends Layer {
  override readonly callDefaults = { training: true };
  /** The height of the output. */
  readonly height: number;
  /** The width of the output. */
  readonly width: number;
  /** Where the channels are. */
  readonly dataFormat: DataFormat;

  /** Takes the size, the options, and the names of those that the subclass adds. */
  constructor(height: number, width: number, options: ImageOptions, ownOptions: readonly string[]) {
    super(options, [...ownOptions, "dataFormat"]);
    checkPositiveInteger(this.className, "height", height);
    checkPositiveInteger(this.className, "width", width);
    this.height = height;
    this.width = width;
    this.dataFormat = checkDataFormat(options.dataFormat, `Cannot make "${this.name}"`);
  }

  /** Checks that the input is images. */
  override build(shape: SymbolicShape): void {
    imageSize(`Cannot build "${this.name}"`, shape, this.dataFormat);
  }

  /** The shape with the layer's size. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    imageSize(`Cannot build "${this.name}"`, shape, this.dataFormat);
    return resized(shape, this.height, this.width, this.dataFormat);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), height: this.height, width: this.width, data_format: this.dataFormat };
  }
}

/** The shape of images with another size. */
export function resized(shape: SymbolicShape, height: number, width: number, dataFormat: DataFormat): SymbolicShape {
  const axis = shape.length - (dataFormat === "channels_last" ? 3 : 2);
  return shape.map((extent, i) => (i === axis ? height : i === axis + 1 ? width : extent));
}

/** Options of {@linkcode Resizing}. */
export interface ResizingOptions extends ImageOptions {
  /** How pixels between pixels are made; `bilinear` by default. */
  interpolation?: Interpolation;
  /** Whether what would be distorted is cut off first: the largest part in the middle stays; false by default. */
  cropToAspectRatio?: boolean;
  /** Whether `fillValue` is put around the images first, so that nothing is distorted; false by default. */
  padToAspectRatio?: boolean;
  /** How images are padded: by one value, as `constant` says. */
  fillMode?: "constant";
  /** What images are padded with; 0 by default. */
  fillValue?: number;
  /** Whether pixels that shrink are averaged over, which `nearest` does not; false by default. */
  antialias?: boolean;
}

/**
 * Images `[batch, height, width, channels]` at another size, in their dtype, in training and inference.
 *
 * @example Photographs of any size for a model of one
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [null, null, 3] }), new layers.Resizing(96, 128)]);
 * console.log(model.outputShape); // [ null, 96, 128, 3 ]
 * ```
 */
export class Resizing extends SizedImages {
  /** How pixels between pixels are made. */
  readonly interpolation: Interpolation;
  /** Whether what would be distorted is cut off first. */
  readonly cropToAspectRatio: boolean;
  /** Whether images are padded first, so that nothing is distorted. */
  readonly padToAspectRatio: boolean;
  /** What images are padded with. */
  readonly fillValue: number;
  /** Whether pixels that shrink are averaged over. */
  readonly antialias: boolean;

  /** Takes the size. Throws {@linkcode ValueError} for what is no size or no option. */
  constructor(height: number, width: number, options: ResizingOptions = {}) {
    const own = ["interpolation", "cropToAspectRatio", "padToAspectRatio", "fillMode", "fillValue", "antialias"];
    super(height, width, options, own);
    const what = `Cannot make "${this.name}"`;
    const { interpolation = "bilinear", fillMode = "constant", fillValue = 0 } = options;
    const { cropToAspectRatio = false, padToAspectRatio = false, antialias = false } = options;
    if (!interpolations.includes(interpolation)) {
      throw unknownIdentifier("interpolation", String(interpolation), interpolations, what);
    }
    if (fillMode !== "constant") throw unknownIdentifier("fillMode", String(fillMode), ["constant"], what);
    if (cropToAspectRatio && padToAspectRatio) {
      throw new ValueError({
        what,
        rule: "images are either cropped or padded to the new aspect ratio",
        received: "both",
        hint: "leave out cropToAspectRatio or padToAspectRatio",
      });
    }
    this.interpolation = interpolation;
    this.cropToAspectRatio = cropToAspectRatio;
    this.padToAspectRatio = padToAspectRatio;
    this.fillValue = fillValue;
    this.antialias = antialias;
  }

  /** The images at the layer's size. */
  call(x: Value): Value {
    const { interpolation, cropToAspectRatio, padToAspectRatio, fillValue, antialias, dataFormat } = this;
    const options = { interpolation, cropToAspectRatio, padToAspectRatio, fillValue, antialias, dataFormat };
    return resize(x, [this.height, this.width], options);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      interpolation: this.interpolation,
      crop_to_aspect_ratio: this.cropToAspectRatio,
      pad_to_aspect_ratio: this.padToAspectRatio,
      fill_mode: "constant",
      fill_value: this.fillValue,
      antialias: this.antialias,
    };
  }
}

/**
 * The middle of images `[batch, height, width, channels]`, in float32. Images that are smaller are enlarged, and what is
 * too much then along one axis is cut off before.
 *
 * @example The middle of photographs
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [256, 256, 3] }), new layers.CenterCrop(224, 224)]);
 * console.log(model.outputShape); // [ null, 224, 224, 3 ]
 * ```
 */
export class CenterCrop extends SizedImages {
  /** Takes the size. Throws {@linkcode ValueError} for what is no size. */
  constructor(height: number, width: number, options: ImageOptions = {}) {
    super(height, width, options, []);
  }

  /** The middle of the images. */
  call(x: Value): Value {
    return middleOf(cast(x, "float32"), this.height, this.width, this.dataFormat);
  }
}

/** The middle of images, or of smaller ones as much as has the aspect ratio, enlarged. */
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
