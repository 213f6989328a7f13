// Layers that add or multiply noise in training. https://keras.io/api/layers/regularization_layers/
import type { Config } from "../json_config.ts";
import { ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { add, greaterEqual, multiply, select } from "../ops/primitives.ts";
import { checkRange } from "../option_kinds.ts";
import { describe } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { RandomLayer, type RandomLayerOptions } from "./random_layer.ts";
import { checkNoiseShape, type DropoutOptions } from "./regularization.ts";

/** A rate that the noise is divided by what is left of it: all but 1. */
function checkRate(className: string, rate: unknown): void {
  checkRange(className, "rate", rate, 0, 1);
  if (rate !== 1) return;
  throw new ValueError({
    what: `Cannot make ${className}`,
    rule: "rate must be below 1",
    received: describe(rate),
    hint: "with a rate of 1 nothing is left to scale: choose a smaller one",
  });
}

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
  /** The standard deviation of the noise. */
  readonly stddev: number;

  /** Takes the standard deviation. Throws {@linkcode ValueError} where it is not from 0 to 1. */
  constructor(stddev: number, options: RandomLayerOptions = {}) {
    checkRange(new.target.name, "stddev", stddev, 0, 1);
    super(options, []);
    this.stddev = stddev;
  }

  /** The input with noise, or in inference the input itself. */
  call(x: Value, { training }: { training: boolean }): Value {
    return training && this.stddev > 0 ? add(x, multiply(this.normal(x.shape), this.stddev)) : x;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), stddev: this.stddev, seed: this.seed };
  }
}

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
  /** What the standard deviation of the noise follows from. */
  readonly rate: number;

  /** Takes the rate. Throws {@linkcode ValueError} where it is not from 0 to below 1. */
  constructor(rate: number, options: RandomLayerOptions = {}) {
    checkRate(new.target.name, rate);
    super(options, []);
    this.rate = rate;
  }

  /** The input times noise, or in inference the input itself. */
  call(x: Value, { training }: { training: boolean }): Value {
    if (!training || this.rate === 0) return x;
    const stddev = Math.sqrt(this.rate / (1 - this.rate));
    return multiply(x, add(multiply(this.normal(x.shape), stddev), 1));
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
  }
}

/** What `selu` tends to for inputs far below 0: minus the product of its two constants. */
const seluFloor = -1.6732632423543772 * 1.0507009873554805;

/**
 * In training sets a part `rate` of the inputs to the lowest value of `selu` and moves and scales all of them so that
 * mean and variance stay; otherwise does nothing. Klambauer et al., 2017.
 *
 * @example After a self-normalizing layer
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * const dense = new layers.Dense(64, { activation: "selu", kernelInitializer: "lecun_normal" });
 * new Sequential([dense, new layers.AlphaDropout(0.1), new layers.Dense(1)]);
 * ```
 */
export class AlphaDropout extends RandomLayer {
  /** The part that is dropped. */
  readonly rate: number;
  /** The shape of what is drawn, if it is not that of the input. */
  readonly noiseShape: SymbolicShape | null;

  /** Takes the part to drop. Throws {@linkcode ValueError} where it is not from 0 to below 1. */
  constructor(rate: number, options: DropoutOptions = {}) {
    checkRate(new.target.name, rate);
    super(options, ["noiseShape"]);
    this.rate = rate;
    this.noiseShape = checkNoiseShape(options.noiseShape, new.target.name);
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

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed, noise_shape: this.noiseShape };
  }
}
