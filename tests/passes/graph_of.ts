// Graphs of functions, and what they give, for the tests of passes.
import "../../lib/ops/defs/table.ts";
import { withContext } from "../../lib/ir/context.ts";
import { interpret } from "../../lib/ir/interpret.ts";
import type { Graph } from "../../lib/ir/graph.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { idOf, type Value } from "../../lib/ir/value.ts";
import { sizeOf } from "../../lib/shape.ts";

/** The graph of a function of float32 values of the given shapes. */
export function graphOf(shapes: number[][], fn: (...values: Value[]) => Value | Value[]): Graph {
  const trace = new Trace();
  withContext(recording(trace), () => {
    const returned = fn(...shapes.map((shape) => trace.input({ shape, dtype: "float32" })));
    trace.graph.outputs = [returned].flat().map(idOf);
  });
  return trace.graph;
}

/** What a graph gives for inputs that count up in steps of a tenth. */
export function resultsOf(graph: Graph): number[][] {
  const values = new Map(graph.inputs.map((id) => {
    const { shape, dtype } = graph.types[id];
    const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => (i % 17) / 10 - 0.7);
    return [id, { shape, dtype, data }];
  }));
  interpret(graph, values);
  return graph.outputs.map((id) => [...values.get(id)!.data]);
}
