// A symbolic value: what a traced function computes with.
import type { DType } from "../dtype.ts";
import { describe, ValueError } from "../errors.ts";
import { formatShape, type Shape } from "../shape.ts";

/** The shape and element type of a value. */
export interface ValueType {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether it is stored as float16, which has all of its numbers. */
  readonly half?: boolean;
}

/** The index of a value in its graph's `types`. */
export type ValueId = number;

/** What a value needs of its graph. */
interface ValueTypes {
  readonly types: readonly ValueType[];
}

// Only tracing may see a value's graph and id: these reach into its private fields.

/** Makes value `id` of `graph`. */
export let valueOf: (graph: ValueTypes, id: ValueId) => Value;
/** The graph that a value belongs to. */
export let graphOf: (value: Value) => ValueTypes;
/** The index of a value in its graph. */
export let idOf: (value: Value) => ValueId;

/**
 * A symbolic array in a traced function (one given to `compile`, a layer's `call`): it has a shape and a dtype but
 * no numbers yet. Operations on it return further values. As `keras.KerasTensor` inside a call.
 *
 * @example A function of values
 * ```ts
 * import { compile, ops, type Value } from "./mod.ts";
 * const total = compile((x: Value) => ops.multiply(ops.sum(x), x.shape[0]));
 * console.log((await total([1, 2, 3])).item()); // 18
 * ```
 */
export class Value {
  /** Its mask: bool, true for time steps that count; set by layers such as `Masking`. */
  mask?: Value;
  /** The logits that a softmax or sigmoid was computed from, so that a cross-entropy can use them. */
  logits?: { readonly value: Value; readonly activation: "softmax" | "sigmoid" };
  readonly #graph: ValueTypes;
  readonly #id: ValueId;

  private constructor(graph: ValueTypes, id: ValueId) {
    if (graph?.types?.[id] === undefined) {
      throw new ValueError({
        what: "Cannot make a symbolic value",
        rule: "only ops make them, inside of a traced function",
        received: `${describe(graph)} for its graph`,
        hint: "give tensors to compile(fn), or data to a model",
      });
    }
    this.#graph = graph;
    this.#id = id;
  }

  static {
    valueOf = (graph, id) => new Value(graph, id);
    graphOf = (value) => value.#graph;
    idOf = (value) => value.#id;
  }

  /** Its dtype and shape as text. Throws {@linkcode ValueError} if a number is wanted, as in `2 * x`. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return `Value ${this.dtype} ${formatShape(this.shape)}`;
    throw new ValueError({
      what: "Cannot take a symbolic value as a number",
      rule: "it has none while a function is traced",
      received: `one of JavaScript's operators on a value of shape ${formatShape(this.shape)}`,
      hint: "use ops, as in ops.multiply(x, 2), and ops.where in place of if",
    });
  }

  /** The extent of each axis. */
  get shape(): Shape {
    return this.#graph.types[this.#id].shape;
  }

  /** The element type. */
  get dtype(): DType {
    return this.#graph.types[this.#id].dtype;
  }
}
