// Lowering: a plan's nodes become dispatches, each a pipeline with the buffers and sizes it is bound to.
import { BackendError } from "../../errors.ts";
import type { Node, ValueId } from "../../ir/graph.ts";
import type { Plan } from "../../passes/plan.ts";
import { aliasRoots } from "../../passes/rewrite.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import type { Gpu, Pipeline } from "./device.ts";
import { buildCompound, canJoin, type Stage } from "./compound.ts";
import { type Binding, buildKernel, type BuiltKernel, type KernelCall } from "./header.ts";
import { padded, type View, wordView } from "./view.ts";

/** WebGPU's default limit of workgroups along an axis. */
export const maxGroups = 65535;

/** What one workgroup does as well as many: at most so many threads, which go through so many elements in all. */
const maxStageThreads = 4096;
const maxStageWork = 16384;

function threadGroups(threads: number, slices: number): [number, number, number] {
  const groups = Math.ceil(threads / 64);
  const across = Math.min(groups, maxGroups);
  return [across, across === 0 ? 0 : Math.ceil(groups / across), Math.min(slices, maxGroups)];
}

/** A pipeline and what it is bound to; the bind group is made when the uniforms have their buffer. */
export interface Dispatch {
  readonly pipeline: Pipeline;
  readonly bindings: readonly Binding[];
  readonly params: Uint32Array<ArrayBuffer>;
  readonly groups: readonly [number, number, number];
  readonly origin: string;
}

/** Lowers one node whose operands and results lie in views. */
export type Lower<N = Node> = (
  lowering: Lowering,
  node: N,
  inputs: readonly View[],
  outputs: readonly View[],
) => void;

/** Memory that a program owns beside its slots. */
export interface Scratch {
  /** A buffer of at least `bytes`, number `index` of those in use at one time. */
  take(index: number, bytes: number): GPUBuffer;
}

/** The dispatches of one step, in order. */
export class Lowering {
  /** What has been lowered so far. */
  readonly dispatches: Dispatch[] = [];
  #origin = "";
  #scratches = 0;
  #kept = 0;
  #stages: Stage[] = [];

  constructor(readonly gpu: Gpu, readonly scratchMemory: Scratch) {}

  /** Adds a dispatch of `groups` workgroups. */
  emit(call: KernelCall, groups: readonly [number, number, number]): void {
    if (groups.some((count) => count === 0)) return;
    if (groups.some((count) => count > maxGroups)) {
      throw new BackendError({
        what: `Cannot run "${this.#origin}" on the GPU`,
        rule: `a dispatch may have ${maxGroups} workgroups along an axis`,
        received: `${call.file}: ${groups.join(" x ")}`,
        hint: "use a smaller batch",
      });
    }
    this.flush();
    this.#add(buildKernel(call), groups, this.#origin);
  }

  #add(kernel: BuiltKernel, groups: readonly [number, number, number], origin: string): void {
    const { bindings, params } = kernel;
    this.dispatches.push({ pipeline: this.gpu.pipeline(kernel), bindings, params, groups, origin });
  }

  /**
   * Adds a dispatch of one thread for each of `threads`, 64 to a workgroup. `loop` is about how many elements a thread
   * goes through: what is little work altogether waits, to be one dispatch with what follows.
   */
  emitThreads(call: KernelCall, threads: number, { slices = 1, loop = 1 } = {}): void {
    if (threads === 0) return;
    if (slices === 1 && threads <= maxStageThreads && threads * loop <= maxStageWork) {
      if (!canJoin(this.#stages, call)) this.flush();
      this.#stages.push({ call, threads, origin: this.#origin });
      return;
    }
    this.emit(call, threadGroups(threads, slices));
  }

  /** Adds the small calls that wait: one as it is, several as stages of one workgroup. */
  flush(): void {
    const stages = this.#stages;
    this.#stages = [];
    if (stages.length === 0) return;
    const [{ call, threads, origin }] = stages;
    if (stages.length === 1) this.#add(buildKernel(call), threadGroups(threads, 1), origin);
    else this.#add(buildCompound(stages), [1, 1, 1], stages.map((stage) => stage.origin).join(", "));
  }

  /** Memory for words that is free again after the current node. */
  scratch(shape: Shape): View {
    const type = { shape, dtype: "float32" as const };
    const buffer = this.scratchMemory.take(this.#scratches++, padded(4 * sizeOf(shape)));
    return wordView(buffer, 0, type);
  }

  /** Runs `body` with memory that `body`'s nodes do not take as scratch. */
  keepingScratch<T>(body: () => T): T {
    const outer = this.#kept;
    this.#kept = this.#scratches;
    try {
      return body();
    } finally {
      this.#kept = outer;
    }
  }

  /** Names the node whose dispatches follow. */
  begin(origin: string): void {
    this.#origin = origin;
    this.#scratches = this.#kept;
  }
}

/** Where a slot begins. */
export interface Slot {
  readonly buffer: GPUBuffer;
  readonly offset: number;
}

/** Where the values of a graph, or of a loop's body, lie. */
export class Views {
  readonly #views = new Map<ValueId, View>();
  readonly #redirected = new Map<ValueId, View>();

  /** The value that `id` is another shape of. */
  readonly root: (id: ValueId) => ValueId;

  constructor(
    readonly plan: Plan,
    readonly slots: readonly Slot[],
    readonly constantAt: (id: ValueId) => View,
    readonly stateAt: (link: number) => View,
  ) {
    this.root = aliasRoots(plan.graph.nodes);
  }

  /** Says where a value lies that the plan gives no place, or another. */
  set(id: ValueId, view: View): void {
    this.#redirected.set(id, view);
    this.#views.clear();
  }

  /** Where a value lies. */
  get(id: ValueId): View {
    let view = this.#views.get(id);
    if (!view) {
      const type = this.plan.graph.types[id];
      view = { ...this.#locate(id), shape: type.shape, dtype: type.dtype };
      this.#views.set(id, view);
    }
    return view;
  }

  #locate(id: ValueId): View {
    const redirected = this.#redirected.get(this.root(id));
    if (redirected) return redirected;
    const place = this.plan.places[id];
    const type = this.plan.graph.types[id];
    if (place?.kind === "slot") {
      const { buffer, offset } = this.slots[place.slot];
      return wordView(buffer, offset + place.offset, type);
    }
    if (place?.kind === "state") return this.stateAt(place.link);
    if (place?.kind === "constant") return this.constantAt(place.id);
    throw new Error(`value ${id} has no place`);
  }
}
