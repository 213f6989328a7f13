// The graph: typed values, nodes in execution order, and the variables a program reads and writes.
import type { AttrsOf, CallOf, OpName } from "./attrs.ts";
import type { Origin } from "./origin.ts";
import type { Value, ValueId, ValueType } from "./value.ts";

export type { ValueId, ValueType };

/** The identity (compared by reference) and type of a variable. Executors hold its value. */
export interface VariableSpec extends ValueType {
  /** The stable path, such as `dense/kernel`. */
  readonly name: string;
}

/** The attributes of each op. */
export type OpAttrs = AttrsOf<Graph>;

/** An op with its attributes, without operands. */
export type OpCall = CallOf<Graph>;

/** A derivative that is given for some values by others, whatever is between them. */
export interface GradientRule {
  readonly inputs: readonly ValueId[];
  /** The values, each made by a node that passes on what was computed. */
  readonly outputs: readonly ValueId[];
  /** The gradients by the inputs, given those by the outputs. */
  readonly vjp: (
    inputs: readonly Value[],
    outputs: readonly Value[],
    gradients: readonly (Value | undefined)[],
  ) => readonly (Value | undefined)[];
}

/** One operation on values of its graph. */
export type Node<Name extends OpName = OpName> = {
  [K in Name]: {
    readonly op: K;
    readonly inputs: readonly ValueId[];
    readonly outputs: readonly ValueId[];
    readonly attrs: OpAttrs[K];
    /** Where the node comes from: for errors and profiles. */
    readonly origin: Origin;
    /** A derivative in place of that of the nodes before this one; it is gone once gradients are taken. */
    readonly rule?: GradientRule;
  };
}[Name];

/** A variable's value before and after the program; the same value if the program only reads it. */
export interface StateLink {
  readonly variable: VariableSpec;
  readonly input: ValueId;
  output: ValueId;
}

/**
 * A program: nodes in execution order over typed values. A whole program reads and writes variables through `state`
 * alone; a loop's body has `inputs` and `outputs`.
 */
export interface Graph {
  readonly types: ValueType[];
  readonly inputs: ValueId[];
  nodes: Node[];
  outputs: ValueId[];
  readonly state: StateLink[];
}

/** A graph without nodes. */
export function emptyGraph(): Graph {
  return { types: [], inputs: [], nodes: [], outputs: [], state: [] };
}

/** The results of a graph: its outputs and the final values of its variables. */
export function resultsOf(graph: Graph): ValueId[] {
  return [...graph.outputs, ...graph.state.map((link) => link.output)];
}
