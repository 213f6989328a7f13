// Programs: the traced steps of a model, made ready by the executor, and the data that they read. Kept until they are old.
import type { Executable, Executor } from "../exec/executor.ts";
import { onClearSession } from "../exec/select.ts";
import { randomSeed } from "../random_stream.ts";
import type { Variable } from "../tensor/variable.ts";
import { DeviceDataset, free, type Samples, signatureOf, zerosVariable } from "./data.ts";
import { maxSteps } from "./steps_per_call.ts";
import { type Feed, type Mode, type Predicted, StepState, traceStep } from "./step.ts";
import type { TrainableModel } from "./trainable.ts";

/** A step made ready. */
export interface Program {
  /** What runs it. */
  readonly executable: Executable;
  /** Where it runs. */
  readonly executor: Executor;
  /** The data that it reads. */
  readonly data: DeviceDataset;
  /** The logs of the model's own step. */
  readonly logs: ReadonlyMap<string, Variable>;
  /** The variables that it changes. */
  readonly changed: ReadonlySet<unknown>;
  /** The outputs for all rows, where it predicts. */
  readonly output: Predicted | undefined;
}

/** So many programs of a model are kept, each for its own shapes. */
const maxPrograms = 16;
/** Data of more bytes than this is given back after a run. */
const maxKeptBytes = 64 * 2 ** 20;

/** The programs of one model. */
export class Programs {
  readonly #model: TrainableModel;
  readonly #programs = new Map<string, Program>();
  readonly #data = new Map<string, DeviceDataset>();
  readonly #orders = new Map<number, Variable>();
  /** Data that runs go by, and how many do. */
  readonly #held = new Map<DeviceDataset, number>();
  #state = new StepState();
  #executor: Executor | undefined;
  /** Rises whenever programs are thrown away. */
  version = 0;

  /** Starts with none. */
  constructor(model: TrainableModel) {
    this.#model = model;
  }

  /** Room for data of these shapes on an executor, filled with it. */
  async load(executor: Executor, samples: Samples, role: string): Promise<DeviceDataset> {
    const data = await this.room(executor, samples, role);
    data.write(executor, samples);
    return data;
  }

  /** Room for data of these shapes on an executor. */
  async room(executor: Executor, samples: Samples, role: string): Promise<DeviceDataset> {
    this.#use(executor);
    const key = `${role} ${signatureOf(samples)}`;
    let data = this.#data.get(key);
    if (!data) {
      data = new DeviceDataset(samples, role);
      this.#data.set(key, data);
    }
    for (const variable of data.variables) if (variable.device !== executor) await executor.attach([variable]);
    return data;
  }

  /** Keeps data until it is disposed, whatever other runs do meanwhile. */
  hold(data: DeviceDataset): Disposable {
    this.#held.set(data, (this.#held.get(data) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        const others = this.#held.get(data)! - 1;
        if (others > 0) this.#held.set(data, others);
        else this.#held.delete(data);
      },
    };
  }

  /** The row order of an epoch, for so many rows. */
  async orderOf(executor: Executor, rows: number): Promise<Variable> {
    this.#use(executor);
    let order = this.#orders.get(rows);
    if (!order) {
      order = zerosVariable([rows], "int32", "order");
      this.#orders.set(rows, order);
    }
    if (order.device !== executor) await executor.attach([order]);
    return order;
  }

  /** The program of a mode for data, traced and compiled where there is none yet. */
  async get(executor: Executor, mode: Mode, feed: Feed, data: DeviceDataset): Promise<Program> {
    this.#use(executor);
    const key = this.#key(mode, feed, data);
    let program = this.#programs.get(key);
    if (program) {
      this.#programs.delete(key);
    } else {
      program = await this.#make(executor, mode, feed, data);
    }
    this.#programs.set(key, program);
    for (const [oldest, { executable, data: old }] of this.#programs) {
      if (this.#programs.size <= maxPrograms) break;
      this.#programs.delete(oldest);
      executable.dispose();
      this.#drop(executor, old);
    }
    return program;
  }

  /** Sets where the next steps find their rows. */
  seek(executor: Executor, row: number): void {
    executor.write(this.#state.counters, Int32Array.of(row, 0));
  }

  /** Prepares the next `steps` steps of training: the optimizer's numbers, and random numbers by the step. */
  prepare(executor: Executor, steps: number): void {
    const optimizer = this.#model.optimizer!;
    const table = this.#state.tableFor(optimizer);
    const width = table.shape[1];
    const values = new Float32Array(maxSteps * width);
    for (let i = 0; i < steps; i++) values.set(optimizer.scalars(optimizer.batches + i), i * width);
    executor.write(table, values);
    if (this.#state.random.device === executor) {
      executor.write(this.#state.random, Int32Array.of(randomSeed(), optimizer.batches));
    }
  }

  /** Gives large data back, when a run is over; amid another run that is left to the end of that one. */
  settle(): void {
    if (this.#held.size > 0) return;
    let bytes = 0;
    for (const { variables } of this.#data.values()) {
      for (const { shape, dtype } of variables) {
        bytes += shape.reduce((a, b) => a * b, dtype === "float32" || dtype === "int32" ? 4 : 1);
      }
    }
    if (bytes > maxKeptBytes) this.clear();
  }

  /** Throws all programs away, since the model changed. */
  clear(): void {
    this.version++;
    for (const { executable } of this.#programs.values()) executable.dispose();
    this.#programs.clear();
    const executor = this.#executor;
    if (executor) {
      for (const data of this.#data.values()) data.release(executor);
      for (const order of this.#orders.values()) free(executor, order);
    }
    this.#data.clear();
    this.#orders.clear();
  }

  /** Frees data that no program reads any more, nor a run goes by. */
  #drop(executor: Executor, old: DeviceDataset): void {
    if (this.#held.has(old) || [...this.#programs.values()].some(({ data }) => data === old)) return;
    for (const [key, data] of this.#data) if (data === old) this.#data.delete(key);
    old.release(executor);
  }

  #use(executor: Executor): void {
    if (this.#executor === executor) return;
    this.clear();
    this.#state = new StepState();
    this.#executor = executor;
    onClearSession(() => {
      this.clear();
      this.#executor = undefined;
    });
  }

  #key(mode: Mode, feed: Feed, data: DeviceDataset): string {
    const trainable = new Set<unknown>(this.#model.trainableWeights);
    const bits = this.#model.weights.map((weight) => (trainable.has(weight) ? 1 : 0)).join("");
    const how = feed.kind === "whole" ? "whole" : `${feed.kind} ${feed.batch}`;
    const order = feed.kind === "ordered" ? feed.order.shape[0] : 0;
    return `${mode} ${how} ${order} ${idOf(data)} ${bits}`;
  }

  async #make(executor: Executor, mode: Mode, feed: Feed, data: DeviceDataset): Promise<Program> {
    const model = this.#model;
    const { graph, logs, output } = traceStep(model, mode, feed, data, this.#state);
    // What one update changes lies together, so that it is one pass over flat memory.
    const trained = model.trainableWeights;
    const others = new Set<Variable>(model.weights);
    trained.forEach((weight) => others.delete(weight));
    await executor.attach(trained);
    await executor.attach([...others]);
    if (mode === "train") {
      for (const kind of model.optimizer!.slotsOf(trained)) await executor.attach(kind);
    }
    const executable = await executor.compile(graph);
    const changed = new Set(
      graph.state.filter(({ input, output }) => input !== output).map(({ variable }) => variable),
    );
    return { executable, executor, data, logs, changed, output };
  }
}

const ids = new WeakMap<DeviceDataset, number>();
let nextId = 0;

function idOf(data: DeviceDataset): number {
  let id = ids.get(data);
  if (id === undefined) ids.set(data, id = nextId++);
  return id;
}
