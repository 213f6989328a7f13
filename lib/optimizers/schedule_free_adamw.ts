// ScheduleFreeAdamW: AdamW without a schedule, by averaging the weights.
// https://keras.io/api/optimizers/schedule_free_adamw/
import type { Value } from "../ir/value.ts";
import { add, divide, multiply, sqrt, square, subtract } from "../ops/primitives.ts";
import { integerAtLeast, number } from "../option_kinds.ts";
import { declareOptions, keyed, optionTable } from "../options.ts";
import type { Variable } from "../tensor/variable.ts";
import { Optimizer } from "./optimizer.ts";
import { type OptimizerArguments, type OptimizerFields, type OptimizerOptions, optimizerOptions } from "./options.ts";
import { rateOption } from "./rate.ts";
import type { ScalarMath, Scalars } from "./scalars.ts";

/** Options of {@linkcode ScheduleFreeAdamW}. */
export interface ScheduleFreeAdamWOptions extends OptimizerOptions {
  /** How far the weights are from the newest ones to the averages; 0.9 by default. */
  beta1?: number;
  /** The fraction of the running mean of squares that each step keeps; 0.999 by default. */
  beta2?: number;
  /** Keeps the divisor from zero; 1e-8 by default. */
  epsilon?: number;
  /** The number of steps over which the learning rate rises from 0; 0 by default. */
  warmupSteps?: number;
}

const scheduleFreeOptions = optionTable<ScheduleFreeAdamWOptions>()({
  ...optimizerOptions,
  learningRate: rateOption(0.0025),
  beta1: keyed("beta_1", number(0.9, { above: 0, max: 1 })),
  beta2: keyed("beta_2", number(0.999, { min: 0, max: 1 })),
  epsilon: number(1e-8, { min: 0 }),
  warmupSteps: integerAtLeast(0, 0),
});

/** The options, checked and completed. */
export interface ScheduleFreeAdamW extends OptimizerFields<ScheduleFreeAdamWOptions, typeof scheduleFreeOptions> {}

/** As in Keras, from a beta rounded to float32. */
const restOf = (beta: number): number => Math.fround(1 - Math.fround(beta));

/**
 * AdamW that needs no schedule of learning rates, nor to know when training ends: gradients change one sequence of weights,
 * `momentum`, and the model's weights lie between that and the mean of all its values. The learning rate is 0.0025 by
 * default. Defazio et al., 2024.
 *
 * @example
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.ScheduleFreeAdamW({ warmupSteps: 100 }).slotNames); // [ "momentum", "velocity" ]
 * ```
 */
export class ScheduleFreeAdamW extends Optimizer {
  static {
    declareOptions(this, scheduleFreeOptions);
  }

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} for values out of range. Defaults: `beta1: 0.9`, `beta2: 0.999`,
   * `epsilon: 1e-8`, `warmupSteps: 0`.
   */
  constructor(...given: OptimizerArguments<ScheduleFreeAdamWOptions>) {
    super(...given);
  }

  /** `momentum` and `velocity`. */
  override get slotNames(): readonly string[] {
    return ["momentum", "velocity"];
  }

  /** The changed sequence starts as the weights. */
  protected override slotStart(kind: string, variable: Variable): number | Variable {
    return kind === "momentum" ? variable : 0;
  }

  /** The rate after warming up, the part of the newest values in the mean, and the factor of the squares. */
  protected override stepScalars<T>({ float32: m }: ScalarMath<T>, rate: T, step: T): Scalars<T> {
    const { warmupSteps } = this;
    return {
      rate: warmupSteps > 0 ? m.multiply(rate, m.minimum(m.divide(step, warmupSteps), 1)) : rate,
      part: m.divide(1, step),
      squaresFactor: m.divide(1, m.subtract(1, m.power(Math.fround(this.beta2), step))),
    };
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [newest, squares]: readonly Value[],
    { rate, part, squaresFactor }: Scalars,
  ): readonly Value[] {
    const { beta1, epsilon } = this;
    const nextSquares = add(squares, multiply(subtract(square(g), squares), restOf(this.beta2)));
    const size = add(sqrt(multiply(nextSquares, squaresFactor)), epsilon);
    const next = subtract(newest, divide(multiply(rate, g), size));
    const mean = divide(subtract(w, multiply(newest, restOf(beta1))), beta1);
    const nextMean = add(multiply(subtract(1, part), mean), multiply(part, next));
    return [add(multiply(next, restOf(beta1)), multiply(nextMean, beta1)), next, nextSquares];
  }
}
