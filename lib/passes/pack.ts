// Pack: lays the gradients that one optimizer update reads flat, in the order of its variables.
import type { Graph, Node, ValueId } from "../ir/graph.ts";
import { isConstant } from "../ir/op_def.ts";
import { aliasRoots, copyNode, producersOf } from "./rewrite.ts";

const isUpdate = (node: Node): node is Node<"sgdUpdate" | "rmspropUpdate" | "adamUpdate"> =>
  node.op === "sgdUpdate" || node.op === "rmspropUpdate" || node.op === "adamUpdate";

/** The graph where each gradient of an update is a value of its own, made by a node: copies are added where not. */
export function pack(graph: Graph): Graph {
  const result: Graph = { ...graph, types: [...graph.types], nodes: [] };
  const producers = producersOf(graph);
  const root = aliasRoots(graph.nodes);
  const taken = new Set(graph.state.map(({ output }) => root(output)));
  for (const node of graph.nodes) {
    if (!isUpdate(node)) {
      result.nodes.push(node);
      continue;
    }
    const { count } = node.attrs;
    const inputs = [...node.inputs];
    for (let i = count; i < 2 * count; i++) {
      const source = root(inputs[i]);
      const maker = producers.get(source);
      if (maker && !isConstant(maker) && !taken.has(source)) taken.add(source);
      else result.nodes.push(copyNode(result, inputs[i], (id) => inputs[i] = id));
    }
    result.nodes.push({ ...node, inputs } as Node);
  }
  return result;
}

/** The values to be laid one after another, by update: `root` follows aliases. */
export function packsOf(graph: Graph, root: (id: ValueId) => ValueId): ValueId[][] {
  return graph.nodes.filter(isUpdate).map(({ inputs, attrs: { count } }) => inputs.slice(count, 2 * count).map(root));
}
