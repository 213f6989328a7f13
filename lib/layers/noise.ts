// Layers that add or multiply noise in training. https://keras.io/api/layers/regularization_layers/
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { add, greaterEqual, multiply, select } from "../ops/primitives.ts";
import { number } from "../option_kinds.ts";
import { declareOptions, type Option, optionTable, positional, required, withFacts } from "../options.ts";
import type { LayerFields } from "./options.ts";
import { RandomLayer, type RandomLayerOptions, randomLayerOptions } from "./random_layer.ts";
import { type DropoutOptions, noiseShapeOption, rateOption } from "./regularization.ts";

/** A rate below 1, since the noise divides by `1 - rate`. */
const rateBelowOne: Option<number> = withFacts(rateOption, {
  read: (given, place) => {
    const rate = rateOption.read(given, place);
    if (rate < 1) return rate;
    throw new ValueError({
      what: place.what,
      rule: `${place.option} must be below 1`,
      received: describe(given),
      hint: "with a rate of 1 nothing is left to scale: choose a smaller one",
    });
  },
});

const { seed, ...plainOptions } = randomLayerOptions;

const gaussianNoiseOptions = optionTable<RandomLayerOptions>()({
  ...plainOptions,
  /** The standard deviation of the noise. */
  stddev: positional(number(required, { min: 0, max: 1 })),
  seed,
});

/** The options, checked and completed. */
export interface GaussianNoise extends LayerFields<RandomLayerOptions, typeof gaussianNoiseOptions> {}

/**
 * In training adds normal noise of mean 0 and standard deviation `stddev`; otherwise does nothing.
 *
 * @example Noisy features
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * new Sequential([new layers.GaussianNoise(0.1), new layers.Dense(1)]);
 * ```
 */
export class GaussianNoise extends RandomLayer {
  static {
    declareOptions(this, gaussianNoiseOptions);
  }

  /** Takes the standard deviation. Throws {@linkcode ValueError} if it is not from 0 to 1. Defaults: `seed: null`. */
  constructor(stddev: number, options: RandomLayerOptions = {}) {
    super(options, { stddev });
  }

  /** The input with noise, or in inference the input itself. */
  call(x: Value, { training }: { training: boolean }): Value {
    return training && this.stddev > 0 ? add(x, multiply(this.normal(x.shape), this.stddev)) : x;
  }
}

const gaussianDropoutOptions = optionTable<RandomLayerOptions>()({
  ...plainOptions,
  /** The rate, which determines the standard deviation of the noise. */
  rate: rateBelowOne,
  seed,
});

/** The options, checked and completed. */
export interface GaussianDropout extends LayerFields<RandomLayerOptions, typeof gaussianDropoutOptions> {}

/**
 * In training multiplies by normal noise of mean 1 and standard deviation `sqrt(rate / (1 - rate))`; otherwise does
 * nothing. Srivastava et al., 2014.
 *
 * @example Noisy features
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * new Sequential([new layers.Dense(64), new layers.GaussianDropout(0.5), new layers.Dense(1)]);
 * ```
 */
export class GaussianDropout extends RandomLayer {
  static {
    declareOptions(this, gaussianDropoutOptions);
  }

  /** Takes the rate. Throws {@linkcode ValueError} unless it is at least 0 and below 1. Defaults: `seed: null`. */
  constructor(rate: number, options: RandomLayerOptions = {}) {
    super(options, { rate });
  }

  /** The input times noise, or in inference the input itself. */
  call(x: Value, { training }: { training: boolean }): Value {
    if (!training || this.rate === 0) return x;
    const stddev = Math.sqrt(this.rate / (1 - this.rate));
    return multiply(x, add(multiply(this.normal(x.shape), stddev), 1));
  }
}

const alphaDropoutOptions = optionTable<DropoutOptions>()({
  ...plainOptions,
  /** The fraction to drop. */
  rate: rateBelowOne,
  seed,
  noiseShape: noiseShapeOption,
});

/** The options, checked and completed. */
export interface AlphaDropout extends LayerFields<DropoutOptions, typeof alphaDropoutOptions> {}

/** The limit of `selu` far below 0: minus the product of its two constants. */
const seluFloor = -1.6732632423543772 * 1.0507009873554805;

/**
 * In training sets a fraction `rate` of the inputs to the lowest value of `selu`, then scales and shifts all of them to
 * keep mean and variance; otherwise does nothing. Klambauer et al., 2017.
 *
 * @example After a self-normalizing layer
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * const dense = new layers.Dense(64, { activation: "selu", kernelInitializer: "lecun_normal" });
 * new Sequential([dense, new layers.AlphaDropout(0.1), new layers.Dense(1)]);
 * ```
 */
export class AlphaDropout extends RandomLayer {
  static {
    declareOptions(this, alphaDropoutOptions);
  }

  /**
   * Takes the fraction to drop. Throws {@linkcode ValueError} unless it is at least 0 and below 1. Defaults:
   * `seed: null`, `noiseShape: null`.
   */
  constructor(rate: number, options: DropoutOptions = {}) {
    super(options, { rate });
  }

  /** The input with some elements dropped, or in inference the input itself. */
  call(x: Value, { training }: { training: boolean }): Value {
    const { rate } = this;
    if (!training || rate === 0) return x;
    const kept = greaterEqual(this.uniform(this.resolveNoiseShape(x, this.noiseShape)), rate);
    const scale = 1 / Math.sqrt((1 - rate) * (1 + rate * seluFloor ** 2));
    const offset = -scale * seluFloor * rate;
    return add(multiply(select(kept, x, seluFloor), scale), offset);
  }
}
