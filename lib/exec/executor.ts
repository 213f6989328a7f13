// The interface of executors: what turns a graph into something that runs.
import type { Graph } from "../ir/graph.ts";
import { Variable, type VariableDevice } from "../tensor/variable.ts";

/** The names of the backends. */
export type BackendName = "webgpu" | "eigen" | "wasm" | "reference";

/** What a node of a program took. */
export interface NodeTime {
  /** Where the node comes from, such as `dense_1/matmul`. */
  readonly origin: string;
  /** Its op, or the kernel that a GPU ran for it. */
  readonly op: string;
  /** How long it took, in nanoseconds. */
  readonly nanoseconds: number;
}

/** Measures the nodes of a program while it runs. */
export interface NodeClock {
  /** Begins to measure. */
  start(): void;
  /** What each node took since the start or the last call, in the order in which they run. */
  take(): readonly NodeTime[];
  /** Ends measuring. */
  stop(): void;
}

/** A program made ready to run. */
export interface Executable {
  /** The graph that it runs: what the passes made of the one that was traced. */
  readonly graph: Graph;
  /** Measures its nodes, where the backend can. */
  readonly clock?: NodeClock;
  /** Runs the program `steps` times in a row; every effect is in the variables it assigns. */
  run(steps: number): Promise<void>;
  /** Counts that tests hold the program to. */
  readonly stats: ExecutableStats;
  /** Frees the program's own memory; the variables stay. */
  dispose(): void;
}

/** What a program costs, in counts. */
export interface ExecutableStats {
  /** Nodes that are dispatched in each step. */
  readonly nodes: number;
  /** Memory slots for values that live within a step. */
  readonly slots: number;
  /** Bytes of these slots. */
  readonly slotBytes: number;
  /** Calls into native code (or submits to a GPU) so far. */
  calls: number;
  /** Steps run so far. */
  steps: number;
}

/** What a backend holds. What nothing refers to any more is counted until the garbage collector finds it. */
export interface MemoryUse {
  /** Variables. */
  readonly variables: number;
  /** Programs. */
  readonly programs: number;
  /** Bytes of the device, for variables and programs together. */
  readonly bytes: number;
}

/** A backend: it holds variables and runs programs on them. */
export interface Executor extends VariableDevice {
  /** The backend's name. */
  readonly name: BackendName;
  /** One line about what it runs on, such as `Eigen 3.4, AVX2, 2 threads`. */
  readonly description: string;
  /** What it holds now. */
  readonly memory: MemoryUse;
  /** Improves, plans and loads a graph; the variables it links are adopted. */
  compile(graph: Graph): Promise<Executable>;
  /**
   * Takes over the newest value of variables, wherever it was; those given together lie next to each other in memory,
   * each padded to 256 bytes.
   */
  attach(variables: readonly Variable[]): Promise<void>;
  /** Lets the host know the newest values, where they live on a device that may be lost. */
  syncToHost(variables: readonly Variable[]): Promise<void>;
  /** Gives all variables back to the host and frees everything. */
  dispose(): Promise<void>;
}

/** The variables that a graph reads and writes, in the order of its links. */
export function variablesOf({ state }: Graph): Variable[] {
  return state.map(({ variable }) => {
    if (variable instanceof Variable) return variable;
    throw new Error(`"${variable.name}" is linked to a program, but is no Variable`);
  });
}
