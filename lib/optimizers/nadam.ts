// Nadam: Adam with Nesterov momentum. https://keras.io/api/optimizers/nadam/
import type { Value } from "../ir/value.ts";
import { add, divide, exp, lessEqual, multiply, power, select, sqrt, subtract, sum } from "../ops/primitives.ts";
import { Tensor } from "../tensor/tensor.ts";
import { MomentsOptimizer } from "./moments.ts";

/** From here on `0.96 ^ step` no longer changes a float32. */
const settled = 600;

/** `log(1 - 0.96^step / 2)` of steps 1, 2, ... */
const logs = Float32Array.from({ length: settled }, (_, i) => Math.log(1 - 0.5 * 0.96 ** (i + 1)));

/**
 * Adam that steps along the running mean as it will be after the gradient is in it, with a momentum that warms up. The
 * learning rate is 0.001 by default. Dozat, 2015.
 *
 * @example
 * ```ts
 * import { optimizers } from "./mod.ts";
 * console.log(new optimizers.Nadam({ learningRate: 0.002 }).beta1); // 0.9
 * ```
 */
export class Nadam extends MomentsOptimizer {
  /** As Keras has it here: from a beta rounded to float32. */
  protected override part(beta: number): number {
    return Math.fround(1 - Math.fround(beta));
  }

  /** The factors of mean, gradient and squares, computed on the host. */
  protected override stepScalars(rate: number, iteration: number): number[] {
    const { beta1, beta2 } = this;
    const step = iteration + 1;
    const warmth = (t: number) => beta1 * (1 - 0.5 * 0.96 ** t);
    // The momenta of all steps so far, multiplied.
    const product = beta1 ** step * Math.exp(logs.subarray(0, step).reduce((a, b) => a + b, 0));
    const [now, next] = [warmth(step), warmth(step + 1)];
    const unbias = 1 - Math.fround(beta2) ** step;
    return [rate * next / (1 - product * next), rate * (1 - now) / (1 - product), 1 / unbias];
  }

  /** The same factors, computed in the program. */
  protected override tracedScalars(rate: Value, step: Value): Value[] {
    const { beta1, beta2 } = this;
    const warmth = (t: Value) => multiply(subtract(1, multiply(power(0.96, t), 0.5)), beta1);
    const steps = new Tensor([settled], "float32", Float32Array.from(logs, (_, i) => i + 1));
    const past = sum(select(lessEqual(steps, step), new Tensor([settled], "float32", logs), 0));
    const product = multiply(power(beta1, step), exp(past));
    const [now, next] = [warmth(step), warmth(add(step, 1))];
    return [
      divide(multiply(rate, next), subtract(1, multiply(product, next))),
      divide(multiply(rate, subtract(1, now)), subtract(1, product)),
      divide(1, subtract(1, power(beta2, step))),
    ];
  }

  /** The new values of one variable and its slots. */
  protected override updateOne(
    w: Value,
    g: Value,
    [mean, squares]: readonly Value[],
    [ofMean, ofGradient, ofSquares]: readonly Value[],
  ): readonly Value[] {
    const nextMean = this.nextMean(mean, g);
    const nextSquares = this.nextSquares(squares, g);
    const along = add(multiply(ofMean, nextMean), multiply(ofGradient, g));
    const size = add(sqrt(multiply(nextSquares, ofSquares)), this.epsilon);
    return [subtract(w, divide(along, size)), nextMean, nextSquares];
  }
}
