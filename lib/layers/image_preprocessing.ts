// Layers that change the size of images. https://keras.io/api/layers/preprocessing_layers/image_preprocessing/
import { finite, objectOf } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { clipped, clipToImageSize, shifted, sidesOf } from "../ops/bounding_boxes.ts";
import { imageSize } from "../ops/image_batch.ts";
import { cropImages } from "../ops/image_frame.ts";
import { add, cast, concat, equal, maximum, min, multiply, select } from "../ops/primitives.ts";
import { type Interpolation, resize } from "../ops/resize.ts";
import { centralPart, type ImagePart } from "../ops/resize_taps.ts";
import { boolean, choice, number, positiveInteger } from "../option_kinds.ts";
import { declareBase, declareOptions, type Option, optionTable, positional, required } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import type { DataFormat } from "./data_format.ts";
import { GeometricImages, type MovedBoxes } from "./geometric_images.ts";
import {
  type BoundingBoxes,
  boxes,
  type Drawn,
  type ImageFrame,
  type ImageLayerOptions,
  imageLayerOptions,
  noSeed,
} from "./image_layer.ts";
import type { LayerFields } from "./options.ts";

/** How to interpolate between pixels. */
export const interpolationOption = (fallback: Interpolation): Option<Interpolation> =>
  choice(["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"], fallback);

/** The height or the width of images. */
export const imageExtent: Option<number> = positional(positiveInteger(required, 2 ** 16));

/** Options of layers of images. */
export interface ImageOptions extends ImageLayerOptions {}

const { dataFormat, ...beforeSize } = imageLayerOptions;

/** The options of layers that give images a size. */
const sizedImageOptions = optionTable<ImageOptions>()({
  ...beforeSize,
  /** The height of the output. */
  height: imageExtent,
  /** The width of the output. */
  width: imageExtent,
  dataFormat,
});

const imageOptions = optionTable<ImageOptions>()({ ...sizedImageOptions, ...noSeed });

/** The options, checked and completed. */
export interface SizedImages extends LayerFields<ImageOptions, typeof sizedImageOptions> {}

/** The base of layers that give images `[batch, height, width, channels]` a fixed size. */
export abstract class SizedImages<Transformation extends object = object> extends GeometricImages<Transformation> {
  static {
    declareBase(this);
    const part = objectOf({ top: finite, left: finite, rows: finite, columns: finite });
    declareMethods(this, { boxesInPart: { verb: "move boxes by", takes: { found: boxes, part } } });
  }
  protected override readonly isSteady: boolean = true;

  /** The shape with the layer's size. */
  protected override outputShapeOf(shape: SymbolicShape): SymbolicShape {
    imageSize(`Cannot build "${this.name}"`, shape, this.dataFormat);
    return resized(shape, this.height, this.width, this.dataFormat);
  }

  /** The boxes in a part of the images, resized to the layer's size. */
  protected boxesInPart(found: BoundingBoxes<Value>, part: ImagePart): MovedBoxes {
    const size = { height: this.height, width: this.width };
    const within = clipped({ ...found, boxes: shifted(found.boxes, -part.left, -part.top) }, part.columns, part.rows);
    const scales = [size.width / part.columns, size.height / part.rows];
    const sides = sidesOf(`Cannot call "${this.name}"`, within.boxes).map((side, i) => multiply(side, scales[i % 2]));
    return { boxes: concat(sides, -1) as Value, labels: within.labels as Value, size };
  }
}

/** The shape of images with another size. */
function resized(shape: SymbolicShape, height: number, width: number, dataFormat: DataFormat): SymbolicShape {
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
   * Takes the size. Throws {@linkcode ValueError} for an invalid size or option. Defaults: `boundingBoxFormat: null`,
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

  protected override readonly keepsDType = true;

  /** Nothing is random. */
  protected draw(): object {
    return {};
  }

  /** The images at the layer's size. */
  protected move(batch: Value, _transformation: object, nearest: boolean): Value {
    const { cropToAspectRatio, padToAspectRatio, fillValue, antialias } = this;
    const interpolation = nearest ? "nearest" : this.interpolation;
    const options = { interpolation, cropToAspectRatio, padToAspectRatio, fillValue, antialias };
    return resize(batch, [this.height, this.width], options);
  }

  /** The boxes of the resized images; those that are all 0 or all -1, as lists are filled up, become 0. */
  override transformBoundingBoxes(found: BoundingBoxes<Value>, transformation: Drawn<object>): BoundingBoxes<Value> {
    const { boxes, labels } = super.transformBoundingBoxes(found, transformation);
    const areAll = (value: number) => min(cast(equal(found.boxes, value), "int32"), -1, true);
    const isFilled = equal(maximum(areAll(0), areAll(-1)), 1);
    return { boxes: select(isFilled, 0, boxes), labels };
  }

  /** The boxes, scaled and shifted. */
  protected moveBoxes({ boxes, labels }: BoundingBoxes<Value>, _: object, frame: ImageFrame): MovedBoxes {
    const size = { height: this.height, width: this.width };
    const { scaleX, scaleY, left, top } = this.#scaling(frame);
    const sides = sidesOf(`Cannot call "${this.name}"`, boxes).map((side, i) =>
      i % 2 === 0 ? add(multiply(side, scaleX), left) : add(multiply(side, scaleY), top)
    );
    return { ...clipToImageSize({ boxes: concat(sides, -1) as Value, labels }, size), size };
  }

  /** How pixels of images come to those of resized ones. */
  #scaling({ height: rows, width: columns }: ImageFrame) {
    const { height, width } = this;
    const [tall, wide] = [height / rows, width / columns];
    if (this.padToAspectRatio) {
      const scale = Math.min(tall, wide);
      const [left, top] = [Math.floor((width - columns * scale) / 2), Math.floor((height - rows * scale) / 2)];
      return { scaleX: scale, scaleY: scale, left, top };
    }
    if (!this.cropToAspectRatio) return { scaleX: wide, scaleY: tall, left: 0, top: 0 };
    const ratio = columns / rows;
    const [full, high] = ratio > width / height ? [height * ratio, height] : [width, width / ratio];
    const [left, top] = [-Math.floor((full - width) / 2), -Math.floor((high - height) / 2)];
    return { scaleX: full / columns, scaleY: high / rows, left, top };
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

  /**
   * Takes the size. Throws {@linkcode ValueError} if it is invalid. Defaults: `boundingBoxFormat: null`,
   * `dataFormat: "channels_last"`.
   */
  constructor(height: number, width: number, options: ImageOptions = {}) {
    super(options, { height, width });
  }

  /** Nothing is random. */
  protected draw(): object {
    return {};
  }

  /** The center of the images. */
  protected move(batch: Value, _transformation: object, nearest: boolean): Value {
    const [, rows, columns] = batch.shape;
    const { height, width } = this;
    if (rows < height || columns < width) {
      const interpolation = nearest ? "nearest" : "bilinear";
      return resize(batch, [height, width], { cropToAspectRatio: true, interpolation });
    }
    const { top, left } = this.#part(rows, columns);
    return cropImages(batch, { topCropping: top, leftCropping: left, targetHeight: height, targetWidth: width });
  }

  /** The boxes in the center. */
  protected moveBoxes(found: BoundingBoxes<Value>, _: object, frame: ImageFrame): MovedBoxes {
    return this.boxesInPart(found, this.#part(frame.height, frame.width));
  }

  /** The part that is kept. */
  #part(rows: number, columns: number): ImagePart {
    const { height, width } = this;
    if (rows < height || columns < width) return centralPart(rows, columns, height, width);
    return {
      top: Math.floor((rows - height) / 2),
      left: Math.floor((columns - width) / 2),
      rows: height,
      columns: width,
    };
  }
}
