// The running means of gradients and squares that Adamax, Nadam and Lamb share.
import type { Value } from "../ir/value.ts";
import { add, multiply, square, subtract } from "../ops/primitives.ts";
import { number } from "../option_kinds.ts";
import { declareOptions, keyed, optionTable } from "../options.ts";
import { Optimizer } from "./optimizer.ts";
import { type OptimizerArguments, type OptimizerFields, type OptimizerOptions, optimizerOptions } from "./options.ts";
import { rateOption } from "./rate.ts";

/** Options of optimizers with two running means. */
export interface MomentsOptions extends OptimizerOptions {
  /** The fraction of the running mean of gradients that each step keeps; 0.9 by default. */
  beta1?: number;
  /** The fraction of the running mean of squares (or of the norm) that each step keeps; 0.999 by default. */
  beta2?: number;
  /** Keeps the divisor from zero; 1e-7 by default. */
  epsilon?: number;
}

const momentsOptions = optionTable<MomentsOptions>()({
  ...optimizerOptions,
  learningRate: rateOption(0.001),
  beta1: keyed("beta_1", number(0.9, { min: 0, max: 1 })),
  beta2: keyed("beta_2", number(0.999, { min: 0, max: 1 })),
  epsilon: number(1e-7, { min: 0 }),
});

/** The options, checked and completed. */
export interface MomentsOptimizer extends OptimizerFields<MomentsOptions, typeof momentsOptions> {}

/** The base of optimizers with two running means. */
export abstract class MomentsOptimizer extends Optimizer {
  static {
    declareOptions(this, momentsOptions);
  }

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} for values out of range. Defaults: `beta1: 0.9`, `beta2: 0.999`,
   * `epsilon: 1e-7`.
   */
  constructor(...given: OptimizerArguments<MomentsOptions>) {
    super(...given);
  }

  /** `momentum` and `velocity`. */
  override get slotNames(): readonly string[] {
    return ["momentum", "velocity"];
  }

  /** The weight of a new value in a running mean. */
  protected part(beta: number): number {
    return 1 - beta;
  }

  /** The next running mean of gradients. */
  protected nextMean(mean: Value, g: Value): Value {
    return add(mean, multiply(subtract(g, mean), this.part(this.beta1)));
  }

  /** The next running mean of squares. */
  protected nextSquares(squares: Value, g: Value): Value {
    return add(squares, multiply(subtract(square(g), squares), this.part(this.beta2)));
  }
}
