// Adamax: Adam with the maximum norm of gradients in place of the mean square. https://keras.io/api/optimizers/adamax/
import type { Value } from "../ir/value.ts";
import { abs, add, divide, maximum, multiply, subtract } from "../ops/primitives.ts";
import { MomentsOptimizer } from "./moments.ts";
import type { ScalarMath, Scalars } from "./scalars.ts";

/**
 * `u = max(beta2 * u, |g|)`, `w -= learningRate / (1 - beta1^t) * m / (u + epsilon)`. The learning rate is 0.001 by
 * default. Kingma and Ba, 2015.
 *
 * @example
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Adamax().slotNames); // [ "momentum", "norm" ]
 * ```
 */
export class Adamax extends MomentsOptimizer {
  /** `momentum` and `norm`. */
  override get slotNames(): readonly string[] {
    return ["momentum", "norm"];
  }

  /** The rate, corrected for the zero start of the mean. */
  protected override stepScalars<T>(m: ScalarMath<T>, rate: T, step: T): Scalars<T> {
    return { correctedRate: m.divide(rate, m.subtract(1, m.power(Math.fround(this.beta1), step))) };
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [mean, norm]: readonly Value[],
    { correctedRate }: Scalars,
  ): readonly Value[] {
    const next = this.nextMean(mean, g);
    const largest = maximum(multiply(norm, this.beta2), abs(g));
    return [subtract(w, divide(multiply(correctedRate, next), add(largest, this.epsilon))), next, largest];
  }
}
