// Adafactor: Adam with squares stored by row and column, to save memory. https://keras.io/api/optimizers/adafactor/
import type { Value } from "../ir/value.ts";
import { expandDims } from "../ops/composed.ts";
import { add, divide, maximum, mean, multiply, sqrt, square, subtract } from "../ops/primitives.ts";
import { boolean, number } from "../option_kinds.ts";
import { declareOptions, keyed, optionTable } from "../options.ts";
import type { Shape } from "../shape.ts";
import { Optimizer } from "./optimizer.ts";
import { type OptimizerArguments, type OptimizerFields, type OptimizerOptions, optimizerOptions } from "./options.ts";
import { rateOption } from "./rate.ts";
import type { ScalarMath, Scalars } from "./scalars.ts";

/** Options of {@linkcode Adafactor}. */
export interface AdafactorOptions extends OptimizerOptions {
  /** How the decay of the running means approaches 1 with the step; -0.8 by default. */
  beta2Decay?: number;
  /** Added to squares; 1e-30 by default. */
  epsilon1?: number;
  /** The smallest size of weights for scaling steps; 1e-3 by default. */
  epsilon2?: number;
  /** The largest root mean square of a step before it is scaled; 1 by default. */
  clipThreshold?: number;
  /**
   * Whether the rate falls with the square root of the step; true by default. Without it Keras takes the same steps.
   */
  relativeStep?: boolean;
}

const adafactorOptions = optionTable<AdafactorOptions>()({
  ...optimizerOptions,
  learningRate: rateOption(0.001),
  beta2Decay: keyed("beta_2_decay", number(-0.8, { max: 0 })),
  epsilon1: keyed("epsilon_1", number(1e-30, { min: 0 })),
  epsilon2: keyed("epsilon_2", number(1e-3, { min: 0 })),
  clipThreshold: number(1, { above: 0 }),
  relativeStep: boolean(true),
});

/** The options, checked and completed. */
export interface Adafactor extends OptimizerFields<AdafactorOptions, typeof adafactorOptions> {}

const rootMeanSquare = (x: Value): Value => sqrt(mean(square(x)));

/**
 * Steps in proportion to the weights, with the squared gradients of matrices stored as row and column means. The
 * learning rate is 0.001 by default. Shazeer and Stern, 2018.
 *
 * @example
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Adafactor({ learningRate: 0.01 }).name); // adafactor
 * ```
 */
export class Adafactor extends Optimizer {
  static {
    declareOptions(this, adafactorOptions);
  }

  /**
   * Takes the options, or the learning rate and then the others. Throws {@linkcode ValueError} for values out of range. Defaults: `beta2Decay: -0.8`,
   * `epsilon1: 1e-30`, `epsilon2: 0.001`, `clipThreshold: 1`, `relativeStep: true`.
   */
  constructor(...given: OptimizerArguments<AdafactorOptions>) {
    super(...given);
  }

  /** `row` and `column`, a single zero for a variable that is not a matrix, and `velocity`. */
  override get slotNames(): readonly string[] {
    return ["row", "column", "velocity"];
  }

  /** Rows lack the last axis, columns the one before. */
  protected override slotShape(kind: string, shape: Shape): Shape {
    if (kind === "velocity") return shape;
    if (shape.length < 2) return [];
    return kind === "row" ? shape.slice(0, -1) : [...shape.slice(0, -2), shape[shape.length - 1]];
  }

  /** The rate, which falls with the square root of the step, and the fraction of the means that is kept. */
  protected override stepScalars<T>(m: ScalarMath<T>, rate: T, step: T): Scalars<T> {
    const relativeRate = m.minimum(rate, m.rsqrt(step));
    return { relativeRate, beta2: m.subtract(1, m.power(step, this.beta2Decay)) };
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [row, column, velocity]: readonly Value[],
    { relativeRate, beta2 }: Scalars,
  ): readonly Value[] {
    const { epsilon1, epsilon2, clipThreshold } = this;
    const squares = add(square(g), epsilon1);
    const next = (last: Value, x: Value) => add(multiply(beta2, last), multiply(subtract(1, beta2), x));
    let [rows, columns, means] = [row, column, velocity];
    if (w.shape.length >= 2) {
      rows = next(row, mean(squares, -1));
      columns = next(column, mean(squares, -2));
      means = multiply(expandDims(divide(rows, mean(rows, -1, true)), -1), expandDims(columns, -2));
    } else {
      means = next(velocity, squares);
    }
    const step = divide(g, sqrt(means));
    const cut = divide(step, maximum(divide(rootMeanSquare(step), clipThreshold), 1));
    const size = multiply(maximum(rootMeanSquare(w), epsilon2), relativeRate);
    return [subtract(w, multiply(size, cut)), rows, columns, means];
  }
}
