// A symbolic value: what a traced function computes with.
import type { DType } from "../dtype.ts";
import type { Shape } from "../shape.ts";
import type { Graph, ValueId } from "./graph.ts";

/** A value of a graph under construction. Made by tracing; operations on it add nodes to its graph. */
export class Value {
  /** The mask that rides along: bool, true where a time step counts; set by layers such as `Masking`. */
  mask?: Value;
  /** The logits that a softmax or sigmoid was computed from, so that a cross-entropy can use them. */
  logits?: { readonly value: Value; readonly activation: "softmax" | "sigmoid" };

  /** Names value `id` of `graph`. */
  constructor(readonly graph: Graph, readonly id: ValueId) {}

  /** The extent of each axis. */
  get shape(): Shape {
    return this.graph.types[this.id].shape;
  }

  /** The element type. */
  get dtype(): DType {
    return this.graph.types[this.id].dtype;
  }
}
