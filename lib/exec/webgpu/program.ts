// A program on the GPU: its dispatches are prepared once, then recorded many steps per submit.
import { BackendError } from "../../errors.ts";
import type { ConstantName } from "../../ir/attrs.ts";
import type { Graph, Node } from "../../ir/graph.ts";
import { isConstant, isLoop, runs } from "../../ir/op_def.ts";
import type { Origin } from "../../ir/origin.ts";
import { lowerNode, webGpuFacts } from "../../ops/defs/table.ts";
import type { LoopBody, Lowering } from "../../ops/webgpu/lowering.ts";
import type { Plan } from "../../passes/plan.ts";
import { sizeOf } from "../../shape.ts";
import type { Executable, ExecutableStats, NodeTime } from "../executor.ts";
import { flopsOf } from "../flops.ts";
import type { Gpu } from "./device.ts";
import { packBytes } from "../../ops/webgpu/kernels/moves.ts";
import { DispatchTimes, type Recorded, requireTimestamps } from "./dispatch_times.ts";
import { type Dispatch, DispatchRecorder, type Slot, Views } from "./dispatches.ts";
import type { SubmitThrottle } from "./submit_throttle.ts";
import { elementBytes, padded, valueView, type View } from "../../ops/webgpu/view.ts";

/** What a program needs of its executor. */
interface Host {
  readonly gpu: Gpu;
  readonly throttle: SubmitThrottle;
  /** Collects the program's buffers, so that the executor can free them. */
  readonly own: Set<GPUBuffer>;
  /** The view of the variable of `graph.state[link]`. */
  stateAt(link: number): View;
  /** Makes sure that all variables are on the GPU; returns a number that changes when one of them moves. */
  settle(): Promise<number>;
}

/**
 * Slots of at most this many bytes share a buffer with the constants, so that a compound dispatch can bind them all.
 */
const smallSlot = 1 << 16;
/** The most dispatches per submit, whatever time they take. */
const maxRecorded = 1 << 15;

/** A compiled program. */
export class Program implements Executable {
  /** The graph that it runs. */
  readonly graph: Graph;
  /** Counts that tests check. */
  readonly stats: { -readonly [K in keyof ExecutableStats]: ExecutableStats[K] };
  readonly #host: Host;
  readonly #plan: Plan;
  /** The buffers of its values and sizes. */
  readonly own: Set<GPUBuffer>;
  readonly #slots: readonly Slot[];
  readonly #constants = new Map<Node, View>();
  readonly #scratch: GPUBuffer[] = [];
  #uniforms: GPUBuffer | undefined;
  #recorded: Recorded[] = [];
  #version = -1;
  #isDisposed = false;

  /** Allocates the values of `plan`; await {@linkcode Program.prepare} before the first run. */
  constructor(host: Host, plan: Plan) {
    this.#host = host;
    this.own = host.own;
    this.#plan = plan;
    this.graph = plan.graph;
    const constants = constantsOf(plan);
    const small = plan.slots.map((bytes) => bytes <= smallSlot ? bytes : 0);
    const smallBytes = small.reduce((sum, bytes) => sum + bytes, 0);
    const constantBytes = constants.reduce((sum, { attrs }) => sum + padded(4 * sizeOf(attrs.shape)), 0);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
    const shared = this.#buffer(Math.max(padded(0), smallBytes + constantBytes), usage, "small values and constants");
    let at = 0;
    this.#slots = plan.slots.map((bytes, i) => {
      if (small[i] === 0) {
        return { buffer: this.#buffer(bytes, GPUBufferUsage.STORAGE, nameOfSlot(plan, i)), offset: 0 };
      }
      at += bytes;
      return { buffer: shared, offset: at - bytes };
    });
    this.#uploadConstants(constants, shared, smallBytes);
    const slotBytes = plan.slots.reduce((sum, bytes) => sum + bytes, 0);
    this.stats = { nodes: 0, slots: plan.slots.length, slotBytes, calls: 0, steps: 0 };
  }

  #buffer(bytes: number, usage: number, what: string): GPUBuffer {
    const buffer = this.#host.gpu.buffer(bytes, usage, what);
    this.own.add(buffer);
    return buffer;
  }

  #uploadConstants(constants: readonly Node<ConstantName>[], buffer: GPUBuffer, from: number): void {
    let offset = from;
    for (const node of constants) {
      const view = valueView(buffer, offset, { shape: node.attrs.shape, dtype: node.attrs.dtype });
      const { data } = node.attrs;
      const words = data instanceof Uint8Array ? Uint32Array.from(data) : data;
      if (words.length > 0) this.#host.gpu.device.queue.writeBuffer(buffer, offset, words);
      offset += view.bytes;
      this.#constants.set(node, view);
    }
  }

  /** Prepares the dispatches, unless that was done and no variable has moved since. */
  async prepare(): Promise<void> {
    const version = await this.#host.settle();
    if (version === this.#version) return;
    const { gpu } = this.#host;
    await gpu.checked("Cannot compile a program for the GPU", () => {
      const lowering = new DispatchRecorder(gpu, { take: (index, bytes) => this.#takeScratch(index, bytes) });
      this.#lowerAll(lowering, this.#viewsOf(this.#plan));
      lowering.flush();
      this.#recorded = this.#bind(lowering.dispatches);
    }).catch((error) => {
      // Buffers for which there was no memory must not be used again.
      for (const buffer of this.#scratch.splice(0)) {
        this.own.delete(buffer);
        gpu.free(buffer);
      }
      throw error;
    });
    this.#version = version;
    this.stats.nodes = this.#recorded.length;
  }

  #viewsOf(plan: Plan): Views {
    const constants = new Map(
      plan.graph.nodes.filter(isConstant).map((node) => [node.outputs[0], this.#constants.get(node)!]),
    );
    return new Views(
      plan,
      this.#slots,
      (id) => constants.get(id)!,
      (link) => this.#host.stateAt(link),
    );
  }

  /** Lowers the nodes of a program, or those of a loop's body. */
  #lowerAll(lowering: Lowering, views: Views, loop?: Origin): void {
    const { nodes } = views.plan.graph;
    nodes.forEach((planned, at) => {
      if (!runs(planned)) return;
      const node: Node = loop ? { ...planned, origin: planned.origin.within(loop) } : planned;
      // The body of a loop counts for itself.
      lowering.begin(node.origin, isLoop(node) ? undefined : () => flopsOf(views.plan.graph, node));
      this.#requireWhole(node, views);
      const inputs = node.inputs.map((id) => views.get(id));
      const outputs = node.outputs.map((id) => views.get(id));
      // uint8 and bool variables are computed with one word per element, then packed.
      const targets = outputs.map((view) =>
        view.storage === "bytes" ? { ...lowering.scratch(view.shape), dtype: view.dtype } : view
      );
      const bodyPlan = views.plan.bodies.get(at);
      lowerNode(lowering, node, inputs, targets, bodyPlan && this.#bodyOf(bodyPlan, lowering, node.origin));
      targets.forEach((view, i) => view !== outputs[i] && packBytes(lowering, view, outputs[i]));
    });
  }

  /** The body of a loop, as its lowering sees it. */
  #bodyOf(plan: Plan, lowering: Lowering, loop: Origin): LoopBody {
    const views = this.#viewsOf(plan);
    return {
      graph: plan.graph,
      root: views.root,
      get: (id) => views.get(id),
      set: (id, view) => views.set(id, view),
      lower: () => this.#lowerAll(lowering, views, loop),
    };
  }

  /** Throws {@linkcode BackendError} if a node uses a variable that is too large for one binding. */
  #requireWhole({ op, inputs, outputs, origin }: Node, { plan: { graph, places } }: Views): void {
    for (const id of [...inputs, ...outputs]) {
      const place = places[id];
      const view = place?.kind === "state" ? this.#host.stateAt(place.link) : undefined;
      // Packing a computed value needs it in one binding.
      const isComputed = view?.storage === "bytes" && outputs.includes(id);
      if (place?.kind !== "state" || !view?.parts || (webGpuFacts(op)?.takesParts && !isComputed)) continue;
      const { name, shape } = graph.state[place.link].variable;
      this.#host.gpu.refuse(sizeOf(shape) * elementBytes(view), `"${name}" for "${origin}"`);
    }
  }

  #takeScratch(index: number, bytes: number): GPUBuffer {
    if (!this.#scratch[index] || this.#scratch[index].size < bytes) {
      this.#scratch[index] = this.#buffer(bytes, GPUBufferUsage.STORAGE, "partial results");
    }
    return this.#scratch[index];
  }

  /** Creates bind groups, one per distinct binding; the parameters of all dispatches are in one uniform buffer. */
  #bind(dispatches: readonly Dispatch[]): Recorded[] {
    const { device } = this.#host.gpu;
    const offsets = new Map<string, number>();
    const blocks: Uint32Array[] = [];
    const stride = device.limits.minUniformBufferOffsetAlignment;
    let total = 0;
    const places = dispatches.map(({ params }) => {
      const key = params.join();
      let offset = offsets.get(key);
      if (offset === undefined) {
        offset = total;
        offsets.set(key, offset);
        blocks.push(params);
        total += Math.ceil(params.byteLength / stride) * stride;
      }
      return offset;
    });
    if (total === 0) return [];
    if (this.#uniforms) {
      this.#host.gpu.free(this.#uniforms);
      this.own.delete(this.#uniforms);
    }
    const uniforms = this.#buffer(total, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST, "sizes");
    this.#uniforms = uniforms;
    const contents = new Uint32Array(total / 4);
    [...offsets.values()].forEach((offset, i) => contents.set(blocks[i], offset / 4));
    device.queue.writeBuffer(uniforms, 0, contents);

    const numbers = new Map<unknown, number>();
    const numberOf = (object: unknown) => {
      if (!numbers.has(object)) numbers.set(object, numbers.size);
      return numbers.get(object)!;
    };
    const groups = new Map<string, GPUBindGroup>();
    return dispatches.map(({ pipeline, bindings, params, groups: count, label, origin, flops }, i): Recorded => {
      const ranges = bindings.map(({ buffer, offset, bytes }) => `${numberOf(buffer)}:${offset}:${bytes}`);
      const key = [numberOf(pipeline), places[i], ...ranges].join();
      let bindGroup = groups.get(key);
      if (!bindGroup) {
        const sizes = { buffer: uniforms, offset: places[i], size: params.byteLength };
        bindGroup = device.createBindGroup({
          layout: pipeline.layout,
          entries: [
            { binding: 0, resource: sizes },
            ...bindings.map(({ buffer, offset, bytes }, at) => ({
              binding: at + 1,
              resource: { buffer, offset, size: bytes },
            })),
          ],
        });
        groups.set(key, bindGroup);
      }
      return { pipeline: pipeline.gpu, bindGroup, groups: count, label, origin, flops };
    });
  }

  /** Runs the program `steps` times, in submits of bounded time; the last one may still be running afterwards. */
  run(steps: number): Promise<void> {
    return this.#run(() => this.#runSteps(steps));
  }

  /** Runs the program `steps` times, one by one, and returns the time of each dispatch on the GPU. */
  async measure(steps: number): Promise<readonly NodeTime[]> {
    const { gpu } = this.#host;
    requireTimestamps(gpu, "Cannot measure a program");
    const times = new DispatchTimes(gpu);
    await this.#run(async () => {
      for (let step = 0; step < steps; step++) {
        await times.runStep(this.#recorded);
        this.stats.calls++;
        this.stats.steps++;
      }
    });
    return times.sums;
  }

  async #run(body: () => Promise<void>): Promise<void> {
    if (this.#isDisposed) {
      throw new BackendError({
        what: "Cannot run a program",
        rule: "it was disposed of",
        hint: "compile it again",
      });
    }
    await this.#host.gpu.watched("Cannot run a program", async () => {
      await this.prepare();
      await body();
    });
  }

  async #runSteps(steps: number): Promise<void> {
    const { gpu, throttle } = this.#host;
    const most = Math.max(1, Math.floor(maxRecorded / Math.max(1, this.#recorded.length)));
    for (let done = 0; done < steps;) {
      gpu.check("Cannot run a program");
      const count = Math.min(steps - done, most, throttle.stepsFor(this));
      this.#submit(count);
      done += count;
      await throttle.submitted(this, count, done < steps);
    }
  }

  #submit(steps: number): void {
    const { gpu } = this.#host;
    const encoder = gpu.device.createCommandEncoder();
    const pass = gpu.beginPass(encoder);
    let current: GPUComputePipeline | undefined;
    for (let step = 0; step < steps; step++) {
      for (const { pipeline, bindGroup, groups } of this.#recorded) {
        if (pipeline !== current) pass.setPipeline(current = pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(groups[0], groups[1]);
      }
    }
    pass.end();
    gpu.submit(encoder);
    this.stats.calls++;
    this.stats.steps += steps;
  }

  /** Frees the program's own memory, but not the variables. */
  dispose(): void {
    for (const buffer of this.own) this.#host.gpu.free(buffer);
    this.own.clear();
    this.#uniforms = undefined;
    this.#recorded = [];
    this.#isDisposed = true;
  }
}

/** The constants of a plan and of its loops' bodies. */
function constantsOf({ graph, bodies }: Plan): Node<ConstantName>[] {
  return [...graph.nodes.filter(isConstant), ...[...bodies.values()].flatMap(constantsOf)];
}

/** A slot's content, for the error if it is too large: the node that makes its largest value. */
function nameOfSlot(plan: Plan, slot: number): string {
  let largest = 0;
  let name = "intermediate values";
  const look = ({ graph, places, bodies }: Plan) => {
    for (const node of graph.nodes) {
      for (const id of node.outputs) {
        const place = places[id];
        if (place?.kind !== "slot" || place.slot !== slot || sizeOf(graph.types[id].shape) < largest) continue;
        largest = sizeOf(graph.types[id].shape);
        name = `the result of "${node.origin}"`;
      }
    }
    bodies.forEach(look);
  };
  look(plan);
  return name;
}
