// Adamax: Adam with the largest gradient in place of the mean square. https://keras.io/api/optimizers/adamax/
import type { Value } from "../ir/value.ts";
import { abs, add, divide, maximum, multiply, power, subtract } from "../ops/primitives.ts";
import { MomentsOptimizer } from "./moments.ts";

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

  /** The corrected rate, computed on the host. */
  protected override stepScalars(rate: number, iteration: number): number[] {
    return [rate / (1 - Math.fround(this.beta1) ** (iteration + 1))];
  }

  /** The corrected rate, computed in the program. */
  protected override tracedScalars(rate: Value, step: Value): Value[] {
    return [divide(rate, subtract(1, power(this.beta1, step)))];
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [mean, norm]: readonly Value[],
    [rate]: readonly Value[],
  ): readonly Value[] {
    const next = this.nextMean(mean, g);
    const largest = maximum(multiply(norm, this.beta2), abs(g));
    return [subtract(w, divide(multiply(rate, next), add(largest, this.epsilon))), next, largest];
  }
}
