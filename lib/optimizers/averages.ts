// Running averages of the weights (EMA), which replace the weights periodically or at the end.
import type { Value } from "../ir/value.ts";
import { add, greater, multiply, select, subtract } from "../ops/primitives.ts";
import type { Variable } from "../tensor/variable.ts";

/** The running averages of an optimizer's variables. */
export class WeightAverages {
  readonly #averages = new Map<Variable, Variable>();

  /** Adds a variable, with another one for its average. */
  add(variable: Variable, average: Variable): void {
    this.#averages.set(variable, average);
  }

  /** The variables with the averages. */
  get slots(): Variable[] {
    return [...this.#averages.values()];
  }

  /**
   * Updates the averages, in a traced function; `momentum` is the fraction of an average that is kept. Variables are
   * set to their averages where `overwrite` is 1.
   */
  update(variables: readonly Variable[], momentum: Value, overwrite: Value | undefined): void {
    for (const variable of variables) {
      const average = this.#averages.get(variable)!;
      const value = variable.value();
      const next = add(multiply(average.value(), momentum), multiply(value, subtract(1, momentum)));
      average.assign(next);
      if (overwrite) variable.assign(select(greater(overwrite, 0.5), next, value));
    }
  }

  /** Sets variables to their averages, if there are any. */
  async finalize(variables: readonly Variable[]): Promise<void> {
    for (const variable of variables) {
      const average = this.#averages.get(variable);
      if (average) variable.assign(await average.read());
    }
  }
}
