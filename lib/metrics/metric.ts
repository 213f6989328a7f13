// Metric: running state on the device, updated inside the step, from which a number is computed. https://keras.io/api/metrics/
import type { Config, ObjectNode } from "../json_config.ts";
import { makeArray } from "../dtype.ts";
import type { Value } from "../ir/value.ts";
import { snakeCase } from "../layers/naming.ts";
import { objectNode } from "../registry.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** Options that every metric takes. */
export interface MetricOptions {
  /** The name in logs. */
  name?: string;
}

/** Whether a metric gets better by rising or by falling; undefined where that is not known. */
export type Direction = "up" | "down" | undefined;

/**
 * The base of metrics: make variables with `addVariable`, change them in `updateState`, and compute the number in
 * `compute`.
 *
 * @example How many samples were seen
 * ```ts
 * import { metrics, ops, type Value } from "./mod.ts";
 * class Samples extends metrics.Metric {
 *   count = this.addVariable("count");
 *   updateState(_yTrue: Value, yPred: Value) {
 *     this.count.assign(ops.add(this.count, yPred.shape[0]));
 *   }
 *   compute([count]: readonly { data: ArrayLike<number> }[]) {
 *     return count.data[0];
 *   }
 * }
 * console.log(await new Samples().result()); // 0
 * ```
 */
export abstract class Metric {
  /** The name in logs. */
  readonly name: string;
  /** The state, in the order in which it was added. */
  readonly variables: Variable[] = [];
  /** Whether the metric gets better by rising or by falling, for callbacks that watch it. */
  readonly direction: Direction = undefined;

  /** Takes the name; by the class where there is none. */
  constructor({ name }: MetricOptions = {}) {
    this.name = name ?? snakeCase(new.target.name);
  }

  /** Adds float32 state of zeros, a scalar by default; for use in the constructor or a property. */
  protected addVariable(name: string, shape: Shape = []): Variable {
    const zeros = new Tensor(shape, "float32", makeArray("float32", sizeOf(shape)));
    const variable = new Variable(zeros, { name: `${this.name}/${name}`, trainable: false });
    this.variables.push(variable);
    return variable;
  }

  /** Takes targets and outputs of a batch into the state; inside a traced function. */
  abstract updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void;

  /** The number that the state amounts to; `state` has the values of `variables`. */
  abstract compute(state: readonly Tensor[]): number;

  /** The number that the state amounts to now. */
  async result(): Promise<number> {
    return this.compute(await Promise.all(this.variables.map((variable) => variable.read())));
  }

  /** Sets the state back to zeros. */
  resetState(): void {
    for (const variable of this.variables) {
      variable.assign(new Tensor(variable.shape, "float32", makeArray("float32", sizeOf(variable.shape))));
    }
  }

  /** The arguments as Keras's config. */
  getConfig(): Config {
    return { name: this.name, dtype: "float32" };
  }

  /** The metric as it stands in a compile config. */
  serialize(): ObjectNode {
    return objectNode(this);
  }
}
