// Zeros around images, which windows that slide over them need not find in memory.
import type { WindowAttrs } from "../../ir/attrs.ts";
import type { Node } from "../../ir/graph.ts";
import type { NodeSurroundings } from "../../ir/op_def.ts";

/** The node with zeros around its input, if a `pad` writes such, as padding of its own window. */
export function foldPadding<K extends "convolution" | "convolutionFilter" | "maxPool">(
  node: Node<K>,
  { producer }: NodeSurroundings,
): Node<K> {
  const maker = producer(node.inputs[0]);
  if (maker?.op !== "pad") return node;
  const { low, high, interior, value } = maker.attrs;
  const inner = (list: readonly number[]) => list.slice(1, -1);
  const isAround = value === 0 && interior.every((extent) => extent === 0) && [low, high].every((extents) => {
    return extents[0] === 0 && extents[extents.length - 1] === 0 && extents.every((extent) => extent >= 0);
  });
  if (!isAround) return node;
  const attrs = node.attrs as WindowAttrs;
  const wider = {
    low: attrs.low.map((extent, i) => extent + inner(low)[i]),
    high: attrs.high.map((extent, i) => extent + inner(high)[i]),
  };
  return { ...node, inputs: [maker.inputs[0], ...node.inputs.slice(1)], attrs: { ...node.attrs, ...wider } };
}
