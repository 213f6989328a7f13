// PyDataset: batches by their number, which fit asks for ahead of time. https://keras.io/api/utils/python_utils/
import { declareMethods } from "../checked_methods.ts";
import { describe, StateError, ValueError } from "../errors.ts";
import { boolean, integerAtLeast } from "../option_kinds.ts";
import { optionTable, readMethodOptions, withFacts } from "../options.ts";
import { isNamed } from "../structure.ts";
import type { Batch } from "./batches.ts";

/** Options of {@linkcode PyDataset}. */
export interface PyDatasetOptions {
  /** How many calls of an asynchronous `getItem` run at a time; 1 by default. With 0 none runs ahead of its use. */
  workers?: number;
  /** Only false: batches are not made in other processes. Several `workers` read files and fetch URLs at a time. */
  useMultiprocessing?: boolean;
  /** The most batches that wait for their use, or are being made; 10 by default. */
  maxQueueSize?: number;
}

const inOneProcess = boolean(false);

const pyDatasetOptions = optionTable<PyDatasetOptions>()({
  workers: integerAtLeast(0, 1),
  useMultiprocessing: withFacts(inOneProcess, {
    read: (given, place) => {
      if (inOneProcess.read(given, place) === false) return false;
      throw new ValueError({
        what: place.what,
        rule: `${place.option} must be false, since batches are made in this process`,
        received: "true",
        hint: "make getItem async, and give more workers; work for the processor goes into a Worker of your own",
      });
    },
  }),
  maxQueueSize: integerAtLeast(1, 10),
});

/** A pass over the batches of a dataset as a training takes it. */
export interface PassStart {
  /** The epoch in which it begins. */
  readonly epoch: number;
  /** The number of batches that the optimizer saw before. */
  readonly batches: number;
}

/** Gives the batch of a number; `signal` tells when it is not needed any more. */
export type GetItem<B> = (index: number, signal: AbortSignal) => B | Promise<B>;

/**
 * Data that comes batch by batch, each by its number: `fit`, `evaluate`, `predict` and `validationData` take it in place
 * of arrays. Extend it with `getItem(index)`, which is Keras's `__getitem__`, and with `numBatches`, or `length` as in
 * `__len__`. `fit` takes the batches in a new order in each epoch, unless `shuffle` is false.
 *
 * If `getItem` is async, up to `workers` calls of it run while the model trains, and up to `maxQueueSize` batches wait;
 * they are used in their order whichever is there first. What it throws ends the training, with an error that says which
 * batch it was; a call whose batch is not needed any more is told so by its `AbortSignal`, and waited for.
 *
 * As Keras's class of this name, which was `Sequence` before. https://keras.io/api/utils/python_utils/
 *
 * @example Squares
 * ```ts
 * import { Input, layers, Sequential, utils } from "./mod.ts";
 * class Squares extends utils.PyDataset {
 *   override get numBatches() {
 *     return 3;
 *   }
 *   override getItem(index: number): utils.Batch {
 *     return [[[index], [index + 0.5]], [[index ** 2], [(index + 0.5) ** 2]]];
 *   }
 * }
 * const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
 * model.compile({ optimizer: "sgd", loss: "mse" });
 * await model.fit(new Squares({ workers: 2 }), undefined, { epochs: 2, verbose: 0 });
 * console.log((await model.predict(new Squares(), { verbose: 0 })).shape); // [ 6, 1 ]
 * ```
 */
export abstract class PyDataset<B = Batch> implements AsyncIterable<B> {
  /** How many calls of an asynchronous `getItem` run at a time. */
  readonly workers: number;
  /** False: batches are made in this process. */
  readonly useMultiprocessing: boolean;
  /** The most batches that wait for their use, or are being made. */
  readonly maxQueueSize: number;

  /** Takes how far `getItem` runs ahead. Throws {@linkcode ValueError} for options that do not suit. */
  constructor(options: PyDatasetOptions = {}) {
    const what = `Cannot make ${new.target.name || "a PyDataset"}`;
    const kept = readMethodOptions("PyDataset", pyDatasetOptions, options, what);
    this.workers = kept.workers;
    this.useMultiprocessing = kept.useMultiprocessing;
    this.maxQueueSize = kept.maxQueueSize;
  }

  /**
   * The batch of a number: `[x]`, `[x, y]`, `[x, y, sampleWeight]`, or a promise of it.
   *
   * @param index the number, from 0 to `numBatches` - 1, or without end
   * @param signal aborted when the batch is not needed any more, as for `fetch(url, { signal })`
   */
  abstract getItem(index: number, signal: AbortSignal): B | Promise<B>;

  /** The number of batches; null for a dataset without end. By default `length`. */
  get numBatches(): number | null {
    return this.length;
  }

  /** The number of batches too, as Keras's older datasets name it. */
  get length(): number | null {
    throw new StateError({
      what: `Cannot count the batches of ${this.constructor.name}`,
      rule: "it has neither numBatches nor length",
      received: "none",
      hint: "define get numBatches(), which returns the number of batches, or null for a dataset without end",
    });
  }

  /** Whether `fit` leaves the batches in their order, whatever its `shuffle` says; false unless a class says so. */
  get keepsOrder(): boolean {
    return false;
  }

  /** Called before each epoch, evaluation and prediction. A promise is awaited. */
  onEpochBegin(): void | Promise<void> {}

  /** Called after each epoch, evaluation and prediction. A promise is awaited. */
  onEpochEnd(): void | Promise<void> {}

  /** What makes the batches of one pass: `getItem`, unless a class has something else for each pass. */
  protected itemsOf(_start?: PassStart): GetItem<B> {
    return (index, signal) => this.getItem(index, signal);
  }

  /** The batches in their order, made ahead in the same way as for `fit`; not counted as an epoch. */
  async *[Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const pass = this.beginPass();
    try {
      for (let next = await pass.next(); !next.done; next = await pass.next()) yield next.value;
    } finally {
      await pass.return();
    }
  }

  /** Begins a pass, in the order that `order` gives for a number of batches, or without it one after the other. */
  beginPass(start?: PassStart, order?: (count: number) => Int32Array): DatasetPass<B> {
    const count = countOf(this);
    const places = count === null ? undefined : order?.(count);
    return new DatasetPass(this, this.itemsOf(start), count ?? Infinity, places);
  }

  /**
   * A dataset of what `fn` makes of each batch, as `tf.data.Dataset.map`.
   *
   * @param fn called with a batch and its number; may return a promise
   *
   * @example Inputs that are their own targets
   * ```ts
   * import { utils } from "./mod.ts";
   * class Rows extends utils.PyDataset<number[][]> {
   *   override get numBatches() {
   *     return 2;
   *   }
   *   override getItem(index: number) {
   *     return [[index], [index + 1]];
   *   }
   * }
   * for await (const [x, y] of new Rows().map((rows) => [rows, rows])) console.log(x.length, x === y);
   * // 2 true
   * ```
   */
  map<To>(fn: (batch: B, index: number) => To | Promise<To>): PyDataset<To> {
    if (typeof fn === "function") return new MappedDataset(this, (start) => this.itemsOf(start), fn);
    throw new ValueError({
      what: `Cannot map ${this.constructor.name}`,
      rule: "it takes a function of a batch",
      received: describe(fn),
      hint: "write it as in map(([x, y]) => [x, y])",
    });
  }
}

declareMethods(PyDataset, {
  getItem: { verb: "get a batch of", takes: { index: (given) => given }, returns: "the batch of that number" },
});

/** The number of batches of a dataset, null if it has no end. Throws {@linkcode ValueError} if it is neither. */
export function countOf(dataset: PyDataset<unknown>): number | null {
  const { numBatches } = dataset;
  if (numBatches === null || (Number.isSafeInteger(numBatches) && numBatches >= 0)) return numBatches;
  throw new ValueError({
    what: `Cannot count the batches of ${dataset.constructor.name}`,
    rule: "numBatches must be a whole number of at least 0, or null for a dataset without end",
    received: describe(numBatches),
    hint: "round it up, as in Math.ceil(rows / batchSize)",
  });
}

/** The batches of another dataset, each changed by a function. */
class MappedDataset<From, To> extends PyDataset<To> {
  readonly #source: PyDataset<From>;
  readonly #itemsOf: (start?: PassStart) => GetItem<From>;
  readonly #fn: (batch: From, index: number) => To | Promise<To>;

  constructor(
    source: PyDataset<From>,
    itemsOf: (start?: PassStart) => GetItem<From>,
    fn: (batch: From, index: number) => To | Promise<To>,
  ) {
    const { workers, maxQueueSize } = source;
    super({ workers, maxQueueSize });
    this.#source = source;
    this.#itemsOf = itemsOf;
    this.#fn = fn;
  }

  override get numBatches(): number | null {
    return this.#source.numBatches;
  }

  override get keepsOrder(): boolean {
    return this.#source.keepsOrder;
  }

  override getItem(index: number, signal: AbortSignal): To | Promise<To> {
    return this.#map(this.#source.getItem(index, signal), index);
  }

  protected override itemsOf(start?: PassStart): GetItem<To> {
    const getItem = this.#itemsOf(start);
    return (index, signal) => this.#map(getItem(index, signal), index);
  }

  override onEpochBegin(): void | Promise<void> {
    return this.#source.onEpochBegin();
  }

  override onEpochEnd(): void | Promise<void> {
    return this.#source.onEpochEnd();
  }

  #map(batch: From | Promise<From>, index: number): To | Promise<To> {
    return isPromise(batch) ? batch.then((given) => this.#fn(given, index)) : this.#fn(batch, index);
  }
}

const isPromise = <T>(value: T | Promise<T>): value is Promise<T> =>
  typeof (value as { then?: unknown } | null | undefined)?.then === "function";

/** A batch that was asked for. */
interface Asked<B> {
  readonly index: number;
  readonly batch: Promise<B>;
}

/** One pass over a dataset: asks for batches ahead of their use, and gives them in their order. */
export class DatasetPass<B> implements AsyncIterator<B, undefined> {
  /** The number of the batch that was given last. */
  index = -1;
  readonly #dataset: PyDataset<B>;
  readonly #getItem: GetItem<B>;
  readonly #count: number;
  readonly #order: Int32Array | undefined;
  readonly #abort: AbortController = new AbortController();
  /** In the order of use. */
  readonly #asked: Asked<B>[] = [];
  readonly #running: Set<Promise<unknown>> = new Set();
  #next = 0;
  /** Whether `getItem` gave its last batch at once: then there is nothing to gain by calling it ahead of time. */
  #isSynchronous = false;

  /** Begins before the first batch. */
  constructor(dataset: PyDataset<B>, getItem: GetItem<B>, count: number, order: Int32Array | undefined) {
    this.#dataset = dataset;
    this.#getItem = getItem;
    this.#count = count;
    this.#order = order;
  }

  /** Passes over batches, before the first is asked for. */
  skip(count: number): void {
    this.#next = Math.min(this.#count, this.#next + count);
  }

  /** The next batch. Throws {@linkcode ValueError} with its number where `getItem` fails. */
  async next(): Promise<IteratorResult<B, undefined>> {
    if (this.#asked.length === 0) this.#ask();
    const asked = this.#asked.shift();
    if (!asked) return { done: true, value: undefined };
    this.#askAhead();
    try {
      const value = await asked.batch;
      this.index = asked.index;
      return { done: false, value };
    } catch (error) {
      await this.return();
      throw this.#explain(asked.index, error);
    }
  }

  /** Ends the pass: the calls that run are told, and waited for. */
  async return(): Promise<IteratorResult<B, undefined>> {
    this.#next = this.#count;
    this.#asked.length = 0;
    this.#abort.abort();
    await Promise.allSettled(this.#running);
    return { done: true, value: undefined };
  }

  #askAhead(): void {
    const { workers, maxQueueSize } = this.#dataset;
    while (!this.#isSynchronous && this.#running.size < workers && this.#asked.length < maxQueueSize) {
      if (!this.#ask()) return;
    }
  }

  /** Asks for one more batch; false if there is none. */
  #ask(): boolean {
    if (this.#abort.signal.aborted || this.#next >= this.#count) return false;
    const place = this.#next++;
    const index = this.#order?.[place] ?? place;
    let given: B | Promise<B>;
    try {
      given = this.#getItem(index, this.#abort.signal);
    } catch (error) {
      given = Promise.reject(error);
    }
    this.#isSynchronous = !isPromise(given);
    const batch = Promise.resolve(given);
    this.#asked.push({ index, batch });
    if (this.#isSynchronous) return true;
    const running = batch.then(() => {}, () => {}).then(() => {
      this.#running.delete(running);
      this.#askAhead();
    });
    this.#running.add(running);
    return true;
  }

  #explain(index: number, error: unknown): ValueError {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : describe(error);
    const explained = new ValueError({
      what: `Cannot get batch ${index} of ${this.#dataset.constructor.name}`,
      rule: `getItem(${index}) must give it`,
      received: isNamed(error) ? "an object that it threw" : reason,
    });
    explained.cause = error;
    return explained;
  }
}
