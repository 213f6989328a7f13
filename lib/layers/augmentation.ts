// Layers that change images at random in training: where pixels are.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import type { Value } from "../ir/value.ts";
import { affineInterpolations, affineTransform, type FillMode, fillModes, pixelsAt } from "../ops/affine_transform.ts";
import { imageSize, onImageBatch } from "../ops/image_batch.ts";
import {
  add,
  broadcastTo,
  cast,
  concat,
  cos,
  floor,
  iota,
  lessEqual,
  multiply,
  negate,
  reverse,
  select,
  sin,
  subtract,
} from "../ops/primitives.ts";
import { resize } from "../ops/resize.ts";
import { choice, number } from "../option_kinds.ts";
import { declareBase, declareOptions, nullable, optionTable, positional } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { shapeOf } from "../tensor/apply.ts";
import { type DataFormat, dataFormatOption } from "./data_format.ts";
import {
  endsOf,
  type Factor,
  type FactorBounds,
  factorEndsOption,
  factorOption,
  overlapping,
} from "./factor_options.ts";
import { imageExtent, resized } from "./image_preprocessing.ts";
import type { LayerFields } from "./options.ts";
import { RandomLayer, type RandomLayerOptions, randomLayerOptions } from "./random_layer.ts";

/** Options of layers that change images at random. */
export interface RandomImageOptions extends RandomLayerOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

const { seed, ...plainOptions } = randomLayerOptions;

/** The options of layers that change images at random. */
export const randomImageOptions = optionTable<RandomImageOptions>()({
  ...plainOptions,
  dataFormat: dataFormatOption,
  seed,
});

/** The options, checked and completed. */
export interface RandomImages extends LayerFields<RandomImageOptions, typeof randomImageOptions> {}

/**
 * The base of layers that change each image of a batch at random in training, and pass them on unchanged in inference.
 */
export abstract class RandomImages extends RandomLayer {
  static {
    declareBase(this);
  }

  static {
    declareOptions(this, randomImageOptions, { strict: false });
  }
  override readonly callDefaults = { training: true };
  /** Images have no masks. */
  override readonly supportsMasking = false;

  /** Checks that the input is images. */
  override build(shape: SymbolicShape): void {
    imageSize(`Cannot build "${this.name}"`, shape, this.dataFormat);
  }

  /** The images in float32, changed in training. */
  call(x: Value, { training }: { training: boolean }): Value {
    const images = cast(x, "float32");
    return training ? this.change(images) : images;
  }

  /** The randomly changed images `[batch, height, width, channels]` (or as the data format says). */
  protected abstract change(images: Value): Value;

  /** One uniform number in [`low`, `high`) per image, `[batch, 1, ...]` with `rank` axes. */
  protected perImage(images: Value, rank: number, low: number, high: number): Value {
    const count = images.shape.length === 4 ? images.shape[0] : 1;
    return this.uniform([count, ...new Array<number>(rank - 1).fill(1)], low, high);
  }
}

/** The direction in which images are flipped. */
export type FlipMode = "horizontal" | "vertical" | "horizontal_and_vertical";

const flipModes: readonly FlipMode[] = ["horizontal", "vertical", "horizontal_and_vertical"];

const randomFlipOptions = optionTable<RandomImageOptions>()({
  ...randomImageOptions,
  /** The direction in which images are flipped. */
  mode: positional(choice(flipModes, "horizontal_and_vertical")),
});

/** The options, checked and completed. */
export interface RandomFlip extends LayerFields<RandomImageOptions, typeof randomFlipOptions> {}

/**
 * In training flips half of the images `[batch, height, width, channels]`, chosen at random; otherwise does nothing. As
 * in Keras, `horizontal_and_vertical` flips the chosen ones both ways at once. Returns float32.
 *
 * @example Pictures that may be mirrored
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [32, 32, 3] }), new layers.RandomFlip("horizontal")]);
 * console.log(model.outputShape); // [ null, 32, 32, 3 ]
 * ```
 */
export class RandomFlip extends RandomImages {
  static {
    declareOptions(this, randomFlipOptions);
  }

  /**
   * Takes the direction, `horizontal_and_vertical` by default. Throws {@linkcode ValueError} for an unknown one.
   * Defaults: `dataFormat: "channels_last"`, `seed: null`, `mode: "horizontal_and_vertical"`.
   */
  constructor(mode?: FlipMode, options: RandomImageOptions = {}) {
    super(options, { mode });
  }

  /** Half of the images flipped. */
  protected change(images: Value): Value {
    const rank = images.shape.length;
    const flips = lessEqual(this.perImage(images, rank, 0, 1), 0.5);
    const width = this.dataFormat === "channels_last" ? rank - 2 : rank - 1;
    const axes = { horizontal: [width], vertical: [width - 1], horizontal_and_vertical: [width - 1, width] };
    return select(flips, reverse(images, axes[this.mode]), images);
  }
}

/** Options of layers that move images at random. */
export interface RandomTransformOptions extends RandomImageOptions {
  /** How images continue outside; `reflect` by default. */
  fillMode?: FillMode;
  /** How to interpolate between pixels; `bilinear` by default. */
  interpolation?: "nearest" | "bilinear";
  /** The value outside for `fillMode` `constant`; 0 by default. */
  fillValue?: number;
}

const randomTransformOptions = optionTable<RandomTransformOptions>()({
  ...randomImageOptions,
  fillMode: choice(fillModes, "reflect"),
  interpolation: choice(affineInterpolations, "bilinear"),
  fillValue: number(0),
});

interface RandomTransform extends LayerFields<RandomTransformOptions, typeof randomTransformOptions> {}

/** The base of layers that apply a random affine transform to each image. */
abstract class RandomTransform extends RandomImages {
  /** The transformed images. */
  protected change(images: Value): Value {
    const { fillMode, interpolation, fillValue, dataFormat } = this;
    const [height, width] = imageSize(`Cannot call "${this.name}"`, images.shape, dataFormat);
    const rows = this.transforms(images, height, width);
    const count = Math.max(...rows.map((entry) => (typeof entry === "number" ? 1 : entry.shape[0])));
    const columns = [...rows, 0, 0].map((entry) => broadcastTo(entry, [count, 1]));
    return affineTransform(images, concat(columns, 1), { fillMode, interpolation, fillValue, dataFormat });
  }

  /**
   * The first six numbers of each image's transform, as in {@linkcode affineTransform}: each `[batch, 1]`, or one
   * number for all.
   */
  protected abstract transforms(images: Value, height: number, width: number): (Value | number)[];
}

const randomRotationOptions = optionTable<RandomTransformOptions>()({
  ...randomTransformOptions,
  /** The smallest and the largest angle, as fractions of a full turn; positive ones turn counter-clockwise. */
  factor: positional(factorEndsOption(overlapping(-1, 1))),
});

/** The options, checked and completed. */
export interface RandomRotation extends LayerFields<RandomTransformOptions, typeof randomRotationOptions> {}

/**
 * In training rotates each image `[height, width, channels]` of a batch around its center by a random angle; otherwise
 * does nothing. Returns float32.
 *
 * @example By up to a tenth of a full turn in either direction
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.RandomRotation(0.1)]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomRotation extends RandomTransform {
  static {
    declareOptions(this, randomRotationOptions);
  }

  /**
   * Takes the angle as a fraction of a full turn. Throws {@linkcode ValueError} if it is invalid. Defaults:
   * `dataFormat: "channels_last"`, `seed: null`, `fillMode: "reflect"`, `interpolation: "bilinear"`, `fillValue: 0`.
   */
  constructor(factor: Factor, options: RandomTransformOptions = {}) {
    super(options, { factor });
  }

  /** Rotations around the center. */
  protected transforms(images: Value, height: number, width: number): (Value | number)[] {
    const [low, high] = this.factor;
    const angle = this.perImage(images, 2, 2 * Math.PI * low, 2 * Math.PI * high);
    const [x, y] = [(width - 1) / 2, (height - 1) / 2];
    const [across, along] = [sin(angle), cos(angle)];
    const offsetX = subtract(x, subtract(multiply(along, x), multiply(across, y)));
    const offsetY = subtract(y, add(multiply(across, x), multiply(along, y)));
    return [along, negate(across), offsetX, across, along, offsetY];
  }
}

const ofExtent: FactorBounds = { low: -1, high: 1 };

const randomTranslationOptions = optionTable<RandomTransformOptions>()({
  ...randomTransformOptions,
  /** How far down, as a fraction of the height. */
  heightFactor: positional(factorOption(ofExtent)),
  /** How far to the right, as a fraction of the width. */
  widthFactor: positional(factorOption(ofExtent)),
});

/** The options, checked and completed. */
export interface RandomTranslation extends LayerFields<RandomTransformOptions, typeof randomTranslationOptions> {}

/**
 * In training moves each image `[height, width, channels]` of a batch by random fractions of its height and width;
 * otherwise does nothing. Returns float32.
 *
 * @example By up to a tenth of the height and a fifth of the width
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.RandomTranslation(0.1, 0.2)]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomTranslation extends RandomTransform {
  static {
    declareOptions(this, randomTranslationOptions);
  }
  readonly #height = endsOf(this.heightFactor, ofExtent);
  readonly #width = endsOf(this.widthFactor, ofExtent);

  /**
   * Takes the fractions of height and width, from -1 to 1. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `dataFormat: "channels_last"`, `seed: null`, `fillMode: "reflect"`, `interpolation: "bilinear"`, `fillValue: 0`.
   */
  constructor(heightFactor: Factor, widthFactor: Factor, options: RandomTransformOptions = {}) {
    super(options, { heightFactor, widthFactor });
  }

  /** Shifts. */
  protected transforms(images: Value, height: number, width: number): (Value | number)[] {
    const down = multiply(this.perImage(images, 2, ...this.#height), height);
    const right = multiply(this.perImage(images, 2, ...this.#width), width);
    return [1, 0, negate(right), 0, 1, negate(down)];
  }
}

/** Options of {@linkcode RandomZoom}. */
export interface RandomZoomOptions extends RandomTransformOptions {
  /** How much of the width is added or removed; the same as the height by default, which keeps the aspect ratio. */
  widthFactor?: Factor | null;
}

const zooms: FactorBounds = { low: -1, high: 1, fits: (ends) => ends.every((end) => end > -1 && end <= 1) };

const randomZoomOptions = optionTable<RandomZoomOptions>()({
  ...randomTransformOptions,
  /** How much more of the height is shown. */
  heightFactor: positional(factorOption(zooms)),
  widthFactor: nullable(factorOption(zooms)),
});

/** The options, checked and completed. */
export interface RandomZoom extends LayerFields<RandomZoomOptions, typeof randomZoomOptions> {}

/**
 * In training scales each image `[height, width, channels]` of a batch around its center by a random factor: 0.2 shows
 * from 20% less to 20% more of it. Otherwise does nothing. Returns float32.
 *
 * @example Up to 30% larger, never smaller
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.RandomZoom([-0.3, 0])]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomZoom extends RandomTransform {
  static {
    declareOptions(this, randomZoomOptions);
  }
  readonly #height = endsOf(this.heightFactor, zooms);
  readonly #width = this.widthFactor === null ? null : endsOf(this.widthFactor, zooms);

  /**
   * Takes the factor, above -1 up to 1. Throws {@linkcode ValueError} if it is invalid. Defaults:
   * `dataFormat: "channels_last"`, `seed: null`, `fillMode: "reflect"`, `interpolation: "bilinear"`, `fillValue: 0`,
   * `widthFactor: null`.
   */
  constructor(heightFactor: Factor, options: RandomZoomOptions = {}) {
    super(options, { heightFactor });
  }

  /** Scalings around the center. */
  protected transforms(images: Value, height: number, width: number): (Value | number)[] {
    const tall = this.perImage(images, 2, 1 + this.#height[0], 1 + this.#height[1]);
    const wide = this.#width ? this.perImage(images, 2, 1 + this.#width[0], 1 + this.#width[1]) : tall;
    const offset = (extent: number, zoom: Value) => multiply(subtract(1, zoom), (extent - 1) / 2);
    return [wide, 0, offset(width, wide), 0, tall, offset(height, tall)];
  }
}

const randomCropOptions = optionTable<RandomImageOptions>()({
  ...randomImageOptions,
  /** The height of the crop. */
  height: imageExtent,
  /** The width of the crop. */
  width: imageExtent,
});

/** The options, checked and completed. */
export interface RandomCrop extends LayerFields<RandomImageOptions, typeof randomCropOptions> {}

/**
 * Crops each image `[height, width, channels]` of a batch: in training at a random position, the same for the whole
 * batch. Otherwise, and if the images are not larger than the crop along an axis, it takes the largest central part
 * with the crop's aspect ratio and resizes it, as Keras documents; Keras's code leaves images unchanged without training.
 * Returns float32.
 *
 * @example Crops of photographs
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [256, 256, 3] }), new layers.RandomCrop(224, 224)]);
 * console.log(model.outputShape); // [ null, 224, 224, 3 ]
 * ```
 */
export class RandomCrop extends RandomImages {
  static {
    declareOptions(this, randomCropOptions);
  }

  /**
   * Takes the size. Throws {@linkcode ValueError} if it is invalid. Defaults: `dataFormat: "channels_last"`,
   * `seed: null`.
   */
  constructor(height: number, width: number, options: RandomImageOptions = {}) {
    super(options, { height, width });
  }

  /** A crop at a random position in training, otherwise the largest central part, resized. */
  override call(x: Value, { training }: { training: boolean }): Value {
    const images = cast(x, "float32");
    const { height, width, dataFormat } = this;
    const [rows, columns] = imageSize(`Cannot call "${this.name}"`, images.shape, dataFormat);
    return training && rows > height && columns > width
      ? this.change(images)
      : resize(images, [height, width], { cropToAspectRatio: true, dataFormat });
  }

  /** A crop at a random position. */
  protected change(images: Value): Value {
    const { height, width } = this;
    return onImageBatch(`Cannot call "${this.name}"`, images, this.dataFormat, (batch) => {
      const [count, rows, columns] = shapeOf(batch);
      const top = floor(this.uniform([1, 1, 1], 0, rows - height + 1));
      const left = floor(this.uniform([1, 1, 1], 0, columns - width + 1));
      const y = broadcastTo(add(top, iota([1, height, 1], 1, "float32")), [count, height, width]);
      const x = broadcastTo(add(left, iota([1, 1, width], 2, "float32")), [count, height, width]);
      return pixelsAt(batch, y, x);
    });
  }

  /** The shape with the layer's size. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return resized(shape, this.height, this.width, this.dataFormat);
  }
}
