// SampleDataset: a dataset of samples, in batches that are loaded when they are asked for.
import { integer, positiveInteger } from "../option_kinds.ts";
import { nullable, type Option } from "../options.ts";
import { randomSeed, shuffledOrder } from "../random_stream.ts";
import { type GetItem, type PassStart, PyDataset, type PyDatasetOptions } from "../training/py_dataset.ts";

/** The largest seed, as in NumPy. */
const maxSeed = 2 ** 32 - 1;

/** The seed of a dataset: null for that of `setRandomSeed`. */
export const seedOption: Option<number | null> = nullable(integer(undefined, { min: 0, max: maxSeed }));

/** The number of samples in a batch: null for samples without a batch axis. */
export const batchSizeOption = (fallback: number): Option<number | null> => nullable(positiveInteger(), fallback);

/** How the samples of a dataset are put into batches. */
export interface Batching {
  /** The number of samples in a batch; null for samples without a batch axis. */
  readonly batchSize: number | null;
  /** Whether each pass has its own order. */
  readonly shuffle: boolean;
  /** The seed of the orders. */
  readonly seed: number | null;
}

/** Gives the samples of these numbers as a batch; if there is no batch axis, the only one. */
export type LoadSamples<B> = (samples: Int32Array, signal: AbortSignal) => B | Promise<B>;

/** A dataset of samples, with an order of its own. */
export class SampleDataset<B> extends PyDataset<B> {
  readonly #count: number;
  readonly #batching: Batching;
  readonly #load: LoadSamples<B>;
  #passes = 0;

  /** Takes the number of samples, how they are put into batches, and what loads them. */
  constructor(count: number, batching: Batching, load: LoadSamples<B>, options: PyDatasetOptions = {}) {
    super(options);
    this.#count = count;
    this.#batching = batching;
    this.#load = load;
  }

  /** The number of batches. */
  override get numBatches(): number {
    return Math.ceil(this.#count / (this.#batching.batchSize ?? 1));
  }

  /** True: it has its own `shuffle`. */
  override get keepsOrder(): boolean {
    return true;
  }

  /** The batch of a number, in the order without `shuffle`. */
  override getItem(index: number, signal: AbortSignal): B | Promise<B> {
    const [from, to] = this.#range(index);
    return this.#load(Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i), signal);
  }

  protected override itemsOf(start?: PassStart): GetItem<B> {
    const { shuffle, seed } = this.#batching;
    const { epoch, batches } = start ?? { epoch: this.#passes++, batches: 0 };
    if (!shuffle) return (index, signal) => this.getItem(index, signal);
    const order = shuffledOrder(this.#count, (seed ?? randomSeed()) | 0, epoch, batches);
    return (index, signal) => this.#load(order.subarray(...this.#range(index)), signal);
  }

  #range(index: number): [from: number, to: number] {
    const size = this.#batching.batchSize ?? 1;
    return [index * size, Math.min(this.#count, (index + 1) * size)];
  }
}
