// SymbolicTensor: what stands for data while a model is put together, and the nodes that connect them.
import type { DType } from "../dtype.ts";
import { describe, StateError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import type { SymbolicShape } from "../shape.ts";
import { flatten, type Mapped, mapStructure, type Structure } from "../structure.ts";

/** The shape of a value, batch axis first and `null` where it is not known yet, and its element type. */
export class TensorSpec {
  /** Takes both. */
  constructor(
    /** The extent of each axis, the batch axis first. */
    readonly shape: SymbolicShape,
    /** The element type. */
    readonly dtype: DType,
  ) {}
}

/** What a node applies: a layer, or a function of `ops`. */
export interface Operation {
  /** The name in messages, summaries and files. */
  readonly name: string;
  /** The name of its class, as summaries and files show it. */
  readonly className: string;
  /** Where it was applied to symbolic tensors, in order. */
  readonly inboundNodes: readonly Node[];
  /** Applies it again to the arguments of a node with others in place of the symbolic ones: values, or new symbols. */
  replay<T extends Value | SymbolicTensor>(args: CallArguments<T>): Structure<T>;
}

/** The arguments of a call: what comes by position, and what by name. Anything may stand beside tensors. */
export interface CallArguments<T> {
  /** The arguments by position: the input first. */
  readonly positional: readonly Argument<T>[];
  /** The arguments by name, such as `mask`. */
  readonly named: { readonly [name: string]: Argument<T> };
}

/** An argument of a call: a structure of tensors, or a plain value. */
export type Argument<T> = Structure<T | unknown>;

/** One application of an operation to symbolic tensors. */
export class Node {
  /** What it gave. */
  readonly outputs: readonly SymbolicTensor[];
  /** What it gave, as the operation gives it. */
  readonly output: Structure<SymbolicTensor>;
  /** The symbolic tensors among the arguments, in order. */
  readonly inputs: readonly SymbolicTensor[];

  /** Notes that `operation`, for the time `index` from 0, was applied to `args` and gave values of `specs`. */
  constructor(
    /** What was applied. */
    readonly operation: Operation,
    /** How often it was applied before. */
    readonly index: number,
    /** What it was applied to. */
    readonly args: CallArguments<SymbolicTensor>,
    specs: Structure<TensorSpec>,
  ) {
    this.inputs = symbolicIn(args);
    this.output = mapStructure(specs, ({ shape, dtype }, i) => new SymbolicTensor(shape, dtype, this, i));
    this.outputs = flatten(this.output);
  }
}

/**
 * A value that a model will compute: its shape with the batch axis first, `null` where it is not known yet. Layers and
 * `ops` applied to it give more of them, and `new Model({ inputs, outputs })` makes a model of what lies between.
 *
 * @example Shapes before there is data
 * ```ts
 * import { Input, layers } from "./mod.ts";
 * const x = Input({ shape: [4] });
 * console.log(new layers.Dense(3).apply(x).shape); // [ null, 3 ]
 * ```
 */
export class SymbolicTensor<Name extends string = string> {
  /** The name of what gives it: that of the `Input`, of the layer, or of the op. */
  readonly name: Name;
  /** The mask that rides along: true where a time step counts; set by layers such as `Masking`. */
  mask?: SymbolicTensor;

  /** Names what `node` gives, its output number `index`. */
  constructor(
    /** The extent of each axis, the batch axis first. */
    readonly shape: SymbolicShape,
    /** The element type. */
    readonly dtype: DType,
    /** The application that gives it. */
    readonly node: Node,
    /** Which of the node's outputs it is, from 0. */
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

  /** The layer or function that gives it. */
  get operation(): Operation {
    return this.node.operation;
  }

  /** Throws {@linkcode StateError}: it has no numbers, so JavaScript's operators cannot take it. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return `SymbolicTensor "${this.name}"`;
    throw new StateError({
      what: `Cannot take the symbolic tensor "${this.name}" as a number`,
      rule: "it has none while a model is put together",
      received: "one of JavaScript's operators on it",
      hint: "use ops, as in ops.multiply(x, 2)",
    });
  }
}

/** What layers take as symbolic tensors where `call` takes symbolic values, and what they give. */
export type Symbolic<S> = Mapped<S, Value, SymbolicTensor>;

/** The symbolic tensors among arguments, in order. */
export function symbolicIn({ positional, named }: CallArguments<unknown>): SymbolicTensor[] {
  return [...positional, ...Object.values(named)].flatMap((argument) => flatten(argument))
    .filter((item) => item instanceof SymbolicTensor);
}

/** Arguments with something else in place of each symbolic tensor. */
export function replaceSymbolic<U>(
  args: CallArguments<SymbolicTensor>,
  fn: (item: SymbolicTensor) => U,
): CallArguments<U> {
  return replaceArguments(args, (item) => (item instanceof SymbolicTensor ? fn(item) : item));
}

/** Arguments with something else in place of each item. */
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
