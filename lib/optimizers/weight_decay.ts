// Weight decay: a fraction of each weight, times the learning rate, is subtracted before the step.
import type { Value } from "../ir/value.ts";
import { multiply, subtract } from "../ops/primitives.ts";
import type { Variable } from "../tensor/variable.ts";

/** Which variables decay: all that are not excluded. */
export class WeightDecay {
  readonly #excluded = new Set<Variable>();
  readonly #excludedNames: string[] = [];

  /** Excludes variables by identity or by parts of their names. */
  exclude({ variables = [], names = [] }: { variables?: readonly Variable[]; names?: readonly string[] }): void {
    variables.forEach((variable) => this.#excluded.add(variable));
    this.#excludedNames.push(...names);
  }

  /** The value of a variable minus `part` times `rate` of it. */
  decayed(value: Value, variable: Variable, part: number, rate: Value): Value {
    const isExcluded = this.#excluded.has(variable) ||
      this.#excludedNames.some((name) => variable.name.includes(name));
    return isExcluded ? value : subtract(value, multiply(multiply(value, part), rate));
  }
}
