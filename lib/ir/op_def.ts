// What the op table holds of each op.
import type { DType } from "../dtype.ts";
import type { Shape } from "../shape.ts";
import type { ElementwiseProgram, OpAttrs, OpName } from "./attrs.ts";
import type { ValueType } from "./graph.ts";
import type { Value } from "./value.ts";

/** An array of the reference executor: float64 whatever the dtype it stands for (bool is 0 or 1). */
export interface RefArray extends ValueType {
  readonly data: Float64Array;
}

/** What a vjp sees: the node's values, and the gradient by each output (undefined where none flows). */
export interface VjpContext<K extends OpName> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly gradients: readonly (Value | undefined)[];
  readonly attrs: OpAttrs[K];
}

/** The gradient by each input; undefined where none flows. */
export type Vjp<K extends OpName> = (context: VjpContext<K>) => (Value | undefined)[];

/** Why an op has no gradient: it is stopped there (piecewise constant), or refused with the reason. */
export interface NoGradient {
  readonly none: "constant" | string;
}

/** The shader of an op, or the declared absence of one. */
export type WgslFact = { readonly file: string; readonly entry?: string } | { readonly gap: string };

/** How an attribute is passed to a native kernel; `float` is float64, `program` an elementwise program or null. */
export type NativeType<T = unknown> = [T] extends [boolean] ? "flag"
  : [T] extends [number] ? "int" | "float"
  : [T] extends [readonly number[]] ? "ints"
  : [T] extends [ElementwiseProgram | null] ? "program"
  : "flag" | "int" | "float" | "ints" | "program";

/** The attributes that a native kernel reads, in the order in which they are encoded. */
export type NativeAttrs<K extends OpName> = { readonly [N in keyof OpAttrs[K]]?: NativeType<OpAttrs[K][N]> };

/** A rough account of a node's work. */
export interface Cost {
  /** Bytes read and written; those of all inputs and outputs by default. */
  readonly bytes?: number;
  /** Floating-point operations, where they dominate; 0 by default. */
  readonly flops?: number;
  /** How often the node runs its body; 0 by default. */
  readonly bodyRuns?: number;
}

/** The facts of an op. */
export interface OpDef<K extends OpName> {
  /** The shape of each output; throws where the inputs do not fit. */
  shape(inputs: readonly ValueType[], attrs: OpAttrs[K]): Shape[];
  /** The dtype of each output; throws where the inputs do not fit. */
  dtype(inputs: readonly ValueType[], attrs: OpAttrs[K]): DType[];
  /** The gradient by the inputs, written with other ops. */
  readonly vjp: Vjp<K> | NoGradient;
  /** The shader that computes it. */
  readonly wgsl: WgslFact;
  /** What the native kernel reads of the attributes, by name: ffi/attrs.h is generated from it. */
  readonly nativeAttrs: NativeAttrs<K>;
  /** The work of a node, where it is not just to read the inputs and write the outputs. */
  cost?(inputs: readonly ValueType[], attrs: OpAttrs[K], outputs: readonly ValueType[]): Cost;
  /** The value of each output in float64. */
  reference(inputs: readonly RefArray[], attrs: OpAttrs[K], outputs: readonly ValueType[]): Float64Array[];
  /** Pairs `[output, input]` of equal size where the output may be written over the input while it is read. */
  inPlace?(inputs: readonly ValueType[], outputs: readonly ValueType[], attrs: OpAttrs[K]): [number, number][];
}

/** One row per op: a missing row or fact does not compile. */
export type OpTable = { readonly [K in OpName]: OpDef<K> };

let table: OpTable | undefined;

/** Installs the op table; called once by `lib/ops/defs/table.ts`, so that the IR does not import the ops. */
export function installOps(rows: OpTable): void {
  table = rows;
}

/** The facts of an op. */
export function opDef<K extends OpName>(op: K): OpDef<K> {
  if (!table) throw new Error("the op table is not installed: import lib/ops/defs/table.ts first");
  return table[op];
}
