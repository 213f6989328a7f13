// Lion: steps of a fixed size along the sign of a running mean. https://keras.io/api/optimizers/lion/
import type { Value } from "../ir/value.ts";
import { add, multiply, sign, subtract } from "../ops/primitives.ts";
import { number } from "../option_kinds.ts";
import { declareOptions, keyed, optionTable } from "../options.ts";
import { Optimizer } from "./optimizer.ts";
import { type OptimizerArguments, type OptimizerFields, type OptimizerOptions, optimizerOptions } from "./options.ts";
import { rateOption } from "./rate.ts";
import type { Scalars } from "./scalars.ts";

/** Options of {@linkcode Lion}. */
export interface LionOptions extends OptimizerOptions {
  /** The weight of the running mean in the direction of a step; 0.9 by default. */
  beta1?: number;
  /** The fraction of the running mean that each step keeps; 0.99 by default. */
  beta2?: number;
}

const lionOptions = optionTable<LionOptions>()({
  ...optimizerOptions,
  learningRate: rateOption(0.001),
  beta1: keyed("beta_1", number(0.9, { above: 0, max: 1 })),
  beta2: keyed("beta_2", number(0.99, { min: 0, max: 1 })),
});

/** The options, checked and completed. */
export interface Lion extends OptimizerFields<LionOptions, typeof lionOptions> {}

/**
 * `w -= learningRate * sign(beta1 * m + (1 - beta1) * g)`, `m = beta2 * m + (1 - beta2) * g`. The learning rate is 0.001
 * by default. Chen et al., 2023.
 *
 * @example
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Lion({ learningRate: 1e-4, weightDecay: 0.1 }).beta2); // 0.99
 * ```
 */
export class Lion extends Optimizer {
  static {
    declareOptions(this, lionOptions);
  }

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} for values outside of 0 to 1. Defaults: `beta1: 0.9`,
   * `beta2: 0.99`.
   */
  constructor(...given: OptimizerArguments<LionOptions>) {
    super(...given);
  }

  /** `momentum`. */
  override get slotNames(): readonly string[] {
    return ["momentum"];
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [mean]: readonly Value[],
    { rate }: Scalars,
  ): readonly Value[] {
    // As in Keras, from betas rounded to float32.
    const mix = (beta: number) => add(multiply(mean, beta), multiply(g, 1 - Math.fround(beta)));
    return [subtract(w, multiply(rate, sign(mix(this.beta1)))), mix(this.beta2)];
  }
}
