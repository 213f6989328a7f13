// Interprets a graph in float64 with the reference functions of the op definitions.
import { withHostMemory } from "../dtype.ts";
import { sizeOf } from "../shape.ts";
import type { Graph, ValueId } from "./graph.ts";
import { opDef, type RefArray } from "./op_def.ts";

/** Computes every node of `graph` from the inputs and variables in `values`, and adds the results to `values`. */
export function interpret(graph: Graph, values: Map<ValueId, RefArray>): void {
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((id) => values.get(id)!);
    const outputs = node.outputs.map((id) => graph.types[id]);
    const bytes = outputs.reduce((sum, { shape }) => sum + sizeOf(shape) * Float64Array.BYTES_PER_ELEMENT, 0);
    const results = withHostMemory(
      bytes,
      () => opDef(node.op).reference(inputs, node.attrs, outputs),
      { what: `Cannot compute "${node.origin}"`, thing: "its result" },
    );
    node.outputs.forEach((id, i) => values.set(id, { ...graph.types[id], data: results[i] }));
  }
}
