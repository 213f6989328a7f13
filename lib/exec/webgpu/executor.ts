// The WebGPU executor: variables in GPU memory, and programs of hand-written WGSL on them.
import type { TypedArray } from "../../dtype.ts";
import type { Graph, ValueId } from "../../ir/graph.ts";
import { isForeach } from "../../ir/op_def.ts";
import { listsOf } from "../../ops/defs/lists.ts";
import { planMemory } from "../../passes/memory.ts";
import { optimize } from "../../passes/pipeline.ts";
import type { Plan } from "../../passes/plan.ts";
import type { Variable } from "../../tensor/variable.ts";
import { type Executable, type Executor, type MemoryUse, variablesOf } from "../executor.ts";
import { Held } from "../../held.ts";
import { clusterSmallNodes } from "./schedule.ts";
import type { Gpu, GpuCounts } from "./device.ts";
import { requireTimestamps } from "./dispatch_times.ts";
import { fuseGathers } from "./gathers.ts";
import { storeHalves } from "./halves.ts";
import { SubmitThrottle } from "./submit_throttle.ts";
import { Program } from "./program.ts";
import { StateStore } from "./state.ts";

/** Runs programs on a GPU through WebGPU. Open it with `openWebGpu`. */
export class WebGpuExecutor implements Executor {
  /** The backend's name. */
  readonly name = "webgpu";
  /** The device, with counts of what was created; for tests and benchmarks. */
  readonly gpu: Gpu;
  readonly #state: StateStore;
  readonly #throttle: SubmitThrottle;
  readonly #programs = new Held<Program, ReadonlySet<GPUBuffer>>((own) =>
    own.forEach((buffer) => this.gpu.free(buffer))
  );
  #turn: Promise<unknown> = Promise.resolve();

  /** Takes over a device; when it is lost, variables fall back to the value last known to the host. */
  constructor(gpu: Gpu) {
    this.gpu = gpu;
    gpu.onLost = () => this.#invalidateDeviceCopy();
    this.#state = new StateStore(this.gpu);
    this.#throttle = new SubmitThrottle(this.gpu);
  }

  /** The adapter's name. */
  get description(): string {
    return this.gpu.description;
  }

  /** The adapter's name, too: its driver compiles the kernels. */
  get build(): string {
    return this.description;
  }

  /** What it currently holds. */
  get memory(): MemoryUse {
    return { variables: this.#state.count, programs: this.#programs.size, bytes: this.gpu.counts.bytes };
  }

  /** Counts since the executor was opened, for tests. */
  get counts(): Readonly<GpuCounts> {
    return this.gpu.counts;
  }

  /** Takes over variables; the new ones among them are contiguous. */
  attach(variables: readonly Variable[]): Promise<void> {
    return this.#inTurn(() => this.#attach(variables));
  }

  async #attach(variables: readonly Variable[]): Promise<void> {
    this.gpu.check("Cannot move variables to the GPU");
    const arriving = variables.filter((variable) => variable.device !== this);
    try {
      await this.#state.allocate(arriving.filter((variable) => !this.#state.has(variable)));
      await Promise.all(arriving.map((variable) => variable.transferTo(this)));
    } catch (error) {
      for (const variable of arriving) if (variable.device !== this) this.#state.release(variable);
      throw error;
    }
  }

  /** Runs compiling and moving variables one at a time: both change the locations of variables. */
  #inTurn<T>(body: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(body);
    this.#turn = result.catch(() => {});
    return result;
  }

  /** The variable's elements as a copy. */
  async read(variable: Variable): Promise<TypedArray> {
    const data = await this.#state.read(variable);
    this.#throttle.settled();
    return data;
  }

  /** Copies the newest values to the host; reads requested together cost one wait. */
  async syncToHost(variables: readonly Variable[]): Promise<void> {
    await Promise.all(variables.filter(({ device }) => device === this).map((variable) => variable.refresh()));
  }

  /** Replaces the variable's elements. */
  write(variable: Variable, data: TypedArray): void {
    this.gpu.check(`Cannot write "${variable.name}"`);
    this.#state.write(variable, data);
  }

  /** Frees the variable's memory. */
  release(variable: Variable): void {
    this.#state.release(variable);
  }

  /** Throws {@linkcode BackendError} if the device has no timestamps. */
  requireClock(what: string): void {
    requireTimestamps(this.gpu, what);
  }

  /** Compiles `graph`; attaches its variables, those of one list contiguously. */
  compile(graph: Graph): Promise<Executable> {
    return this.#inTurn(async () => {
      const { tuning, bindingBytes, halves } = this.gpu;
      const arranged = clusterSmallNodes(fuseGathers(optimize(graph), tuning, bindingBytes));
      const plan = planMemory(halves ? storeHalves(arranged) : arranged, {
        bytesOf: () => 4,
        reuseInputs: false,
        flatBytes: bindingBytes,
      });
      const variables = variablesOf(plan.graph);
      const groups = listedVariables(plan);
      const grouped = new Set(groups.flat());
      const attach = async () => {
        for (const group of groups) {
          await this.#state.makeContiguous(group);
          await this.#attach(group);
        }
        await this.#attach(variables.filter((variable) => !grouped.has(variable)));
      };
      const settle = async () => {
        if (variables.some((variable) => variable.device !== this)) await this.#inTurn(attach);
        return this.#state.version;
      };
      await attach();
      const own = new Set<GPUBuffer>();
      const host = {
        gpu: this.gpu,
        throttle: this.#throttle,
        own,
        stateAt: (link: number) => this.#state.view(variables[link]),
        settle,
      };
      try {
        const program = await this.gpu.checked(
          "Cannot make room for a program on the GPU",
          () => new Program(host, plan),
        );
        await program.prepare();
        this.#programs.set(program, own);
        return program;
      } catch (error) {
        own.forEach((buffer) => this.gpu.free(buffer));
        throw error;
      }
    });
  }

  /** Moves all variables to the host and frees everything but the device. */
  async dispose(): Promise<void> {
    if (!this.gpu.isLost) {
      await Promise.all(this.#state.variables.map((variable) => variable.transferTo(undefined)));
    }
    for (const program of this.#programs.keys()) {
      this.#programs.delete(program);
      program.dispose();
    }
  }

  #invalidateDeviceCopy(): void {
    for (const variable of this.#state.variables) {
      this.#state.release(variable);
      variable.invalidateDeviceCopy();
    }
  }
}

/** The variables of each list that one node runs over; if lists share variables, the longest comes first. */
function listedVariables({ graph }: Plan): Variable[][] {
  const variables = variablesOf(graph);
  const variableOf = new Map(
    graph.state.flatMap((
      { input, output },
      i,
    ): [ValueId, Variable][] => [[input, variables[i]], [output, variables[i]]]),
  );
  const lists = graph.nodes.filter(isForeach).flatMap(({ inputs, outputs, attrs }) =>
    listsOf([...inputs, ...outputs], attrs.count)
  );
  const seen = new Set<Variable>();
  return lists.map((list) => list.flatMap((id) => variableOf.get(id) ?? []))
    .sort((a, b) => b.length - a.length)
    .map((list) => list.filter((variable) => !seen.has(variable) && seen.add(variable)))
    .filter((list) => list.length > 0);
}
