// What passes share: makers and readers of values, topological order, dead code, and visiting loop bodies.
import type { LoopName } from "../ir/attrs.ts";
import { type Graph, type Node, resultsOf, type ValueId } from "../ir/graph.ts";
import { isAlias, isLoop } from "../ir/op_def.ts";
import { Origin } from "../ir/origin.ts";
import { fusedNode } from "../ops/defs/fused.ts";

/** The node that makes each value; inputs and variables have none. */
export function producersOf(graph: Graph): Map<ValueId, Node> {
  const producers = new Map<ValueId, Node>();
  for (const node of graph.nodes) node.outputs.forEach((id) => producers.set(id, node));
  return producers;
}

/** The nodes that read each value; a node that reads it twice is listed twice. */
export function readersOf(nodes: readonly Node[]): Map<ValueId, Node[]> {
  const readers = new Map<ValueId, Node[]>();
  for (const node of nodes) {
    for (const id of node.inputs) {
      if (!readers.has(id)) readers.set(id, []);
      readers.get(id)!.push(node);
    }
  }
  return readers;
}

/** Whether `isTarget` holds for `from` or for a node that depends on it. */
export function leadsTo(
  from: Node,
  readers: ReadonlyMap<ValueId, readonly Node[]>,
  isTarget: (node: Node) => boolean,
): boolean {
  const seen = new Set<Node>([from]);
  // Iterating a set also visits what is added meanwhile.
  for (const node of seen) {
    if (isTarget(node)) return true;
    for (const id of node.outputs) for (const reader of readers.get(id) ?? []) seen.add(reader);
  }
  return false;
}

/** Follows aliases to the value whose memory a value shares. */
export function aliasRoots(nodes: readonly Node[]): (id: ValueId) => ValueId {
  const roots = new Map<ValueId, ValueId>();
  const root = (id: ValueId) => roots.get(id) ?? id;
  for (const node of nodes) if (isAlias(node)) roots.set(node.outputs[0], root(node.inputs[0]));
  return root;
}

/** How often each value is read, by nodes and as a result of the graph. */
function readCounts(graph: Graph): Map<ValueId, number> {
  const counts = new Map<ValueId, number>();
  const count = (id: ValueId) => counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const node of graph.nodes) node.inputs.forEach(count);
  resultsOf(graph).forEach(count);
  return counts;
}

/** The graph with `change` applied to the bodies of its loops, in place. */
export function mapBodies(graph: Graph, change: (body: Graph) => Graph): void {
  graph.nodes = graph.nodes.map((node) =>
    isLoop(node) ? { ...node, attrs: { ...node.attrs, body: change(node.attrs.body) } } : node
  );
}

/** The nodes in topological order, otherwise in their order. */
export function sortNodes(nodes: readonly Node[]): Node[] {
  const producers = new Map<ValueId, Node>();
  for (const node of nodes) node.outputs.forEach((id) => producers.set(id, node));
  const done = new Set<Node>();
  const sorted: Node[] = [];
  for (const start of nodes) {
    const stack = [start];
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      const waiting = done.has(node)
        ? []
        : node.inputs.map((id) => producers.get(id)).filter((p) => p && !done.has(p)) as Node[];
      if (waiting.length > 0) {
        stack.push(...waiting);
        continue;
      }
      stack.pop();
      if (!done.has(node)) {
        done.add(node);
        sorted.push(node);
      }
    }
  }
  return sorted;
}

/** Drops nodes whose results nobody reads, loops' unread stacked outputs, and loop inputs that the body ignores. */
export function removeDeadCode(graph: Graph): void {
  const live = new Set(resultsOf(graph));
  const kept: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((id) => live.has(id))) continue;
    const trimmed = isLoop(node) ? trimLoop(node, live) : node;
    trimmed.inputs.forEach((id) => live.add(id));
    kept.push(trimmed);
  }
  graph.nodes = kept.reverse();
}

function trimLoop(node: Node<LoopName>, live: ReadonlySet<ValueId>): Node<LoopName> {
  const { body, carries, scanned } = node.attrs;
  const keepsOutput = node.outputs.map((id, i) => i < carries || live.has(id));
  const inner: Graph = { ...body, outputs: body.outputs.filter((_, i) => keepsOutput[i]), nodes: [...body.nodes] };
  removeDeadCode(inner);
  const read = readCounts(inner);
  const keepsInput = body.inputs.map((id, i) => i < carries || read.has(id));
  const droppedScans = keepsInput.slice(carries, carries + scanned).filter((keeps) => !keeps).length;
  return {
    ...node,
    inputs: node.inputs.filter((_, i) => keepsInput[i]),
    outputs: node.outputs.filter((_, i) => keepsOutput[i]),
    attrs: {
      ...node.attrs,
      body: { ...inner, inputs: body.inputs.filter((_, i) => keepsInput[i]) },
      scanned: scanned - droppedScans,
    },
  };
}

/** The graph with its outputs and the final values of variables renamed. */
export function resultsMapped(graph: Graph, rename: (id: ValueId) => ValueId): Graph {
  return {
    ...graph,
    outputs: graph.outputs.map(rename),
    state: graph.state.map((link) => ({ ...link, output: rename(link.output) })),
  };
}

/** The origin of copies that the passes add. */
const copied = new Origin({ kind: "data", path: "copies", backward: false }, "copy");

/** A node that copies a value; `rename` receives the copy's id. */
export function copyNode(graph: Graph, id: ValueId, rename: (copy: ValueId) => void): Node {
  const copy = graph.types.push(graph.types[id]) - 1;
  rename(copy);
  const program = { operands: [graph.types[id].dtype], steps: [], results: [0] };
  return fusedNode([id], [copy], program, copied);
}

/** Nodes that `belongs` picks, except those that depend on an earlier one. */
export function independent(graph: Graph, belongs: (node: Node) => boolean): Node[] {
  const found: Node[] = [];
  const downstream = new Set<ValueId>();
  for (const node of graph.nodes) {
    const depends = node.inputs.some((id) => downstream.has(id));
    if (!depends && belongs(node)) found.push(node);
    else if (!depends) continue;
    node.outputs.forEach((id) => downstream.add(id));
  }
  return found;
}

/** The nodes with `one` in place of those of `group`, at the position of the last one. */
export function merged(nodes: readonly Node[], group: readonly Node[], one: Node): Node[] {
  const last = group[group.length - 1];
  const inside = new Set(group);
  return sortNodes(nodes.flatMap((node) => (node === last ? [one] : inside.has(node) ? [] : [node])));
}
