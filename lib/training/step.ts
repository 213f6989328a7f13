// Step: one batch of training, evaluation or prediction, traced into one graph, compiled, and kept for the next run.
import { bytesPerElement, type DType } from "../dtype.ts";
import { describe, ValueError } from "../errors.ts";
import { communicator } from "../communicator.ts";
import type { Executable, Executor } from "../exec/executor.ts";
import { type BatchValues, compileTogether } from "../exec/together.ts";
import { onClearSession } from "../session.ts";
import type { Graph, ValueId } from "../ir/graph.ts";
import { errorPlace, withContext } from "../ir/context.ts";
import { owned, recording, Trace } from "../ir/trace.ts";
import { idOf, Value } from "../ir/value.ts";
import { addedLosses, isTraining } from "../layers/context.ts";
import { changesSoFar, revisionOf } from "../layers/preparing.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Scalars } from "../optimizers/scalars.ts";
import { add, cast, dynamicSlice, dynamicUpdateSlice, gather, reshape, slice, subtract } from "../ops/primitives.ts";
import { programRandom, RandomState } from "../random_stream.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { flatten, packLike, type Structure } from "../structure.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { agreeOnStep } from "./agreement.ts";
import { type Dataset, DeviceDataset, free, keyOf, zerosVariable } from "./dataset.ts";
import { looksUp, type Lookup, lookupsOf } from "./indices.ts";
import type { Run } from "./run.ts";
import type { AnyStepData, StepLogs, TrainableModel } from "./trainer.ts";

/** What a step does with its batch. */
export type Mode = "train" | "test" | "predict";

/** How a step finds the rows of its batch: by the epoch's order, in sequence, or as all rows. */
export type BatchIndexing =
  | { readonly kind: "ordered"; readonly batch: number; readonly order: Variable }
  | { readonly kind: "sliced"; readonly batch: number }
  | { readonly kind: "whole" };

/** The state that a model's steps share besides weights, slots and metrics. */
export class StepState {
  /** `[first row of the batch, row of the table]`, int32; advanced by each step. */
  readonly counters: Variable = zerosVariable([2], "int32", "counters");
  /** `[seed, step]`, int32; advanced by each step that draws random numbers. */
  readonly random: Variable = zerosVariable([2], "int32", "random");
  #table: Variable | undefined;

  /** The optimizer's scalars for the next steps, one row per step. */
  tableFor(optimizer: Optimizer): Variable {
    const width = optimizer.scalarNames.length;
    if (this.#table?.shape[1] !== width) this.#table = zerosVariable([maxSteps, width], "float32", "step scalars");
    return this.#table!;
  }
}

/** The results of tracing a step. */
interface Traced {
  /** The indices that it computes from its batch. */
  readonly lookups: readonly Lookup[];
  /** The logs that the model's own step returned, each in a variable. */
  readonly logs: ReadonlyMap<string, Variable>;
  /** The outputs for all rows, if the step predicts. */
  readonly output: Predicted | undefined;
}

/** A traced and compiled step. */
export interface Step extends Traced {
  /** The mode. */
  readonly mode: Mode;
  /** How it finds its rows. */
  readonly indexing: BatchIndexing;
  /** The data that it reads. */
  readonly data: DeviceDataset;
  /** The compiled program. */
  readonly executable: Executable;
  /** The variables that it changes. */
  readonly changed: ReadonlySet<unknown>;
}

/** The most steps per call: the number of rows of the table of step scalars. */
export const maxSteps = 512;
/** The most steps kept per model, one for each combination of shapes. */
const maxKept = 16;
/** Data larger than this many bytes is freed after a run. */
const maxKeptBytes = 64 * 2 ** 20;

/** The steps of one model, and the device variables that they read besides its weights. */
export class Steps {
  readonly #model: TrainableModel;
  readonly #steps = new Map<string, Step>();
  readonly #data = new Map<string, DeviceDataset>();
  readonly #orders = new Map<number, Variable>();
  /** Reference counts of datasets in use. */
  readonly #retained = new Map<DeviceDataset, number>();
  #state = new StepState();
  #executor: Executor | undefined;
  #discarded = 0;
  #revision = 0;
  #changesSeen: number | undefined;
  /** The number of programs that were compiled so far. */
  compiled = 0;

  /** Starts with none. */
  constructor(model: TrainableModel) {
    this.#model = model;
  }

  /** Increases whenever steps are discarded, and when layers change so that older steps compute something else. */
  get version(): number {
    // The layers are walked only after one has changed: a small prediction takes no longer than the walk.
    if (this.#changesSeen !== changesSoFar()) {
      this.#changesSeen = changesSoFar();
      this.#revision = revisionOf(this.#model.sublayers);
    }
    return this.#discarded + this.#revision;
  }

  /** The executor that runs the steps. */
  get executor(): Executor {
    return this.#executor!;
  }

  /** Runs the steps on an executor from now on; discards those made for another. */
  use(executor: Executor): void {
    if (this.#executor === executor) return;
    this.clear();
    this.#state = new StepState();
    this.#executor = executor;
    onClearSession(this, (steps) => {
      steps.clear();
      steps.#executor = undefined;
    });
  }

  /**
   * Variables for data of these shapes; reuses existing ones that no other run uses. `role` keeps apart the data of
   * different uses.
   */
  async allocate(dataset: Dataset, role: string): Promise<DeviceDataset> {
    const key = keyOf(dataset, role);
    let data = this.#data.get(key);
    if (data && this.isRetained(data)) return await this.allocate(dataset, `${role}+`);
    if (!data) this.#data.set(key, data = new DeviceDataset(dataset, role));
    for (const variable of data.variables) {
      if (variable.device !== this.executor) await this.executor.attach([variable]);
    }
    return data;
  }

  /** The variable with the row order of an epoch of `rows` rows. */
  async orderOf(rows: number): Promise<Variable> {
    let order = this.#orders.get(rows);
    if (!order) this.#orders.set(rows, order = zerosVariable([rows], "int32", "order"));
    if (order.device !== this.executor) await this.executor.attach([order]);
    return order;
  }

  /** Whether the model looks up indices from data, which must be checked before a step runs. */
  get looksUp(): boolean {
    return looksUp(this.#model);
  }

  /** Whether a run uses the data. */
  isRetained(data: DeviceDataset): boolean {
    return this.#retained.has(data);
  }

  /** Keeps data until disposed, whatever other runs do meanwhile; then large data is freed. */
  retain(data: DeviceDataset): Disposable {
    this.#retained.set(data, (this.#retained.get(data) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        const others = this.#retained.get(data)! - 1;
        if (others > 0) this.#retained.set(data, others);
        else this.#retained.delete(data);
        this.freeLargeData();
      },
    };
  }

  /** The step of a mode for data; traces and compiles it if there is none yet. */
  async get(mode: Mode, indexing: BatchIndexing, data: DeviceDataset): Promise<Step> {
    const key = this.#key(mode, indexing, data);
    let step = this.#steps.get(key);
    if (step) {
      this.#steps.delete(key);
    } else {
      step = await this.#make(mode, indexing, data);
    }
    this.#steps.set(key, step);
    for (const [oldest, { executable, data: old }] of this.#steps) {
      if (this.#steps.size <= maxKept) break;
      if (this.isRetained(old)) continue;
      this.#steps.delete(oldest);
      executable.dispose();
      this.#drop(old);
    }
    return step;
  }

  /**
   * Writes what the next `count` runs of a step read besides their data: the start of their rows, and for training the
   * optimizer's scalars and the random counter.
   */
  prepare({ mode, indexing }: Step, run: Run, row: number, count: number): void {
    const { executor } = this;
    const { counters, random } = this.#state;
    if (mode === "train" || indexing.kind !== "whole") executor.write(counters, Int32Array.of(row, 0));
    if (mode !== "train") return;
    const optimizer = this.#model.optimizer!;
    const table = this.#state.tableFor(optimizer);
    const width = table.shape[1];
    const values = new Float32Array(maxSteps * width);
    for (let i = 0; i < count; i++) values.set(Object.values(optimizer.scalars(optimizer.batches + i)), i * width);
    executor.write(table, values);
    const { skippedBatches } = optimizer;
    if (skippedBatches?.device === executor) executor.write(skippedBatches, Int32Array.of(0));
    else skippedBatches?.assign([0]);
    if (random.device === executor) executor.write(random, Int32Array.of(run.seed, optimizer.batches));
  }

  /** Frees large datasets after a run, unless another run still uses them. */
  freeLargeData(): void {
    if (this.#retained.size > 0) return;
    let bytes = 0;
    for (const { variables } of this.#data.values()) {
      for (const { shape, dtype } of variables) bytes += sizeOf(shape) * bytesPerElement(dtype);
    }
    if (bytes > maxKeptBytes) this.clear();
  }

  /** Discards all steps, since the model changed. Data in use is freed after the last run that uses it. */
  clear(): void {
    this.#discarded++;
    for (const { executable, data } of this.#steps.values()) if (!this.isRetained(data)) executable.dispose();
    this.#steps.clear();
    const executor = this.#executor;
    if (executor) {
      for (const data of this.#data.values()) if (!this.isRetained(data)) data.release(executor);
      if (this.#retained.size === 0) { for (const order of this.#orders.values()) free(executor, order); }
    }
    this.#data.clear();
    this.#orders.clear();
  }

  /** Frees data that no step reads and no run uses. */
  #drop(old: DeviceDataset): void {
    if (this.#retained.has(old) || [...this.#steps.values()].some(({ data }) => data === old)) return;
    for (const [key, data] of this.#data) if (data === old) this.#data.delete(key);
    old.release(this.executor);
  }

  #key(mode: Mode, indexing: BatchIndexing, data: DeviceDataset): string {
    const trainable = new Set<unknown>(this.#model.trainableWeights);
    const bits = this.#model.weights.map((weight) => (trainable.has(weight) ? 1 : 0)).join("");
    const how = indexing.kind === "whole" ? "whole" : `${indexing.kind} ${indexing.batch}`;
    const order = indexing.kind === "ordered" ? indexing.order.shape[0] : 0;
    return `${mode} ${how} ${order} ${data.key} ${bits} ${this.version}`;
  }

  async #make(mode: Mode, indexing: BatchIndexing, data: DeviceDataset): Promise<Step> {
    const { executor } = this;
    const model = this.#model;
    const { graph, batch, ...traced } = traceStep(model, mode, indexing, data, this.#state);
    // Variables that one update changes are contiguous, so that it is one pass over flat memory.
    const trained = model.trainableWeights;
    const others = new Set<Variable>(model.weights);
    trained.forEach((weight) => others.delete(weight));
    await executor.attach(trained);
    await executor.attach([...others]);
    if (mode === "train") {
      for (const kind of model.optimizer!.slotsOf(trained)) await executor.attach(kind);
    }
    await agreeOnStep(`${mode} "${model.name}"`, graph);
    const executable = await compileTogether(executor, graph, batch, {
      others: await communicator(),
      frozen: mode === "train" ? [] : model.weights,
    });
    this.compiled++;
    const changed = new Set(
      graph.state.filter(({ input, output }) => input !== output).map(({ variable }) => variable),
    );
    return { ...traced, mode, indexing, data, executable, changed };
  }
}

/** The outputs for all rows. */
interface Predicted {
  /** A structure like the outputs'. */
  readonly like: Structure<unknown>;
  /** The outputs, in the order in which structures are flattened. */
  readonly variables: readonly Variable[];
}

/** The scope of what reads and writes the rows of batches. */
const ofData = owned("data", "batches");

/** Traces one step of `model`. */
export function traceStep(
  model: TrainableModel,
  mode: Mode,
  indexing: BatchIndexing,
  data: DeviceDataset,
  state: StepState,
): Traced & { readonly graph: Graph; readonly batch: BatchValues } {
  const trace = new Trace();
  const logs = new Map<string, Variable>();
  let taken: readonly ValueId[] = [];
  let rowsIn: readonly ValueId[] = [];
  let output: Predicted | undefined;
  const random = new RandomState(state.random);
  const place = `the ${
    mode === "train" ? "training" : mode === "test" ? "evaluation" : "prediction"
  } of "${model.name}"`;
  const ofStep = [
    ...recording(trace),
    errorPlace.of(place),
    programRandom.of(random),
    isTraining.of(mode === "train"),
    addedLosses.of([]),
  ];
  withContext(ofStep, () => {
    const { batch, inputs, holders } = withContext([ofData], () => batchOf(model, indexing, data, state));
    taken = inputs;
    rowsIn = holders;
    let returned: StepLogs | void = undefined;
    if (mode === "test") {
      returned = model.testStep(batch);
    } else if (mode === "predict") {
      const predicted = model.predictStep(batch);
      output = withContext([ofData], () => writeOutput(predicted, indexing, data, state));
    } else {
      const optimizer = model.optimizer!;
      // Which numbers it needs may depend on the variables.
      optimizer.build(model.trainableWeights);
      const scalars = withContext([owned("optimizer", optimizer.name)], () => stepScalars(optimizer, state));
      returned = optimizer.withScalars(scalars, () => model.trainStep(batch));
    }
    withContext([owned("metric", "logs")], () => {
      for (const [name, value] of Object.entries(checkedLogs(returned, model))) {
        const held = zerosVariable([], "float32", `log/${name}`);
        held.assign(reshape(cast(value, "float32"), []));
        logs.set(name, held);
      }
    });
    withContext([owned("data", "counters")], () => {
      random.advance();
      const rows = indexing.kind === "whole" ? 0 : indexing.batch;
      const rowsOfTable = mode === "train" ? 1 : 0;
      if (rows + rowsOfTable > 0) {
        const step = new Tensor([2], "int32", Int32Array.of(rows, rowsOfTable));
        state.counters.assign(add(state.counters, step));
      }
    });
  });
  return {
    graph: trace.graph,
    batch: { ids: rowsIn, rows: indexing.kind === "whole" ? data.rows : indexing.batch },
    lookups: lookupsOf(model, trace.graph, taken),
    logs,
    output,
  };
}

function checkedLogs(returned: unknown, model: TrainableModel): StepLogs {
  if (returned === undefined) return {};
  const isObject = returned !== null && typeof returned === "object" && !Array.isArray(returned);
  const entries = isObject ? Object.entries(returned) : [];
  const wrong = entries.find(([, value]) => !(value instanceof Value) || sizeOf(value.shape) !== 1);
  if (isObject && !(returned instanceof Value) && !wrong) return returned as StepLogs;
  const [name, value] = wrong ?? [];
  throw new ValueError({
    what: `Cannot take what the step of "${model.name}" returned`,
    rule: "it must be nothing, or an object of symbolic numbers by name",
    received: !wrong
      ? describe(returned)
      : `"${name}" of ${value instanceof Value ? `shape ${formatShape(value.shape)}` : describe(value)}`,
    hint: returned instanceof Promise
      ? "a step must not be async"
      : value instanceof Promise
      ? "leave out results of metrics: those in properties of the model are reported by themselves"
      : "write it as in return { loss }",
  });
}

/** The batch, the rows of its inputs as given, before they are cast, and the values that all of its rows come from. */
function batchOf(
  model: TrainableModel,
  indexing: BatchIndexing,
  data: DeviceDataset,
  { counters }: StepState,
): { readonly batch: AnyStepData; readonly inputs: readonly ValueId[]; readonly holders: readonly ValueId[] } {
  let take: (variable: Variable) => Value;
  let ordered: Value | undefined;
  if (indexing.kind === "ordered") {
    const order = ordered = dynamicSlice(indexing.order, counters, 0, indexing.batch);
    take = (variable) => gather(variable, order);
  } else if (indexing.kind === "sliced") {
    take = (variable) => dynamicSlice(variable, counters, 0, indexing.batch);
  } else {
    take = (variable) => variable.value();
  }
  const dtypes = model.inputDType === undefined ? [] : flatten(model.inputDType);
  const rows = data.x.map(take);
  const x = rows.map((value, i) => (dtypes[i] ? cast(value, dtypes[i]) : value));
  // Each variable is read once, even if several outputs use it.
  const taken = new Map<Variable, Value>();
  const takeOnce = (variable: Variable | undefined) => {
    if (!variable) return undefined;
    if (!taken.has(variable)) taken.set(variable, take(variable));
    return taken.get(variable);
  };
  // An output without targets or weights keeps an empty place.
  const pack = (variables: readonly (Variable | undefined)[], dtype?: DType) =>
    variables.some((variable) => variable)
      ? packLike(
        data.yLike,
        variables.map((variable) => {
          const value = takeOnce(variable);
          return value && dtype ? cast(value, dtype) : value;
        }),
      ) as Structure<Value>
      : undefined;
  return {
    batch: { x: packLike(data.xLike, x), y: pack(data.y), sampleWeight: pack(data.weights, "float32") },
    inputs: rows.map(idOf),
    holders: (ordered ? [ordered] : [...rows, ...taken.values()]).map(idOf),
  };
}

/** The optimizer's scalars for this step. */
function stepScalars(optimizer: Optimizer, state: StepState): Scalars {
  const table = state.tableFor(optimizer);
  const width = table.shape[1];
  const { skippedBatches } = optimizer;
  // What was left out has used no row.
  const at = skippedBatches ? subtract(slice(state.counters, [1], [1]), skippedBatches) : state.counters;
  const row = reshape(dynamicSlice(table, at, skippedBatches ? 0 : 1, 1), [width]);
  return Object.fromEntries(optimizer.scalarNames.map((name, i) => [name, reshape(slice(row, [i], [1]), [])]));
}

function writeOutput(
  value: Structure<Value>,
  indexing: BatchIndexing,
  data: DeviceDataset,
  { counters }: StepState,
): Predicted {
  const variables = flatten(value).map((item, i) => {
    const output = data.outputOf(i, item.shape, item.dtype);
    output.assign(indexing.kind === "whole" ? item : dynamicUpdateSlice(output, item, counters, 0));
    return output;
  });
  return { like: value, variables };
}
