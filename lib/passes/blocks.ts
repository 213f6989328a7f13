// Inverted residual blocks: convolutions that the native library may run as one, by bands of lines.
import { type Graph, type Node, resultsOf, type ValueId } from "../ir/graph.ts";
import { readersOf } from "./rewrite.ts";

/** The nodes that may run as one, at the place of the last of them. */
interface Block {
  /** What they read. */
  readonly reads: readonly ValueId[];
  /** The index of the last node. */
  readonly last: number;
}

/**
 * The depthwise convolutions that alone read what a convolution writes, with that one, and with the convolution that
 * alone reads theirs, or else with the sum that reads it, if there is one. Their operands must stay in memory until the
 * last of them has run.
 */
export function blocksOf(graph: Graph): Block[] {
  const { nodes } = graph;
  const readers = readersOf(nodes);
  const results = new Set(resultsOf(graph));
  const next = ({ outputs: [id] }: Node): Node<"convolution"> | undefined => {
    const [reader, ...others] = readers.get(id) ?? [];
    return reader?.op === "convolution" && reader.inputs[0] === id && others.length === 0 && !results.has(id)
      ? reader
      : undefined;
  };
  const isDepthwise = ({ inputs: [x], attrs: { groups } }: Node<"convolution">) => {
    const { shape } = graph.types[x];
    return groups > 1 && groups === shape[shape.length - 1];
  };
  return nodes.flatMap((node) => {
    const middle = node.op === "convolution" ? next(node) : undefined;
    if (!middle || !isDepthwise(middle)) return [];
    const last = next(middle) ?? readers.get(middle.outputs[0])?.find(({ op }) => op === "sum");
    const members = [node, middle, last].filter((member) => member !== undefined);
    return [{
      reads: members.flatMap(({ inputs }) => inputs),
      last: Math.max(...members.map((member) => nodes.indexOf(member))),
    }];
  });
}
