// RMSprop. https://keras.io/api/optimizers/rmsprop/
import type { Value } from "../ir/value.ts";
import { boolean, number } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import { apply } from "../tensor/apply.ts";
import type { Variable } from "../tensor/variable.ts";
import { Optimizer } from "./optimizer.ts";
import { type OptimizerArguments, type OptimizerFields, type OptimizerOptions, optimizerOptions } from "./options.ts";
import { rateOption } from "./rate.ts";
import type { Scalars } from "./scalars.ts";

/** Options of {@linkcode RMSprop}. */
export interface RMSpropOptions extends OptimizerOptions {
  /** The fraction of the running mean of squares that each step keeps; 0.9 by default. */
  rho?: number;
  /** The fraction of the last update that is added to the next; 0 by default. */
  momentum?: number;
  /** Keeps the root from zero; 1e-7 by default. */
  epsilon?: number;
  /** Whether to subtract the square of the running mean gradient from the mean of squares; false by default. */
  centered?: boolean;
}

const rmspropOptions = optionTable<RMSpropOptions>()({
  ...optimizerOptions,
  learningRate: rateOption(0.001),
  rho: number(0.9, { min: 0, max: 1 }),
  momentum: number(0, { min: 0, max: 1 }),
  epsilon: number(1e-7, { min: 0 }),
  centered: boolean(false),
});

/** The options, checked and completed. */
export interface RMSprop extends OptimizerFields<RMSpropOptions, typeof rmspropOptions> {}

/**
 * Divides each gradient by the root of a running mean of its squares: `v = rho * v + (1 - rho) * g^2`,
 * `w -= learningRate * g / sqrt(v + epsilon)`. The learning rate is 0.001 by default. Hinton, 2012.
 *
 * @example Centered
 * ```ts
 * import { optimizers } from "./mod.ts";
 * const rmsprop = new optimizers.RMSprop({ learningRate: 0.01, centered: true });
 * console.log(rmsprop.slotNames); // [ "velocity", "average_gradient" ]
 * ```
 */
export class RMSprop extends Optimizer {
  static {
    declareOptions(this, rmspropOptions);
  }

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} for values outside of 0 to 1. Defaults: `rho: 0.9`, `momentum: 0`,
   * `epsilon: 1e-7`, `centered: false`.
   */
  constructor(...given: OptimizerArguments<RMSpropOptions>) {
    super(...given);
  }

  /** `velocity`, and `momentum` and `average_gradient` if they are used. */
  override get slotNames(): readonly string[] {
    return ["velocity", ...(this.momentum > 0 ? ["momentum"] : []), ...(this.centered ? ["average_gradient"] : [])];
  }

  /** All slots in the order of Keras's files: kind by kind. */
  protected override fileOrder(slots: readonly (readonly Variable[])[]): Variable[] {
    return this.slotNames.flatMap((_, kind) => slots.map((own) => own[kind]));
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    slots: readonly Value[],
    { rate }: Scalars,
  ): readonly Value[] {
    const { rho, momentum, epsilon, centered } = this;
    return apply("rmspropUpdate", [w, g, ...slots, rate], { rho, momentum, epsilon, centered });
  }
}
