// SGD, with momentum. https://keras.io/api/optimizers/sgd/
import type { Value } from "../ir/value.ts";
import { boolean, number } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import { apply } from "../tensor/apply.ts";
import { Optimizer } from "./optimizer.ts";
import { type OptimizerArguments, type OptimizerFields, type OptimizerOptions, optimizerOptions } from "./options.ts";
import type { Scalars } from "./scalars.ts";

/** Options of {@linkcode SGD}. */
export interface SGDOptions extends OptimizerOptions {
  /** The fraction of the last update that is added to the next, from 0 to 1; 0 by default. */
  momentum?: number;
  /** Whether to use Nesterov momentum: the gradient's step is added again after the momentum; false by default. */
  nesterov?: boolean;
}

const sgdOptions = optionTable<SGDOptions>()({
  ...optimizerOptions,
  momentum: number(0, { min: 0, max: 1 }),
  nesterov: boolean(false),
});

/** The options, checked and completed. */
export interface SGD extends OptimizerFields<SGDOptions, typeof sgdOptions> {}

/**
 * Gradient descent: `w -= learningRate * g`; with momentum `m = momentum * m - learningRate * g`, `w += m`. The
 * learning rate is 0.01 by default.
 *
 * @example With Nesterov momentum
 * ```ts
 * import { optimizers } from "./mod.ts";
 * const sgd = new optimizers.SGD({ learningRate: 0.05, momentum: 0.9, nesterov: true });
 * console.log(sgd.momentum); // 0.9
 * ```
 */
export class SGD extends Optimizer {
  static {
    declareOptions(this, sgdOptions);
  }

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} for a momentum outside of 0 to 1. Defaults: `momentum: 0`,
   * `nesterov: false`.
   */
  constructor(...given: OptimizerArguments<SGDOptions>) {
    super(...given);
  }

  /** `momentum`, unless that is 0. */
  override get slotNames(): readonly string[] {
    return this.momentum === 0 ? [] : ["momentum"];
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    slots: readonly Value[],
    { rate }: Scalars,
  ): readonly Value[] {
    return apply("sgdUpdate", [w, g, ...slots, rate], { momentum: this.momentum, nesterov: this.nesterov });
  }
}
