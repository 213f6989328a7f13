// Simplify: folds constants, merges equal nodes, drops what changes nothing, and folds transposes into products.
import { makeArray, type TypedArray } from "../dtype.ts";
import type { OpName } from "../ir/attrs.ts";
import type { Graph, Node, ValueId } from "../ir/graph.ts";
import { opDef } from "../ir/op_def.ts";
import { broadcastShapes, sameShape, sizeOf } from "../shape.ts";
import { elementwiseRows } from "../ops/defs/elementwise.ts";
import { mapBodies, removeDeadCode, resultsMapped } from "./rewrite.ts";

/** Folding must not grow the program: larger results stay computed. */
const largestFolded = 1024;

/** The simplified graph. */
export function simplify(graph: Graph): Graph {
  const result: Graph = { ...graph, types: [...graph.types], nodes: [] };
  const replaced = new Map<ValueId, ValueId>();
  const producers = new Map<ValueId, Node>();
  const known = new Map<string, Node>();
  const push = (node: Node) => {
    node.outputs.forEach((id) => producers.set(id, node));
    result.nodes.push(node);
  };
  for (const original of graph.nodes) {
    let node = { ...original, inputs: original.inputs.map((id) => replaced.get(id) ?? id) } as Node;
    node = foldTransposes(dropBroadcasts(result, node, producers, push), producers, result);
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

/** The value of a constant that is one number repeated, if the value is one. */
function uniformConstant(id: ValueId, producers: ReadonlyMap<ValueId, Node>): number | undefined {
  const node = producers.get(id);
  if (node?.op === "broadcastTo" || node?.op === "reshape") return uniformConstant(node.inputs[0], producers);
  return node?.op === "constant" && node.attrs.data.length === 1 ? node.attrs.data[0] : undefined;
}

/** The input that `node` gives back unchanged, if it does. */
function unchangedInput(graph: Graph, node: Node, producers: ReadonlyMap<ValueId, Node>): ValueId | undefined {
  const [a, b] = node.inputs;
  const output = graph.types[node.outputs[0]];
  const keeps = (id: ValueId) =>
    graph.types[id].dtype === output.dtype && sameShape(graph.types[id].shape, output.shape);
  switch (node.op) {
    case "stopGradient":
      return a;
    case "reshape":
    case "broadcastTo":
    case "cast":
      return keeps(a) ? a : undefined;
    case "transpose":
      return node.attrs.permutation.every((axis, i) => axis === i) ? a : undefined;
    case "slice":
      return keeps(a) ? a : undefined;
    case "concat":
      return node.inputs.length === 1 ? a : undefined;
    case "multiply":
      if (uniformConstant(b, producers) === 1 && keeps(a)) return a;
      return uniformConstant(a, producers) === 1 && keeps(b) ? b : undefined;
    case "add":
      if (uniformConstant(b, producers) === 0 && keeps(a)) return a;
      return uniformConstant(a, producers) === 0 && keeps(b) ? b : undefined;
    case "subtract":
      return uniformConstant(b, producers) === 0 && keeps(a) ? a : undefined;
    case "divide":
      return uniformConstant(b, producers) === 1 && keeps(a) ? a : undefined;
  }
}

/**
 * Elementwise ops broadcast by themselves: their inputs need not be broadcast before, and what is one number
 * throughout becomes that number. Reshapes of reshapes are one.
 */
function dropBroadcasts(
  graph: Graph,
  node: Node,
  producers: ReadonlyMap<ValueId, Node>,
  push: (node: Node) => void,
): Node {
  if (node.op === "reshape") {
    const inner = producers.get(node.inputs[0]);
    return inner?.op === "reshape" ? { ...node, inputs: inner.inputs } : node;
  }
  if (!(node.op in elementwiseRows)) return node;
  const inputs = [...node.inputs];
  const shapeOf = (id: ValueId) => graph.types[id].shape;
  inputs.forEach((id, i) => {
    const producer = producers.get(id);
    const value = shapeOf(id).length > 0 ? uniformConstant(id, producers) : undefined;
    if (value !== undefined) {
      const { dtype } = graph.types[id];
      inputs[i] = graph.types.push({ shape: [], dtype }) - 1;
      const attrs = { shape: [], dtype, data: makeArray(dtype, [value]) };
      push({ op: "constant", inputs: [], outputs: [inputs[i]], attrs, origin: node.origin });
    } else if (producer?.op === "broadcastTo") {
      inputs[i] = producer.inputs[0];
    } else {
      return;
    }
    const shape = inputs.map(shapeOf).reduce((a, b) => broadcastShapes(a, b, "broadcast"));
    if (!sameShape(shape, shapeOf(node.outputs[0]))) inputs[i] = id;
  });
  return { ...node, inputs } as Node;
}

/** A product of a matrix whose last two axes were swapped reads it swapped instead. */
function foldTransposes(node: Node, producers: ReadonlyMap<ValueId, Node>, graph: Graph): Node {
  if (node.op === "transpose") {
    const inner = producers.get(node.inputs[0]);
    if (inner?.op === "transpose") {
      const permutation = node.attrs.permutation.map((axis) => inner.attrs.permutation[axis]);
      return { ...node, inputs: inner.inputs, attrs: { permutation } };
    }
    // Moving only axes of extent 1 moves no element.
    const shape = graph.types[node.inputs[0]].shape;
    const long = node.attrs.permutation.filter((axis) => shape[axis] !== 1);
    if (long.every((axis, i) => i === 0 || axis > long[i - 1])) {
      return { ...node, op: "reshape", attrs: { shape: graph.types[node.outputs[0]].shape } };
    }
  }
  if (node.op !== "matmul") return node;
  const source = (id: ValueId): [ValueId, boolean] => {
    const producer = producers.get(id);
    if (producer?.op !== "transpose") return [id, false];
    const { permutation } = producer.attrs;
    const last = permutation.length - 1;
    const swaps = permutation.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i));
    return swaps ? [producer.inputs[0], true] : [id, false];
  };
  const [a, flipA] = source(node.inputs[0]);
  const [b, flipB] = source(node.inputs[1]);
  const { transposeA, transposeB, epilogue } = node.attrs;
  return {
    ...node,
    inputs: [a, b, ...node.inputs.slice(2)],
    attrs: { transposeA: transposeA !== flipA, transposeB: transposeB !== flipB, epilogue },
  };
}

const foldable = new Set<OpName>([
  ...Object.keys(elementwiseRows) as OpName[],
  "sum",
  "max",
  "min",
  "argMax",
  "reshape",
  "transpose",
  "slice",
  "pad",
  "concat",
  "reverse",
  "iota",
]);

/** The node as a constant, where all it reads is constant and the result is small. */
function foldConstant(graph: Graph, node: Node, producers: ReadonlyMap<ValueId, Node>): Node {
  const output = graph.types[node.outputs[0]];
  if (!foldable.has(node.op) || sizeOf(output.shape) > largestFolded) return node;
  const inputs = node.inputs.map((id) => producers.get(id));
  if (!inputs.every((input) => input?.op === "constant")) return node;
  const arrays = (inputs as Node<"constant">[]).map(({ attrs: { shape, dtype, data } }) => ({
    shape,
    dtype,
    data: Float64Array.from(data),
  }));
  const [data] = opDef(node.op).reference(arrays, node.attrs, [output]);
  return { ...node, op: "constant", inputs: [], attrs: { ...output, data: makeArray(output.dtype, data) } };
}

/** Equal keys mean equal results; undefined for what is too large to compare. */
function keyOf(node: Node, graph: Graph): string | undefined {
  if (node.op === "scan") return undefined;
  if (node.op === "constant") {
    const { dtype, shape, data } = node.attrs;
    return data.length > largestFolded ? undefined : `constant ${dtype} ${shape} ${bitsOf(data)}`;
  }
  const types = node.outputs.map((id) => graph.types[id].dtype);
  return `${node.op} ${node.inputs} ${types} ${JSON.stringify(node.attrs)}`;
}

/** The elements' bits, so that 0 and -0, and NaNs, are told apart. */
function bitsOf(data: TypedArray): string {
  return data instanceof Float32Array ? new Int32Array(data.buffer, data.byteOffset, data.length).join() : data.join();
}
