// SGD, with momentum. https://keras.io/api/optimizers/sgd/
import type { Value } from "../ir/value.ts";
import { boolean, number } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import { apply } from "../tensor/apply.ts";
import { Optimizer, type Updated } from "./optimizer.ts";
import { type OptimizerFields, type OptimizerOptions, optimizerOptions } from "./options.ts";
import { splitUpdate } from "./split.ts";

/** Options of {@linkcode SGD}. */
export interface SGDOptions extends OptimizerOptions {
  /** The part of the last movement that is added to the next, from 0 to 1; 0 by default. */
  momentum?: number;
  /** Whether the gradient's movement is added once more after the momentum; false by default. */
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

  /** Takes the options. Throws {@linkcode ValueError} for a momentum outside of 0 to 1. */
  constructor(options: SGDOptions = {}) {
    super(options);
  }

  /** `momentum`, unless that is 0. */
  override get slotNames(): readonly string[] {
    return this.momentum === 0 ? [] : ["momentum"];
  }

  /** The numbers of a step, computed on the host. */
  protected override stepScalars(rate: number): number[] {
    return [rate];
  }

  /** The numbers of a step, computed in the program. */
  protected override tracedScalars(rate: Value): Value[] {
    return [rate];
  }

  /** The new values of variables and slots. */
  protected override update(
    variables: readonly Value[],
    gradients: readonly Value[],
    slots: readonly (readonly Value[])[],
    scalars: readonly Value[],
  ): Updated {
    const attrs = { count: variables.length, momentum: this.momentum, nesterov: this.nesterov };
    const outputs = apply("sgdUpdate", [...variables, ...gradients, ...slots.flat(), ...scalars], attrs);
    return splitUpdate(outputs, variables.length);
  }
}
