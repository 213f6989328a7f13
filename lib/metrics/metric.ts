// Metric: running state on the device, updated inside the step, from which a number is computed.
// https://keras.io/api/metrics/
import { array, operand, optional, tensors } from "../argument_kinds.ts";
import { type Argument, declareMethods } from "../checked_methods.ts";
import { Configurable } from "../configurable.ts";
import { makeArray } from "../dtype.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import type { ObjectNode } from "../json_config.ts";
import { snakeCaseOfClass } from "../auto_names.ts";
import { text } from "../option_kinds.ts";
import { declareOptions, nullable, type Option, option, type OptionFields, optionTable } from "../options.ts";
import { objectNode } from "../registry.ts";
import { formatShape, sameShape, type Shape, sizeOf } from "../shape.ts";
import type { Operand } from "../tensor/apply.ts";
import { withValues } from "../tensor/stateless.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

/** Options that every metric takes. */
export interface MetricOptions {
  /** The name in logs. */
  name?: string | null;
}

/** The name of a metric as an option; derived from the class if not given. */
export const metricName = (fallback: string | null = null): Option<string | null> => nullable(text(), fallback);

/** The dtype that Keras writes for a metric; it occurs only in configs. */
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

/** The fields of a metric's own options, besides those of every metric. */
export type MetricFields<O, T> = OptionFields<
  Omit<O, keyof MetricOptions>,
  Omit<T, keyof typeof metricOptions>
>;

/** The most elements of one variable of a metric. */
const maxState = 2 ** 26;

/** Whether better values are higher or lower; undefined if unknown. */
export type Direction = "up" | "down" | undefined;

/** The values of a metric's variables, in their order. */
const stateOf: Argument = (given, place) => {
  const state = tensors(given, place) as readonly Tensor[];
  const { variables } = place.owner as Metric;
  if (state.length === variables.length && state.every(({ shape }, i) => sameShape(shape, variables[i].shape))) {
    return state;
  }
  throw new ShapeError({
    what: place.what,
    rule: `state must be of the shapes ${
      variables.map(({ shape }) => formatShape(shape)).join(", ") || "of no variable"
    }`,
    received: state.map(({ shape }) => formatShape(shape)).join(", ") || "no tensor",
    hint: "give what reading metric.variables gave",
  });
};

/**
 * The base of metrics: make variables with `addVariable`, change them in `updateState`, and compute the number in
 * `compute`.
 *
 * @example A count of samples
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
  /** Whether better values are higher or lower, for callbacks that monitor it. */
  declare readonly direction: Direction;

  static {
    declareOptions(this, metricOptions, { strict: false });
    declareMethods(this, {
      updateState: {
        verb: "update",
        takes: { yTrue: array, yPred: array, sampleWeight: optional(operand) },
        returns: "nothing: it assigns to the variables that addVariable(name) made",
      },
      update: { verb: "update", takes: { values: operand, weight: optional(operand) } },
      compute: { verb: "compute", takes: { state: stateOf }, returns: "a number" },
      computeAll: { verb: "compute", takes: { state: stateOf } },
    });
  }

  /** Takes the name, by default derived from the class. */
  constructor(options: MetricOptions = {}, byPosition: object = {}) {
    super(options, byPosition);
    this.name ??= snakeCaseOfClass(new.target.name);
  }

  /** Adds float32 state, initially zero, a scalar by default; for use in the constructor or a property. */
  protected addVariable(name: string, shape: Shape = []): Variable {
    if (sizeOf(shape) > maxState) {
      throw new ValueError({
        what: `Cannot make "${this.name}"`,
        rule: `its ${name} must hold at most ${maxState} numbers`,
        received: formatShape(shape),
        hint: "take fewer classes, labels or thresholds",
      });
    }
    const variable = Variable.zeros(shape, { name: `${this.name}/${name}`, trainable: false });
    this.variables.push(variable);
    return variable;
  }

  /** Adds targets and outputs of a batch to the state; called in a traced function. */
  abstract updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void;

  /** Computes the number from the state; `state` has the values of `variables`. */
  abstract compute(state: readonly Tensor[]): number;

  /**
   * Adds a batch to a state that is given, in a traced function, and gives the state after it: the values of `variables`,
   * which do not change. As Keras's `stateless_update_state`.
   */
  statelessUpdateState(
    metricVariables: readonly Operand[],
    yTrue: Value,
    yPred: Value,
    sampleWeight?: Value,
  ): Value[] {
    const groups = [{ name: "metricVariables", variables: this.variables, values: metricVariables }];
    return withValues(`Cannot update "${this.name}"`, groups, () => this.updateState(yTrue, yPred, sampleWeight))
      .values[0];
  }

  /** The number of a state that is given as tensors: the values of `variables`. As Keras's `stateless_result`. */
  statelessResult(metricVariables: readonly Tensor[]): number {
    return this.compute(metricVariables);
  }

  /** The state to start with: the values of `variables` after a reset. As Keras's `stateless_reset_state`. */
  statelessResetState(): Tensor[] {
    return this.variables.map(({ shape }) => new Tensor(shape, "float32", makeArray("float32", sizeOf(shape))));
  }

  /** The current number. */
  async result(): Promise<number> {
    return this.compute(await Promise.all(this.variables.map((variable) => variable.read())));
  }

  /** Resets the state to zeros. */
  resetState(): void {
    const start = this.statelessResetState();
    this.variables.forEach((variable, i) => variable.assign(start[i]));
  }

  /** The metric as written in a compile config. */
  override serialize(): ObjectNode {
    return objectNode(this);
  }
}
