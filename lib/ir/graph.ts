// The graph: typed values, nodes in execution order, and the variables a program reads and writes.
import type { AttrsOf, CallOf, OpName } from "./attrs.ts";
import type { ValueId, ValueType } from "./value.ts";

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
