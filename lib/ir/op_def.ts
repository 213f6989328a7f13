// What an op definition says about nodes of that op.
import { type DType, isFloat, promote, type TypedArray } from "../dtype.ts";
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
import type { Layout, Split } from "./layout.ts";
import type { Value } from "./value.ts";

/** An array of the reference executor: float64 for every dtype (bools are 0 or 1). */
export interface RefArray extends ValueType {
  readonly data: Float64Array;
}

/** An array on the host, of numbers of its dtype. */
export interface HostArray extends ValueType {
  readonly data: TypedArray;
}

/** What a vjp sees: the node's values, and the gradient by each output (undefined if there is none). */
export interface VjpContext<K extends OpName> {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly gradients: readonly (Value | undefined)[];
  readonly attrs: OpAttrs[K];
}

/** The gradient by each input; undefined for none. */
export type Vjp<K extends OpName> = (context: VjpContext<K>) => (Value | undefined)[];

/** Why an op has no gradient: it stops there (piecewise constant), or asking for it is an error with this reason. */
interface NoGradient {
  readonly none: "constant" | string;
}

/**
 * How nodes of an op are special. `elementwise` nodes are merged into programs before anything runs; an `alias` is its
 * input's memory with another shape; a `constant` is uploaded before the program runs; a `loop` runs its body.
 */
export type OpKind = "elementwise" | "alias" | "constant" | "loop";

/** What a definition can see of the graph around a node. */
export interface NodeSurroundings {
  /** The node that makes a value; undefined for inputs and variables. */
  producer(id: ValueId): Node | undefined;
  /** The shape and dtype of a value. */
  type(id: ValueId): ValueType;
}

/** Gathered rows of a table, and a program applied to each element, if any. */
export interface GatheredRows {
  readonly table: ValueId;
  readonly indices: ValueId;
  readonly program: ElementwiseProgram | null;
}

/** A value, and how it is spread over processes. */
export interface SpreadValue extends ValueType {
  readonly layout: Layout;
}

/** How a node's work is divided among processes: what it takes and what it gives. */
export interface Division<K extends OpName = never> {
  readonly inputs: readonly Layout[];
  readonly outputs: readonly Layout[];
  /** The attributes that depend on which rows a process has. */
  readonly attrs?: Partial<OpAttrs[K]>;
}

/** How an attribute is passed to a native kernel; `float` is float64, `program` an elementwise program or null. */
export type NativeType<T = unknown> = [T] extends [boolean] ? "flag"
  : [T] extends [number] ? "int" | "float"
  : [T] extends [readonly number[]] ? "ints"
  : [T] extends [ElementwiseProgram | null] ? "program"
  : "flag" | "int" | "float" | "ints" | "program";

/** The attributes that a native kernel reads, in the order in which they are encoded. */
export type NativeAttrs<K extends OpName> = { readonly [N in keyof OpAttrs[K]]?: NativeType<OpAttrs[K][N]> };

/** A rough estimate of a node's work. */
interface Cost {
  /** Bytes read and written; all inputs and outputs by default. */
  readonly bytes?: number;
  /** Floating-point operations, where they dominate; 0 by default. */
  readonly flops?: number;
  /** How often the node runs its body; 0 by default. */
  readonly bodyRuns?: number;
}

/**
 * What the IR, the passes and the native executor know about an op; none of them names ops itself. The whole definition
 * adds how it runs on WebGPU: see lib/ops/defs/definition.ts.
 */
export interface OpDef<K extends OpName> {
  /** How its nodes are special; absent for ordinary ops. */
  readonly kind?: OpKind;
  /** The shape of each output; throws if the inputs do not fit. */
  shape(inputs: readonly ValueType[], attrs: OpAttrs[K]): Shape[];
  /** The dtype of each output; throws if the inputs do not fit. */
  dtype(inputs: readonly ValueType[], attrs: OpAttrs[K]): DType[];
  /** The gradient by the inputs, written with other ops. */
  readonly vjp: Vjp<K> | NoGradient;
  /** The attributes that the native kernel reads, by name; ffi/attrs.h is generated from them. */
  readonly nativeAttrs: NativeAttrs<K>;
  /** The work of a node; by default it reads its inputs and writes its outputs. */
  cost?(inputs: readonly ValueType[], attrs: OpAttrs[K], outputs: readonly ValueType[]): Cost;
  /** The value of each output in float64. */
  reference(inputs: readonly RefArray[], attrs: OpAttrs[K], outputs: readonly ValueType[]): Float64Array[];
  /**
   * What `reference` gives, rounded to the dtypes of the outputs, from arrays that were not widened to float64: for ops
   * that round once. The arrays are new.
   */
  direct?(inputs: readonly HostArray[], attrs: OpAttrs[K], outputs: readonly ValueType[]): TypedArray[];
  /** Whether an output element depends only on the operands' elements at its own index; operands broadcast. */
  readonly pointwise?: boolean;
  /** Whether the op is linear in all of its inputs together. */
  readonly isLinear?: boolean;
  /**
   * Computes the sum of its output over the steps of a loop from its inputs of all steps, stacked along a new first
   * axis, if one op can do that as cheaply as the steps; `inputs` are those of one step.
   */
  sumOverSteps?(inputs: readonly ValueType[], attrs: OpAttrs[K]): ((stacked: readonly Value[]) => Value) | undefined;
  /** The input axis of each output axis, if the op only permutes axes. */
  permutes?(attrs: OpAttrs[K]): readonly number[];
  /** The native call for a node, if the op has no native kernel of its own. */
  nativeCall?(attrs: OpAttrs[K]): OpCall;
  /** Pairs `[output, input]` of equal size where the output may overwrite the input while it is read. */
  inPlace?(inputs: readonly ValueType[], outputs: readonly ValueType[], attrs: OpAttrs[K]): [number, number][];
  /** Whether small results of constants are computed at compile time. */
  readonly foldable?: boolean;
  /** Whether the op only broadcasts its input, which elementwise ops do themselves. */
  readonly repeats?: boolean;
  /**
   * The inputs that the output equals, if they have its type; `uniform` returns the number that fills an input, if
   * known.
   */
  equals?(attrs: OpAttrs[K], uniform: (input: number) => number | undefined): readonly number[];
  /** The inputs whose elements the output consists of, unchanged or cast; `count` is the number of inputs. */
  moves?(count: number): readonly number[];
  /** The gathered rows that the output is, if it is nothing else: its readers may read the table instead. */
  gatheredRows?(node: Node<K>): GatheredRows | undefined;
  /**
   * How processes that have rows of its inputs divide the work, as it would be if each did all of it; undefined where
   * every process must have all inputs, as without a rule. At least one input is not whole; `first` is the number of the
   * first row of the batch that this process has.
   */
  divide?(
    inputs: readonly SpreadValue[],
    attrs: OpAttrs[K],
    outputs: readonly ValueType[],
    first: number,
  ): Division<K> | undefined;
  /** The layouts of the inputs from which a process can compute its rows of the output alone. */
  divideBack?(
    inputs: readonly ValueType[],
    attrs: OpAttrs[K],
    output: ValueType,
    wanted: Split,
  ): readonly Layout[] | undefined;
  /** The attribute that holds the shape of the output, if one does. */
  readonly shapeAttr?: "shape" | "sizes";
  /** The attribute that holds the first element to make, for an op that can make any part of its elements. */
  readonly firstAttr?: "first";
  /** A cheaper equivalent node, or the node itself. */
  simplify?(node: Node<K>, surroundings: NodeSurroundings): Node;
}

/** One definition per op: a missing op or fact is a type error. */
type OpTable = { readonly [K in OpName]: OpDef<K> };

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

/**
 * Whether an op takes halves as they are, since it computes nothing: it casts or moves elements, or runs a body. Other ops
 * take them as float32, and their results are rounded.
 */
export function keepsHalves(op: OpName, inputs: number): boolean {
  const { kind, moves } = opDef(op);
  return kind === "loop" || kind === "alias" || (moves?.(inputs).length ?? 0) > 0;
}

/** The dtype that the floats among operands promote to. */
export function commonFloat(operands: readonly Pick<ValueType, "dtype">[]): DType {
  return operands.map(({ dtype }) => dtype).filter((dtype): boolean => isFloat(dtype)).reduce(promote);
}

/** Whether a node is elementwise: see {@linkcode OpKind}. */
export function isElementwise(node: Node): node is Node<ElementwiseName> {
  return opDef(node.op).kind === "elementwise";
}

/** Whether a node is its input with another shape. */
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

/** Whether a node applies an op to several lists of operands. */
export function isForeach(node: Node): node is Node<ForeachName> {
  return "each" in node.attrs;
}

/** Whether a node runs as a step of a program: all but aliases and constants do. */
export function runs(node: Node): boolean {
  return !isAlias(node) && !isConstant(node);
}

/** Whether a node can have an epilogue. */
export function takesEpilogue(node: Node): node is Node<EpilogueName> {
  return "epilogue" in node.attrs;
}
