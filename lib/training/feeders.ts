// Feeders: where the batches of a run come from, data that lies on the device or a stream, and the programs for them.
import type { Executor } from "../exec/executor.ts";
import { shuffledOrder } from "../random_stream.ts";
import type { Variable } from "../tensor/variable.ts";
import { type DeviceDataset, rowsOf } from "./data.ts";
import { withLock } from "./lock.ts";
import type { Program, Programs } from "./programs.ts";
import type { Mode } from "./step.ts";
import type { BatchStream } from "./stream.ts";

/** Some batches of one size, which are run at once. */
export interface Chunk {
  /** What runs them. */
  readonly program: Program;
  /** How many there are. */
  readonly steps: number;
  /** How many rows they have together. */
  readonly rows: number;
  /** Writes what the program reads; called before it runs, while no other does. */
  write(): void;
  /** Called while the program runs. */
  meanwhile?(): void;
}

/** Gives the batches of a pass over data. */
export interface Feeder {
  /** The next batches, at most `most`; undefined at the end of the pass. */
  next(most: number): Promise<Chunk | undefined>;
}

/** Rows that lie on the device, one after another. */
export class RowFeeder implements Feeder {
  readonly #whole: boolean;
  #row = 0;

  /** Takes `rows` rows from `start` on, in batches of `batchSize`. */
  constructor(
    readonly programs: Programs,
    readonly executor: Executor,
    readonly mode: Mode,
    readonly data: DeviceDataset,
    readonly span: { readonly start: number; readonly rows: number; readonly batchSize: number },
  ) {
    this.#whole = span.start === 0 && span.rows === data.rows && span.rows <= span.batchSize;
  }

  /** The next batches. */
  async next(most: number): Promise<Chunk | undefined> {
    const { programs, executor, mode, data, span } = this;
    const left = span.rows - this.#row;
    if (left <= 0) return undefined;
    const batch = Math.min(span.batchSize, left);
    const feed = this.#whole ? { kind: "whole" } as const : { kind: "sliced", batch } as const;
    const program = await programs.get(executor, mode, feed, data);
    const row = span.start + this.#row;
    const steps = Math.min(most, Math.floor(left / batch));
    this.#row += steps * batch;
    return { program, steps, rows: steps * batch, write: () => this.#whole || programs.seek(executor, row) };
  }
}

/** Where a pass over shuffled rows stands. */
export interface PassState {
  /** The epoch that it began in. */
  readonly epoch: number;
  /** How many batches the optimizer had taken then. */
  readonly batches: number;
  /** The next row. */
  readonly row: number;
}

/** Rows that lie on the device, in an order of each pass's own, for training. */
export class OrderedFeeder implements Feeder {
  #pass: PassState | undefined;

  /** Takes the first `rows` rows in batches of `batchSize`, by the order that lies in `order`. */
  constructor(
    readonly programs: Programs,
    readonly executor: Executor,
    readonly data: DeviceDataset,
    readonly order: Variable,
    readonly options: { readonly rows: number; readonly batchSize: number; readonly shuffle: boolean },
  ) {}

  /** Whether the pass is at its end, or none was begun. */
  get ended(): boolean {
    return !this.#pass || this.#pass.row >= this.options.rows;
  }

  /** Where the pass stands. */
  get pass(): PassState | undefined {
    return this.#pass;
  }

  /** Begins a pass. Its order is a function of the seed, the epoch and the batches before it. */
  async begin({ epoch, batches, row }: PassState): Promise<void> {
    const { rows, shuffle } = this.options;
    const sequence = shuffle ? shuffledOrder(rows, epoch, batches) : Int32Array.from({ length: rows }, (_, i) => i);
    await withLock(() => Promise.resolve(this.executor.write(this.order, sequence)));
    this.#pass = { epoch, batches, row };
  }

  /** The next batches. */
  async next(most: number): Promise<Chunk | undefined> {
    const { programs, executor, data, order, options, ended } = this;
    if (ended) return undefined;
    const { row } = this.#pass!;
    const left = options.rows - row;
    const batch = Math.min(options.batchSize, left);
    const program = await programs.get(executor, "train", { kind: "ordered", batch, order }, data);
    const steps = Math.min(most, Math.floor(left / batch));
    this.#pass = { ...this.#pass!, row: row + steps * batch };
    return { program, steps, rows: steps * batch, write: () => programs.seek(executor, row) };
  }
}

/** Batches of a stream, each written to the device when its turn comes; there is a program for each of their shapes. */
export class StreamFeeder implements Feeder {
  /** Takes the stream; `rest` says how many batches are wanted after this one, where that is known. */
  constructor(
    readonly programs: Programs,
    readonly executor: Executor,
    readonly mode: Mode,
    readonly stream: BatchStream,
    readonly limit: number | null,
  ) {}

  #given = 0;

  /** The next batch. */
  async next(): Promise<Chunk | undefined> {
    const { programs, executor, mode, stream } = this;
    const samples = await stream.next();
    if (!samples) return undefined;
    this.#given++;
    const data = await withLock(() => programs.room(executor, samples, "batch"));
    const program = await programs.get(executor, mode, { kind: "whole" }, data);
    return {
      program,
      steps: 1,
      rows: rowsOf(samples),
      write: () => {
        if (mode === "train") programs.seek(executor, 0);
        data.write(executor, samples);
      },
      // What would not be used is not asked for: it would be lost.
      meanwhile: () => this.limit !== null && this.#given >= this.limit || stream.prepareNext(),
    };
  }
}
