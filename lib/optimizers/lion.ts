// Lion: steps of one size along the sign of a running mean. https://keras.io/api/optimizers/lion/
import type { Config } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { add, multiply, sign, subtract } from "../ops/primitives.ts";
import { checkRange } from "../option_kinds.ts";
import { Optimizer, type OptimizerOptions } from "./optimizer.ts";

/** Options of {@linkcode Lion}. */
export interface LionOptions extends OptimizerOptions {
  /** The part of the running mean in the direction of a step; 0.9 by default. */
  beta1?: number;
  /** The part of the running mean that is kept in each step; 0.99 by default. */
  beta2?: number;
}

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
  /** The part of the running mean in the direction of a step. */
  readonly beta1: number;
  /** The part of the running mean that is kept in each step. */
  readonly beta2: number;

  /** Takes the options. Throws {@linkcode ValueError} for values outside of 0 to 1. */
  constructor(options: LionOptions = {}) {
    super(options, 0.001, ["beta1", "beta2"]);
    ({ beta1: this.beta1 = 0.9, beta2: this.beta2 = 0.99 } = options);
    checkRange("Lion", "beta1", this.beta1, Number.MIN_VALUE, 1);
    checkRange("Lion", "beta2", this.beta2, 0, 1);
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
    [rate]: readonly Value[],
  ): readonly Value[] {
    // As Keras has it here: from betas rounded to float32.
    const mix = (beta: number) => add(multiply(mean, beta), multiply(g, 1 - Math.fround(beta)));
    return [subtract(w, multiply(rate, sign(mix(this.beta1)))), mix(this.beta2)];
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), beta_1: this.beta1, beta_2: this.beta2 };
  }
}
