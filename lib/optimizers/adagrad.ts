// Adagrad and Adadelta: steps by the squares of all gradients so far. https://keras.io/api/optimizers/adagrad/
import type { Value } from "../ir/value.ts";
import { add, divide, multiply, negate, sqrt, square, subtract } from "../ops/primitives.ts";
import { number } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import { Optimizer } from "./optimizer.ts";
import { type OptimizerArguments, type OptimizerFields, type OptimizerOptions, optimizerOptions } from "./options.ts";
import { rateOption } from "./rate.ts";
import type { Scalars } from "./scalars.ts";

/** Options of {@linkcode Adagrad}. */
export interface AdagradOptions extends OptimizerOptions {
  /** The initial sum of squares; 0.1 by default. */
  initialAccumulatorValue?: number;
  /** Keeps the root from zero; 1e-7 by default. */
  epsilon?: number;
}

const adagradOptions = optionTable<AdagradOptions>()({
  ...optimizerOptions,
  learningRate: rateOption(0.001),
  initialAccumulatorValue: number(0.1, { min: 0 }),
  epsilon: number(1e-7, { min: 0 }),
});

/** The options, checked and completed. */
export interface Adagrad extends OptimizerFields<AdagradOptions, typeof adagradOptions> {}

/**
 * Divides each gradient by the root of the sum of its squares: `a += g^2`, `w -= learningRate * g / sqrt(a + epsilon)`.
 * The learning rate is 0.001 by default. Duchi et al., 2011.
 *
 * @example
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Adagrad({ learningRate: 0.1 }).initialAccumulatorValue); // 0.1
 * ```
 */
export class Adagrad extends Optimizer {
  static {
    declareOptions(this, adagradOptions);
  }

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} for values below 0. Defaults: `initialAccumulatorValue: 0.1`,
   * `epsilon: 1e-7`.
   */
  constructor(...given: OptimizerArguments<AdagradOptions>) {
    super(...given);
  }

  /** `accumulator`. */
  override get slotNames(): readonly string[] {
    return ["accumulator"];
  }

  /** The initial sum of squares. */
  protected override slotStart(): number {
    return this.initialAccumulatorValue;
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [accumulator]: readonly Value[],
    { rate }: Scalars,
  ): readonly Value[] {
    const total = add(accumulator, square(g));
    return [subtract(w, divide(multiply(rate, g), sqrt(add(total, this.epsilon)))), total];
  }
}

/** Options of {@linkcode Adadelta}. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** The fraction of the running means that each step keeps; 0.95 by default. */
  rho?: number;
  /** Keeps the roots from zero; 1e-7 by default. */
  epsilon?: number;
}

const adadeltaOptions = optionTable<AdadeltaOptions>()({
  ...optimizerOptions,
  learningRate: rateOption(0.001),
  rho: number(0.95, { min: 0, max: 1 }),
  epsilon: number(1e-7, { min: 0 }),
});

/** The options, checked and completed. */
export interface Adadelta extends OptimizerFields<AdadeltaOptions, typeof adadeltaOptions> {}

/**
 * Steps as large as the recent ones: the gradient times the root mean square of recent steps over that of recent
 * gradients. The learning rate is 0.001 by default; the paper uses 1. Zeiler, 2012.
 *
 * @example As in the paper
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Adadelta({ learningRate: 1 }).rho); // 0.95
 * ```
 */
export class Adadelta extends Optimizer {
  static {
    declareOptions(this, adadeltaOptions);
  }

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} for values out of range. Defaults: `rho: 0.95`, `epsilon: 1e-7`.
   */
  constructor(...given: OptimizerArguments<AdadeltaOptions>) {
    super(...given);
  }

  /** `accumulated_grad` and `accumulated_delta_var`. */
  override get slotNames(): readonly string[] {
    return ["accumulated_grad", "accumulated_delta_var"];
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [gradients, steps]: readonly Value[],
    { rate }: Scalars,
  ): readonly Value[] {
    const { rho, epsilon } = this;
    const mean = (last: Value, x: Value) => add(multiply(last, rho), multiply(square(x), 1 - rho));
    const root = (x: Value) => sqrt(add(x, epsilon));
    const squares = mean(gradients, g);
    const delta = negate(divide(multiply(root(steps), g), root(squares)));
    return [add(w, multiply(rate, delta)), squares, mean(steps, delta)];
  }
}
