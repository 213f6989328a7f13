// Divide: the part of a program that one of several processes runs, each with some rows of the batch.
//
// The program is traced for the whole batch. From the values that hold the batch's rows on, every value is whole, split
// by rows, or a sum over the processes (lib/ir/layout.ts), as the rules of the ops say; where an op or a variable needs
// all of a value, an `allReduce` makes it whole. So the processes compute what one would, up to the order of sums.
import "../ops/defs/table.ts";
import { storedDType } from "../dtype.ts";
import type { LoopName, OpName } from "../ir/attrs.ts";
import type { Graph, Node, OpAttrs, ValueId, ValueType } from "../ir/graph.ts";
import { nowhere, Origin } from "../ir/origin.ts";
import { isSplit, type Layout, onAxis, ownShape, partial, sameLayout, type Split, split, whole } from "../ir/layout.ts";
import { type Division, isLoop, opDef } from "../ir/op_def.ts";
import { foreachNode } from "../ops/defs/foreach.ts";
import { formatShape, sameShape, type Shape, sizeOf } from "../shape.ts";
import { independent, merged, producersOf, removeDeadCode } from "./rewrite.ts";

/** The rows of the batch that a process has. */
export interface OwnRows {
  /** The first one. */
  readonly first: number;
  /** How many; at least one. */
  readonly count: number;
  /** The rows of all processes. */
  readonly total: number;
}

/** The rows of a batch for one of `size` processes, as equal in number as possible; undefined if some would have none. */
export function ownRows(total: number, rank: number, size: number): OwnRows | undefined {
  if (total < size) return undefined;
  const first = Math.floor(rank * total / size);
  return { first, count: Math.floor((rank + 1) * total / size) - first, total };
}

/** The part of `graph` for a process with `own` rows of the values in `batch`, which have them along axis 0. */
export function divide(graph: Graph, batch: ReadonlySet<ValueId>, own: OwnRows): Graph {
  const divider = new Divider(graph, own, batch, true);
  const inputs = graph.inputs.map((id) => divider.enter(id, whole));
  const states = graph.state.map(({ variable, input }) => ({ variable, input: divider.enter(input, whole) }));
  for (const { input } of graph.state) if (batch.has(input)) divider.begin(input);
  for (const node of graph.nodes) divider.add(node);
  const divided: Graph = {
    types: divider.types,
    inputs,
    nodes: divider.nodes,
    outputs: graph.outputs.map((id) => divider.get(id, whole)),
    state: graph.state.map(({ output }, i) => ({ ...states[i], output: divider.get(output, whole) })),
  };
  removeDeadCode(divided);
  return mergeSums(divided);
}

/** Sums that do not depend on each other become one, of values that lie one after another. */
function mergeSums(graph: Graph): Graph {
  const result: Graph = { ...graph, nodes: [...graph.nodes] };
  const waiting = new Set(result.nodes.filter(({ op }) => op === "allReduce"));
  for (const first of waiting) {
    const { dtype } = result.types[first.inputs[0]];
    const group = independent(result, (node) => waiting.has(node) && result.types[node.inputs[0]].dtype === dtype);
    if (group.length > 1) result.nodes = merged(result.nodes, group, foreachNode(group));
    for (const node of group) waiting.delete(node);
  }
  return result;
}

/** A loop's body would have to add up over the processes in each step. */
class NeedsOthers extends Error {}

/** A value of the whole program, in the forms in which this process has it. */
interface Held {
  readonly layout: Layout;
  readonly id: ValueId;
}

class Divider {
  readonly types: ValueType[] = [];
  readonly nodes: Node[] = [];
  readonly #graph: Graph;
  readonly #own: OwnRows;
  readonly #batch: ReadonlySet<ValueId>;
  readonly #mayAdd: boolean;
  readonly #producers: ReadonlyMap<ValueId, Node>;
  /** By value of the whole program: as it is made, and in other layouts. */
  readonly #held = new Map<ValueId, Held[]>();

  constructor(graph: Graph, own: OwnRows, batch: ReadonlySet<ValueId>, mayAdd: boolean) {
    this.#graph = graph;
    this.#own = own;
    this.#batch = batch;
    this.#mayAdd = mayAdd;
    this.#producers = producersOf(graph);
  }

  /** Adds an input or a variable. */
  enter(id: ValueId, layout: Layout): ValueId {
    const own = this.#value(this.#ownType(id, layout));
    this.#held.set(id, [{ layout, id: own }]);
    return own;
  }

  /** Keeps only this process's rows of a value that all have. */
  begin(id: ValueId): void {
    const rows = { layout: split(0), id: this.get(id, split(0)) };
    this.#held.set(id, [rows]);
  }

  /** How a value is made. */
  layoutOf(id: ValueId): Layout {
    return this.#held.get(id)![0].layout;
  }

  /** Adds the part of a node. */
  add(node: Node): void {
    if (isLoop(node)) this.#addLoop(node);
    else this.#addNode(node);
    for (const id of node.outputs) if (this.#batch.has(id)) this.begin(id);
  }

  #addNode(node: Node): void {
    const { inputs, outputs, attrs } = this.#divisionOf(node);
    const ids = node.inputs.map((id, i) => this.get(id, inputs[i]));
    const part = attrs ? { ...node, attrs: { ...node.attrs, ...attrs } } as Node : node;
    const made = this.#emit(part, ids, node.outputs.map((id, i) => this.#ownType(id, outputs[i])));
    node.outputs.forEach((id, i) => this.#held.set(id, [{ layout: outputs[i], id: made[i] }]));
  }

  #divisionOf({ op, inputs, outputs, attrs }: Node): Division<OpName> {
    const { types } = this.#graph;
    const layouts = inputs.map((id) => this.layoutOf(id));
    const all = { inputs: layouts.map(() => whole), outputs: outputs.map(() => whole) };
    if (layouts.every(({ kind }) => kind === "whole")) return all;
    const definition = opDef(op);
    if (definition.isLinear && layouts.every(({ kind }) => kind === "partial")) {
      return { inputs: layouts, outputs: outputs.map(() => partial) };
    }
    const spread = inputs.map((id, i) => ({ ...types[id], layout: layouts[i] }));
    return definition.divide?.(spread, attrs, outputs.map((id) => types[id]), this.#own.first) ?? all;
  }

  /** A value in a layout. */
  get(id: ValueId, layout: Layout): ValueId {
    const held = this.#held.get(id)!;
    const found = held.find((one) => sameLayout(one.layout, layout));
    if (found) return found.id;
    const made = isSplit(layout) ? this.#splitOf(id, layout) : this.#wholeOf(id);
    held.push({ layout, id: made });
    return made;
  }

  #wholeOf(id: ValueId): ValueId {
    if (!this.#mayAdd) throw new NeedsOthers();
    const [{ layout, id: own }] = this.#held.get(id)!;
    const { shape, dtype } = this.#graph.types[id];
    // What has no sum in its own dtype has one as a wider one.
    const wide = storedDType(dtype) === "float32" ? "float32" : "int32";
    const cast = (from: ValueId, to: ValueType["dtype"]) =>
      this.types[from].dtype === to ? from : this.#make("cast", [from], { dtype: to });
    if (!isSplit(layout)) return cast(this.#make("allReduce", [cast(own, wide)], {}), dtype);
    // The rows of the others are zeros here, and those of this process there.
    const { first, count, total } = this.#own;
    const apart = (extent: number): Shape =>
      shape.flatMap((size, axis) => (axis === layout.axis ? [layout.outer, extent, layout.inner] : [size]));
    const at = (value: number) => apart(0).map((_, axis) => (axis === layout.axis + 1 ? value : 0));
    const parts = this.#make("reshape", [cast(own, wide)], { shape: apart(count) });
    const padded = this.#make("pad", [parts], {
      low: at(first),
      high: at(total - first - count),
      interior: at(0),
      value: 0,
    });
    return cast(this.#make("reshape", [this.#make("allReduce", [padded], {})], { shape }), dtype);
  }

  #splitOf(id: ValueId, layout: Split): ValueId {
    return this.#computed(id, layout) ?? this.#sliceOf(this.get(id, whole), layout);
  }

  /** The rows of a value that all have, computed without the others where its node allows that. */
  #computed(id: ValueId, layout: Split): ValueId | undefined {
    const node = this.#producers.get(id);
    if (!node || this.layoutOf(id).kind !== "whole" || node.outputs.length > 1) return undefined;
    const { types } = this.#graph;
    const definition = opDef(node.op);
    const type = this.#ownType(id, layout);
    const { shape } = types[id];
    if (definition.firstAttr && sizeOf(shape.slice(0, layout.axis)) * layout.outer === 1) {
      const first = this.#own.first * layout.inner * sizeOf(shape.slice(layout.axis + 1));
      const part = { ...node, attrs: { ...node.attrs, [definition.firstAttr]: first } } as Node;
      return this.#emit(part, node.inputs.map((input) => this.get(input, whole)), [type])[0];
    }
    const inputs = definition.divideBack?.(node.inputs.map((input) => types[input]), node.attrs, types[id], layout);
    return inputs && this.#emit(node, node.inputs.map((input, i) => this.get(input, inputs[i])), [type])[0];
  }

  #sliceOf(id: ValueId, { axis, outer, inner }: Split): ValueId {
    const { shape } = this.types[id];
    const { first, count, total } = this.#own;
    const apart = (extent: number): Shape =>
      shape.flatMap((size, at) => (at === axis ? [outer, extent, inner] : [size]));
    const parts = this.#make("reshape", [id], { shape: apart(total) });
    const rows = this.#make("slice", [parts], {
      starts: apart(0).map((_, at) => (at === axis + 1 ? first : 0)),
      sizes: apart(count),
      strides: apart(0).map(() => 1),
    });
    return this.#make("reshape", [rows], { shape: ownShape(shape, { kind: "split", axis, outer, inner }, count) });
  }

  #addLoop(node: Node<LoopName>): void {
    const divided = this.#dividedLoop(node);
    const { inputs, outputs } = divided ??
      { inputs: node.inputs.map(() => whole), outputs: node.outputs.map(() => whole) };
    const attrs = divided ? { ...node.attrs, body: divided.body } : node.attrs;
    const ids = node.inputs.map((id, i) => this.get(id, inputs[i]));
    const made = this.#emit({ ...node, attrs }, ids, node.outputs.map((id, i) => this.#ownType(id, outputs[i])));
    node.outputs.forEach((id, i) => this.#held.set(id, [{ layout: outputs[i], id: made[i] }]));
  }

  /** The part of a loop; undefined if its steps would have to add up over the processes. */
  #dividedLoop({ inputs, attrs }: Node<LoopName>): Division & { readonly body: Graph } | undefined {
    const { body, carries, scanned } = attrs;
    const layouts = inputs.map((id) => this.layoutOf(id));
    if (layouts.every(({ kind }) => kind === "whole")) return undefined;
    const isScanned = (i: number) => i >= carries && i < carries + scanned;
    // A row of a scanned array has one axis less; sums, and rows of the batch that are steps, are made whole before.
    const entering = layouts.map((layout, i): Layout => {
      if (!isSplit(layout) || isScanned(i) && layout.axis === 0) return whole;
      return isScanned(i) ? onAxis(layout, layout.axis - 1) : layout;
    });
    try {
      // A carried value is split once any step gives it so; then the loop is looked at again.
      for (;;) {
        const inner = new Divider(body, this.#own, new Set(), false);
        const taken = body.inputs.map((id, i) => inner.enter(id, entering[i]));
        for (const node of body.nodes) inner.add(node);
        const given = body.outputs.map((id) => inner.layoutOf(id));
        const grown = given.findIndex((layout, i) => i < carries && isSplit(layout) && !isSplit(entering[i]));
        if (grown >= 0) {
          entering[grown] = given[grown];
          continue;
        }
        const leaving = given.map((layout, i) => (i < carries ? entering[i] : layout));
        const outputs = body.outputs.map((id, i) => inner.get(id, leaving[i]));
        const part: Graph = { types: inner.types, inputs: taken, nodes: inner.nodes, outputs, state: [] };
        removeDeadCode(part);
        return {
          body: part,
          inputs: entering.map((layout, i) =>
            isScanned(i) && isSplit(layout) ? onAxis(layout, layout.axis + 1) : layout
          ),
          outputs: leaving.map((layout, i) =>
            i >= carries && isSplit(layout) ? onAxis(layout, layout.axis + 1) : layout
          ),
        };
      }
    } catch (error) {
      if (error instanceof NeedsOthers) return undefined;
      throw error;
    }
  }

  #ownType(id: ValueId, layout: Layout): ValueType {
    const { shape, dtype } = this.#graph.types[id];
    return { shape: ownShape(shape, layout, this.#own.count), dtype };
  }

  #value(type: ValueType): ValueId {
    return this.types.push(type) - 1;
  }

  /** Adds a node that makes values of these types. */
  #emit(node: Node, inputs: readonly ValueId[], types: readonly ValueType[]): ValueId[] {
    const { shape, shapeAttr } = opDef(node.op);
    const isOwn = !sameShape(this.#graph.types[node.outputs[0]].shape, types[0].shape);
    const attrs = isOwn && shapeAttr ? { ...node.attrs, [shapeAttr]: types[0].shape } as Node["attrs"] : node.attrs;
    const outputs = types.map((type) => this.#value(type));
    shape(inputs.map((id) => this.types[id]), attrs).forEach((found, i) => {
      if (sameShape(found, types[i].shape)) return;
      throw new Error(
        `the part of "${node.origin}" is ${formatShape(found)}, where ${formatShape(types[i].shape)} belongs`,
      );
    });
    this.nodes.push({ ...node, inputs, outputs, attrs } as Node);
    return outputs;
  }

  /** Adds a node of the pass's own. */
  #make<K extends OpName>(op: K, inputs: readonly ValueId[], attrs: OpAttrs[K]): ValueId {
    const types = inputs.map((id) => this.types[id]);
    const [shape] = opDef(op).shape(types, attrs);
    const [dtype] = opDef(op).dtype(types, attrs);
    const output = this.#value({ shape, dtype });
    this.nodes.push({ op, inputs, outputs: [output], attrs, origin: new Origin(nowhere, op) } as Node);
    return output;
  }
}
