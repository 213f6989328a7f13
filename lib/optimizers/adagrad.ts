// Adagrad and Adadelta: steps by the squares of all gradients so far. https://keras.io/api/optimizers/adagrad/
import type { Config } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { add, divide, multiply, negate, sqrt, square, subtract } from "../ops/primitives.ts";
import { checkRange } from "../option_kinds.ts";
import { Optimizer, type OptimizerOptions } from "./optimizer.ts";

/** Options of {@linkcode Adagrad}. */
export interface AdagradOptions extends OptimizerOptions {
  /** What the sums of squares start as; 0.1 by default. */
  initialAccumulatorValue?: number;
  /** What keeps the root from zero; 1e-7 by default. */
  epsilon?: number;
}

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
  /** What the sums of squares start as. */
  readonly initialAccumulatorValue: number;
  /** What keeps the root from zero. */
  readonly epsilon: number;

  /** Takes the options. Throws {@linkcode ValueError} for values below 0. */
  constructor(options: AdagradOptions = {}) {
    super(options, 0.001, ["initialAccumulatorValue", "epsilon"]);
    this.initialAccumulatorValue = options.initialAccumulatorValue ?? 0.1;
    this.epsilon = options.epsilon ?? 1e-7;
    checkRange("Adagrad", "initialAccumulatorValue", this.initialAccumulatorValue, 0, Infinity);
    checkRange("Adagrad", "epsilon", this.epsilon, 0, Infinity);
  }

  /** `accumulator`. */
  override get slotNames(): readonly string[] {
    return ["accumulator"];
  }

  /** The sums of squares start at the value asked for. */
  protected override slotStart(): number {
    return this.initialAccumulatorValue;
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [accumulator]: readonly Value[],
    [rate]: readonly Value[],
  ): readonly Value[] {
    const total = add(accumulator, square(g));
    return [subtract(w, divide(multiply(rate, g), sqrt(add(total, this.epsilon)))), total];
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { initialAccumulatorValue, epsilon } = this;
    return { ...super.getConfig(), initial_accumulator_value: initialAccumulatorValue, epsilon };
  }
}

/** Options of {@linkcode Adadelta}. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** The part of the running means that is kept in each step; 0.95 by default. */
  rho?: number;
  /** What keeps the roots from zero; 1e-7 by default. */
  epsilon?: number;
}

/**
 * Steps of the size of the last steps: the root of their mean square over that of the gradients. The learning rate is
 * 0.001 by default; the paper has 1. Zeiler, 2012.
 *
 * @example As in the paper
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Adadelta({ learningRate: 1 }).rho); // 0.95
 * ```
 */
export class Adadelta extends Optimizer {
  /** The part of the running means that is kept in each step. */
  readonly rho: number;
  /** What keeps the roots from zero. */
  readonly epsilon: number;

  /** Takes the options. Throws {@linkcode ValueError} for values out of range. */
  constructor(options: AdadeltaOptions = {}) {
    super(options, 0.001, ["rho", "epsilon"]);
    this.rho = options.rho ?? 0.95;
    this.epsilon = options.epsilon ?? 1e-7;
    checkRange("Adadelta", "rho", this.rho, 0, 1);
    checkRange("Adadelta", "epsilon", this.epsilon, 0, Infinity);
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
    [rate]: readonly Value[],
  ): readonly Value[] {
    const { rho, epsilon } = this;
    const mean = (last: Value, x: Value) => add(multiply(last, rho), multiply(square(x), 1 - rho));
    const root = (x: Value) => sqrt(add(x, epsilon));
    const squares = mean(gradients, g);
    const delta = negate(divide(multiply(root(steps), g), root(squares)));
    return [add(w, multiply(rate, delta)), squares, mean(steps, delta)];
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), rho: this.rho, epsilon: this.epsilon };
  }
}
