// Layers that change images at random in training: how bright pixels are.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import { isListOf } from "../shape.ts";
import { describeList, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { clip } from "../ops/composed.ts";
import { add, mean, multiply, subtract } from "../ops/primitives.ts";
import { declareOptions, option, optionTable, positional } from "../options.ts";
import { type RandomImageOptions, randomImageOptions, RandomImages } from "./augmentation.ts";
import { type Factor, factorEndsOption, overlapping } from "./factor_options.ts";
import type { LayerFields } from "./options.ts";

/** Options of layers that change the brightness of pixels. */
export interface RandomColorOptions extends RandomImageOptions {
  /** The smallest and the largest value that pixels may have; [0, 255] by default. */
  valueRange?: readonly [number, number];
}

const valueRangeOption = option<readonly [number, number]>({
  fallback: [0, 255],
  read: (given, { whatNamed, option }) => {
    const isEnd = (end: unknown): end is number => typeof end === "number" && !Number.isNaN(end);
    if (isListOf(given, isEnd) && given.length === 2) return [Math.min(...given), Math.max(...given)];
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be a list of two numbers`,
      received: describeList(given),
      hint: "write it as valueRange: [0, 1] where that is the range of pixels",
    });
  },
});

const randomColorOptions = (low: number, high: number) =>
  optionTable<RandomColorOptions>()({
    ...randomImageOptions,
    /** The smallest and the largest change. */
    factor: positional(factorEndsOption(overlapping(low, high))),
    valueRange: valueRangeOption,
  });

interface RandomColors extends LayerFields<RandomColorOptions, ReturnType<typeof randomColorOptions>> {}

/** The base of layers that change the brightness of pixels and clip them to a range. */
abstract class RandomColors extends RandomImages {
  /** The changed images, clipped to the range. */
  protected change(images: Value): Value {
    return clip(this.changeColors(images), ...this.valueRange);
  }

  /** The changed images. */
  protected abstract changeColors(images: Value): Value;
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
    declareOptions(this, randomColorOptions(0, 1));
  }

  /**
   * Takes the factor. Throws {@linkcode ValueError} if it is not from 0 to 1. Defaults: `dataFormat: "channels_last"`,
   * `seed: null`, `valueRange: [0, 255]`.
   */
  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(options, { factor });
  }

  /** Pixels with scaled distances from the mean of their channel. */
  protected changeColors(images: Value): Value {
    const rank = images.shape.length;
    const factor = this.perImage(images, rank, 1 - this.factor[0], 1 + this.factor[1]);
    const height = this.dataFormat === "channels_last" ? rank - 3 : rank - 2;
    const middle = mean(images, [height, height + 1], true);
    return add(multiply(subtract(images, middle), factor), middle);
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
    declareOptions(this, randomColorOptions(-1, 1));
  }

  /**
   * Takes the fraction. Throws {@linkcode ValueError} if it is not from -1 to 1. Defaults:
   * `dataFormat: "channels_last"`, `seed: null`, `valueRange: [0, 255]`.
   */
  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(options, { factor });
  }

  /** Pixels with a number added. */
  protected changeColors(images: Value): Value {
    const [low, high] = this.valueRange;
    const rank = images.shape.length;
    return add(images, multiply(this.perImage(images, rank, ...this.factor), high - low));
  }
}
