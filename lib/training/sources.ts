// What a training takes its batches from: arrays, which lie on the device, or a stream; each knows how to go on.
import type { Executor } from "../exec/executor.ts";
import { type DeviceDataset, rowsOf, type Samples } from "./data.ts";
import { type Feeder, OrderedFeeder, type PassState, StreamFeeder } from "./feeders.ts";
import { withLock } from "./lock.ts";
import type { Programs } from "./programs.ts";
import type { BatchStream } from "./stream.ts";

/** The batches of a training. A pass over them may be longer or shorter than an epoch. */
export interface TrainingSource {
  /** How many batches a pass has, if that is known. */
  readonly steps: number | null;
  /** Where the pass stands; undefined before the first. */
  readonly pass: PassState | undefined;
  /** Makes the data ready. */
  load(executor: Executor): Promise<void>;
  /** Begins an epoch: with a pass of its own, or amid one. False where there is nothing left to train on. */
  begin(epoch: number, batches: number): Promise<boolean>;
  /** Goes on amid a pass of an earlier training, where `amidEpoch` also if it is at its end. */
  resume(pass: PassState, amidEpoch: boolean): Promise<void>;
  /** The batches of an epoch, at most `limit`. */
  feeder(limit: number | null): Feeder;
  /** The number of the epoch's batch that begins after so many rows. */
  batchAfter(rows: number): number;
  /** Ends the training. */
  close(): Promise<void>;
}

/** Batches of arrays. */
export class ArrayTraining implements TrainingSource {
  /** Where the samples lie. */
  data: DeviceDataset | undefined;
  #feeder: OrderedFeeder | undefined;
  #kept: Disposable | undefined;
  #resumed = false;

  /** Takes the samples, of which the first `rows` are trained on. */
  constructor(
    readonly programs: Programs,
    readonly samples: Samples,
    readonly options: { readonly rows: number; readonly batchSize: number; readonly shuffle: boolean },
  ) {}

  /** How many batches a pass has. */
  get steps(): number {
    return Math.ceil(this.options.rows / this.options.batchSize);
  }

  /** How many samples are not trained on. */
  get held(): number {
    return rowsOf(this.samples) - this.options.rows;
  }

  /** Where the pass stands. */
  get pass(): PassState | undefined {
    return this.#feeder?.pass;
  }

  /** Copies the samples to the device. */
  async load(executor: Executor): Promise<void> {
    const { programs, samples, options } = this;
    this.data = await withLock(() => programs.load(executor, samples, "fit"));
    this.#kept = programs.hold(this.data);
    const order = await withLock(() => programs.orderOf(executor, options.rows));
    this.#feeder = new OrderedFeeder(programs, executor, this.data, order, options);
  }

  /** Begins an epoch. */
  async begin(epoch: number, batches: number): Promise<boolean> {
    if (this.#feeder!.ended && !this.#resumed) await this.#feeder!.begin({ epoch, batches, row: 0 });
    this.#resumed = false;
    return true;
  }

  /** Goes on amid a pass. */
  async resume(pass: PassState, amidEpoch: boolean): Promise<void> {
    await this.#feeder!.begin(pass);
    this.#resumed = amidEpoch;
  }

  /** The batches of an epoch. */
  feeder(): Feeder {
    return this.#feeder!;
  }

  /** The number of the epoch's batch that begins after so many rows. */
  batchAfter(rows: number): number {
    return Math.floor(rows / this.options.batchSize);
  }

  /** Lets the data go. */
  close(): Promise<void> {
    this.#kept?.[Symbol.dispose]();
    return Promise.resolve();
  }
}

/** Batches of a stream. */
export class StreamTraining implements TrainingSource {
  #executor: Executor | undefined;
  #taken = 0;
  #epoch = 0;
  #resumed = false;
  /** The rows of each batch of the epoch. */
  readonly #rows: number[] = [];

  /** Takes the stream. */
  constructor(readonly programs: Programs, readonly stream: BatchStream) {}

  /** How many batches a pass has: known when the first ended. */
  get steps(): number | null {
    return this.stream.length;
  }

  /** Where the pass stands; its rows are batches. */
  get pass(): PassState | undefined {
    return { epoch: this.#epoch, batches: 0, row: this.#taken };
  }

  /** Remembers the executor. */
  load(executor: Executor): Promise<void> {
    this.#executor = executor;
    return Promise.resolve();
  }

  /** Begins an epoch: with a new pass where the last one ended. */
  async begin(epoch: number): Promise<boolean> {
    const resumed = this.#resumed;
    this.#resumed = false;
    this.#beginPass(epoch);
    if (resumed || await this.stream.hasNext()) return true;
    // The pass ended just where the last epoch did.
    return this.#beginPass(epoch) && await this.stream.hasNext();
  }

  #beginPass(epoch: number): boolean {
    if (!this.stream.begin()) return false;
    this.#taken = 0;
    this.#epoch = epoch;
    return true;
  }

  /** Goes on amid a pass: what was trained on is passed over. */
  async resume({ epoch, row }: PassState, amidEpoch: boolean): Promise<void> {
    this.#beginPass(epoch);
    for (this.#taken = 0; this.#taken < row; this.#taken++) await this.stream.next();
    this.#resumed = amidEpoch;
  }

  /** The batches of an epoch. */
  feeder(limit: number | null): Feeder {
    const feeder = new StreamFeeder(this.programs, this.#executor!, "train", this.stream, limit);
    this.#rows.length = 0;
    return {
      next: async () => {
        const chunk = await feeder.next();
        if (!chunk) return undefined;
        this.#taken++;
        this.#rows.push(chunk.rows);
        return chunk;
      },
    };
  }

  /** The number of the epoch's batch that begins after so many rows. */
  batchAfter(rows: number): number {
    let batch = 0;
    for (let before = 0; before < rows; batch++) before += this.#rows[batch];
    return batch;
  }

  /** Ends the stream. */
  close(): Promise<void> {
    return this.stream.close();
  }
}
