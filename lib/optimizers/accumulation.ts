// Gradient accumulation: the gradients of several batches are averaged for one step.
import type { Value } from "../ir/value.ts";
import { add, greater, multiply, select } from "../ops/primitives.ts";
import type { Variable } from "../tensor/variable.ts";

/** The sums of the gradients of batches since the last step. */
export class GradientAccumulator {
  readonly #sums = new Map<Variable, Variable>();

  /** Keeps the sum of a variable's gradients in another variable. */
  add(variable: Variable, sum: Variable): void {
    this.#sums.set(variable, sum);
  }

  /** The variables with the sums. */
  get slots(): Variable[] {
    return [...this.#sums.values()];
  }

  /** The mean gradients of `batches` batches, in a traced function; sums are reset where `isDue` is 1. */
  means(gradients: readonly Value[], variables: readonly Variable[], isDue: Value, batches: number): Value[] {
    return gradients.map((gradient, i) => {
      const sum = this.#sums.get(variables[i])!;
      const total = add(gradient, sum.value());
      sum.assign(select(greater(isDue, 0.5), 0, total));
      return multiply(total, 1 / batches);
    });
  }
}
