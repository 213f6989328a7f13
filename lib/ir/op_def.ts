// What a row of the op table holds: the six facts of an op.
import type { DType } from "../dtype.ts";
import type { Shape } from "../shape.ts";
import type { OpName } from "./attrs.ts";
import type { OpAttrs, ValueType } from "./graph.ts";
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

/** The six facts of an op. */
export interface OpDef<K extends OpName> {
  /** The shape of each output; throws where the inputs do not fit. */
  shape(inputs: readonly ValueType[], attrs: OpAttrs[K]): Shape[];
  /** The dtype of each output; throws where the inputs do not fit. */
  dtype(inputs: readonly ValueType[], attrs: OpAttrs[K]): DType[];
  /** The gradient by the inputs, written with other ops. */
  readonly vjp: Vjp<K> | NoGradient;
  /** The shader that computes it. */
  readonly wgsl: WgslFact;
  /** The integers that the native kernel of the same name takes beside its operands. */
  eigen(attrs: OpAttrs[K], inputs: readonly ValueType[], outputs: readonly ValueType[]): number[];
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
  return table[op] as OpDef<K>;
}
