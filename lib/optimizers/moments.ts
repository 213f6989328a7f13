// Running means of gradients and squares, which Adamax, Nadam and Lamb have in common.
import type { Config } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { add, multiply, square, subtract } from "../ops/primitives.ts";
import { checkRange } from "../option_kinds.ts";
import { Optimizer, type OptimizerOptions } from "./optimizer.ts";

/** Options of optimizers with two running means. */
export interface MomentsOptions extends OptimizerOptions {
  /** The part of the running mean of gradients that is kept in each step; 0.9 by default. */
  beta1?: number;
  /** The part of the running mean of squares (or of the norm) that is kept in each step; 0.999 by default. */
  beta2?: number;
  /** What keeps the divisor from zero; 1e-7 by default. */
  epsilon?: number;
}

/** The base of optimizers with two running means. */
export abstract class MomentsOptimizer extends Optimizer {
  /** The part of the running mean of gradients that is kept in each step. */
  readonly beta1: number;
  /** The part of the running mean of squares (or of the norm) that is kept in each step. */
  readonly beta2: number;
  /** What keeps the divisor from zero. */
  readonly epsilon: number;

  /** Takes the options. Throws {@linkcode ValueError} for values out of range. */
  constructor(options: MomentsOptions = {}) {
    super(options, 0.001, ["beta1", "beta2", "epsilon"]);
    ({ beta1: this.beta1 = 0.9, beta2: this.beta2 = 0.999, epsilon: this.epsilon = 1e-7 } = options);
    checkRange(new.target.name, "beta1", this.beta1, 0, 1);
    checkRange(new.target.name, "beta2", this.beta2, 0, 1);
    checkRange(new.target.name, "epsilon", this.epsilon, 0, Infinity);
  }

  /** `momentum` and `velocity`. */
  override get slotNames(): readonly string[] {
    return ["momentum", "velocity"];
  }

  /** How much of a new value comes into a running mean. */
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

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { beta1, beta2, epsilon } = this;
    return { ...super.getConfig(), beta_1: beta1, beta_2: beta2, epsilon };
  }
}
