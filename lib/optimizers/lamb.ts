// Lamb: Adam for large batches, each step scaled by the norm of its weights. https://keras.io/api/optimizers/lamb/
import type { Value } from "../ir/value.ts";
import {
  add,
  divide,
  greater,
  logicalAnd,
  multiply,
  power,
  select,
  sqrt,
  square,
  subtract,
  sum,
} from "../ops/primitives.ts";
import { MomentsOptimizer } from "./moments.ts";

/**
 * The step of Adam, brought to the norm of the variable times the learning rate (0.001 by default). You et al., 2019.
 *
 * @example
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Lamb({ learningRate: 0.01 }).slotNames); // [ "momentum", "velocity" ]
 * ```
 */
export class Lamb extends MomentsOptimizer {
  /** The rate and the corrections of both means, computed on the host. */
  protected override stepScalars(rate: number, iteration: number): number[] {
    return [rate, ...[this.beta1, this.beta2].map((beta) => 1 / (1 - Math.fround(beta) ** (iteration + 1)))];
  }

  /** The same numbers, computed in the program. */
  protected override tracedScalars(rate: Value, step: Value): Value[] {
    return [rate, ...[this.beta1, this.beta2].map((beta) => divide(1, subtract(1, power(beta, step))))];
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [mean, squares]: readonly Value[],
    [rate, ofMean, ofSquares]: readonly Value[],
  ): readonly Value[] {
    const nextMean = this.nextMean(mean, g);
    const nextSquares = this.nextSquares(squares, g);
    const step = divide(multiply(nextMean, ofMean), add(sqrt(multiply(nextSquares, ofSquares)), this.epsilon));
    const [weightNorm, stepNorm] = [w, step].map((x) => sqrt(sum(square(x))));
    const isSized = logicalAnd(greater(weightNorm, 0), greater(stepNorm, 0));
    const ratio = select(isSized, divide(weightNorm, select(isSized, stepNorm, 1)), 1);
    return [subtract(w, multiply(multiply(ratio, rate), step)), nextMean, nextSquares];
  }
}
