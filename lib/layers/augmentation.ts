// Layers that change images at random while a model trains: where their pixels are.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import type { Config } from "../json_config.ts";
import { unknownIdentifier, ValueError } from "../errors.ts";
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
import { checkPositiveInteger } from "../option_kinds.ts";
import { describe } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { shapeOf } from "../tensor/apply.ts";
import { checkDataFormat, type DataFormat } from "./data_format.ts";
import { resized } from "./image_preprocessing.ts";
import { RandomLayer, type RandomLayerOptions } from "./random_layer.ts";

/** How far something goes at random: a part to either side, or the two ends. */
export type Factor = number | readonly [number, number];

/** Options of layers that change images at random. */
export interface RandomImageOptions extends RandomLayerOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

/** The ends of a factor from `low` to `high`; throws {@linkcode ValueError} where `fits` does not hold for it. */
export function factorEnds(
  layer: string,
  name: string,
  factor: Factor,
  [low, high]: readonly [number, number],
  fits: (ends: readonly number[]) => boolean = (ends) => ends.every((end) => end >= low && end <= high),
): [number, number] {
  const isOne = typeof factor === "number";
  const ends: readonly unknown[] = Array.isArray(factor) ? factor : [factor];
  const areNumbers = ends.length === (isOne ? 1 : 2) && ends.every((end) => typeof end === "number");
  if (areNumbers && fits(ends as number[])) {
    if (isOne) return [Math.max(-Math.abs(factor), low), Math.abs(factor)];
    return [Math.min(factor[0], factor[1]), Math.max(factor[0], factor[1])];
  }
  throw new ValueError({
    what: `Cannot make "${layer}"`,
    rule: `${name} must be a number from ${low} to ${high}, or a list of two`,
    received: Array.isArray(factor) ? `[${factor.map(describe).join(", ")}]` : describe(factor),
    hint: "give it as a part of the whole, such as 0.1",
  });
}

/** The base of layers that change each image of a batch at random in training, and hand them on in inference. */
export abstract class RandomImages extends RandomLayer {
  override readonly callDefaults = { training: true };
  /** Where the channels are. */
  readonly dataFormat: DataFormat;
  /** Images have no masks. */
  override readonly supportsMasking = false;

  /** Takes the options, and the names of those that the subclass adds. */
  constructor(options: RandomImageOptions, ownOptions: readonly string[]) {
    super(options, [...ownOptions, "dataFormat"]);
    this.dataFormat = checkDataFormat(options.dataFormat, `Cannot make "${this.name}"`);
  }

  /** Checks that the input is images. */
  override build(shape: SymbolicShape): void {
    imageSize(`Cannot build "${this.name}"`, shape, this.dataFormat);
  }

  /** The images in float32, changed in training. */
  call(x: Value, { training }: { training: boolean }): Value {
    const images = cast(x, "float32");
    return training ? this.change(images) : images;
  }

  /** The images `[batch, height, width, channels]` (or as the data format has it) changed at random. */
  protected abstract change(images: Value): Value;

  /** One uniform number of [`low`, `high`) for each image, `[batch, 1, ...]` with as many axes as `rank` says. */
  protected perImage(images: Value, rank: number, low: number, high: number): Value {
    const count = images.shape.length === 4 ? images.shape[0] : 1;
    return this.uniform([count, ...new Array<number>(rank - 1).fill(1)], low, high);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat, seed: this.seed };
  }
}

/** Which way images are flipped. */
export type FlipMode = "horizontal" | "vertical" | "horizontal_and_vertical";

const flipModes: readonly FlipMode[] = ["horizontal", "vertical", "horizontal_and_vertical"];

/**
 * In training flips half of the images `[batch, height, width, channels]`, chosen at random; otherwise does nothing. As
 * in Keras, `horizontal_and_vertical` turns the chosen ones upside down: both ways at once. Gives float32.
 *
 * @example Pictures that may as well be seen in a mirror
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [32, 32, 3] }), new layers.RandomFlip("horizontal")]);
 * console.log(model.outputShape); // [ null, 32, 32, 3 ]
 * ```
 */
export class RandomFlip extends RandomImages {
  /** Which way images are flipped. */
  readonly mode: FlipMode;

  /** Takes the way, `horizontal_and_vertical` by default. Throws {@linkcode ValueError} for what is none. */
  constructor(mode: FlipMode = "horizontal_and_vertical", options: RandomImageOptions = {}) {
    super(options, []);
    if (!flipModes.includes(mode)) {
      throw unknownIdentifier(
        "mode",
        typeof mode === "string" ? mode : describe(mode),
        flipModes,
        `Cannot make "${this.name}"`,
      );
    }
    this.mode = mode;
  }

  /** Half of the images flipped. */
  protected change(images: Value): Value {
    const rank = images.shape.length;
    const flips = lessEqual(this.perImage(images, rank, 0, 1), 0.5);
    const width = this.dataFormat === "channels_last" ? rank - 2 : rank - 1;
    const axes = { horizontal: [width], vertical: [width - 1], horizontal_and_vertical: [width - 1, width] };
    return select(flips, reverse(images, axes[this.mode]), images);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), mode: this.mode };
  }
}

/** Options of layers that move images at random. */
export interface RandomTransformOptions extends RandomImageOptions {
  /** What lies outside of the images; `reflect` by default. */
  fillMode?: FillMode;
  /** How pixels between pixels are made; `bilinear` by default. */
  interpolation?: "nearest" | "bilinear";
  /** The value outside of the images where `fillMode` is `constant`; 0 by default. */
  fillValue?: number;
}

/** The base of layers that see images through an affine transform, drawn for each of them. */
abstract class RandomTransform extends RandomImages {
  /** What lies outside of the images. */
  readonly fillMode: FillMode;
  /** How pixels between pixels are made. */
  readonly interpolation: "nearest" | "bilinear";
  /** The value outside of the images where that is constant. */
  readonly fillValue: number;

  /** Takes the options, and the names of those that the subclass adds. */
  constructor(options: RandomTransformOptions, ownOptions: readonly string[] = []) {
    super(options, [...ownOptions, "fillMode", "interpolation", "fillValue"]);
    const { fillMode = "reflect", interpolation = "bilinear", fillValue = 0 } = options;
    const what = `Cannot make "${this.name}"`;
    if (!fillModes.includes(fillMode)) throw unknownIdentifier("fillMode", String(fillMode), fillModes, what);
    if (!affineInterpolations.includes(interpolation)) {
      throw unknownIdentifier("interpolation", String(interpolation), affineInterpolations, what);
    }
    this.fillMode = fillMode;
    this.interpolation = interpolation;
    this.fillValue = fillValue;
  }

  /** The images, each seen through its transform. */
  protected change(images: Value): Value {
    const { fillMode, interpolation, fillValue, dataFormat } = this;
    const [height, width] = imageSize(`Cannot call "${this.name}"`, images.shape, dataFormat);
    const rows = this.transforms(images, height, width);
    const count = Math.max(...rows.map((entry) => (typeof entry === "number" ? 1 : entry.shape[0])));
    const columns = [...rows, 0, 0].map((entry) => broadcastTo(entry, [count, 1]));
    return affineTransform(images, concat(columns, 1), { fillMode, interpolation, fillValue, dataFormat });
  }

  /** The first six numbers of each image's transform, as {@linkcode affineTransform} takes them: `[batch, 1]`, or one. */
  protected abstract transforms(images: Value, height: number, width: number): (Value | number)[];

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return {
      ...super.getConfig(),
      fill_mode: this.fillMode,
      interpolation: this.interpolation,
      fill_value: this.fillValue,
    };
  }
}

/**
 * In training turns each image `[height, width, channels]` of a batch around its middle by a random angle; otherwise
 * does nothing. Gives float32.
 *
 * @example By up to a tenth of a full turn to either side
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.RandomRotation(0.1)]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomRotation extends RandomTransform {
  /** The smallest and the largest angle, as parts of a full turn; positive ones turn counter-clockwise. */
  readonly factor: readonly [number, number];

  /** Takes the angle as a part of a full turn. Throws {@linkcode ValueError} for what is none. */
  constructor(factor: Factor, options: RandomTransformOptions = {}) {
    super(options);
    this.factor = factorEnds(this.name, "factor", factor, [-1, 1], overlaps(-1, 1));
  }

  /** Rotations around the middle. */
  protected transforms(images: Value, height: number, width: number): (Value | number)[] {
    const [low, high] = this.factor;
    const angle = this.perImage(images, 2, 2 * Math.PI * low, 2 * Math.PI * high);
    const [x, y] = [(width - 1) / 2, (height - 1) / 2];
    const [across, along] = [sin(angle), cos(angle)];
    const offsetX = subtract(x, subtract(multiply(along, x), multiply(across, y)));
    const offsetY = subtract(y, add(multiply(across, x), multiply(along, y)));
    return [along, negate(across), offsetX, across, along, offsetY];
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), factor: this.factor };
  }
}

/** Whether one number lies from `low` to `high`, or two of them have something in between. Keras's rule. */
export const overlaps = (low: number, high: number) => ([first, last = first]: readonly number[]): boolean =>
  first <= high && last >= low;

/**
 * In training moves each image `[height, width, channels]` of a batch by random parts of its height and width;
 * otherwise does nothing. Gives float32.
 *
 * @example By up to a tenth of the height and a fifth of the width
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.RandomTranslation(0.1, 0.2)]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomTranslation extends RandomTransform {
  /** How far down, as a part of the height. */
  readonly heightFactor: Factor;
  /** How far to the right, as a part of the width. */
  readonly widthFactor: Factor;
  readonly #height: readonly [number, number];
  readonly #width: readonly [number, number];

  /** Takes the parts of height and width, from -1 to 1. Throws {@linkcode ValueError} for what is none. */
  constructor(heightFactor: Factor, widthFactor: Factor, options: RandomTransformOptions = {}) {
    super(options);
    this.#height = factorEnds(this.name, "heightFactor", heightFactor, [-1, 1]);
    this.#width = factorEnds(this.name, "widthFactor", widthFactor, [-1, 1]);
    this.heightFactor = heightFactor;
    this.widthFactor = widthFactor;
  }

  /** Shifts. */
  protected transforms(images: Value, height: number, width: number): (Value | number)[] {
    const down = multiply(this.perImage(images, 2, ...this.#height), height);
    const right = multiply(this.perImage(images, 2, ...this.#width), width);
    return [1, 0, negate(right), 0, 1, negate(down)];
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), height_factor: this.heightFactor, width_factor: this.widthFactor };
  }
}

/** Options of {@linkcode RandomZoom}. */
export interface RandomZoomOptions extends RandomTransformOptions {
  /** How much wider or narrower; as much as the height by default, so that nothing is distorted. */
  widthFactor?: Factor | null;
}

/**
 * In training scales each image `[height, width, channels]` of a batch around its middle by a random factor: 0.2 shows
 * from 20% less to 20% more of it. Otherwise does nothing. Gives float32.
 *
 * @example Up to 30% larger, never smaller
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.RandomZoom([-0.3, 0])]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomZoom extends RandomTransform {
  /** How much more of the height is shown. */
  readonly heightFactor: Factor;
  /** How much more of the width; null for as much as of the height. */
  readonly widthFactor: Factor | null;
  readonly #height: readonly [number, number];
  readonly #width: readonly [number, number] | null;

  /** Takes the factor, above -1 up to 1. Throws {@linkcode ValueError} for what is none. */
  constructor(heightFactor: Factor, options: RandomZoomOptions = {}) {
    super(options, ["widthFactor"]);
    const { widthFactor = null } = options;
    const ends = (name: string, factor: Factor) =>
      factorEnds(this.name, name, factor, [-1, 1], (list) => list.every((end) => end > -1 && end <= 1));
    this.#height = ends("heightFactor", heightFactor);
    this.#width = widthFactor === null ? null : ends("widthFactor", widthFactor);
    this.heightFactor = heightFactor;
    this.widthFactor = widthFactor;
  }

  /** Scalings around the middle. */
  protected transforms(images: Value, height: number, width: number): (Value | number)[] {
    const tall = this.perImage(images, 2, 1 + this.#height[0], 1 + this.#height[1]);
    const wide = this.#width ? this.perImage(images, 2, 1 + this.#width[0], 1 + this.#width[1]) : tall;
    const offset = (extent: number, zoom: Value) => multiply(subtract(1, zoom), (extent - 1) / 2);
    return [wide, 0, offset(width, wide), 0, tall, offset(height, tall)];
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), height_factor: this.heightFactor, width_factor: this.widthFactor };
  }
}

/**
 * A part of each image `[height, width, channels]` of a batch. In training it lies at a random place, the same for the
 * whole batch. Otherwise, and where the images are no larger than it along an axis, it is the largest part in the middle
 * that has its aspect ratio, resized. Gives float32.
 *
 * @example Parts of photographs
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [256, 256, 3] }), new layers.RandomCrop(224, 224)]);
 * console.log(model.outputShape); // [ null, 224, 224, 3 ]
 * ```
 */
export class RandomCrop extends RandomImages {
  /** The height of the part. */
  readonly height: number;
  /** The width of the part. */
  readonly width: number;

  /** Takes the size. Throws {@linkcode ValueError} for what is none. */
  constructor(height: number, width: number, options: RandomImageOptions = {}) {
    super(options, []);
    checkPositiveInteger(this.className, "height", height);
    checkPositiveInteger(this.className, "width", width);
    this.height = height;
    this.width = width;
  }

  /** A part at a random place in training, otherwise the largest part in the middle, resized. */
  override call(x: Value, { training }: { training: boolean }): Value {
    const images = cast(x, "float32");
    const { height, width, dataFormat } = this;
    const [rows, columns] = imageSize(`Cannot call "${this.name}"`, images.shape, dataFormat);
    return training && rows > height && columns > width
      ? this.change(images)
      : resize(images, [height, width], { cropToAspectRatio: true, dataFormat });
  }

  /** A part at a random place. */
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

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), height: this.height, width: this.width };
  }
}
