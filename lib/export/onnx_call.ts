// What the translation of an op to ONNX sees of a node, and what it returns.
import type { OpName } from "../ir/attrs.ts";
import type { DType } from "../dtype.ts";
import type { Node, OpAttrs } from "../ir/graph.ts";
import { type Extent, extentsOf, isFixed, type ProbedGraph } from "./inference.ts";
import type { OnnxAttributes, OnnxModel, OnnxType } from "./onnx_model.ts";
import { dataTypes } from "./onnx_model.ts";
import type { Held, Layout, Scope } from "./onnx_scope.ts";

/** The name of an output, and its layout unless that is the graph's. */
export type Result = string | { readonly name: string; readonly layout: Layout };

/** How the nodes of an op are written. */
export interface Translation<K extends OpName> {
  /** The attributes that may differ for other extents; another one that does cannot be written. */
  readonly sizes?: readonly (keyof OpAttrs[K])[];
  /** Adds ONNX's nodes; undefined for an output that is not written. */
  emit(call: Call<K>): Result | readonly (Result | undefined)[];
}

/** Why an op cannot be written. */
export interface Refused {
  /** The reason, behind "since". */
  readonly refused: string;
}

/** The type of a value. */
interface ProbedType {
  /** Its extents. */
  readonly shape: readonly Extent[];
  /** Its element type. */
  readonly dtype: DType;
}

/** A node to be written. */
export class Call<K extends OpName> {
  /** The operands. */
  readonly inputs: readonly Held[];
  /** The types of the results. */
  readonly outputs: readonly ProbedType[];

  /** Takes the graph and its node at each probe; `writeGraph` writes the body of a loop. */
  constructor(
    readonly scope: Scope,
    readonly graph: ProbedGraph,
    readonly nodes: readonly Node<K>[],
    readonly writeGraph: (scope: Scope, graph: ProbedGraph) => void,
  ) {
    const [{ inputs, outputs }] = nodes;
    this.inputs = inputs.map((id) => scope.get(id));
    this.outputs = outputs.map((id) => ({ shape: extentsOf(graph, id), dtype: graph.graphs[0].types[id].dtype }));
  }

  /** The attributes; those that may differ are read with {@linkcode Call.sizes}. */
  get attrs(): OpAttrs[K] {
    return this.nodes[0].attrs as OpAttrs[K];
  }

  /** Where the node comes from. */
  get origin(): string {
    return String(this.nodes[0].origin);
  }

  /** The model being written. */
  get model(): OnnxModel {
    return this.scope.model;
  }

  /** The op that makes an operand; undefined for inputs and weights. */
  makerOf(input: number): OpName | undefined {
    const id = this.nodes[0].inputs[input];
    return this.graph.graphs[0].nodes.find(({ outputs }) => outputs.includes(id))?.op;
  }

  /** A list among the attributes that may differ. */
  sizes(of: (attrs: OpAttrs[K]) => readonly number[]): Extent[] {
    const lists = this.nodes.map(({ attrs }) => of(attrs as OpAttrs[K]));
    return lists[0].map((_, i) => lists.map((list) => list[i]));
  }

  /** Adds a node of one output, and returns its name. */
  node(opType: string, inputs: readonly string[], attributes: OnnxAttributes = {}): string {
    return this.scope.node(opType, inputs, attributes, this.origin);
  }

  /** A list of integers. */
  integers(values: readonly number[]): string {
    return this.model.integers(values);
  }

  /** A list of extents. */
  extents(list: readonly Extent[]): string {
    return this.scope.extents(list, this.origin);
  }

  /** A number. */
  scalar(value: number, dtype: OnnxType): string {
    return this.model.scalar(value, dtype);
  }

  /** A value in another element type, as ONNX casts. */
  cast(name: string, dtype: OnnxType): string {
    return this.node("Cast", [name], { to: dataTypes[dtype] });
  }

  /** Integers as `dtype`; those that become uint8 wrap. Other numbers are cast as ONNX casts. */
  narrowed(name: string, dtype: DType): string {
    return this.cast(dtype === "uint8" ? this.node("BitwiseAnd", [name, this.scalar(255, "int32")]) : name, dtype);
  }

  /** A value in another shape, given that of the value now. */
  reshape(name: string, from: readonly Extent[], to: readonly Extent[]): string {
    return this.node("Reshape", [name, this.#shapeFrom(from, to)]);
  }

  /** A shape for `Reshape`: 0 for an extent that stays in its place, -1 for one that follows from the others. */
  #shapeFrom(from: readonly Extent[], to: readonly Extent[]): string {
    const isSame = (a: Extent | undefined, b: Extent) => a !== undefined && String(a) === String(b);
    const isOpen = to.map((extent, axis) => !isFixed(extent) && !isSame(from[axis], extent));
    const isEmpty = to.some((extent) => isFixed(extent) && extent[0] === 0);
    if (isEmpty || isOpen.filter((open) => open).length > 1) return this.extents(to);
    return this.integers(to.map((extent, axis) => isOpen[axis] ? -1 : isFixed(extent) ? extent[0] : 0));
  }
}

/** Integers that `Slice` takes for the end of an axis, and for the place before its start. */
export const farthest = { end: 2 ** 31 - 1, start: -(2 ** 31) } as const;
