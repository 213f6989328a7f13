// Merge updates: equal elementwise updates of several variables become one node that runs over all of them.
//
// An update is a node between a variable's old and its new value. If the variables, and everything else the updates
// read and write, are contiguous in memory, such a node is one pass over flat memory. Any pointwise op will do: a fused
// program or another op that declares itself pointwise.
import type { Graph, Node, ValueId } from "../ir/graph.ts";
import { isProgram, opDef, takesEpilogue } from "../ir/op_def.ts";
import { foreachNode } from "../ops/defs/foreach.ts";
import { sameShape } from "../shape.ts";
import { independent, leadsTo, merged, producersOf, readersOf } from "./rewrite.ts";

/** The graph with equal updates merged into `foreach` nodes. */
export function mergeUpdates(graph: Graph): Graph {
  const result: Graph = { ...graph, types: [...graph.types], nodes: [...graph.nodes] };
  const keyOf = keysOf(result);
  const waiting = updatesOf(result);
  for (;;) {
    // Shapes tell which operands are shared, so a scalar variable must not come first.
    const first = [...waiting].find(({ outputs }) => result.types[outputs[0]].shape.length > 0);
    if (!first) return result;
    const isShared = first.inputs.map((id) => result.types[id].shape.length === 0);
    const key = keyOf(first, isShared);
    const group = independent(result, (node) => waiting.has(node) && keyOf(node, isShared) === key);
    if (group.length > 1) result.nodes = merged(result.nodes, group, foreachNode(group));
    for (const node of [first, ...group]) waiting.delete(node);
  }
}

/**
 * Nodes that read a variable elementwise and that its new value depends on; except programs that can be the epilogue of
 * the node that makes the gradient, where they cost nothing.
 */
function updatesOf(graph: Graph): Set<Node> {
  const producers = producersOf(graph);
  const isNew = new Set(graph.state.map(({ output }) => output));
  const isEpilogue = (node: Node) =>
    isProgram(node) && !node.outputs.some((id) => isNew.has(id)) && node.inputs.some((id) => {
      const producer = producers.get(id);
      return producer && takesEpilogue(producer);
    });
  const readers = readersOf(graph.nodes);
  const makes = (id: ValueId) => ({ outputs }: Node) => outputs.includes(id);
  const updates = new Set<Node>();
  for (const { input, output } of graph.state) {
    for (const reader of input === output ? [] : readers.get(input) ?? []) {
      const isWhole = sameShape(graph.types[input].shape, graph.types[reader.outputs[0]].shape);
      if (isWhole && isFlat(graph, reader) && !isEpilogue(reader) && leadsTo(reader, readers, makes(output))) {
        updates.add(reader);
      }
    }
  }
  return new Set(graph.nodes.filter((node) => updates.has(node)));
}

/** Whether a node maps floats one by one, with only scalars beside them. */
function isFlat({ types }: Graph, { op, inputs, outputs }: Node): boolean {
  const { shape } = types[outputs[0]];
  const isWhole = (id: ValueId) => types[id].dtype === "float32" && sameShape(types[id].shape, shape);
  return opDef(op).pointwise === true && outputs.every(isWhole) &&
    inputs.every((id) => isWhole(id) || types[id].shape.length === 0);
}

/**
 * Equal keys mean that nodes do the same work on shared operands and on operands of the same kind: old values of
 * variables, new values, and values in between. Each kind is stored elsewhere.
 */
function keysOf({ types, state }: Graph): (node: Node, isShared: readonly boolean[]) => string {
  const kinds = new Map<ValueId, string>();
  for (const { input, output } of state) kinds.set(output, "new").set(input, "old");
  return ({ op, attrs, inputs, outputs }, isShared) => {
    const { shape } = types[outputs[0]];
    const kindOf = (id: ValueId) => (sameShape(types[id].shape, shape) ? kinds.get(id) ?? "computed" : "scalar");
    const operands = inputs.map((id, i) => (isShared[i] ? id : kindOf(id)));
    // As text, numbers are equal only if their bits are.
    return JSON.stringify(
      [op, attrs, operands, outputs.map(kindOf)],
      (_, value) => (typeof value !== "number" ? value : Object.is(value, -0) ? "-0" : `${value}`),
    );
  };
}
