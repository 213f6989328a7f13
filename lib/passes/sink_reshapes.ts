// Sink reshapes: moves the reshape of a product below the elementwise ops that read it, so that they can be its epilogue.
import { type Graph, type Node, resultsOf, type ValueId } from "../ir/graph.ts";
import { isElementwise, takesEpilogue } from "../ir/op_def.ts";
import type { Origin } from "../ir/origin.ts";
import { sameShape, type Shape, sizeOf } from "../shape.ts";
import { mapBodies, producersOf, readersOf, removeDeadCode } from "./rewrite.ts";

/**
 * The graph with elementwise ops of reshaped products computed in the product's own shape, and reshaped after. A layer
 * that works on the last axis reshapes to two axes, multiplies, and reshapes back; its bias and activation follow.
 */
export function sinkReshapes(graph: Graph): Graph {
  const result: Graph = { ...graph, types: [...graph.types], nodes: [] };
  const sinking = new Sinking(result, graph.nodes);
  for (const node of graph.nodes) sinking.place(node);
  mapBodies(result, sinkReshapes);
  removeDeadCode(result);
  return result;
}

class Sinking {
  readonly #graph: Graph;
  /** Values in the shape of the product that they were computed from. */
  readonly #own = new Set<ValueId>();
  /** By value: the same elements in the shape of their product. */
  readonly #sources = new Map<ValueId, ValueId>();
  /** By value and shape: the value reshaped. */
  readonly #reshaped = new Map<string, ValueId>();
  readonly #producers: ReadonlyMap<ValueId, Node>;
  readonly #readers: ReadonlyMap<ValueId, readonly Node[]>;
  readonly #variables: ReadonlySet<ValueId>;
  readonly #results: ReadonlySet<ValueId>;

  constructor(graph: Graph, nodes: readonly Node[]) {
    this.#graph = graph;
    this.#producers = producersOf({ ...graph, nodes: [...nodes] });
    this.#readers = readersOf(nodes);
    this.#variables = new Set(graph.state.map(({ input }) => input));
    this.#results = new Set(resultsOf(graph));
  }

  /** Adds a node to the graph, moved above the reshape of its operands if it can be. */
  place(node: Node): void {
    // Layers flatten to two axes. Products of many small matrices are as well left to what follows them.
    const isFlat = this.#graph.types[node.outputs[0]].shape.length === 2;
    if (takesEpilogue(node) && isFlat) this.#own.add(node.outputs[0]);
    if (node.op === "reshape" && this.#own.has(node.inputs[0])) this.#sources.set(node.outputs[0], node.inputs[0]);
    const target = isElementwise(node) ? this.#target(node) : undefined;
    const moved = target && this.#moved(node, target);
    if (moved === undefined) {
      this.#graph.nodes.push(node);
      if (isElementwise(node) && this.#isInOwnShape(node)) this.#own.add(node.outputs[0]);
      return;
    }
    const [output] = node.outputs;
    const { shape } = this.#graph.types[output];
    this.#graph.nodes.push({
      op: "reshape",
      inputs: [moved],
      outputs: [output],
      attrs: { shape },
      origin: node.origin,
    });
    this.#own.add(moved);
    this.#sources.set(output, moved);
  }

  /** Whether a node reads what has the shape of its product, and gives the same shape. */
  #isInOwnShape({ inputs, outputs }: Node): boolean {
    const { types } = this.#graph;
    return inputs.some((id) => this.#own.has(id) && sameShape(types[id].shape, types[outputs[0]].shape));
  }

  /** The shape of the product that an operand comes from; undefined if there is none, or the node must stay. */
  #target({ inputs, outputs: [output] }: Node): Shape | undefined {
    const { types } = this.#graph;
    const { shape } = types[output];
    const isWhole = (id: ValueId) => sameShape(types[id].shape, shape);
    // A variable is updated in place only by a node of its own shape.
    if (this.#results.has(output) || inputs.some((id) => isWhole(id) && this.#variables.has(id))) return undefined;
    const first = inputs.find((id) => isWhole(id) && this.#sources.has(id));
    return first === undefined || sizeOf(shape) === 0 ? undefined : types[this.#sources.get(first)!].shape;
  }

  /** Adds a node computed in a shape with as many elements, and returns its value; undefined if operands do not fit. */
  #moved(node: Node, target: Shape): ValueId | undefined {
    const { types, nodes } = this.#graph;
    const { shape, dtype } = types[node.outputs[0]];
    const shapes = node.inputs.map((id) => collapsed(types[id].shape, shape, target));
    if (shapes.some((found) => found === undefined)) return undefined;
    const inputs = node.inputs.map((id, i) => this.#reshape(id, shapes[i]!, node.origin));
    const moved = types.push({ shape: target, dtype }) - 1;
    nodes.push({ ...node, inputs, outputs: [moved] } as Node);
    return moved;
  }

  #reshape(id: ValueId, shape: Shape, origin: Origin): ValueId {
    const { types, nodes } = this.#graph;
    if (sameShape(types[id].shape, shape)) return id;
    const source = this.#sources.get(id);
    if (source !== undefined && sameShape(types[source].shape, shape)) return source;
    const key = `${id}:${shape}`;
    const known = this.#reshaped.get(key);
    if (known !== undefined) return known;
    const producer = this.#producers.get(id);
    // What only this node reads moves with it, so that both stay one program.
    const isOnly = producer && isElementwise(producer) && this.#readers.get(id)!.length === 1;
    const moved = isOnly && !this.#results.has(id) ? this.#moved(producer, shape) : undefined;
    if (moved !== undefined) return moved;
    const made = types.push({ shape, dtype: types[id].dtype }) - 1;
    nodes.push({ op: "reshape", inputs: [id], outputs: [made], attrs: { shape }, origin });
    this.#reshaped.set(key, made);
    return made;
  }
}

/**
 * The shape of an operand of `from`, which broadcasts to it, for which it broadcasts in the same way to `to`, where `to`
 * has as many elements; undefined if there is none.
 */
export function collapsed(operand: Shape, from: Shape, to: Shape): Shape | undefined {
  if (sameShape(operand, from)) return to;
  if (sizeOf(operand) === 1) return [];
  const extents = [...from.map(() => 1).slice(operand.length), ...operand];
  const shape: number[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    // The next axes of both with as many elements.
    const [start, first] = [i, j];
    let left = from[i++] ?? 1;
    let right = to[j++] ?? 1;
    while (left !== right) {
      if (left < right) left *= from[i++];
      else right *= to[j++];
    }
    const own = extents.slice(start, i);
    const isWhole = own.every((extent, k) => extent === from[start + k]);
    if (!isWhole && own.some((extent) => extent !== 1)) return undefined;
    shape.push(...to.slice(first, j).map((extent) => (isWhole ? extent : 1)));
  }
  while (shape[0] === 1) shape.shift();
  return shape;
}
