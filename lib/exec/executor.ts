// The interface of executors, which compile graphs to programs and run them.
import type { Graph } from "../ir/graph.ts";
import type { Origin } from "../ir/origin.ts";
import { Variable, type VariableDevice } from "../tensor/variable.ts";

/** The names of the backends. */
export type BackendName = "webgpu" | "eigen" | "wasm" | "reference";

/** The time that a node of a program took in some steps. */
export interface NodeTime {
  /** Where the node comes from. */
  readonly origin: Origin;
  /** Its op, or the kernel that a GPU ran for it. */
  readonly op: string;
  /** The time in nanoseconds. */
  readonly nanoseconds: number;
  /** The floating-point operations of one step, as `flopsOf` counts them. */
  readonly flops: number;
}

/** How a program is run. */
export interface RunOptions {
  /** Whether the caller does something else meanwhile, so that the event loop should be free. */
  readonly aside?: boolean;
}

/** A compiled program. */
export interface Executable {
  /** The graph that it runs, after the passes. */
  readonly graph: Graph;
  /** Runs the program `steps` times in a row; its only effect is on the variables it assigns. */
  run(steps: number, options?: RunOptions): Promise<void>;
  /**
   * Does the same, and returns the time of each node in all of these steps, in execution order. Computes the same
   * numbers. Throws {@linkcode BackendError} where `requireClock` does.
   */
  measure(steps: number, options?: RunOptions): Promise<readonly NodeTime[]>;
  /** Counts that tests check. */
  readonly stats: ExecutableStats;
  /** Frees the program's own memory, but not the variables. */
  dispose(): void;
}

/** The cost of a program, in counts. */
export interface ExecutableStats {
  /** Nodes that are dispatched in each step. */
  readonly nodes: number;
  /** Memory slots for values within a step. */
  readonly slots: number;
  /** Bytes of these slots. */
  readonly slotBytes: number;
  /** Calls into native code (or submits to a GPU) so far. */
  calls: number;
  /** Steps run so far. */
  steps: number;
}

/** Options of {@linkcode Executor.compile}. */
export interface ExecutorCompileOptions {
  /**
   * Variables that change seldom between runs, such as the weights of a model that predicts: what a kernel computes from
   * them alone may be kept until they change.
   */
  readonly frozen?: Iterable<Variable>;
}

/** What a backend holds. Unreferenced objects count until the garbage collector finds them. */
export interface MemoryUse {
  /** The number of variables. */
  readonly variables: number;
  /** The number of programs. */
  readonly programs: number;
  /** Bytes of device memory, for variables and programs together. */
  readonly bytes: number;
}

/** A backend: it holds variables and runs programs on them. */
export interface Executor extends VariableDevice {
  /** The backend's name. */
  readonly name: BackendName;
  /** One line about the device, such as `Eigen 3.4, AVX2, 2 threads`. */
  readonly description: string;
  /** What computes, such as `Eigen 3.4, AVX2, build 1a2b3c`: where it is equal, results are, bit by bit. */
  readonly build: string;
  /** What it currently holds. */
  readonly memory: MemoryUse;
  /** Throws {@linkcode BackendError}, which says what `what` needs, if the nodes of programs cannot be measured. */
  requireClock(what: string): void;
  /** Optimizes, plans and loads a graph; attaches its variables. */
  compile(graph: Graph, options?: ExecutorCompileOptions): Promise<Executable>;
  /**
   * Takes over variables with their newest values, from wherever they are; those attached together are contiguous in
   * memory, each padded to 256 bytes.
   */
  attach(variables: readonly Variable[]): Promise<void>;
  /** Copies the newest values to the host, if they are on a device that may be lost. */
  syncToHost(variables: readonly Variable[]): Promise<void>;
  /** Gives its programs a function of native code that adds up over processes; absent or false where they cannot call it. */
  reducesBy?(reducer: Deno.PointerValue): boolean;
  /** Moves all variables to the host and frees everything. */
  dispose(): Promise<void>;
}

/** The variables that a graph reads and writes, in the order of its links. */
export function variablesOf({ state }: Graph): Variable[] {
  return state.map(({ variable }) => {
    if (variable instanceof Variable) return variable;
    throw new Error(`"${variable.name}" is linked to a program, but is no Variable`);
  });
}
