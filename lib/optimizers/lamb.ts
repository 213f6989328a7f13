// Lamb: Adam for large batches, each step scaled to the norm of the weights. https://keras.io/api/optimizers/lamb/
import type { Value } from "../ir/value.ts";
import { add, divide, greater, logicalAnd, multiply, select, sqrt, square, subtract, sum } from "../ops/primitives.ts";
import { MomentsOptimizer } from "./moments.ts";
import type { ScalarMath, Scalars } from "./scalars.ts";

/**
 * Adam's step, scaled to the norm of the variable times the learning rate (0.001 by default). You et al., 2019.
 *
 * @example
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Lamb({ learningRate: 0.01 }).slotNames); // [ "momentum", "velocity" ]
 * ```
 */
export class Lamb extends MomentsOptimizer {
  /** The rate, and the factors that correct both means for their zero start. */
  protected override stepScalars<T>(m: ScalarMath<T>, rate: T, step: T): Scalars<T> {
    const correction = (beta: number) => m.divide(1, m.subtract(1, m.power(Math.fround(beta), step)));
    return { rate, meanFactor: correction(this.beta1), squaresFactor: correction(this.beta2) };
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [mean, squares]: readonly Value[],
    { rate, meanFactor, squaresFactor }: Scalars,
  ): readonly Value[] {
    const nextMean = this.nextMean(mean, g);
    const nextSquares = this.nextSquares(squares, g);
    const step = divide(multiply(nextMean, meanFactor), add(sqrt(multiply(nextSquares, squaresFactor)), this.epsilon));
    const [weightNorm, stepNorm] = [w, step].map((x) => sqrt(sum(square(x))));
    const isSized = logicalAnd(greater(weightNorm, 0), greater(stepNorm, 0));
    const ratio = select(isSized, divide(weightNorm, select(isSized, stepNorm, 1)), 1);
    return [subtract(w, multiply(multiply(ratio, rate), step)), nextMean, nextSquares];
  }
}
