// The executor of compiled code: variables in native memory, and programs that run many steps in one call.
import { bytesPerElement, makeArray, type TypedArray } from "../../dtype.ts";
import { BackendError, StateError } from "../../errors.ts";
import type { Graph } from "../../ir/graph.ts";
import { planGraph } from "../../passes/pipeline.ts";
import type { Plan } from "../../passes/plan.ts";
import { sizeOf } from "../../shape.ts";
import type { Drawing, DrawingDevice, Variable } from "../../tensor/variable.ts";
import {
  type BackendName,
  type Executable,
  type ExecutableStats,
  type Executor,
  type ExecutorCompileOptions,
  type MemoryUse,
  type NodeTime,
  type RunOptions,
  variablesOf,
} from "../executor.ts";
import { yieldIfDue } from "../event_loop.ts";
import { flopsOf } from "../flops.ts";
import { Held } from "../../held.ts";
import { type EncodedProgram, encodePlan, frozenLinks, type Segment } from "./encode.ts";
import type { NativeModule } from "./module.ts";

/** The alignment of variables, in bytes. */
const alignment = 256;

/**
 * Runs longer than this many seconds leave the event loop free. A non-blocking call adds up to a millisecond, since
 * another thread has to be woken, perhaps on a core where a thread of the pool waits for work.
 */
const longestBlocking = 10e-3;
/** The same if the caller does something else meanwhile. */
const longestBlockingAside = 200e-6;

/** Memory shared by some variables; freed when none of them and no program uses it. */
interface Block extends Segment {
  users: number;
}

/** The location of a variable. */
interface Location extends Segment {
  readonly block: Block;
  /** Whether a program keeps what it computed from the variable. */
  isFrozen: boolean;
}

/** Runs programs with the kernels of a {@linkcode NativeModule}. */
export class NativeExecutor implements Executor, DrawingDevice {
  readonly #locations = new Held<Variable, Location>(({ block }) => this.unuse(block));
  readonly #programs = new Held<NativeExecutable, Loaded>((loaded) => this.unload(loaded));
  readonly #lateWrites = new Map<Variable, TypedArray>();
  #bytes = 0;
  #running: Promise<unknown> | undefined;
  #runningHandle = 0;
  #releases = 0;
  #frozenChanges = 0;

  /** Takes the backend's name and the opened module. */
  constructor(readonly name: BackendName, readonly module: NativeModule) {}

  /** One line about what it runs on. */
  get description(): string {
    return this.module.description;
  }

  /** The compiled code that computes. */
  get build(): string {
    return this.module.build;
  }

  /** What it currently holds. */
  get memory(): MemoryUse {
    return { variables: this.#locations.size, programs: this.#programs.size, bytes: this.#bytes };
  }

  /** How often a variable has left: when this changes, programs look up their variables again. */
  get releases(): number {
    return this.#releases;
  }

  /** How often a variable that is frozen in a program was changed: then programs are refreshed before they run. */
  get frozenChanges(): number {
    return this.#frozenChanges;
  }

  /** Notes that variables have been changed. */
  changed(locations: readonly Location[]): void {
    if (locations.some(({ isFrozen }) => isFrozen)) this.#frozenChanges++;
  }

  /** Resolves when no run is in progress. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Whether a run is in progress. */
  get busy(): boolean {
    return this.#running !== undefined;
  }

  /** Takes over variables with their newest values; the new ones among them share one block of memory. */
  async attach(variables: readonly Variable[]): Promise<void> {
    const fresh = [...new Set(variables)].filter((variable) => variable.device !== this);
    if (fresh.length === 0) return;
    let bytes = 0;
    const offsets = fresh.map(({ shape, dtype }) => {
      const offset = bytes;
      bytes += Math.max(1, Math.ceil(sizeOf(shape) * bytesPerElement(dtype) / alignment)) * alignment;
      return offset;
    });
    const block: Block = { ...this.allocate(bytes), users: fresh.length };
    const moved: Variable[] = [];
    try {
      for (const [i, variable] of fresh.entries()) {
        this.#locations.set(variable, {
          address: block.address + offsets[i],
          bytes: sizeOf(variable.shape) * bytesPerElement(variable.dtype),
          block,
          isFrozen: false,
        });
        await variable.transferTo(this);
        moved.push(variable);
      }
    } catch (error) {
      for (const variable of fresh) {
        if (!moved.includes(variable)) this.release(variable);
      }
      throw error;
    }
  }

  /** The variable's elements, as a copy. */
  async read(variable: Variable): Promise<TypedArray> {
    if (this.busy) await this.idle();
    const data = makeArray(variable.dtype, sizeOf(variable.shape));
    this.module.read(this.locationOf(variable).address, bytesOf(data));
    return data;
  }

  /** Whether its programs can add up over processes themselves, which they do by `reducer` from now on. */
  reducesBy(reducer: Deno.PointerValue): boolean {
    this.module.reduceBy?.(reducer);
    return this.module.reduceBy !== undefined;
  }

  /** Does nothing: this memory cannot be lost before the host's own. */
  syncToHost(): Promise<void> {
    return Promise.resolve();
  }

  /** Replaces the variable's elements, after any run in progress. */
  write(variable: Variable, data: TypedArray): void {
    const location = this.locationOf(variable);
    const { address, bytes } = location;
    const source = bytesOf(data);
    if (source.length !== bytes) {
      throw new StateError(`Cannot write "${variable.name}": it has ${bytes} bytes, received ${source.length}`);
    }
    if (this.#running) {
      this.#lateWrites.set(variable, data.slice() as TypedArray);
    } else {
      this.module.write(address, source);
      if (location.isFrozen) this.#frozenChanges++;
    }
  }

  /** Draws the elements of a variable. */
  draw(variable: Variable, drawing: Drawing): void {
    const size = sizeOf(variable.shape);
    if (this.#running) this.write(variable, drawing.elements(size));
    else this.module.draw(this.locationOf(variable).address, size, drawing);
  }

  /** Forgets the variable; its memory is freed when nothing else uses it. */
  release(variable: Variable): void {
    const location = this.#locations.delete(variable);
    if (!location) return;
    this.#lateWrites.delete(variable);
    this.#releases++;
    this.unuse(location.block);
  }

  /** Does nothing: every module measures. */
  requireClock(): void {}

  /** Optimizes, plans, encodes and loads a graph; attaches its variables. */
  async compile(graph: Graph, options: ExecutorCompileOptions = {}): Promise<NativeExecutable> {
    return await this.load(planGraph(graph, { bytesOf: bytesPerElement, reuseInputs: true }), options);
  }

  /** Encodes and loads a plan; attaches its variables. */
  async load(plan: Plan, { frozen = [] }: ExecutorCompileOptions = {}): Promise<NativeExecutable> {
    const links = frozenLinks(plan.graph, frozen);
    const executable = new NativeExecutable(this, plan, encodePlan(plan, this.module, links), [...links]);
    await executable.prepare();
    this.#programs.set(executable, executable.loaded);
    // Unreferenced memory is freed between turns of the event loop; blocking runs do not yield to it.
    await yieldIfDue();
    return executable;
  }

  /** Ends the run in progress before its next step; it is rejected with a {@linkcode StateError}. */
  stop(): void {
    if (this.#running && this.#runningHandle !== 0) this.module.stop(this.#runningHandle, true);
  }

  /** Moves all variables to the host, frees all programs and memory, and ends threads that can start again. */
  async dispose(): Promise<void> {
    this.stop();
    await this.idle();
    for (const program of this.#programs.keys()) program.dispose();
    for (const variable of this.#locations.keys()) await variable.transferTo(undefined);
    await this.module.endThreads?.();
  }

  /** The location of a variable; throws if it is not here. */
  locationOf(variable: Variable): Location {
    const location = this.#locations.get(variable);
    if (!location) throw new StateError(`The variable "${variable.name}" is not held by ${this.name}`);
    return location;
  }

  /** Whether a variable is still where a program found it. */
  isAt(variable: Variable, location: Location): boolean {
    return this.#locations.get(variable) === location;
  }

  /** Releases one use of a block. */
  unuse(block: Block): void {
    block.users--;
    if (block.users === 0) this.#free(block);
  }

  /** Allocates zeroed memory. */
  allocate(bytes: number): Segment {
    const address = this.module.allocate(bytes);
    this.#bytes += bytes;
    return { address, bytes };
  }

  #free({ address, bytes }: Segment): void {
    this.module.release(address);
    this.#bytes -= bytes;
  }

  /** Forgets a program. */
  forget(program: NativeExecutable): void {
    this.#programs.delete(program);
  }

  /** Frees a program's handle and memory, after any run in progress. */
  unload(loaded: Loaded): void {
    const { handle, memory, locations } = loaded;
    Object.assign(loaded, notLoaded());
    const free = () => {
      if (handle !== 0) this.module.unload(handle);
      memory.forEach((segment) => this.#free(segment));
      locations.forEach(({ block }) => this.unuse(block));
    };
    if (this.#running) this.#running.then(free);
    else free();
  }

  /** Runs a program without blocking, after any run in progress; nothing touches variables until it ends. */
  async runAside(handle: number, steps: number): Promise<number> {
    // Not idle(): if nothing runs, the run must start before anything else can.
    while (this.#running) await this.#running;
    const result = this.module.runAside(handle, steps);
    this.#runningHandle = handle;
    this.#running = result.then(() => {}, () => {}).then(() => {
      this.#running = undefined;
      this.module.stop(handle, false);
      for (const [variable, data] of this.#lateWrites) this.write(variable, data);
      this.#lateWrites.clear();
    });
    const done = this.#running;
    try {
      return await result;
    } finally {
      await done;
    }
  }
}

/** What a program holds in the module: freed when the program is no longer referenced. */
interface Loaded {
  handle: number;
  memory: Segment[];
  /** The locations of its variables when it was loaded. */
  locations: Location[];
}

const notLoaded = (): Loaded => ({ handle: 0, memory: [], locations: [] });

/** A program loaded into a {@linkcode NativeModule}. */
export class NativeExecutable implements Executable {
  /** Counts of the program, and of its calls and steps so far. */
  readonly stats: ExecutableStats;
  readonly #module: NativeModule;
  /** What it holds in the module. */
  readonly loaded: Loaded = notLoaded();
  #releases = -1;
  #secondsPerStep: number;
  #disposed = false;
  /** The links of variables that are frozen. */
  readonly #frozen: readonly number[];
  /** Where the variables are that a run assigns. */
  #assigned: readonly Location[] = [];
  /** The changes of frozen variables that it knows of. */
  #frozenChanges = 0;
  #flops: readonly number[] | undefined;
  /** The nanoseconds of each node, while they are measured. */
  #measured: Float64Array | undefined;

  /** Made by {@linkcode NativeExecutor.load}. */
  constructor(
    readonly executor: NativeExecutor,
    readonly plan: Plan,
    readonly encoded: EncodedProgram,
    frozen: readonly number[],
  ) {
    this.#module = executor.module;
    this.#frozen = frozen;
    this.#secondsPerStep = encoded.nanoseconds * 1e-9;
    this.stats = {
      nodes: encoded.nodes.length,
      slots: plan.slots.length,
      slotBytes: encoded.slotBytes,
      calls: 0,
      steps: 0,
    };
  }

  /** The graph that it runs. */
  get graph(): Graph {
    return this.plan.graph;
  }

  /** Makes sure that the variables are attached and that the program knows their locations. */
  async prepare(): Promise<void> {
    const { executor } = this;
    const variables = variablesOf(this.plan.graph);
    await executor.attach(variables);
    if (
      this.loaded.handle !== 0 && variables.every((variable, i) => executor.isAt(variable, this.loaded.locations[i]))
    ) {
      this.#releases = executor.releases;
      return;
    }
    this.#unload();
    const { slotBytes, constants } = this.encoded;
    const allocate = (bytes: number): Segment => {
      const segment = executor.allocate(bytes);
      this.loaded.memory.push(segment);
      return segment;
    };
    try {
      const slots = allocate(slotBytes);
      const constant = allocate(constants.length);
      this.#module.write(constant.address, constants);
      this.loaded.locations = variables.map((variable) => executor.locationOf(variable));
      for (const { block } of this.loaded.locations) block.users++;
      this.loaded.handle = this.#module.load(this.encoded.bind(slots, constant, this.loaded.locations));
      for (const link of this.#frozen) this.loaded.locations[link].isFrozen = true;
      const { state } = this.plan.graph;
      this.#assigned = this.loaded.locations.filter((_, link) => state[link].input !== state[link].output);
      this.#frozenChanges = executor.frozenChanges;
      if (this.#measured) this.#module.measure(this.loaded.handle, true);
    } catch (error) {
      this.#unload();
      throw error;
    }
    this.#releases = executor.releases;
  }

  /**
   * Runs the program `steps` times. Short runs block; long ones leave the event loop free, and variables can be read
   * after they end.
   */
  run(steps: number, { aside = false }: RunOptions = {}): Promise<void> {
    const { executor } = this;
    if (
      executor.busy || this.#releases !== executor.releases || this.#disposed ||
      this.#secondsPerStep * steps > (aside ? longestBlockingAside : longestBlocking)
    ) {
      return this.#runAside(steps);
    }
    this.#beforeRun();
    const start = performance.now();
    this.#finish(steps, this.#module.run(this.loaded.handle, steps), start);
    return done;
  }

  /** Runs the program `steps` times, and returns the time of each node. */
  async measure(steps: number, options?: RunOptions): Promise<NodeTime[]> {
    this.#measured = new Float64Array(this.encoded.nodes.length);
    try {
      if (this.loaded.handle !== 0) this.#module.measure(this.loaded.handle, true);
      await this.run(steps, options);
      this.#collectTimes();
      const nanoseconds = this.#measured;
      const flops = this.#flops ??= this.encoded.nodes.map((node) => flopsOf(this.graph, node));
      return this.encoded.nodes.map(({ origin, op }, i) => ({
        origin,
        op,
        nanoseconds: nanoseconds[i],
        flops: flops[i],
      }));
    } finally {
      this.#measured = undefined;
      if (this.loaded.handle !== 0) this.#module.measure(this.loaded.handle, false);
    }
  }

  /** Frees the program's own memory. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.executor.forget(this);
    this.#unload();
  }

  async #runAside(steps: number): Promise<void> {
    const { executor } = this;
    for (;;) {
      await executor.idle();
      if (this.#disposed) throw new StateError("A program was run after dispose()");
      if (this.#releases !== executor.releases) await this.prepare();
      else if (!executor.busy) break;
    }
    this.#beforeRun();
    const start = performance.now();
    this.#finish(steps, await executor.runAside(this.loaded.handle, steps), start);
  }

  /**
   * Notes what the run will change, and makes the program compute again what it keeps of frozen variables, if one of
   * them may have changed.
   */
  #beforeRun(): void {
    this.executor.changed(this.#assigned);
    if (this.#frozen.length === 0 || this.#frozenChanges === this.executor.frozenChanges) return;
    this.#frozenChanges = this.executor.frozenChanges;
    this.#module.refresh(this.loaded.handle);
  }

  #finish(steps: number, finished: number, start: number): void {
    this.stats.calls++;
    this.stats.steps += finished;
    if (finished < steps) throw new StateError(`A run of ${steps} steps was stopped after ${finished}`);
    if (finished > 0) {
      const seconds = (performance.now() - start) / 1000 / finished;
      // A slow outlier must not turn short runs into non-blocking calls, which are slower still.
      this.#secondsPerStep = Math.min(seconds, (this.#secondsPerStep + seconds) / 2);
    }
  }

  /** Adds the module's measurements since the last call. */
  #collectTimes(): void {
    const sums = this.#measured;
    if (!sums || this.loaded.handle === 0) return;
    this.#module.measured(this.loaded.handle, sums.length).forEach((nanoseconds, i) => sums[i] += nanoseconds);
  }

  #unload(): void {
    this.#collectTimes();
    this.executor.unload(this.loaded);
  }
}

const done = Promise.resolve();

function bytesOf(data: TypedArray): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The error for a failed call into native code. */
export function nativeError(what: string, message: string): BackendError {
  const hint = message === "out of memory"
    ? "take a smaller batch, a smaller model or less data at a time, or call clearSession()"
    : undefined;
  return new BackendError({ what, rule: message, hint });
}
