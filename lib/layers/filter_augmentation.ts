// Layers that sharpen or blur images at random in training.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import { describeList, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { clip } from "../ops/composed.ts";
import { depthwiseConv } from "../ops/convolve.ts";
import { gaussianWeights, weightedAverage } from "../ops/gaussian_blur.ts";
import { add, broadcastTo, less, multiply, reshape, select, slice, subtract } from "../ops/primitives.ts";
import { declareOptions, type Option, option, optionTable, positional, withFacts } from "../options.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { ColorChange } from "./color_augmentation.ts";
import { type Factor, factorEndsOption, overlapping } from "./factor_options.ts";
import { type ImageFrame, ImageLayer } from "./image_layer.ts";
import type { LayerFields } from "./options.ts";
import { type RandomColorOptions, randomColorOptions } from "./value_range.ts";

/** What smooths a pixel: itself, and less of its neighbours. */
const smoothing = new Tensor([3, 3, 1, 1], "float32", Float32Array.of(1, 1, 1, 1, 5, 1, 1, 1, 1).map((x) => x / 13));

const randomSharpnessOptions = optionTable<RandomColorOptions>()({
  ...randomColorOptions,
  /** The smallest and the largest change. */
  factor: positional(factorEndsOption(overlapping(0, 1))),
});

/** The options, checked and completed. */
export interface RandomSharpness extends LayerFields<RandomColorOptions, typeof randomSharpnessOptions> {}

/**
 * In training smooths or sharpens each image `[height, width, channels]` of a batch by a random factor: 0 smooths it, 0.5
 * leaves it, 1 sharpens it. A number `f` is `[0, f]`. Otherwise does nothing. Returns float32.
 *
 * @example A little smoother to a little sharper
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 3] }), new layers.RandomSharpness([0.3, 0.7])]);
 * console.log(model.outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class RandomSharpness extends ImageLayer<ColorChange> {
  static {
    declareOptions(this, randomSharpnessOptions);
  }

  /**
   * Takes the factor. Throws {@linkcode ValueError} if it is not from 0 to 1. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`.
   */
  constructor(factor: Factor, options: RandomColorOptions = {}) {
    super(options, { factor });
  }

  protected override readonly drawnParts: readonly string[] = ["factor"];

  /** The sharpness of each image. */
  protected draw(frame: ImageFrame): ColorChange {
    return { factor: this.perImage(frame, 4, ...this.factor) };
  }

  /** The images, smoothed by what is missing to 0.5, or less smooth by what is more. */
  protected changeImages(batch: Value, { factor }: ColorChange): Value {
    const kernel = broadcastTo(smoothing, [3, 3, batch.shape[3], 1]);
    const smooth = depthwiseConv(batch, kernel, { padding: "same" });
    const changed = add(batch, multiply(subtract(1, multiply(factor, 2)), subtract(smooth, batch)));
    return clip(changed, ...this.valueRange);
  }
}

/** Options of {@linkcode RandomGaussianBlur}. */
export interface RandomGaussianBlurOptions extends RandomColorOptions {
  /** The probability that an image is blurred, from 0 to 1: drawn up to it, or between two; 1 by default. */
  factor?: Factor;
  /** The pixels that are averaged along the width and along the height: odd numbers; 3 by default. */
  kernelSize?: number | readonly [number, number];
  /** The standard deviation in pixels, from 0 to 1: drawn up to it, or between two; 1 by default. */
  sigma?: Factor;
}

const kernelSizeOption: Option<readonly [number, number]> = option<readonly [number, number]>({
  fallback: 3,
  read: (given, { whatNamed, option }) => {
    const sizes: unknown = typeof given === "number" ? [given, given] : given;
    const isSize = (size: unknown) =>
      Number.isInteger(size) && (size as number) % 2 === 1 && (size as number) < 2 ** 12;
    if (Array.isArray(sizes) && sizes.length === 2 && sizes.every(isSize)) return [sizes[0], sizes[1]];
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be an odd number, or a list of two`,
      received: describeList(given),
      hint: "give 3, 5 or 7 pixels",
    });
  },
});

const unitOption = withFacts(factorEndsOption(overlapping(0, 1)), { fallback: 1 });

const randomGaussianBlurOptions = optionTable<RandomGaussianBlurOptions>()({
  ...randomColorOptions,
  factor: unitOption,
  kernelSize: kernelSizeOption,
  sigma: unitOption,
});

/** Which images are blurred, and how. */
export interface Blurs {
  /** Whether each is, bool `[count, 1, 1, 1]`. */
  readonly isChosen: Value;
  /** The standard deviations along the width and along the height, `[2]`, of the whole batch. */
  readonly sigma: Value;
}

/** The options, checked and completed. */
export interface RandomGaussianBlur extends LayerFields<RandomGaussianBlurOptions, typeof randomGaussianBlurOptions> {}

/**
 * In training blurs some of the images `[batch, height, width, channels]` by a Gaussian; otherwise does nothing. Returns
 * float32.
 *
 * @example Half of the images
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const blur = new layers.RandomGaussianBlur({ factor: [0.5, 0.5], kernelSize: 5, valueRange: [0, 1] });
 * console.log(new Sequential([Input({ shape: [28, 28, 3] }), blur]).outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class RandomGaussianBlur extends ImageLayer<Blurs> {
  static {
    declareOptions(this, randomGaussianBlurOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for invalid ones. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`, `factor: 1`, `kernelSize: 3`, `sigma: 1`.
   */
  constructor(options: RandomGaussianBlurOptions = {}) {
    super(options);
  }

  protected override readonly drawnParts: readonly string[] = ["isChosen", "sigma"];

  /** Which images are blurred, and how much. */
  protected draw(frame: ImageFrame): Blurs {
    const probability = this.perImage(frame, 4, ...this.factor);
    const isChosen = less(this.perImage(frame, 4, 0, 1), probability);
    return { isChosen, sigma: add(this.uniform([2], ...this.sigma), 1e-6) };
  }

  /** The images, some of them blurred. */
  protected changeImages(batch: Value, { isChosen, sigma }: Blurs): Value {
    const [alongWidth, alongHeight] = this.kernelSize.map((size, i) =>
      gaussianWeights(size, reshape(slice(sigma, [i], [1]), []))
    );
    const blurred = weightedAverage(batch, alongHeight, alongWidth);
    return clip(select(isChosen, blurred, batch), ...this.valueRange);
  }
}
