// RandomColorJitter: brightness, contrast, saturation and hue at once.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_color_jitter/
import type { Value } from "../ir/value.ts";
import { declareOptions, nullable, optionTable } from "../options.ts";
import { RandomBrightness, RandomContrast, RandomHue, RandomSaturation } from "./color_augmentation.ts";
import { type Factor, factorOption, overlapping } from "./factor_options.ts";
import { type DrawingLayer, type DrawnChange, type ImageFrame, ImageLayer } from "./image_layer.ts";
import type { LayerFields } from "./options.ts";
import { type RandomColorOptions, randomColorOptions } from "./value_range.ts";

/** Options of {@linkcode RandomColorJitter}. */
export interface RandomColorJitterOptions extends RandomColorOptions {
  /** How the brightness changes, as `RandomBrightness` takes it; not at all by default. */
  brightnessFactor?: Factor | null;
  /** How the contrast changes, as `RandomContrast` takes it; not at all by default. */
  contrastFactor?: Factor | null;
  /** How the saturation changes, as `RandomSaturation` takes it; not at all by default. */
  saturationFactor?: Factor | null;
  /** How the hue changes, as `RandomHue` takes it; not at all by default. */
  hueFactor?: Factor | null;
}

const colorJitterOptions = optionTable<RandomColorJitterOptions>()({
  ...randomColorOptions,
  brightnessFactor: nullable(factorOption(overlapping(-1, 1))),
  contrastFactor: nullable(factorOption(overlapping(0, 1))),
  saturationFactor: nullable(factorOption(overlapping(-1, 1))),
  hueFactor: nullable(factorOption(overlapping(0, 1))),
});

/** What each of the changes drew. */
export interface Jitters {
  /** One for each layer. */
  readonly drawn: readonly DrawnChange[];
}

/** The options, checked and completed. */
export interface RandomColorJitter extends LayerFields<RandomColorJitterOptions, typeof colorJitterOptions> {}

/**
 * In training changes the brightness, the contrast, the saturation and the hue of each image `[height, width, 3]` of a
 * batch at random, in this order; otherwise does nothing. Returns float32.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const jitter = new layers.RandomColorJitter({ brightnessFactor: 0.2, hueFactor: 0.1, valueRange: [0, 1] });
 * console.log(new Sequential([Input({ shape: [28, 28, 3] }), jitter]).outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class RandomColorJitter extends ImageLayer<Jitters> {
  static {
    declareOptions(this, colorJitterOptions);
  }
  /** The layers that change the images, in order. */
  readonly augmentations: readonly DrawingLayer[];

  /**
   * Takes the options. Throws {@linkcode ValueError} for invalid ones. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`, `brightnessFactor: null`, `contrastFactor: null`,
   * `saturationFactor: null`, `hueFactor: null`.
   */
  constructor(options: RandomColorJitterOptions = {}) {
    super(options);
    const { brightnessFactor, contrastFactor, saturationFactor, hueFactor, valueRange, seed } = this;
    const own = { valueRange, seed };
    this.augmentations = [
      ...(brightnessFactor === null ? [] : [new RandomBrightness(brightnessFactor, own)]),
      ...(contrastFactor === null ? [] : [new RandomContrast(contrastFactor, own)]),
      ...(saturationFactor === null ? [] : [new RandomSaturation(saturationFactor, own)]),
      ...(hueFactor === null ? [] : [new RandomHue(hueFactor, own)]),
    ];
  }

  protected override readonly drawnParts: readonly string[] = ["drawn"];

  /** What each of the changes does. */
  protected draw({ count, height, width, channels }: ImageFrame): Jitters {
    const shape = [count, height, width, channels];
    return { drawn: this.augmentations.map((layer) => layer.drawChange({ shape })) };
  }

  /** The images after all changes. */
  protected changeImages(batch: Value, { drawn }: Jitters): Value {
    return drawn.reduce((x, by) => by.images(x), batch);
  }
}
