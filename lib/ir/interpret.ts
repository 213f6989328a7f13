// Interprets a graph in float64 with the reference functions of the op definitions.
import type { Graph, ValueId } from "./graph.ts";
import { opDef, type RefArray } from "./op_def.ts";

/** Computes every node of `graph` from the inputs and variables in `values`, and adds the results to `values`. */
export function interpret(graph: Graph, values: Map<ValueId, RefArray>): void {
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((id) => values.get(id)!);
    const outputs = node.outputs.map((id) => graph.types[id]);
    const results = opDef(node.op).reference(inputs, node.attrs, outputs);
    node.outputs.forEach((id, i) => values.set(id, { ...graph.types[id], data: results[i] }));
  }
}
