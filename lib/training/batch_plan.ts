// BatchPlan: in which order the steps of a run take the rows of a dataset, and how each step finds its rows.
import { shuffledOrder } from "../random_stream.ts";
import type { Variable } from "../tensor/variable.ts";
import { BatchStream } from "./batch_stream.ts";
import { type Dataset, type DeviceDataset, keyOf, rowShapesOf } from "./dataset.ts";
import { checkIndices } from "./indices.ts";
import type { PassStart } from "./py_dataset.ts";
import { type Run, withLock } from "./run.ts";
import type { BatchIndexing, Mode, Step, Steps } from "./step.ts";
import { tellOfShape } from "./warnings.ts";

/** Batches of one size that one call of a step's program runs. */
export interface StepRange {
  /** The step. */
  readonly step: Step;
  /** The number of batches. */
  readonly count: number;
  /** The number of rows in all of them. */
  readonly rows: number;
  /** Writes what the program reads; called before it runs, while no other program does. */
  write(): void;
  /** Releases the data, after the program has run. */
  release(): void;
}

/** The position of a pass over the training data. */
interface PassPosition extends PassStart {
  /** The next row; for a stream, the next batch. */
  readonly row: number;
}

/** The batches of a run, pass by pass. In training a pass may be longer or shorter than an epoch. */
export interface BatchPlan extends AsyncDisposable {
  /** The number of batches in a pass; null if not known yet. */
  readonly length: number | null;
  /** The position in the pass; undefined before the first one. */
  readonly position: PassPosition | undefined;
  /** Begins a pass at the first batch, if possible. */
  begin(): Promise<void>;
  /** Begins an epoch, with a new pass or within the current one. False if no data is left. */
  beginEpoch(epoch: number, batches: number): Promise<boolean>;
  /** Ends an epoch, perhaps within the pass. */
  endEpoch(): Promise<void>;
  /** Resumes within the pass of an earlier training; with `amidEpoch` also at its end. */
  resume(position: PassPosition, amidEpoch: boolean): Promise<void>;
  /** The next batches, at most `most`; undefined at the end of the pass. */
  next(most: number): Promise<StepRange | undefined>;
  /** Prepares the next batch while a program runs; missing if all rows are on the device. */
  prefetch?(): void;
  /** The index of the batch that starts after `rows` rows of the pass. */
  batchAfter(rows: number): number;
  /** A plan for evaluating the rows that this plan does not use; undefined if there are none. */
  rest(batchSize: number): BatchPlan | undefined;
  /** Ends the pass after a complete run. A plan that is disposed without this also closes the iterator. */
  end(): Promise<void>;
}

/** Which rows of a dataset are used, and how. */
interface RowOptions {
  /** The number of rows per batch; the last batch has the rest. */
  readonly batchSize: number;
  /** The first row; 0 by default. */
  readonly start?: number;
  /** The number of rows; all by default. */
  readonly rows?: number;
  /** For training: whether each pass has its own order. */
  readonly shuffle?: boolean;
  /** Whether to tell of batches of new shapes, which cost programs. */
  readonly verbose?: 0 | 1 | 2;
}

/**
 * The plan for checked data: arrays, which are copied to the device, or a stream. The `role` keeps apart the data of
 * runs that are active at the same time.
 */
export async function openPlan(
  steps: Steps,
  run: Run,
  mode: Mode,
  data: Dataset | BatchStream,
  options: RowOptions,
  role?: string,
): Promise<BatchPlan> {
  if (data instanceof BatchStream) return new StreamPlan(steps, run, mode, data, options);
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

/** Batches of rows of data on the device. */
class ArrayPlan implements BatchPlan {
  #position: PassPosition | undefined;
  #resumed = false;
  readonly #retained: Disposable;
  readonly #start: number;
  readonly #rows: number;

  /** Takes the rows in sequence, or for training in the order that `order` holds. */
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

  /** The number of batches in a pass. */
  get length(): number {
    return Math.ceil(this.#rows / this.options.batchSize);
  }

  /** The position in the pass. */
  get position(): PassPosition | undefined {
    return this.#position;
  }

  /** Begins a pass. */
  begin(): Promise<void> {
    this.#position = { epoch: 0, batches: 0, row: 0 };
    return Promise.resolve();
  }

  /** Begins an epoch, with a pass in a new order if the last one ended. */
  async beginEpoch(epoch: number, batches: number): Promise<boolean> {
    const ended = !this.#position || this.#position.row >= this.#rows;
    if (ended && !this.#resumed) await this.#beginPass({ epoch, batches, row: 0 });
    this.#resumed = false;
    return true;
  }

  /** Nothing to do: the next epoch goes on. */
  endEpoch(): Promise<void> {
    return Promise.resolve();
  }

  /** Resumes within a pass. */
  async resume(position: PassPosition, amidEpoch: boolean): Promise<void> {
    await this.#beginPass(position);
    this.#resumed = amidEpoch;
  }

  /** The order of a pass depends only on the seed, the epoch and the number of earlier batches. */
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

  /** The index of the batch that starts after `rows` rows of the pass. */
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

  /** Releases the data. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#retained[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** Batches of a stream, each copied to the device when it is used; there is one step per batch shape. */
class StreamPlan implements BatchPlan {
  #taken = 0;
  #start: PassStart = { epoch: 0, batches: 0 };
  #resumed = false;
  #hasEnded = false;
  /** The rows of each batch of the epoch. */
  readonly #rows: number[] = [];
  /** The shapes of the batches so far. */
  readonly #shapes: Set<string> = new Set();
  /** The shapes of a row of the first batch. */
  #rowShapes: string | undefined;

  /** Takes the stream. */
  constructor(
    readonly steps: Steps,
    readonly run: Run,
    readonly mode: Mode,
    readonly stream: BatchStream,
    readonly options: Pick<RowOptions, "shuffle" | "verbose">,
  ) {}

  /** The number of batches in a pass: of an iterable known once the first one has ended. */
  get length(): number | null {
    return this.stream.length;
  }

  /** The position in the pass; rows count batches here. */
  get position(): PassPosition {
    return { ...this.#start, row: this.#taken };
  }

  /** Begins a pass. */
  async begin(): Promise<void> {
    await this.stream.beginEpoch();
    this.#beginPass({ epoch: 0, batches: 0 });
  }

  /** Begins an epoch, with a new pass if the last one ended. */
  async beginEpoch(epoch: number, batches: number): Promise<boolean> {
    const resumed = this.#resumed;
    this.#resumed = false;
    this.#rows.length = 0;
    await this.stream.beginEpoch();
    this.#beginPass({ epoch, batches });
    if (resumed || await this.stream.hasNext()) return true;
    // The pass ended exactly where the last epoch did.
    return this.#beginPass({ epoch, batches }) && await this.stream.hasNext();
  }

  #beginPass(start: PassStart): boolean {
    this.#hasEnded = false;
    const { seed } = this.run;
    // The order of a pass depends only on the seed, the epoch and the number of earlier batches.
    const order = (count: number) => shuffledOrder(count, seed, start.epoch, start.batches);
    if (!this.stream.begin(this.options.shuffle ? { ...start, order } : start)) return false;
    this.#taken = 0;
    this.#start = start;
    return true;
  }

  /** Ends an epoch: the next one goes on with the pass, or begins a new one if it ended. */
  endEpoch(): Promise<void> {
    return this.stream.endEpoch();
  }

  /** Resumes within a pass: passes over the batches that were already used. */
  async resume({ row, ...start }: PassPosition, amidEpoch: boolean): Promise<void> {
    await this.stream.beginEpoch();
    this.#beginPass(start);
    await this.stream.skip(row);
    this.#taken = row;
    this.#resumed = amidEpoch;
  }

  /** The next batch. */
  async next(): Promise<StepRange | undefined> {
    const { steps, run, mode, stream, options } = this;
    const dataset = await stream.next();
    if (!dataset) return undefined;
    this.#taken++;
    this.#rows.push(dataset.rows);
    this.#rowShapes ??= rowShapesOf(dataset);
    return await withLock(async () => {
      const { compiled } = steps;
      const range = await rangeOf(steps, run, mode, dataset);
      const isNew = this.#shapes.size < this.#shapes.add(keyOf(dataset, mode)).size;
      const costs = isNew && this.#shapes.size > 1 && steps.compiled > compiled;
      if (options.verbose && costs && !this.#isRest(dataset)) {
        tellOfShape(dataset, this.#shapes.size);
      }
      return range;
    });
  }

  /** Whether a batch has the rows that remain, after batches of one shape: as for arrays that is not worth telling. */
  #isRest(dataset: Dataset): boolean {
    return this.#shapes.size === 2 && this.#taken === this.stream.length && rowShapesOf(dataset) === this.#rowShapes;
  }

  /** Starts to fetch and check the next batch. */
  prefetch(): void {
    this.stream.prefetch();
  }

  /** The index of the batch that starts after `rows` rows of the epoch. */
  batchAfter(rows: number): number {
    let batch = 0;
    for (let before = 0; before < rows; batch++) before += this.#rows[batch];
    return batch;
  }

  /** None: training uses all of a stream. */
  rest(): undefined {}

  /** Ends the pass; the user's own iterator can continue in another run. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.stream.close();
    await this.stream.endEpoch();
  }

  /** Closes the iterator, even the user's own, since the run was aborted. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) await this.stream.abandon();
  }
}

/** The range of one batch, which is copied to the device as a whole before it runs. */
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
