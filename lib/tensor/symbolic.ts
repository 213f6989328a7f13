// SymbolicTensor: the placeholder for data while a model is built, and the nodes that connect them.
import type { InputDType } from "../dtype.ts";
import { describe, StateError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import type { SymbolicShape } from "../shape.ts";
import { flatten, type Mapped, mapStructure, type Structure } from "../structure.ts";

/** The shape of a value, batch axis first and `null` for unknown extents, and its element type. */
export class TensorSpec {
  /** Takes shape and dtype. */
  constructor(
    /** The extent of each axis, the batch axis first. */
    readonly shape: SymbolicShape,
    /** The element type; `"string"` for texts, which only layers that run on the host take. */
    readonly dtype: InputDType,
  ) {}
}

/** What a node applies: a layer, or a function of `ops`. */
export interface Operation {
  /** The name in messages, summaries and files. */
  readonly name: string;
  /** The name of its class, as summaries and files show it. */
  readonly className: string;
  /** Its applications to symbolic tensors, in order. */
  readonly inboundNodes: readonly Node[];
  /** Applies it again with a node's arguments, but with other values or symbols in place of the symbolic ones. */
  replay<T extends Value | SymbolicTensor>(args: CallArguments<T>): Structure<T>;
}

/** The arguments of a call, by position and by name. They need not be tensors. */
export interface CallArguments<T> {
  /** The positional arguments, the input first. */
  readonly positional: readonly Argument<T>[];
  /** The named arguments, such as `mask`. */
  readonly named: { readonly [name: string]: Argument<T> };
}

/** An argument of a call: a structure of tensors, or a plain value. */
export type Argument<T> = Structure<T | unknown>;

/** One application of an operation to symbolic tensors. */
export class Node {
  /** The results, in order. */
  readonly outputs: readonly SymbolicTensor[];
  /** The results in the structure that the operation returns. */
  readonly output: Structure<SymbolicTensor>;
  /** The symbolic tensors among the arguments, in order. */
  readonly inputs: readonly SymbolicTensor[];

  /** Records that `operation`, for the `index`-th time from 0, was applied to `args` and returned values of `specs`. */
  constructor(
    /** What was applied. */
    readonly operation: Operation,
    /** How often it was applied before. */
    readonly index: number,
    /** The arguments. */
    readonly args: CallArguments<SymbolicTensor>,
    specs: Structure<TensorSpec>,
  ) {
    this.inputs = symbolicIn(args);
    this.output = mapStructure(specs, ({ shape, dtype }, i) => new SymbolicTensor(shape, dtype, this, i));
    this.outputs = flatten(this.output);
  }
}

/**
 * A value that a model will compute: its shape with the batch axis first, `null` for unknown extents. Layers and `ops`
 * applied to it return further ones, and `new Model({ inputs, outputs })` makes a model of everything in between.
 *
 * @example Shapes before there is data
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const x = Input({ shape: [4] });
 * console.log(new layers.Dense(3).apply(x).shape); // [ null, 3 ]
 * ```
 */
export class SymbolicTensor<Name extends string = string> {
  /** The name of what computes it: the `Input`, the layer, or the op. */
  readonly name: Name;
  /** Its mask: true for time steps that count; set by layers such as `Masking`. */
  mask?: SymbolicTensor;

  /** Represents output `index` of `node`. */
  constructor(
    /** The extent of each axis, the batch axis first. */
    readonly shape: SymbolicShape,
    /** The element type; `"string"` for texts, which only layers that run on the host take. */
    readonly dtype: InputDType,
    /** The application that returned it. */
    readonly node: Node,
    /** The index among the node's outputs, from 0. */
    readonly index: number,
  ) {
    if (!(node instanceof Node)) {
      throw new ValueError({
        what: "Cannot make a symbolic tensor",
        rule: "only Input, layers and ops make them",
        received: `${describe(node)} for its node`,
        hint: "write Input({ shape: [28, 28] })",
      });
    }
    this.name = node.operation.name as Name;
  }

  /** The layer or function that computes it. */
  get operation(): Operation {
    return this.node.operation;
  }

  /** Throws {@linkcode StateError}: it has no numbers, so JavaScript's operators cannot use it. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return `SymbolicTensor "${this.name}"`;
    throw new StateError({
      what: `Cannot take the symbolic tensor "${this.name}" as a number`,
      rule: "it has none while a model is built",
      received: "one of JavaScript's operators on it",
      hint: "use ops, as in ops.multiply(x, 2)",
    });
  }
}

/**
 * `S` with symbolic tensors in place of symbolic values: what layers take and return when applied to symbolic tensors.
 */
export type Symbolic<S> = Mapped<S, Value, SymbolicTensor>;

/** The symbolic tensors among arguments, in order. */
export function symbolicIn({ positional, named }: CallArguments<unknown>): SymbolicTensor[] {
  return [...positional, ...Object.values(named)].flatMap((argument) => flatten(argument))
    .filter((item) => item instanceof SymbolicTensor);
}

/** The arguments with each symbolic tensor replaced. */
export function replaceSymbolic<U>(
  args: CallArguments<SymbolicTensor>,
  fn: (item: SymbolicTensor) => U,
): CallArguments<U> {
  return replaceArguments(args, (item) => (item instanceof SymbolicTensor ? fn(item) : item));
}

/** The arguments with each item replaced. */
export function replaceArguments<U>(
  { positional, named }: CallArguments<unknown>,
  replaceItem: (item: unknown) => unknown,
): CallArguments<U> {
  const replace = (argument: Argument<unknown>) => mapStructure(argument, replaceItem);
  return {
    positional: positional.map(replace),
    named: Object.fromEntries(Object.entries(named).map(([name, argument]) => [name, replace(argument)])),
  };
}
