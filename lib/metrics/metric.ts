// Metric: running state on the device, updated inside the step, from which a number is computed. https://keras.io/api/metrics/
import { operand, optional, tensors } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { Configurable } from "../configurable.ts";
import { makeArray } from "../dtype.ts";
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import type { ObjectNode } from "../json_config.ts";
import { snakeCase } from "../auto_names.ts";
import { text } from "../option_kinds.ts";
import { declareOptions, nullable, type Option, option, type OptionFields, optionTable } from "../options.ts";
import { objectNode } from "../registry.ts";
import { formatShape, type Shape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** Options that every metric takes. */
export interface MetricOptions {
  /** The name in logs. */
  name?: string;
}

/** The name of a metric as an option; by its class where there is none. */
export const metricName = (fallback: string | null = null): Option<string | null> => nullable(text(), fallback);

/** The dtype that Keras writes for a metric: only configs hold it. */
export const metricDType = (dtype: "float32" | "int64"): Option<string> =>
  option<string>({
    fallback: dtype,
    nullable: true,
    assigned: false,
    offered: false,
    read: (given, { what }) => {
      if (given === null || given === "float32" || given === dtype) return dtype;
      throw new ValueError({
        what,
        rule: `dtype must be "${dtype}"`,
        received: describe(given),
        hint: "leave it out, or save the config without it",
      });
    },
    write: () => dtype,
  });

/** The options that every metric takes. */
export const metricOptions = optionTable<MetricOptions>()({ name: metricName(), dtype: metricDType("float32") });

/** The fields that a metric's own options become, beside those of every metric. */
export type MetricFields<O, T> = OptionFields<
  Omit<O, keyof MetricOptions>,
  Omit<T, keyof typeof metricOptions>
>;

/** The most numbers that one variable of a metric may hold. */
const maxState = 2 ** 26;

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
export abstract class Metric extends Configurable {
  /** The name in logs. */
  declare readonly name: string;
  /** The state, in the order in which it was added. */
  readonly variables: Variable[] = [];
  /** Whether the metric gets better by rising or by falling, for callbacks that watch it. */
  declare readonly direction: Direction;

  static {
    declareOptions(this, metricOptions, { strict: false });
    declareMethods(this, {
      updateState: { verb: "update", takes: { yTrue: operand, yPred: operand, sampleWeight: optional(operand) } },
      update: { verb: "update", takes: { values: operand, weight: optional(operand) } },
      compute: { verb: "compute", takes: { state: tensors } },
      computeAll: { verb: "compute", takes: { state: tensors } },
    });
  }

  /** Takes the name; by the class where there is none. */
  constructor(options: MetricOptions = {}, byPosition: object = {}) {
    super(options, byPosition);
    this.name ??= snakeCase(new.target.name);
  }

  /** Adds float32 state of zeros, a scalar by default; for use in the constructor or a property. */
  protected addVariable(name: string, shape: Shape = []): Variable {
    if (sizeOf(shape) > maxState) {
      throw new ValueError({
        what: `Cannot make "${this.name}"`,
        rule: `its ${name} must hold at most ${maxState} numbers`,
        received: formatShape(shape),
        hint: "take fewer classes, labels or thresholds",
      });
    }
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

  /** The metric as it stands in a compile config. */
  override serialize(): ObjectNode {
    return objectNode(this);
  }
}
