// Rows that are gathered by index are read where they lie by what uses them, wherever that is worth while.
import { bytesPerElement } from "../../dtype.ts";
import type { Graph, Node, ValueId } from "../../ir/graph.ts";
import { matmulExtents } from "../../ops/defs/matmul.ts";
import { producersOf } from "../../passes/rewrite.ts";
import { sizeOf } from "../../shape.ts";
import { takesGathered } from "./kernels/matmul.ts";
import type { Tuning } from "./kernels/tuning.ts";
import type { GatheredInput } from "./lowering.ts";
import { maxBuffers } from "./view.ts";

const gathered = new WeakMap<Node, GatheredInput>();

/** The input of a node that is rows gathered as they are read; see {@linkcode fuseGathers}. */
export function gatheredInput(node: Node): GatheredInput | undefined {
  return gathered.get(node);
}

/** A node that reads `table` and `indices` as two more inputs, and computes input `at` from them. */
function reading(node: Node, input: GatheredInput, sources: readonly ValueId[]): Node {
  const merged: Node = { ...node, inputs: [...node.inputs, ...sources] };
  gathered.set(merged, input);
  return merged;
}

/**
 * The graph where rows that are gathered for one elementwise program alone are never stored: the gather is dropped, and
 * the program reads its table and indices as two more inputs. Where only products read the rows, or what one program
 * makes of them, these read the table too. Tables over `bindingBytes` stay, as they lie in parts.
 */
export function fuseGathers(graph: Graph, tuning: Tuning, bindingBytes: number): Graph {
  return intoProducts(intoPrograms(graph, bindingBytes), tuning, bindingBytes);
}

/** What both passes ask of a graph. */
function usesOf(graph: Graph, bindingBytes: number) {
  const producers = producersOf(graph);
  const root = (id: ValueId): ValueId => {
    const node = producers.get(id);
    return node?.op === "reshape" ? root(node.inputs[0]) : id;
  };
  const results = new Set([...graph.outputs, ...graph.state.map(({ output }) => output)].map(root));
  return {
    producer: (id: ValueId) => producers.get(root(id)),
    isSame: (id: ValueId, other: ValueId) => root(id) === root(other),
    isResult: (id: ValueId) => results.has(id),
    /** The nodes that read a value, or another shape of it: a node for each of its inputs. */
    readers: (id: ValueId) =>
      graph.nodes.flatMap((node) =>
        node.op === "reshape" ? [] : node.inputs.filter((input) => root(input) === id).map(() => node)
      ),
    fits: (table: ValueId) => {
      const { shape, dtype } = graph.types[table];
      return sizeOf(shape) * bytesPerElement(dtype) <= bindingBytes;
    },
    /** Whether a node may write over the table or the indices, which must not be made while they are read. */
    overwrites: ({ outputs }: Node, sources: readonly ValueId[]) => {
      const roots = sources.map(root);
      return graph.state.some(({ input, output }) => roots.includes(input) && outputs.includes(root(output)));
    },
  };
}

function intoPrograms(graph: Graph, bindingBytes: number): Graph {
  const uses = usesOf(graph, bindingBytes);
  const dropped = new Set<Node>();
  const nodes = graph.nodes.map((node) => {
    if (node.op !== "fused" || node.inputs.length + node.outputs.length >= maxBuffers) return node;
    const size = sizeOf(graph.types[node.outputs[0]].shape);
    for (const [at, id] of node.inputs.entries()) {
      const gather = uses.producer(id);
      if (gather?.op !== "gather" || size === 0 || sizeOf(graph.types[id].shape) !== size) continue;
      if (!uses.fits(gather.inputs[0]) || uses.overwrites(node, gather.inputs)) continue;
      if (uses.readers(gather.outputs[0]).length !== 1 || uses.isResult(gather.outputs[0])) continue;
      dropped.add(gather);
      return reading(node, { at, program: null }, gather.inputs);
    }
    return node;
  });
  return { ...graph, nodes: nodes.filter((node) => !dropped.has(node)) };
}

function intoProducts(graph: Graph, tuning: Tuning, bindingBytes: number): Graph {
  const uses = usesOf(graph, bindingBytes);
  const merged = new Map<Node, Node>();
  const dropped = new Set<Node>();
  for (const node of graph.nodes) {
    const isProgram = node.op === "fused" && gathered.has(node) && node.inputs.length === 3;
    const isRows = node.op === "gather" && uses.fits(node.inputs[0]);
    const [value, more] = node.outputs;
    if (!(isProgram || isRows) || more !== undefined || graph.types[value].dtype !== "float32") continue;
    const sources = node.inputs.slice(-2);
    const readers = uses.readers(value);
    const takes = (reader: Node) => {
      if (reader.op !== "matmul" || merged.has(reader) || uses.overwrites(reader, sources)) return false;
      const at = reader.inputs.findIndex((id) => uses.isSame(id, value));
      const extents = matmulExtents(reader.inputs.map((id) => graph.types[id]), reader.attrs);
      return at < 2 && readers.filter((other) => other === reader).length === 1 &&
        reader.inputs.length + reader.outputs.length < maxBuffers && takesGathered(tuning, extents, at);
    };
    if (readers.length === 0 || uses.isResult(value) || !readers.every(takes)) continue;
    dropped.add(node);
    const program = node.op === "fused" ? node.attrs.program : null;
    for (const reader of readers) {
      const at = reader.inputs.findIndex((id) => uses.isSame(id, value));
      merged.set(reader, reading(reader, { at, program }, sources));
    }
  }
  const nodes = graph.nodes.filter((node) => !dropped.has(node)).map((node) => merged.get(node) ?? node);
  return { ...graph, nodes };
}
