// Lowering: what an op's definition says of WebGPU, and what the functions that lower its nodes are written with.
import type { OpName } from "../../ir/attrs.ts";
import type { Graph, Node, OpAttrs, ValueId, ValueType } from "../../ir/graph.ts";
import type { GatheredRows } from "../../ir/op_def.ts";
import type { Shape } from "../../shape.ts";
import type { Tuning } from "./kernels/tuning.ts";
import type { Operand } from "./operand.ts";
import type { ShaderFile } from "./shaders.ts";
import type { Param } from "./uniform.ts";
import type { View } from "./view.ts";

/** A call of a kernel, before it has a pipeline. */
export interface KernelCall {
  readonly file: ShaderFile;
  /** The kernel's name: its function is `{entry}_at` in the file. */
  readonly entry: string;
  readonly operands: readonly Operand[];
  readonly params: readonly Param[];
  /** Constants and aliases of the header, as WGSL. */
  readonly constants?: readonly string[];
  /** Functions that the shader expects of the header, as WGSL. */
  readonly functions?: string;
}

/** What one workgroup does as well as many: at most so many threads, which go through so many elements in all. */
export const maxStageThreads = 4096;
/** See {@linkcode maxStageThreads}. */
export const maxStageWork = 16384;

/** Takes the dispatches of a step, one after another. */
export interface Lowering {
  /** Which kernels are better on this adapter. */
  readonly tuning: Tuning;
  /** The most bytes of a binding. */
  readonly maxBindingBytes: number;
  /** Adds a dispatch of `count` workgroups of `size` threads. */
  emitWorkgroups(call: KernelCall, count: number, size: number): void;
  /**
   * Adds a dispatch of so many threads, `groupSize` to a workgroup. `loop` is about how many elements a thread goes
   * through: what is little work altogether waits, to be one dispatch with what follows.
   */
  emitThreads(
    call: KernelCall,
    threads: number,
    options?: { readonly loop?: number; readonly groupSize?: number },
  ): void;
  /** Adds the small calls that wait: one as it is, several as stages of one workgroup. */
  flush(): void;
  /** Memory for words that is free again after the current node. */
  scratch(shape: Shape): View;
  /** Runs `body` with memory that `body`'s nodes do not take as scratch. */
  keepingScratch<T>(body: () => T): T;
  /** Names the node whose dispatches follow. */
  begin(origin: string): void;
}

/** The body of a loop: where its values lie, and what lowers its nodes. */
export interface LoopBody {
  readonly graph: Graph;
  /** The value that `id` is another shape of. */
  root(id: ValueId): ValueId;
  /** Where a value lies. */
  get(id: ValueId): View;
  /** Says where a value lies that has no place of its own, or another. */
  set(id: ValueId, view: View): void;
  /** Adds the dispatches of the nodes, whose values lie where was said. */
  lower(): void;
}

/** Adds the dispatches of a node whose operands and results lie in views; `body` is there for loops. */
export type Lower<K extends OpName = OpName> = (
  lowering: Lowering,
  node: Node<K>,
  inputs: readonly View[],
  outputs: readonly View[],
  body?: LoopBody,
) => void;

/** What an op's definition says of how it runs on WebGPU. */
export interface WebGpuFacts<K extends OpName> {
  /** Adds its dispatches. */
  readonly lower: Lower<K>;
  /**
   * About how many elements one workgroup goes through that does all of it, which tells whether it may share a
   * dispatch with its neighbours; four for each element of the outputs where it is absent, `Infinity` for never.
   */
  workgroupWork?(inputs: readonly ValueType[], outputs: readonly ValueType[], attrs: OpAttrs[K]): number;
  /** Whether it finds its rows in a variable that lies in several buffers. */
  readonly takesParts?: boolean;
  /** Whether it is worth while that operand `at` is such rows, of which there are `readers`, read where they lie. */
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
