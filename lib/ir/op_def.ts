// What the definition of an op holds, and what it says of a node.
import type { DType } from "../dtype.ts";
import type { Shape } from "../shape.ts";
import type {
  ConstantName,
  ElementwiseProgram,
  EpilogueName,
  ForeachName,
  LoopName,
  OpName,
  ProgramName,
} from "./attrs.ts";
import type { ElementwiseName } from "./elementwise.ts";
import type { Node, OpAttrs, OpCall, ValueId, ValueType } from "./graph.ts";
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

/**
 * What is special about an op's nodes. `elementwise` ones are merged into programs before anything runs; an `alias` is
 * the memory of its input in another shape; a `constant` lies in memory from the start; a `loop` runs its body.
 */
export type OpKind = "elementwise" | "alias" | "constant" | "loop";

/** What a definition may ask of the graph around a node. */
export interface NodeSurroundings {
  /** The node that makes a value; inputs and variables have none. */
  producer(id: ValueId): Node | undefined;
  /** The shape and dtype of a value. */
  type(id: ValueId): ValueType;
}

/** Rows of a table by index, and what is made of each element, if anything. */
export interface GatheredRows {
  readonly table: ValueId;
  readonly indices: ValueId;
  readonly program: ElementwiseProgram | null;
}

/** How an attribute is passed to a native kernel; `float` is float64, `program` an elementwise program or null. */
export type NativeType<T = unknown> = [T] extends [boolean] ? "flag"
  : [T] extends [number] ? "int" | "float"
  : [T] extends [readonly number[]] ? "ints"
  : [T] extends [ElementwiseProgram | null] ? "program"
  : "flag" | "int" | "float" | "ints" | "program";

/** The attributes that a native kernel reads, in the order in which they are encoded. */
export type NativeAttrs<K extends OpName> = { readonly [N in keyof OpAttrs[K]]?: NativeType<OpAttrs[K][N]> };

/** A rough account of a node's work. */
interface Cost {
  /** Bytes read and written; those of all inputs and outputs by default. */
  readonly bytes?: number;
  /** Floating-point operations, where they dominate; 0 by default. */
  readonly flops?: number;
  /** How often the node runs its body; 0 by default. */
  readonly bodyRuns?: number;
}

/**
 * What the definition of an op says to the IR, to passes and to the native executor, which name no op themselves; with
 * how it runs on WebGPU it is whole: see lib/ops/defs/definition.ts.
 */
export interface OpDef<K extends OpName> {
  /** What is special about its nodes; absent where they run like any other. */
  readonly kind?: OpKind;
  /** The shape of each output; throws where the inputs do not fit. */
  shape(inputs: readonly ValueType[], attrs: OpAttrs[K]): Shape[];
  /** The dtype of each output; throws where the inputs do not fit. */
  dtype(inputs: readonly ValueType[], attrs: OpAttrs[K]): DType[];
  /** The gradient by the inputs, written with other ops. */
  readonly vjp: Vjp<K> | NoGradient;
  /** What the native kernel reads of the attributes, by name: ffi/attrs.h is generated from it. */
  readonly nativeAttrs: NativeAttrs<K>;
  /** The work of a node, where it is not just to read the inputs and write the outputs. */
  cost?(inputs: readonly ValueType[], attrs: OpAttrs[K], outputs: readonly ValueType[]): Cost;
  /** The value of each output in float64. */
  reference(inputs: readonly RefArray[], attrs: OpAttrs[K], outputs: readonly ValueType[]): Float64Array[];
  /** Whether an element of the outputs depends on the operands' elements at its own index alone; operands broadcast. */
  readonly pointwise?: boolean;
  /** Whether its output for sums of its inputs, all of them, is the sum of its outputs. */
  readonly isLinear?: boolean;
  /**
   * Its outputs' sum over the steps of a loop from what the inputs were in all steps, stacked along a new first axis, if
   * that is one op as cheap as those of the steps; the inputs here are those of one step.
   */
  sumOverSteps?(inputs: readonly ValueType[], attrs: OpAttrs[K]): ((stacked: readonly Value[]) => Value) | undefined;
  /** The order in which the axes of its input are the axes of its output, if it does nothing else. */
  permutes?(attrs: OpAttrs[K]): readonly number[];
  /** What the native executor runs for a node, where that is no kernel of its own. */
  nativeCall?(attrs: OpAttrs[K]): OpCall;
  /** Pairs `[output, input]` of equal size where the output may be written over the input while it is read. */
  inPlace?(inputs: readonly ValueType[], outputs: readonly ValueType[], attrs: OpAttrs[K]): [number, number][];
  /** Whether small results of constants are computed when a program is made. */
  readonly foldable?: boolean;
  /** Whether the output is the input repeated by NumPy's rule, as elementwise ops repeat their inputs themselves. */
  readonly repeats?: boolean;
  /**
   * The inputs that the output equals, wherever it has their type; `uniform` tells the number that an input holds
   * throughout, if it is known.
   */
  equals?(attrs: OpAttrs[K], uniform: (input: number) => number | undefined): readonly number[];
  /** The inputs whose elements become elements of the output, as they are or cast; `count` is how many inputs there are. */
  moves?(count: number): readonly number[];
  /** The rows by index that its output is, if it is nothing else: what reads them may read the table instead. */
  gatheredRows?(node: Node<K>): GatheredRows | undefined;
  /** A node that gives the same and is cheaper, or the node itself. */
  simplify?(node: Node<K>, surroundings: NodeSurroundings): Node;
}

/** A definition per op: one that is missing or lacks a fact does not compile. */
export type OpTable = { readonly [K in OpName]: OpDef<K> };

let table: OpTable | undefined;

/** Installs the op table; called once by `lib/ops/defs/table.ts`, so that the IR does not import the ops. */
export function installOps(definitions: OpTable): void {
  table = definitions;
}

/** The definition of an op. */
export function opDef<K extends OpName>(op: K): OpDef<K> {
  if (!table) throw new Error("the op table is not installed: import lib/ops/defs/table.ts first");
  return table[op];
}

/** Whether a node is elementwise: see {@linkcode OpKind}. */
export function isElementwise(node: Node): node is Node<ElementwiseName> {
  return opDef(node.op).kind === "elementwise";
}

/** Whether a node is its input in another shape. */
export function isAlias(node: Node): boolean {
  return opDef(node.op).kind === "alias";
}

/** Whether a node is a constant. */
export function isConstant(node: Node): node is Node<ConstantName> {
  return opDef(node.op).kind === "constant";
}

/** Whether a node is a loop. */
export function isLoop(node: Node): node is Node<LoopName> {
  return opDef(node.op).kind === "loop";
}

/** Whether a node is an elementwise program. */
export function isProgram(node: Node): node is Node<ProgramName> {
  return "program" in node.attrs;
}

/** Whether a node repeats an op for lists of operands. */
export function isForeach(node: Node): node is Node<ForeachName> {
  return "each" in node.attrs;
}

/** Whether a node takes part in a step of a program: neither an alias nor a constant does. */
export function runs(node: Node): boolean {
  return !isAlias(node) && !isConstant(node);
}

/** Whether a node may run an elementwise program on its result. */
export function takesEpilogue(node: Node): node is Node<EpilogueName> {
  return "epilogue" in node.attrs;
}
