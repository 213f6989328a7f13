// Running averages of the weights (EMA), which become the weights every so often or at the end.
import type { Value } from "../ir/value.ts";
import { add, greater, multiply, select, subtract } from "../ops/primitives.ts";
import type { Variable } from "../tensor/variable.ts";

/** The running averages of an optimizer's variables. */
export class WeightAverages {
  readonly #averages = new Map<Variable, Variable>();

  /** Keeps the average of a variable in another. */
  add(variable: Variable, average: Variable): void {
    this.#averages.set(variable, average);
  }

  /** What holds the averages. */
  get slots(): Variable[] {
    return [...this.#averages.values()];
  }

  /**
   * Takes variables into their averages, inside a traced function; `momentum` is the part of an average that is kept.
   * Variables become their averages where `overwrite` is 1.
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

  /** Sets variables to their averages, where these are kept. */
  async finalize(variables: readonly Variable[]): Promise<void> {
    for (const variable of variables) {
      const average = this.#averages.get(variable);
      if (average) variable.assign(await average.read());
    }
  }
}
