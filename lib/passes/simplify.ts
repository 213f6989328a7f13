// Simplify: folds constants, merges equal nodes, drops no-ops, and applies the simplifications of op definitions.
import { makeArray, type TypedArray } from "../dtype.ts";
import type { Graph, Node, ValueId } from "../ir/graph.ts";
import { isAlias, isConstant, isElementwise, isLoop, type NodeSurroundings, opDef } from "../ir/op_def.ts";
import { constantNode } from "../ops/defs/moves.ts";
import { broadcastShapes, sameShape, sizeOf } from "../shape.ts";
import { mapBodies, removeDeadCode, resultsMapped } from "./rewrite.ts";

/** Folding must not grow the program: larger results stay computed. */
const largestFolded = 1024;

/** The simplified graph. */
export function simplify(graph: Graph): Graph {
  const result: Graph = { ...graph, types: [...graph.types], nodes: [] };
  const replaced = new Map<ValueId, ValueId>();
  const producers = new Map<ValueId, Node>();
  const known = new Map<string, Node>();
  const surroundings: NodeSurroundings = {
    producer: (id) => producers.get(id),
    type: (id) => result.types[id],
  };
  const push = (node: Node) => {
    node.outputs.forEach((id) => producers.set(id, node));
    result.nodes.push(node);
  };
  for (const original of graph.nodes) {
    let node = { ...original, inputs: original.inputs.map((id) => replaced.get(id) ?? id) } as Node;
    node = simplified(dropBroadcasts(result, node, producers, push), surroundings);
    const same = unchangedInput(result, node, producers);
    if (same !== undefined) {
      replaced.set(node.outputs[0], same);
      continue;
    }
    node = foldConstant(result, node, producers);
    const key = keyOf(node, result);
    const twin = key === undefined ? undefined : known.get(key);
    if (twin) {
      node.outputs.forEach((id, i) => replaced.set(id, twin.outputs[i]));
      continue;
    }
    if (key !== undefined) known.set(key, node);
    push(node);
  }
  const mapped = resultsMapped(result, (id) => replaced.get(id) ?? id);
  mapBodies(mapped, simplify);
  removeDeadCode(mapped);
  return mapped;
}

/** The number that fills a value, if it is a one-element constant, broadcast or not. */
function uniformConstant(id: ValueId, producers: ReadonlyMap<ValueId, Node>): number | undefined {
  const node = producers.get(id);
  if (!node) return undefined;
  if (isAlias(node) || opDef(node.op).repeats) return uniformConstant(node.inputs[0], producers);
  return isConstant(node) && node.attrs.data.length === 1 ? node.attrs.data[0] : undefined;
}

/** The input that `node` returns unchanged, if it does. */
function unchangedInput(graph: Graph, node: Node, producers: ReadonlyMap<ValueId, Node>): ValueId | undefined {
  const uniform = (input: number) => uniformConstant(node.inputs[input], producers);
  const inputs = opDef(node.op).equals?.(node.attrs, uniform) ?? [];
  const output = graph.types[node.outputs[0]];
  return inputs.map((input) => node.inputs[input]).find((id) =>
    graph.types[id].dtype === output.dtype && sameShape(graph.types[id].shape, output.shape)
  );
}

/**
 * Elementwise ops broadcast themselves: removes broadcasts of their inputs; an input filled with one number becomes
 * that number.
 */
function dropBroadcasts(
  graph: Graph,
  node: Node,
  producers: ReadonlyMap<ValueId, Node>,
  push: (node: Node) => void,
): Node {
  if (!isElementwise(node)) return node;
  const inputs = [...node.inputs];
  const shapeOf = (id: ValueId) => graph.types[id].shape;
  inputs.forEach((id, i) => {
    const producer = producers.get(id);
    const value = shapeOf(id).length > 0 ? uniformConstant(id, producers) : undefined;
    if (value !== undefined) {
      const { dtype } = graph.types[id];
      inputs[i] = graph.types.push({ shape: [], dtype }) - 1;
      push(constantNode(inputs[i], { shape: [], dtype, data: makeArray(dtype, [value]) }, node.origin));
    } else if (producer && opDef(producer.op).repeats) {
      inputs[i] = producer.inputs[0];
    } else {
      return;
    }
    const shape = inputs.map(shapeOf).reduce((a, b) => broadcastShapes(a, b, "broadcast"));
    if (!sameShape(shape, shapeOf(node.outputs[0]))) inputs[i] = id;
  });
  return { ...node, inputs } as Node;
}

/** The node as its op's definition simplifies it. */
function simplified(node: Node, surroundings: NodeSurroundings): Node {
  return opDef(node.op).simplify?.(node, surroundings) ?? node;
}

/** The node as a constant, if all inputs are constant and the result is small. */
function foldConstant(graph: Graph, node: Node, producers: ReadonlyMap<ValueId, Node>): Node {
  const output = graph.types[node.outputs[0]];
  if (!opDef(node.op).foldable || sizeOf(output.shape) > largestFolded) return node;
  const inputs = node.inputs.flatMap((id) => producers.get(id) ?? []).filter(isConstant);
  if (inputs.length < node.inputs.length) return node;
  const arrays = inputs.map(({ attrs: { shape, dtype, data } }) => ({
    shape,
    dtype,
    data: Float64Array.from(data),
  }));
  const [data] = opDef(node.op).reference(arrays, node.attrs, [output]);
  return constantNode(node.outputs[0], { ...output, data: makeArray(output.dtype, data) }, node.origin);
}

/** Equal keys mean equal results; undefined for nodes too large to compare. */
function keyOf(node: Node, graph: Graph): string | undefined {
  if (isLoop(node)) return undefined;
  if (isConstant(node)) {
    const { dtype, shape, data } = node.attrs;
    return data.length > largestFolded ? undefined : `constant ${dtype} ${shape} ${bitsOf(data)}`;
  }
  const types = node.outputs.map((id) => graph.types[id].dtype);
  return `${node.op} ${node.inputs} ${types} ${JSON.stringify(node.attrs)}`;
}

/** The elements' bits, which distinguish 0 from -0 and one NaN from another. */
function bitsOf(data: TypedArray): string {
  return data instanceof Float32Array ? new Int32Array(data.buffer, data.byteOffset, data.length).join() : data.join();
}
