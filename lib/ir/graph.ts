// The graph: typed values, nodes in execution order, and the variables a program reads and writes.
import type { AttrsOf, CallOf, OpName } from "./attrs.ts";
import type { ValueId, ValueType } from "./value.ts";

export type { ValueId, ValueType };

/** The identity of a variable, compared by reference, and its type. Its value lives with an executor. */
export interface VariableSpec extends ValueType {
  /** The stable path, such as `dense/kernel`. */
  readonly name: string;
}

/** The attributes of each op. */
export type OpAttrs = AttrsOf<Graph>;

/** An op with its attributes, whatever it is applied to. */
export type OpCall = CallOf<Graph>;

/** One operation on values of its graph. */
export type Node<Name extends OpName = OpName> = {
  [K in Name]: {
    readonly op: K;
    readonly inputs: readonly ValueId[];
    readonly outputs: readonly ValueId[];
    readonly attrs: OpAttrs[K];
    /** Where the node comes from, such as `dense_1/matmul`: for errors and profiles. */
    readonly origin: string;
  };
}[Name];

/** A variable's value before the program runs and after; equal where the program only reads it. */
export interface StateLink {
  readonly variable: VariableSpec;
  readonly input: ValueId;
  output: ValueId;
}

/**
 * A program: nodes in execution order over typed values. A whole program speaks to the world through `state`
 * alone; a body graph (of `scan`) through `inputs` and `outputs`.
 */
export interface Graph {
  readonly types: ValueType[];
  readonly inputs: ValueId[];
  nodes: Node[];
  outputs: ValueId[];
  readonly state: StateLink[];
}

/** A graph with nothing in it. */
export function emptyGraph(): Graph {
  return { types: [], inputs: [], nodes: [], outputs: [], state: [] };
}

/** What a graph needs after its last node: its outputs, and the final values of the variables. */
export function resultsOf(graph: Graph): ValueId[] {
  return [...graph.outputs, ...graph.state.map((link) => link.output)];
}
