// Layers that change images at random while a model trains: how bright their pixels are.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import type { Config } from "../json_config.ts";
import { ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { clip } from "../ops/composed.ts";
import { add, mean, multiply, subtract } from "../ops/primitives.ts";
import { describe } from "../options.ts";
import { type Factor, factorEnds, overlaps, RandomImages } from "./augmentation.ts";
import type { RandomImageOptions } from "./augmentation.ts";

/** Options of layers that change the brightness of pixels. */
export interface RandomColorOptions extends RandomImageOptions {
  /** The smallest and the largest value that pixels may have; [0, 255] by default. */
  valueRange?: readonly [number, number];
}

/** The base of layers that change the brightness of pixels, and hold it to a range. */
abstract class RandomColors extends RandomImages {
  /** The smallest and the largest change. */
  readonly factor: readonly [number, number];
  /** The smallest and the largest value that pixels may have. */
  readonly valueRange: readonly [number, number];

  /** Takes the change, its least and its most, and the options. */
  constructor(factor: Factor, low: number, high: number, options: RandomColorOptions) {
    super(options, ["valueRange"]);
    this.factor = factorEnds(this.name, "factor", factor, [low, high], overlaps(low, high));
    const { valueRange = [0, 255] } = options;
    const isRange = Array.isArray(valueRange) && valueRange.length === 2 &&
      valueRange.every((end) => typeof end === "number" && !Number.isNaN(end));
    if (!isRange) {
      throw new ValueError({
        what: `Cannot make "${this.name}"`,
        rule: "valueRange must be a list of two numbers",
        received: Array.isArray(valueRange) ? `[${valueRange.map(describe).join(", ")}]` : describe(valueRange),
        hint: "write it as valueRange: [0, 1] where that is the range of pixels",
      });
    }
    this.valueRange = [Math.min(...valueRange), Math.max(...valueRange)];
  }

  /** The changed images, held to the range. */
  protected change(images: Value): Value {
    return clip(this.changeColors(images), ...this.valueRange);
  }

  /** The changed images. */
  protected abstract changeColors(images: Value): Value;

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), factor: this.factor, value_range: this.valueRange };
  }
}

/**
 * In training moves the pixels of each image `[height, width, channels]` of a batch away from the mean of their channel
 * (or to it, where a factor is negative): by a random part from 1 - `factor[0]` to 1 + `factor[1]`; a number `f` is
 * `[0, f]`. Otherwise does nothing. Gives float32.
 *
 * @example Up to half as much contrast again, for pixels of 0 to 1
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const contrast = new layers.RandomContrast(0.5, { valueRange: [0, 1] });
 * console.log(new Sequential([Input({ shape: [28, 28, 1] }), contrast]).outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomContrast extends RandomColors {
  /** Takes the part. Throws {@linkcode ValueError} where it is not from 0 to 1. */
  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(factor, 0, 1, options);
  }

  /** Pixels at other distances from the mean of their channel. */
  protected changeColors(images: Value): Value {
    const rank = images.shape.length;
    const factor = this.perImage(images, rank, 1 - this.factor[0], 1 + this.factor[1]);
    const height = this.dataFormat === "channels_last" ? rank - 3 : rank - 2;
    const middle = mean(images, [height, height + 1], true);
    return add(multiply(subtract(images, middle), factor), middle);
  }
}

/**
 * In training makes each image `[height, width, channels]` of a batch brighter or darker by a random part of the
 * range of values; otherwise does nothing. Gives float32.
 *
 * @example By up to a fifth of the range, for pixels of 0 to 1
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const brightness = new layers.RandomBrightness(0.2, { valueRange: [0, 1] });
 * console.log(new Sequential([Input({ shape: [28, 28, 1] }), brightness]).outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomBrightness extends RandomColors {
  /** Takes the part. Throws {@linkcode ValueError} where it is not from -1 to 1. */
  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(factor, -1, 1, options);
  }

  /** Pixels with something added. */
  protected changeColors(images: Value): Value {
    const [low, high] = this.valueRange;
    const rank = images.shape.length;
    return add(images, multiply(this.perImage(images, rank, ...this.factor), high - low));
  }
}
