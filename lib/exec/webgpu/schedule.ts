// The order of nodes on the GPU: small ones next to each other, so that they become one dispatch.
import type { Graph, Node, ValueId } from "../../ir/graph.ts";
import { runs } from "../../ir/op_def.ts";
import { webGpuFacts } from "../../ops/defs/table.ts";
import { aliasRoots, producersOf } from "../../passes/rewrite.ts";
import { sizeOf } from "../../shape.ts";

/**
 * The graph with its nodes reordered so that small ones are adjacent: each as early as possible, large ones in their
 * order. A node that overwrites a variable stays after its readers, so that the variable can still be updated in place.
 */
export function clusterSmallNodes(graph: Graph): Graph {
  const producers = producersOf(graph);
  const root = aliasRoots(graph.nodes);
  const readers = new Map<ValueId, Node[]>();
  for (const node of graph.nodes) {
    for (const id of node.inputs.map(root)) readers.set(id, [...(readers.get(id) ?? []), node]);
  }
  const before = new Map<Node, Set<Node>>();
  for (const { input, output } of graph.state) {
    const writer = output === input ? undefined : producers.get(root(output));
    if (!writer) continue;
    if (!before.has(writer)) before.set(writer, new Set());
    for (const reader of readers.get(input) ?? []) if (reader !== writer) before.get(writer)!.add(reader);
  }
  const done = new Set<Node>();
  const isReady = (node: Node) => node.inputs.every((id) => !producers.has(id) || done.has(producers.get(id)!));
  const isFree = (node: Node) => isReady(node) && [...(before.get(node) ?? [])].every((reader) => done.has(reader));
  const rest = [...graph.nodes];
  const nodes: Node[] = [];
  while (rest.length > 0) {
    // Swapped variables wait for each other: then the first runnable node goes.
    const next = rest.find((node) => isSmall(node, graph) && isFree(node)) ?? rest.find(isFree) ?? rest.find(isReady)!;
    rest.splice(rest.indexOf(next), 1);
    done.add(next);
    nodes.push(next);
  }
  return { ...graph, nodes };
}

/** The most elements that one workgroup may process for a node that shares a dispatch. */
const smallWork = 16384;

function isSmall(node: Node, { types }: Graph): boolean {
  if (!runs(node)) return true;
  const [inputs, outputs] = [node.inputs, node.outputs].map((ids) => ids.map((id) => types[id]));
  const work = webGpuFacts(node.op)?.workgroupWork?.(inputs, outputs, node.attrs) ??
    4 * outputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return work <= smallWork;
}
