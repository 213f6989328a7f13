// Weight: a layer's variable, with the settings that its layer gave it.
import { array } from "../argument_kinds.ts";
import { describe, ValueError } from "../errors.ts";
import type { Constraint } from "../constraints.ts";
import type { Initializer } from "../initializers/initializers.ts";
import type { Trace } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";
import type { Regularizer } from "../regularizers.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Variable, type VariableOptions } from "../tensor/variable.ts";

/** What a {@linkcode Weight} is made with. */
export interface WeightOptions extends Pick<VariableOptions, "shape" | "dtype" | "autocast"> {
  /** The layer's own name for it, such as `kernel`. */
  key: string;
  /** The full path, such as `sequential/dense/kernel`. */
  path: string;
  /** Whether optimizers change it. */
  trainable: boolean;
  /** How it was initialized. */
  initializer: Initializer;
  /** The penalty on it, if any. */
  regularizer?: Regularizer | null;
  /** The constraint applied after each step, if any. */
  constraint?: Constraint | null;
}

/** The penalties on weights, traced. */
export function penaltiesOn(weights: readonly Weight[]): Value[] {
  return weights.flatMap((weight) => (weight.regularizer ? [weight.regularizer.call(weight.value())] : []));
}

/** A variable of a layer. */
export class Weight extends Variable {
  /** The layer's own name for it, such as `kernel`. */
  readonly key: string;
  /** How it was initialized. */
  readonly initializer: Initializer;
  /** The penalty on it, if any. */
  readonly regularizer: Regularizer | null;
  /** The constraint applied after each step, if any. */
  readonly constraint: Constraint | null;

  /** Takes the first value, or one number for all elements of a shape, and the settings. */
  constructor(value: Tensor | number, options: WeightOptions) {
    if (typeof options?.path !== "string") {
      throw new ValueError({
        what: "Cannot make a weight",
        rule: "it takes a value, and options with a key and a path",
        received: describe(options),
        hint: "call layer.addWeight({ name, shape }) in build, or make a Variable",
      });
    }
    const { path: name, trainable, autocast, shape, dtype } = options;
    super(value, { name, trainable, autocast, shape, dtype });
    this.key = options.key;
    this.initializer = options.initializer;
    this.regularizer = options.regularizer ?? null;
    this.constraint = options.constraint ?? null;
  }
}

/** Assigns weights what their constraints make of them, traced; `owner` is what has changed them. */
export function constrain(trace: Trace, weights: readonly Variable[], owner: object): void {
  for (const weight of weights) {
    if (!(weight instanceof Weight) || !weight.constraint) continue;
    const constrained = array(weight.constraint.call(trace.read(weight)), {
      what: `Cannot apply the constraint of "${weight.name}"`,
      argument: "the result of its call",
      owner,
    });
    weight.assign(constrained as Value);
  }
}
