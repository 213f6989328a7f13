// The dispatches of a step, each a pipeline with its buffers and sizes, and the views of a plan's values.
import type { ValueId } from "../../ir/graph.ts";
import { nowhere, Origin } from "../../ir/origin.ts";
import type { Plan } from "../../passes/plan.ts";
import { aliasRoots } from "../../passes/rewrite.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import type { Gpu, Pipeline } from "./device.ts";
import { buildCompound, canJoin, type Stage } from "./compound.ts";
import type { Binding } from "./bindings.ts";
import { buildKernel, type BuiltKernel, type Grid } from "./kernel.ts";
import type { Tuning } from "../../ops/webgpu/kernels/tuning.ts";
import { type KernelCall, type Lowering, maxStageThreads, maxStageWork } from "../../ops/webgpu/lowering.ts";
import { padded, valueView, type View } from "../../ops/webgpu/view.ts";

/** The most workgroups along an axis: WebGPU's default limit. */
const maxGroups = 65535;

/** The workgroups of a grid along x and y. */
function groupsOf({ of, count, size }: Grid): [number, number] {
  const groups = of === "threads" ? Math.ceil(count / size) : count;
  const columns = Math.min(groups, maxGroups);
  return [columns, Math.ceil(groups / columns)];
}

/** A pipeline and its operands; the bind group is created once the uniforms have a buffer. */
export interface Dispatch {
  readonly pipeline: Pipeline;
  readonly bindings: readonly Binding[];
  readonly params: Uint32Array<ArrayBuffer>;
  /** Workgroups along x and y. */
  readonly groups: readonly [number, number];
  /** The kernel. */
  readonly label: string;
  /** Where its nodes come from. */
  readonly origin: Origin;
  /** Counts the floating-point operations of its nodes. */
  readonly flops: () => number;
}

/** What a dispatch tells of its nodes. */
type NodeFacts = Pick<Dispatch, "origin" | "flops">;

const none = () => 0;

/** Memory of a program besides its slots. */
interface Scratch {
  /** A buffer of at least `bytes`: number `index` of those in use at the same time. */
  take(index: number, bytes: number): GPUBuffer;
}

/** Records the dispatches of one step, in order. */
export class DispatchRecorder implements Lowering {
  /** The dispatches so far. */
  readonly dispatches: Dispatch[] = [];
  #origin = new Origin(nowhere, "");
  #flops = none;
  #scratches = 0;
  #kept = 0;
  #stages: Stage[] = [];

  readonly tuning: Tuning;
  readonly maxBindingBytes: number;

  constructor(readonly gpu: Gpu, readonly scratchMemory: Scratch) {
    this.tuning = gpu.tuning;
    this.maxBindingBytes = gpu.device.limits.maxStorageBufferBindingSize;
  }

  #add(kernel: BuiltKernel, groups: readonly [number, number], of: NodeFacts): void {
    const { bindings, params, label } = kernel;
    this.dispatches.push({ pipeline: this.gpu.pipeline(kernel), bindings, params, groups, label, ...of });
  }

  #addAlone(call: KernelCall, grid: Grid, of: NodeFacts): void {
    this.#add(buildKernel(call, grid), groupsOf(grid), of);
  }

  /** What the next dispatch tells of its node. Only the first one counts the node's operations. */
  #takeFacts(): NodeFacts {
    const flops = this.#flops;
    this.#flops = none;
    return { origin: this.#origin, flops };
  }

  /** Adds a dispatch of `count` workgroups of `size` threads. */
  emitWorkgroups(call: KernelCall, count: number, size: number): void {
    if (count === 0) return;
    this.flush();
    this.#addAlone(call, { of: "workgroups", count, size }, this.#takeFacts());
  }

  /**
   * Adds a dispatch of threads, `groupSize` per workgroup. `loop` is the approximate number of elements per thread:
   * small calls wait, to be merged with what follows into one dispatch.
   */
  emitThreads(call: KernelCall, threads: number, { loop = 1, groupSize = 64 } = {}): void {
    if (threads === 0) return;
    if (this.gpu.compounds && threads <= maxStageThreads && threads * loop <= maxStageWork) {
      if (!canJoin(this.#stages, call)) this.flush();
      this.#stages.push({ call, threads, groupSize, ...this.#takeFacts() });
      return;
    }
    this.flush();
    this.#addAlone(call, { of: "threads", count: threads, size: groupSize }, this.#takeFacts());
  }

  /** Adds the small calls that wait: a single one as it is, several as stages of one workgroup. */
  flush(): void {
    const stages = this.#stages;
    this.#stages = [];
    if (stages.length === 0) return;
    const [{ call, threads, groupSize, origin, flops }] = stages;
    if (stages.length === 1) {
      this.#addAlone(call, { of: "threads", count: threads, size: groupSize }, { origin, flops });
      return;
    }
    this.#add(buildCompound(stages), [1, 1], {
      origin: Origin.merged(stages.map((stage) => stage.origin)),
      flops: () => stages.reduce((sum, stage) => sum + stage.flops(), 0),
    });
  }

  /** Memory in words that is free again after the current node. */
  scratch(shape: Shape): View {
    const type = { shape, dtype: "float32" as const };
    const buffer = this.scratchMemory.take(this.#scratches++, padded(4 * sizeOf(shape)));
    return valueView(buffer, 0, type);
  }

  /** Runs `body` and keeps the current scratch memory from being reused by its nodes. */
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
  begin(origin: Origin, flops: () => number = none): void {
    this.#origin = origin;
    this.#flops = flops;
    this.#scratches = this.#kept;
  }
}

/** The start of a slot. */
export interface Slot {
  readonly buffer: GPUBuffer;
  readonly offset: number;
}

/** The views of the values of a graph, or of a loop's body. */
export class Views {
  readonly #views = new Map<ValueId, View>();
  readonly #redirected = new Map<ValueId, View>();

  /** The value that `id` is an alias of. */
  readonly root: (id: ValueId) => ValueId;

  constructor(
    readonly plan: Plan,
    readonly slots: readonly Slot[],
    readonly constantAt: (id: ValueId) => View,
    readonly stateAt: (link: number) => View,
  ) {
    this.root = aliasRoots(plan.graph.nodes);
  }

  /** Sets the view of a value, if the plan does not place it or places it elsewhere. */
  set(id: ValueId, view: View): void {
    this.#redirected.set(id, view);
    this.#views.clear();
  }

  /** The view of a value. */
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
      return valueView(buffer, offset + place.offset, type);
    }
    if (place?.kind === "state") return this.stateAt(place.link);
    if (place?.kind === "constant") return this.constantAt(place.id);
    throw new Error(`value ${id} has no place`);
  }
}
