// Interprets a graph in float64 with the reference functions of the op definitions.
import { withHostMemory } from "../dtype.ts";
import { sizeOf } from "../shape.ts";
import type { Graph, ValueId } from "./graph.ts";
import { opDef, type RefArray } from "./op_def.ts";

/**
 * Computes every node of `graph` from the inputs and variables in `values`, and adds the outputs and the new states to
 * `values`; what only nodes read is held no longer than they need it. `ran` is called after each node.
 */
export function interpret(graph: Graph, values: Map<ValueId, RefArray>, ran?: (index: number) => void): void {
  const readings = new Map<ValueId, number>();
  const count = (id: ValueId) => readings.set(id, (readings.get(id) ?? 0) + 1);
  for (const { inputs } of graph.nodes) inputs.forEach(count);
  graph.outputs.forEach(count);
  graph.state.forEach(({ output }) => count(output));
  const forget = (id: ValueId) => {
    const left = (readings.get(id) ?? 1) - 1;
    readings.set(id, left);
    if (left <= 0) values.delete(id);
  };
  graph.nodes.forEach((node, index) => {
    const inputs = node.inputs.map((id) => values.get(id)!);
    const outputs = node.outputs.map((id) => graph.types[id]);
    const bytes = outputs.reduce((sum, { shape }) => sum + sizeOf(shape) * Float64Array.BYTES_PER_ELEMENT, 0);
    const results = withHostMemory(
      bytes,
      () => opDef(node.op).reference(inputs, node.attrs, outputs),
      { what: `Cannot compute "${node.origin}"`, thing: "its result" },
    );
    node.outputs.forEach((id, i) => {
      if (readings.has(id)) values.set(id, { ...graph.types[id], data: results[i] });
    });
    node.inputs.forEach(forget);
    ran?.(index);
  });
}
