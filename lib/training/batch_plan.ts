// BatchPlan: in which order the steps of a run take the rows of a data set, and where each step finds its own.
import { shuffledOrder } from "../random_stream.ts";
import type { Variable } from "../tensor/variable.ts";
import { BatchStream, type Dataset, type DeviceDataset } from "./dataset.ts";
import { checkIndices } from "./indices.ts";
import { type Run, withLock } from "./run.ts";
import type { BatchIndexing, Mode, Step, Steps } from "./step.ts";

/** Some batches of one size, which one call of a step's program runs. */
export interface StepRange {
  /** The step. */
  readonly step: Step;
  /** How many batches there are. */
  readonly count: number;
  /** How many rows they have together. */
  readonly rows: number;
  /** Writes what the program reads; called before it runs, while no other does. */
  write(): void;
  /** Lets the data go, when the program has run. */
  release(): void;
}

/** Where a pass over the data of a training stands. */
export interface PassPosition {
  /** The epoch that it began in. */
  readonly epoch: number;
  /** How many batches the optimizer had taken then. */
  readonly batches: number;
  /** The next row; of a stream the next batch. */
  readonly row: number;
}

/** The batches of a run, pass by pass. In a training a pass may be longer or shorter than an epoch. */
export interface BatchPlan extends AsyncDisposable {
  /** How many batches a pass has; null where nobody knows yet. */
  readonly length: number | null;
  /** Where the pass stands; undefined before the first. */
  readonly position: PassPosition | undefined;
  /** Begins a pass at the first batch, where there can be one. */
  begin(): void;
  /** Begins an epoch of a training: with a pass of its own, or amid one. False where nothing is left to train on. */
  beginEpoch(epoch: number, batches: number): Promise<boolean>;
  /** Goes on amid a pass of an earlier training, where `amidEpoch` also if it is at its end. */
  resume(position: PassPosition, amidEpoch: boolean): Promise<void>;
  /** The next batches, at most `most`; undefined at the end of the pass. */
  next(most: number): Promise<StepRange | undefined>;
  /** Makes the next batch ready while a program runs. */
  prefetch(): void;
  /** The number of the pass's batch that begins after so many rows. */
  batchAfter(rows: number): number;
  /** The plan that evaluates the rows that this one leaves; undefined where there are none. */
  rest(batchSize: number): BatchPlan | undefined;
  /** Ends the pass where the run is done. A plan that is disposed without this ends what it iterates over for good. */
  end(): Promise<void>;
}

/** Which rows of a data set are taken, and how. */
export interface RowOptions {
  /** How many rows a batch has; the last one has what is left. */
  readonly batchSize: number;
  /** The first row; 0 by default. */
  readonly start?: number;
  /** The number of rows; all by default. */
  readonly rows?: number;
  /** For training: whether the rows come in another order in each pass. */
  readonly shuffle?: boolean;
}

/**
 * The plan for checked data: arrays, which are loaded onto the device, or a stream. What several runs at once load has
 * a `role` for each.
 */
export async function openPlan(
  steps: Steps,
  run: Run,
  mode: Mode,
  data: Dataset | BatchStream,
  options: RowOptions,
  role?: string,
): Promise<BatchPlan> {
  if (data instanceof BatchStream) return new StreamPlan(steps, run, mode, data);
  return await withLock(async () => {
    const loaded = await steps.allocate(data, role ?? (data.rows <= options.batchSize ? "batch" : mode));
    loaded.write(steps.executor, data);
    const { batchSize, rows = data.rows, shuffle } = options;
    const order = shuffle === undefined ? undefined : await steps.orderOf(rows);
    if (steps.looksUp) {
      const step = await steps.get(mode, indexingOf(Math.min(batchSize, rows), loaded, order), loaded);
      checkIndices(step.lookups, data);
    }
    return new ArrayPlan(steps, run, mode, loaded, options, order);
  });
}

function indexingOf(batch: number, { rows }: DeviceDataset, order: Variable | undefined): BatchIndexing {
  if (order) return { kind: "ordered", batch, order };
  return batch === rows ? { kind: "whole" } : { kind: "sliced", batch };
}

/** Batches of rows that lie on the device. */
export class ArrayPlan implements BatchPlan {
  #position: PassPosition | undefined;
  #resumed = false;
  readonly #retained: Disposable;
  readonly #start: number;
  readonly #rows: number;

  /** Takes the rows one after another, or for training by the order that lies in `order`. */
  constructor(
    readonly steps: Steps,
    readonly run: Run,
    readonly mode: Mode,
    readonly data: DeviceDataset,
    readonly options: RowOptions,
    readonly order?: Variable,
  ) {
    this.#start = options.start ?? 0;
    this.#rows = options.rows ?? data.rows;
    this.#retained = steps.retain(data);
  }

  /** How many batches a pass has. */
  get length(): number {
    return Math.ceil(this.#rows / this.options.batchSize);
  }

  /** Where the pass stands. */
  get position(): PassPosition | undefined {
    return this.#position;
  }

  /** Begins a pass. */
  begin(): void {
    this.#position = { epoch: 0, batches: 0, row: 0 };
  }

  /** Begins an epoch, with a pass in a new order where the last one ended. */
  async beginEpoch(epoch: number, batches: number): Promise<boolean> {
    const ended = !this.#position || this.#position.row >= this.#rows;
    if (ended && !this.#resumed) await this.#beginPass({ epoch, batches, row: 0 });
    this.#resumed = false;
    return true;
  }

  /** Goes on amid a pass. */
  async resume(position: PassPosition, amidEpoch: boolean): Promise<void> {
    await this.#beginPass(position);
    this.#resumed = amidEpoch;
  }

  /** The order of a pass is a function of the seed, the epoch and the batches before it. */
  async #beginPass(position: PassPosition): Promise<void> {
    const rows = this.#rows;
    const order = this.options.shuffle
      ? shuffledOrder(rows, this.run.seed, position.epoch, position.batches)
      : Int32Array.from({ length: rows }, (_, i) => i);
    await withLock(() => Promise.resolve(this.steps.executor.write(this.order!, order)));
    this.#position = position;
  }

  /** The next batches. */
  async next(most: number): Promise<StepRange | undefined> {
    const { steps, run, mode, data, options, order } = this;
    const position = this.#position!;
    const left = this.#rows - position.row;
    if (left <= 0) return undefined;
    const batch = Math.min(options.batchSize, left);
    const step = await steps.get(mode, indexingOf(batch, data, order), data);
    const count = Math.min(most, Math.floor(left / batch));
    const rows = count * batch;
    this.#position = { ...position, row: position.row + rows };
    return {
      step,
      count,
      rows,
      write: () => steps.prepare(step, run, this.#start + position.row, count),
      release: () => {},
    };
  }

  /** Nothing to do: the rows are on the device. */
  prefetch(): void {}

  /** The number of the pass's batch that begins after so many rows. */
  batchAfter(rows: number): number {
    return Math.floor(rows / this.options.batchSize);
  }

  /** The plan for the rows after these. */
  rest(batchSize: number): ArrayPlan | undefined {
    const start = this.#start + this.#rows;
    const rows = this.data.rows - start;
    return rows === 0 ? undefined : new ArrayPlan(this.steps, this.run, "test", this.data, {
      start,
      rows,
      batchSize,
    });
  }

  /** Nothing to do: the rows stay where they are. */
  end(): Promise<void> {
    return Promise.resolve();
  }

  /** Lets the data go. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#retained[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** Batches of a stream, each written to the device when its turn comes; there is a step for each of their shapes. */
export class StreamPlan implements BatchPlan {
  #taken = 0;
  #epoch = 0;
  #resumed = false;
  #hasEnded = false;
  /** The rows of each batch of the epoch. */
  readonly #rows: number[] = [];

  /** Takes the stream. */
  constructor(readonly steps: Steps, readonly run: Run, readonly mode: Mode, readonly stream: BatchStream) {}

  /** How many batches a pass has: known when the first ended. */
  get length(): number | null {
    return this.stream.length;
  }

  /** Where the pass stands; its rows are batches. */
  get position(): PassPosition {
    return { epoch: this.#epoch, batches: 0, row: this.#taken };
  }

  /** Begins a pass. */
  begin(): void {
    this.#beginPass(0);
  }

  /** Begins an epoch, with a new pass where the last one ended. */
  async beginEpoch(epoch: number): Promise<boolean> {
    const resumed = this.#resumed;
    this.#resumed = false;
    this.#rows.length = 0;
    this.#beginPass(epoch);
    if (resumed || await this.stream.hasNext()) return true;
    // The pass ended just where the last epoch did.
    return this.#beginPass(epoch) && await this.stream.hasNext();
  }

  #beginPass(epoch: number): boolean {
    this.#hasEnded = false;
    if (!this.stream.begin()) return false;
    this.#taken = 0;
    this.#epoch = epoch;
    return true;
  }

  /** Goes on amid a pass: what was trained on is passed over. */
  async resume({ epoch, row }: PassPosition, amidEpoch: boolean): Promise<void> {
    this.#beginPass(epoch);
    for (this.#taken = 0; this.#taken < row; this.#taken++) await this.stream.next();
    this.#resumed = amidEpoch;
  }

  /** The next batch. */
  async next(): Promise<StepRange | undefined> {
    const { steps, run, mode, stream } = this;
    const dataset = await stream.next();
    if (!dataset) return undefined;
    this.#taken++;
    this.#rows.push(dataset.rows);
    return await withLock(() => rangeOf(steps, run, mode, dataset));
  }

  /** Begins to fetch and check the next batch. */
  prefetch(): void {
    this.stream.prefetch();
  }

  /** The number of the epoch's batch that begins after so many rows. */
  batchAfter(rows: number): number {
    let batch = 0;
    for (let before = 0; before < rows; batch++) before += this.#rows[batch];
    return batch;
  }

  /** None: all of a stream is trained on. */
  rest(): undefined {}

  /** Ends the pass; an iterator that the user made goes on in another run. */
  end(): Promise<void> {
    this.#hasEnded = true;
    return this.stream.close();
  }

  /** Ends what is iterated over, whoever made it, where the run broke off. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) await this.stream.abandon();
  }
}

/** The range of one batch, which is written to the device as a whole before it runs. */
export async function rangeOf(steps: Steps, run: Run, mode: Mode, batch: Dataset): Promise<StepRange> {
  const data = await steps.allocate(batch, "batch");
  const retained = steps.retain(data);
  try {
    const step = await steps.get(mode, { kind: "whole" }, data);
    checkIndices(step.lookups, batch);
    return {
      step,
      count: 1,
      rows: batch.rows,
      write: () => {
        steps.prepare(step, run, 0, 1);
        data.write(steps.executor, batch);
      },
      release: () => retained[Symbol.dispose](),
    };
  } catch (error) {
    retained[Symbol.dispose]();
    throw error;
  }
}
