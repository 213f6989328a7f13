// Layers that change the tones of images at random in training: fewer of them, inverted ones, grey.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import type { Value } from "../ir/value.ts";
import { clip } from "../ops/composed.ts";
import { rgbToGrayscale } from "../ops/image_color.ts";
import { add, divide, floor, less, multiply, power, round, select, subtract } from "../ops/primitives.ts";
import { number } from "../option_kinds.ts";
import { declareOptions, type Option, optionTable, positional, withFacts } from "../options.ts";
import { type Factor, type FactorBounds, factorEndsOption, overlapping } from "./factor_options.ts";
import { type ImageFrame, ImageLayer, type RandomImageOptions, randomImageOptions } from "./image_layer.ts";
import type { LayerFields } from "./options.ts";
import { inRange, type RandomColorOptions, randomColorOptions } from "./value_range.ts";

const randomPosterizationOptions = optionTable<RandomColorOptions>()({
  ...randomColorOptions,
  /** The smallest and the largest number of bits. */
  factor: positional(factorEndsOption(overlapping(1, 8))),
});

/** How many bits are cleared. */
export interface ClearedBits {
  /** The number of each image, `[count, 1, 1, 1]`. */
  readonly shift: Value;
}

/** The options, checked and completed. */
export interface RandomPosterization extends LayerFields<RandomColorOptions, typeof randomPosterizationOptions> {}

/**
 * In training reduces the bits of each channel of images `[batch, height, width, channels]`: to so many of 8, from 1 to the
 * factor less one, drawn for each image; a list of two equal numbers gives that number. Otherwise does nothing. Returns
 * float32. AutoAugment: https://arxiv.org/abs/1805.09501
 *
 * @example Four bits
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 3] }), new layers.RandomPosterization([4, 4])]);
 * console.log(model.outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class RandomPosterization extends ImageLayer<ClearedBits> {
  static {
    declareOptions(this, randomPosterizationOptions);
  }

  /**
   * Takes the number of bits. Throws {@linkcode ValueError} if it is not from 1 to 8. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`.
   */
  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(options, { factor });
  }

  protected override readonly drawnParts: readonly string[] = ["shift"];

  /** How many of 8 bits are cleared. */
  protected draw(frame: ImageFrame): ClearedBits {
    return { shift: subtract(8, floor(this.perImage(frame, 4, ...this.factor))) };
  }

  /** Pixels with their last bits cleared. */
  protected changeImages(batch: Value, { shift }: ClearedBits): Value {
    const bytes = floor(clip(inRange(batch, this.valueRange, [0, 255]), 0, 255));
    const step = round(power(2, shift));
    return inRange(multiply(floor(divide(bytes, step)), step), [0, 255], this.valueRange);
  }
}

const part: FactorBounds = { low: 0, high: 1 };

/** A part from 0 to 1, as two ends: a number is the upper one. */
const partOption: Option<readonly [number, number]> = withFacts(factorEndsOption(part), { fallback: 0 });

/** Options of {@linkcode Solarization}. */
export interface SolarizationOptions extends RandomColorOptions {
  /** How much of 255 is added to pixels first, from 0 to 1: the smallest and the largest; 0 by default. */
  additionFactor?: Factor;
  /** From how much of 255 on pixels are inverted, from 0 to 1: the smallest and the largest; 0 by default. */
  thresholdFactor?: Factor;
}

const solarizationOptions = optionTable<SolarizationOptions>()({
  ...randomColorOptions,
  additionFactor: partOption,
  thresholdFactor: partOption,
});

/** What is added to the pixels of images, and from where on they are inverted, each `[count, 1, 1, 1]`. */
export interface Solarized {
  /** What is added. */
  readonly additions: Value;
  /** From where on pixels are inverted. */
  readonly thresholds: Value;
}

/** The options, checked and completed. */
export interface Solarization extends LayerFields<SolarizationOptions, typeof solarizationOptions> {}

/**
 * In training inverts the bright pixels of images `[batch, height, width, channels]`: those above a threshold, all by
 * default. Otherwise does nothing. Returns float32. As in Keras's code, the lower ends of factors count in values of 255.
 *
 * @example Pixels from somewhere above the dark ones on
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const solarization = new layers.Solarization({ thresholdFactor: 0.5, valueRange: [0, 1] });
 * console.log(new Sequential([Input({ shape: [28, 28, 3] }), solarization]).outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class Solarization extends ImageLayer<Solarized> {
  static {
    declareOptions(this, solarizationOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for factors that are not from 0 to 1. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`,
   * `additionFactor: 0`, `thresholdFactor: 0`.
   */
  constructor(options: SolarizationOptions = {}) {
    super(options);
  }

  protected override readonly drawnParts: readonly string[] = ["additions", "thresholds"];

  /** What is added, and the thresholds. */
  protected draw(frame: ImageFrame): Solarized {
    const scaled = ([low, high]: readonly [number, number]) => this.perImage(frame, 4, low, high * 255);
    const additions = scaled(this.additionFactor);
    return { additions, thresholds: scaled(this.thresholdFactor) };
  }

  /** Pixels with a number added, the bright ones inverted. */
  protected changeImages(batch: Value, { additions, thresholds }: Solarized): Value {
    const raised = clip(add(inRange(batch, this.valueRange, [0, 255]), additions), 0, 255);
    return inRange(select(less(raised, thresholds), raised, subtract(255, raised)), [0, 255], this.valueRange);
  }
}

/** Options of {@linkcode RandomInvert}. */
export interface RandomInvertOptions extends RandomColorOptions {
  /** The probability that an image is inverted, from 0 to 1: drawn up to it, or between two; 1 by default. */
  factor?: Factor;
}

const randomInvertOptions = optionTable<RandomInvertOptions>()({
  ...randomColorOptions,
  factor: withFacts(factorEndsOption(overlapping(0, 1)), { fallback: 1 }),
});

/** Which images are changed. */
export interface Chosen {
  /** Whether each is, bool `[count, 1, 1, 1]`. */
  readonly isChosen: Value;
}

/** The options, checked and completed. */
export interface RandomInvert extends LayerFields<RandomInvertOptions, typeof randomInvertOptions> {}

/**
 * In training inverts the colors of some of the images `[batch, height, width, channels]`, as the difference from the
 * largest value; otherwise does nothing. Returns float32.
 *
 * @example Half of the images
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const invert = new layers.RandomInvert({ factor: [0.5, 0.5], valueRange: [0, 1] });
 * console.log(new Sequential([Input({ shape: [28, 28, 3] }), invert]).outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class RandomInvert extends ImageLayer<Chosen> {
  static {
    declareOptions(this, randomInvertOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for a factor that is not from 0 to 1. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`, `factor: 1`.
   */
  constructor(options: RandomInvertOptions = {}) {
    super(options);
  }

  protected override readonly drawnParts: readonly string[] = ["isChosen"];

  /** Which images are inverted. */
  protected draw(frame: ImageFrame): Chosen {
    const probability = this.perImage(frame, 4, ...this.factor);
    return { isChosen: less(this.perImage(frame, 4, 0, 1), probability) };
  }

  /** The images, some of them inverted. */
  protected changeImages(batch: Value, { isChosen }: Chosen): Value {
    return select(isChosen, subtract(this.valueRange[1], batch), batch);
  }
}

/** Options of {@linkcode RandomGrayscale}. */
export interface RandomGrayscaleOptions extends RandomImageOptions {
  /** The probability that an image becomes grey; 0.5 by default. */
  factor?: number;
}

const randomGrayscaleOptions = optionTable<RandomGrayscaleOptions>()({
  ...randomImageOptions,
  seed: withFacts(randomImageOptions.seed, { written: "unless null" }),
  factor: number(0.5, { min: 0, max: 1 }),
});

/** The options, checked and completed. */
export interface RandomGrayscale extends LayerFields<RandomGrayscaleOptions, typeof randomGrayscaleOptions> {}

/**
 * In training makes some of the images `[batch, height, width, 3]` grey, of three equal channels, in their dtype;
 * otherwise does nothing.
 *
 * @example A tenth of the images
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 3] }), new layers.RandomGrayscale({ factor: 0.1 })]);
 * console.log(model.outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class RandomGrayscale extends ImageLayer<Chosen> {
  static {
    declareOptions(this, randomGrayscaleOptions);
  }
  protected override readonly keepsDType = true;

  /**
   * Takes the options. Throws {@linkcode ValueError} for a factor that is not from 0 to 1. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`, `factor: 0.5`.
   */
  constructor(options: RandomGrayscaleOptions = {}) {
    super(options);
  }

  protected override readonly drawnParts: readonly string[] = ["isChosen"];

  /** Which images become grey. */
  protected draw(frame: ImageFrame): Chosen {
    return { isChosen: less(this.perImage(frame, 4, 0, 1), this.factor) };
  }

  /** The images, some of them grey. */
  protected changeImages(batch: Value, { isChosen }: Chosen): Value {
    return select(isChosen, rgbToGrayscale(batch), batch);
  }
}
