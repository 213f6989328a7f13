// Recurrences in ONNX: loops of their steps, since its own operators multiply the input too and know no masks.
import type { RecurrenceAttrs } from "../ir/attrs.ts";
import { withContext } from "../ir/context.ts";
import type { Graph, Node } from "../ir/graph.ts";
import { recording, Trace } from "../ir/trace.ts";
import { idOf } from "../ir/value.ts";
import { stepByStep } from "../ops/defs/recurrence_steps.ts";
import type { Refused, Translation } from "./onnx_call.ts";
import { Scope } from "./onnx_scope.ts";

/** The steps of a node as a graph with its operands as inputs. */
function stepsOf({ inputs, attrs }: Node, { types }: Graph): Graph {
  const trace = new Trace();
  const operands = inputs.map((id) => trace.input(types[id]));
  const results = withContext(recording(trace), () => stepByStep(operands, attrs as RecurrenceAttrs));
  trace.graph.outputs = results.map(idOf);
  return trace.graph;
}

const recurrence: Translation<"recurrence"> = {
  emit: (call) => {
    const graphs = call.nodes.map((node, probe) => stepsOf(node, call.graph.graphs[probe]));
    const scope = new Scope(call.model, call.scope.graph, call.scope.what, call.scope);
    graphs[0].inputs.forEach((id, i) => scope.set(id, call.inputs[i]));
    call.writeGraph(scope, { graphs });
    return graphs[0].outputs.map((id) => scope.get(id).in("plain"));
  },
};

const recurrenceGradient: Refused = { refused: "it is a gradient" };

/** Recurrences; their gradient is not written. */
export const recurrenceTranslations = { recurrence, recurrenceGradient };
