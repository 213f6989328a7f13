// Lowering: what an op's definition says about WebGPU, and the interface with which nodes are lowered.
import type { OpName } from "../../ir/attrs.ts";
import type { Graph, Node, OpAttrs, ValueId, ValueType } from "../../ir/graph.ts";
import type { GatheredRows } from "../../ir/op_def.ts";
import type { Origin } from "../../ir/origin.ts";
import type { Shape } from "../../shape.ts";
import type { Tuning } from "./kernels/tuning.ts";
import type { Operand } from "./operand.ts";
import type { ShaderFile } from "./shaders.ts";
import type { Param } from "./uniform.ts";
import type { View } from "./view.ts";

/** A call of a kernel, before its pipeline exists. */
export interface KernelCall {
  readonly file: ShaderFile;
  /** The kernel's name: its function in the file is `{entry}_at`. */
  readonly entry: string;
  readonly operands: readonly Operand[];
  readonly params: readonly Param[];
  /** Constants and aliases in the shader's header, as WGSL. */
  readonly constants?: readonly string[];
  /** Functions in the shader's header, as WGSL. */
  readonly functions?: string;
}

/** A call with at most this many threads and this much work in all runs as well in one workgroup as in many. */
export const maxStageThreads = 4096;
/** See {@linkcode maxStageThreads}. */
export const maxStageWork = 16384;

/** Collects the dispatches of a step, in order. */
export interface Lowering {
  /** The kernel choices for this adapter. */
  readonly tuning: Tuning;
  /** The most bytes of a binding. */
  readonly maxBindingBytes: number;
  /** Adds a dispatch of `count` workgroups of `size` threads. */
  emitWorkgroups(call: KernelCall, count: number, size: number): void;
  /**
   * Adds a dispatch of threads, `groupSize` per workgroup. `loop` is the approximate number of elements per thread:
   * small calls wait, to be merged with what follows into one dispatch.
   */
  emitThreads(
    call: KernelCall,
    threads: number,
    options?: { readonly loop?: number; readonly groupSize?: number },
  ): void;
  /** Adds the small calls that wait: a single one as it is, several as stages of one workgroup. */
  flush(): void;
  /** Memory in words that is free again after the current node. */
  scratch(shape: Shape): View;
  /** Runs `body` and keeps the current scratch memory from being reused by its nodes. */
  keepingScratch<T>(body: () => T): T;
  /** Names the node whose dispatches follow; `flops` counts its floating-point operations, which the first one does. */
  begin(origin: Origin, flops?: () => number): void;
}

/** The body of a loop: where its values are, and how its nodes are lowered. */
export interface LoopBody {
  readonly graph: Graph;
  /** The value that `id` is an alias of. */
  root(id: ValueId): ValueId;
  /** Where a value is. */
  get(id: ValueId): View;
  /** Sets where a value is, if the plan does not place it or places it elsewhere. */
  set(id: ValueId, view: View): void;
  /** Adds the dispatches of the nodes. */
  lower(): void;
}

/** Adds the dispatches of a node whose operands and results are given as views; `body` is set for loops. */
export type Lower<K extends OpName = OpName> = (
  lowering: Lowering,
  node: Node<K>,
  inputs: readonly View[],
  outputs: readonly View[],
  body?: LoopBody,
) => void;

/** How an op runs on WebGPU. */
export interface WebGpuFacts<K extends OpName> {
  /** Adds its dispatches. */
  readonly lower: Lower<K>;
  /**
   * The approximate number of elements if one workgroup does all of the node, which decides whether it may share a
   * dispatch with its neighbours; by default four per output element, `Infinity` for never.
   */
  workgroupWork?(inputs: readonly ValueType[], outputs: readonly ValueType[], attrs: OpAttrs[K]): number;
  /** Whether its kernels store each element of an output once, and never load it: what they store may be rounded. */
  readonly storesOnce?: boolean;
  /** Whether it can gather rows from a variable that is split into several buffers. */
  readonly takesParts?: boolean;
  /** Whether fusing a gather into operand `at` pays off, given the number of `readers` of the gathered rows. */
  gathersOperand?(
    at: number,
    rows: GatheredRows,
    context: {
      readonly readers: number;
      readonly operands: readonly ValueType[];
      readonly outputs: readonly ValueType[];
      readonly attrs: OpAttrs[K];
      readonly tuning: Tuning;
    },
  ): boolean;
}
