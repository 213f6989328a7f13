// Nadam: Adam with Nesterov momentum. https://keras.io/api/optimizers/nadam/
import type { Value } from "../ir/value.ts";
import { add, divide, multiply, sqrt, subtract } from "../ops/primitives.ts";
import { MomentsOptimizer } from "./moments.ts";
import { numberMath, type ScalarMath, type Scalars } from "./scalars.ts";

/** From here on `0.96 ^ step` no longer changes a float32. */
const settled = 600;

/**
 * `log(1 - 0.96^step / 2)` for steps 1, 2, ...: their sum is the log of the product of momenta, without the factor
 * beta1.
 */
const logs = Float32Array.from({ length: settled }, (_, i) => Math.log(1 - 0.5 * 0.96 ** (i + 1)));

/**
 * Adam that steps along the running mean after the next update, with a momentum that warms up. The learning rate is
 * 0.001 by default. Dozat, 2015.
 *
 * @example
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Nadam({ learningRate: 0.002 }).beta1); // 0.9
 * ```
 */
export class Nadam extends MomentsOptimizer {
  /** As in Keras, from a beta rounded to float32. */
  protected override part(beta: number): number {
    return Math.fround(1 - Math.fround(beta));
  }

  /** The factors of mean, gradient and squares. */
  protected override stepScalars<T>(m: ScalarMath<T>, rate: T, step: T): Scalars<T> {
    const { beta1, beta2 } = this;
    const momentumAt = (t: T) => m.multiply(m.subtract(1, m.multiply(m.power(0.96, t), 0.5)), beta1);
    const product = this.#momentumProduct(m, step);
    const [muT, muNext] = [momentumAt(step), momentumAt(m.add(step, 1))];
    return {
      meanFactor: m.divide(m.multiply(rate, muNext), m.subtract(1, m.multiply(product, muNext))),
      gradientFactor: m.divide(m.multiply(rate, m.subtract(1, muT)), m.subtract(1, product)),
      squaresFactor: m.divide(1, m.subtract(1, m.power(Math.fround(beta2), step))),
    };
  }

  /** The product of the momenta of all steps so far. */
  #momentumProduct<T>(m: ScalarMath<T>, step: T): T {
    return m.multiply(m.power(this.beta1, step), m.exp(m.sumOfFirst(logs, step)));
  }

  /** Keras keeps the product of the momenta in a variable. */
  override get derivedScalars(): Scalars<number> {
    return { u_product: this.iterations === 0 ? 1 : this.#momentumProduct(numberMath, this.iterations) };
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [mean, squares]: readonly Value[],
    { meanFactor, gradientFactor, squaresFactor }: Scalars,
  ): readonly Value[] {
    const nextMean = this.nextMean(mean, g);
    const nextSquares = this.nextSquares(squares, g);
    const along = add(multiply(meanFactor, nextMean), multiply(gradientFactor, g));
    const size = add(sqrt(multiply(nextSquares, squaresFactor)), this.epsilon);
    return [subtract(w, divide(along, size)), nextMean, nextSquares];
  }
}
