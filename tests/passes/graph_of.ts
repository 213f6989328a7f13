// Graphs of functions, for the tests of passes.
import { withContext } from "../../lib/ir/context.ts";
import type { Graph } from "../../lib/ir/graph.ts";
import { recording, Trace } from "../../lib/ir/trace.ts";
import { idOf, type Value } from "../../lib/ir/value.ts";

/** The graph of a function of float32 values of the given shapes. */
export function graphOf(shapes: number[][], fn: (...values: Value[]) => Value | Value[]): Graph {
  const trace = new Trace();
  withContext(recording(trace), () => {
    const returned = fn(...shapes.map((shape) => trace.input({ shape, dtype: "float32" })));
    trace.graph.outputs = [returned].flat().map(idOf);
  });
  return trace.graph;
}
