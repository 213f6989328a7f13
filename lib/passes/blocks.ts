// Blocks: nodes that the native library may run as one.
import { type Graph, type Node, resultsOf, type ValueId } from "../ir/graph.ts";
import { isProgram } from "../ir/op_def.ts";
import { sizeOf } from "../shape.ts";
import { readersOf } from "./rewrite.ts";

/** What must stay in memory until a node has run. */
interface Block {
  readonly reads: readonly ValueId[];
  /** The index of the node, which is the last of the block. */
  readonly last: number;
}

/**
 * Inverted residual blocks: the depthwise convolutions that alone read what a convolution writes, with that one, and
 * with the convolution that alone reads theirs, or else with the sum that reads it, if there is one.
 *
 * Scaled images: elementwise programs that a convolution alone reads. Their result may lie over the largest operand,
 * so only the smaller ones have to stay.
 */
export function blocksOf(graph: Graph): Block[] {
  const { nodes, types } = graph;
  const readers = readersOf(nodes);
  const results = new Set(resultsOf(graph));
  const next = ({ outputs: [id] }: Node): Node<"convolution"> | undefined => {
    const [reader, ...others] = readers.get(id) ?? [];
    return reader?.op === "convolution" && reader.inputs[0] === id && others.length === 0 && !results.has(id)
      ? reader
      : undefined;
  };
  const isDepthwise = ({ inputs: [x], attrs: { groups } }: Node<"convolution">) => {
    const { shape } = types[x];
    return groups > 1 && groups === shape[shape.length - 1];
  };
  const size = (id: ValueId) => sizeOf(types[id].shape);
  return nodes.flatMap((node) => {
    const middle = node.op === "convolution" || isProgram(node) ? next(node) : undefined;
    if (!middle) return [];
    if (isProgram(node)) {
      const reads = node.inputs.filter((id) => size(id) < size(node.outputs[0]));
      return [{ reads, last: nodes.indexOf(middle) }];
    }
    if (!isDepthwise(middle)) return [];
    const last = next(middle) ?? readers.get(middle.outputs[0])?.find(({ op }) => op === "sum");
    const members = [node, middle, last].filter((member) => member !== undefined);
    return [{
      reads: members.flatMap(({ inputs }) => inputs),
      last: Math.max(...members.map((member) => nodes.indexOf(member))),
    }];
  });
}
