// Fuses gathers into the nodes that read their rows, if that pays off.
import { bytesPerElement } from "../../dtype.ts";
import { type Graph, type Node, resultsOf, type ValueId } from "../../ir/graph.ts";
import { type GatheredRows, isAlias, opDef } from "../../ir/op_def.ts";
import { Origin } from "../../ir/origin.ts";
import { webGpuFacts } from "../../ops/defs/table.ts";
import { aliasRoots } from "../../passes/rewrite.ts";
import { sizeOf } from "../../shape.ts";
import type { Tuning } from "../../ops/webgpu/kernels/tuning.ts";
import { maxBuffers } from "../../ops/webgpu/view.ts";

/** A reader of gathered rows: an operand of a node. */
interface Reader {
  readonly node: Node;
  readonly at: number;
}

/**
 * The graph with gathers fused, so that their rows are never stored: if all readers are one elementwise program or
 * products that can gather as they load, the gather is dropped and they read table and indices. Tables over
 * `bindingBytes` stay, as they are split into parts.
 */
export function fuseGathers(graph: Graph, tuning: Tuning, bindingBytes: number): Graph {
  const { types } = graph;
  const root = aliasRoots(graph.nodes);
  const results = new Set(resultsOf(graph).map(root));
  const readers = new Map<ValueId, Reader[]>();
  for (const node of graph.nodes) {
    if (isAlias(node)) continue;
    node.inputs.forEach((input, at) => {
      const id = root(input);
      readers.set(id, [...(readers.get(id) ?? []), { node, at }]);
    });
  }
  const fits = (table: ValueId) => sizeOf(types[table].shape) * bytesPerElement(types[table].dtype) <= bindingBytes;
  // A node whose output may overwrite the table or the indices must not read them.
  const overwrites = ({ outputs }: Node, sources: readonly ValueId[]) => {
    const roots = sources.map(root);
    return graph.state.some(({ input, output }) => roots.includes(input) && outputs.includes(root(output)));
  };
  const gathersOperand = (node: Node, at: number, rows: GatheredRows, readers: number) => {
    const [operands, outputs] = [node.inputs, node.outputs].map((ids) => ids.map((id) => types[id]));
    return webGpuFacts(node.op)?.gathersOperand?.(at, rows, { readers, operands, outputs, attrs: node.attrs, tuning });
  };
  const merged = new Map<Node, Node>();
  const dropped = new Set<ValueId>();
  const takes = ({ node, at }: Reader, rows: GatheredRows, all: readonly Reader[]) =>
    !merged.has(node) && !overwrites(node, [rows.table, rows.indices]) &&
    node.inputs.length + node.outputs.length < maxBuffers &&
    all.filter((other) => other.node === node).length === 1 &&
    gathersOperand(node, at, rows, all.length);
  for (const original of graph.nodes) {
    const node = merged.get(original) ?? original;
    const rows = opDef(node.op).gatheredRows?.(node);
    const [value] = node.outputs;
    const all = readers.get(value) ?? [];
    if (!rows || all.length === 0 || results.has(value) || !fits(rows.table)) continue;
    if (!all.every((reader) => takes(reader, rows, all))) continue;
    dropped.add(value);
    for (const { node: reader, at } of all) {
      const gathered = { at, shape: types[reader.inputs[at]].shape, program: rows.program };
      const inputs = [...reader.inputs.filter((_, i) => i !== at), rows.table, rows.indices];
      const origin = Origin.merged([node.origin, reader.origin], reader.origin);
      merged.set(reader, { ...reader, inputs, attrs: { ...reader.attrs, gathered }, origin } as Node);
    }
  }
  const nodes = graph.nodes.filter(({ outputs }) => !dropped.has(root(outputs[0])))
    .map((node) => merged.get(node) ?? node);
  return { ...graph, nodes };
}
