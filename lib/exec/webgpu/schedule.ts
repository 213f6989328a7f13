// Arranging a graph for the GPU: small nodes side by side, so that they become one dispatch, and no softmax for arg-max.
import type { Graph, Node, ValueId } from "../../ir/graph.ts";
import { opDef, runs } from "../../ir/op_def.ts";
import { aliasRoots, producersOf } from "../../passes/rewrite.ts";
import { sizeOf } from "../../shape.ts";

/** The graph where the largest of a softmax is looked for among its arguments: it is at the same place. */
export function argMaxOfLogits(graph: Graph): Graph {
  const producers = producersOf(graph);
  const source = (id: ValueId): Node | undefined => {
    const node = producers.get(id);
    return node?.op === "reshape" || node?.op === "broadcastTo" ? source(node.inputs[0]) : node;
  };
  const logitsOf = (id: ValueId, axis: number): ValueId | undefined => {
    const quotient = producers.get(id);
    if (quotient?.op !== "divide") return undefined;
    const [powers, total] = [producers.get(quotient.inputs[0]), source(quotient.inputs[1])];
    if (powers?.op !== "exp" || total?.op !== "sum" || total.inputs[0] !== powers.outputs[0]) return undefined;
    const shifted = producers.get(powers.inputs[0]);
    const top = shifted?.op === "subtract" ? source(shifted.inputs[1]) : undefined;
    const isSoftmax = top?.op === "max" && top.inputs[0] === shifted!.inputs[0] &&
      top.attrs.axes.join() === `${axis}` && total.attrs.axes.join() === `${axis}`;
    return isSoftmax ? top.inputs[0] : undefined;
  };
  const nodes = graph.nodes.map((node) => {
    const logits = node.op === "argMax" ? logitsOf(node.inputs[0], node.attrs.axis) : undefined;
    return logits === undefined ? node : { ...node, inputs: [logits] } as Node;
  });
  return { ...graph, nodes };
}

/**
 * The graph with its nodes in an order where small ones stand together: each as early as it can, large ones as they
 * were. What overwrites a variable stays behind what reads it, so that it can still be written in place.
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
    // Variables that are swapped wait for each other: then the first that can go does.
    const next = rest.find((node) => isSmall(node, graph) && isFree(node)) ?? rest.find(isFree) ?? rest.find(isReady)!;
    rest.splice(rest.indexOf(next), 1);
    done.add(next);
    nodes.push(next);
  }
  return { ...graph, nodes };
}

/** So many elements one workgroup may go through in a node that shares a dispatch. */
const smallWork = 16384;

function isSmall(node: Node, { types }: Graph): boolean {
  if (!runs(node)) return true;
  const [inputs, outputs] = [node.inputs, node.outputs].map((ids) => ids.map((id) => types[id]));
  const work = opDef(node.op).workgroupWork?.(inputs, outputs, node.attrs as never) ??
    4 * outputs.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return work <= smallWork;
}
