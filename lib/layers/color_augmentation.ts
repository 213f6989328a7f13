// Layers that change the colors of images at random in training.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import { epsilon } from "../config.ts";
import type { Value } from "../ir/value.ts";
import { clip } from "../ops/composed.ts";
import { hsvToRgb, rgbToGrayscale, rgbToHsv } from "../ops/image_color.ts";
import { add, concat, divide, greater, less, mean, multiply, select, slice, subtract } from "../ops/primitives.ts";
import { declareBase, declareOptions, optionTable, positional } from "../options.ts";
import { type Factor, factorEndsOption, overlapping } from "./factor_options.ts";
import { type ImageFrame, ImageLayer } from "./image_layer.ts";
import type { LayerFields } from "./options.ts";
import { inRange, type RandomColorOptions, randomColorOptions } from "./value_range.ts";

const optionsBetween = (low: number, high: number) =>
  optionTable<RandomColorOptions>()({
    ...randomColorOptions,
    /** The smallest and the largest change. */
    factor: positional(factorEndsOption(overlapping(low, high))),
  });

/** The options, checked and completed. */
export interface RandomColors extends LayerFields<RandomColorOptions, ReturnType<typeof optionsBetween>> {}

/** How much each image is changed. */
export interface ColorChange {
  /** A number for each image, `[count, 1, 1, 1]`. */
  readonly factor: Value;
}

/** The base of layers that change the colors of each image by a random factor. */
export abstract class RandomColors extends ImageLayer<ColorChange> {
  static {
    declareBase(this);
  }

  protected override readonly drawnParts: readonly string[] = ["factor"];

  /** A number for each image between the ends of the layer's factor. */
  protected draw(frame: ImageFrame): ColorChange {
    return { factor: this.perImage(frame, 4, ...this.factor) };
  }

  /** Pixels cut to the range of values. */
  protected inside(images: Value): Value {
    return clip(images, ...this.valueRange);
  }
}

/**
 * In training scales the distance of each pixel from the mean of its channel, for each image `[height, width,
 * channels]` of a batch, by a random factor from 1 - `factor[0]` to 1 + `factor[1]`; a number `f` is `[0, f]`.
 * Otherwise does nothing. Returns float32.
 *
 * @example Up to half as much contrast again, for pixels of 0 to 1
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const contrast = new layers.RandomContrast(0.5, { valueRange: [0, 1] });
 * console.log(new Sequential([Input({ shape: [28, 28, 1] }), contrast]).outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomContrast extends RandomColors {
  static {
    declareOptions(this, optionsBetween(0, 1));
  }

  /**
   * Takes the factor. Throws {@linkcode ValueError} if it is not from 0 to 1. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`.
   */
  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(options, { factor });
  }

  /** The factors of the distances. */
  protected override draw(frame: ImageFrame): ColorChange {
    return { factor: this.perImage(frame, 4, 1 - this.factor[0], 1 + this.factor[1]) };
  }

  /** Pixels with scaled distances from the mean of their channel. */
  protected changeImages(batch: Value, { factor }: ColorChange): Value {
    const middle = mean(batch, [1, 2], true);
    return this.inside(add(multiply(subtract(batch, middle), factor), middle));
  }
}

/**
 * In training makes each image `[height, width, channels]` of a batch brighter or darker by a random fraction of the
 * value range; otherwise does nothing. Returns float32.
 *
 * @example By up to a fifth of the range, for pixels of 0 to 1
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const brightness = new layers.RandomBrightness(0.2, { valueRange: [0, 1] });
 * console.log(new Sequential([Input({ shape: [28, 28, 1] }), brightness]).outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomBrightness extends RandomColors {
  static {
    declareOptions(this, optionsBetween(-1, 1));
  }

  /**
   * Takes the fraction. Throws {@linkcode ValueError} if it is not from -1 to 1. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`.
   */
  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(options, { factor });
  }

  /** What is added to pixels. */
  protected override draw(frame: ImageFrame): ColorChange {
    const [low, high] = this.valueRange;
    return { factor: multiply(this.perImage(frame, 4, ...this.factor), high - low) };
  }

  /** Pixels with a number added. */
  protected changeImages(batch: Value, { factor }: ColorChange): Value {
    return this.inside(add(batch, factor));
  }
}

/** The three planes of a batch `[count, height, width, 3]`, each with a last axis of extent 1. */
const planesOf = (batch: Value) =>
  [0, 1, 2].map((plane) => slice(batch, [0, 0, 0, plane], [...batch.shape.slice(0, 3), 1]));

/** A batch of three such planes. */
const ofPlanes = (planes: readonly Value[]) => concat(planes, -1);

/**
 * In training turns the hue of each image `[height, width, 3]` of a batch by a random part of half a circle, in either
 * direction; otherwise does nothing. Returns float32.
 *
 * @example By up to a tenth, for pixels of 0 to 1
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const hue = new layers.RandomHue(0.1, { valueRange: [0, 1] });
 * console.log(new Sequential([Input({ shape: [28, 28, 3] }), hue]).outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class RandomHue extends RandomColors {
  static {
    declareOptions(this, optionsBetween(0, 1));
  }

  /**
   * Takes the factor. Throws {@linkcode ValueError} if it is not from 0 to 1. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`.
   */
  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(options, { factor });
  }

  /** The turns, in circles, half of them in the other direction. */
  protected override draw(frame: ImageFrame): ColorChange {
    const sign = select(greater(this.perImage(frame, 4, 0, 1), 0.5), -1, 1);
    return { factor: multiply(multiply(sign, this.perImage(frame, 4, ...this.factor)), 0.5) };
  }

  /** Pixels with turned hues. */
  protected changeImages(batch: Value, { factor }: ColorChange): Value {
    const [hue, saturation, value] = planesOf(rgbToHsv(inRange(batch, this.valueRange, [0, 1])));
    const turned = add(hue, factor);
    const below = select(greater(turned, 1), subtract(turned, 1), turned);
    const within = select(less(below, 0), add(below, 1), below);
    const colors = hsvToRgb(ofPlanes([within, saturation, value]));
    return inRange(clip(colors, 0, 1), [0, 1], this.valueRange);
  }
}

/**
 * In training changes the saturation of each image `[height, width, 3]` of a batch by a random factor: 0 makes it grey,
 * 0.5 leaves it, 1 makes it as colorful as can be. A number `f` is `[-f, f]`, as in Keras. Otherwise does nothing. Returns
 * float32.
 *
 * @example A little less to a little more
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const saturation = new layers.RandomSaturation([0.4, 0.6]);
 * console.log(new Sequential([Input({ shape: [28, 28, 3] }), saturation]).outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class RandomSaturation extends RandomColors {
  static {
    declareOptions(this, optionsBetween(-1, 1));
  }

  /**
   * Takes the factor. Throws {@linkcode ValueError} if it is not from -1 to 1. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`.
   */
  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(options, { factor });
  }

  /** What saturations are multiplied by. */
  protected override draw(frame: ImageFrame): ColorChange {
    const factor = this.perImage(frame, 4, ...this.factor);
    return { factor: divide(factor, add(subtract(1, factor), epsilon())) };
  }

  /** Pixels with scaled saturations. */
  protected changeImages(batch: Value, { factor }: ColorChange): Value {
    const [hue, saturation, value] = planesOf(rgbToHsv(batch));
    return hsvToRgb(ofPlanes([hue, this.inside(multiply(saturation, factor)), value]));
  }
}

/**
 * In training fades the colors of each image `[height, width, 3]` of a batch to grey by a random factor: 0 leaves it, 1
 * makes it grey. A number `f` is `[-f, f]`, as in Keras. Otherwise does nothing. Returns float32.
 *
 * @example Up to half of the way to grey
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const fading = new layers.RandomColorDegeneration([0, 0.5]);
 * console.log(new Sequential([Input({ shape: [28, 28, 3] }), fading]).outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class RandomColorDegeneration extends RandomColors {
  static {
    declareOptions(this, optionsBetween(-1, 1));
  }

  /**
   * Takes the factor. Throws {@linkcode ValueError} if it is not from -1 to 1. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`.
   */
  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(options, { factor });
  }

  /** Pixels between their color and grey. */
  protected changeImages(batch: Value, { factor }: ColorChange): Value {
    return this.inside(add(batch, multiply(factor, subtract(rgbToGrayscale(batch), batch))));
  }
}
