// How much nodes compute, by the costs that their definitions declare; for profiles.
import type { Graph, Node } from "../ir/graph.ts";
import { isLoop, opDef } from "../ir/op_def.ts";

/**
 * The floating-point operations of a node: those of products, convolutions, attention and recurrences, and of a loop's
 * body in all of its steps; 0 for ops that take as long as memory does.
 */
export function flopsOf({ types }: Graph, node: Node): number {
  const [inputs, outputs] = [node.inputs, node.outputs].map((ids) => ids.map((id) => types[id]));
  const { flops = 0, bodyRuns = 0 } = opDef(node.op).cost?.(inputs, node.attrs, outputs) ?? {};
  if (!isLoop(node)) return flops;
  const { body } = node.attrs;
  return flops + bodyRuns * body.nodes.reduce((sum, inner) => sum + flopsOf(body, inner), 0);
}
