// SampleDataset: a dataset of samples, in batches that are loaded when they are asked for.
import { makeArray, type TypedArray } from "../dtype.ts";
import { describe, ValueError } from "../errors.ts";
import { integer, positiveInteger } from "../option_kinds.ts";
import { nullable, type Option } from "../options.ts";
import { randomSeed, shuffledOrder } from "../random_stream.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type GetItem, type PassStart, PyDataset, type PyDatasetOptions } from "../training/py_dataset.ts";

/** The largest seed, as in NumPy. */
const maxSeed = 2 ** 32 - 1;

/** The seed of a dataset: null for that of `setRandomSeed`. */
export const seedOption: Option<number | null> = nullable(integer(undefined, { min: 0, max: maxSeed }));

/** The number of samples in a batch: null for samples without a batch axis. */
export const batchSizeOption = (fallback: number): Option<number | null> => nullable(positiveInteger(), fallback);

/** The order of samples. */
interface Ordering {
  /** Whether each pass has its own order. */
  readonly shuffle: boolean;
  /** The seed of the orders. */
  readonly seed: number | null;
}

/** How the samples of a dataset are put into batches. */
export interface Batching extends Ordering {
  /** The number of samples in a batch; null for samples without a batch axis. */
  readonly batchSize: number | null;
}

/** Gives the samples of these numbers as a batch; if there is no batch axis, the only one. */
export type LoadSamples<B> = (samples: Int32Array, signal: AbortSignal) => B | Promise<B>;

/** An order of samples, split into batches. */
export interface SplitSamples {
  /** The number of batches. */
  readonly count: number;
  /** The samples of a batch. */
  at(index: number): Int32Array;
}

/** A dataset of samples, with an order of its own. */
export class SampleDataset<B> extends PyDataset<B> {
  readonly #count: number;
  readonly #ordering: Ordering;
  readonly #split: (order: Int32Array) => SplitSamples;
  readonly #load: LoadSamples<B>;
  #inOrder: SplitSamples | undefined;
  #passes = 0;

  /**
   * Takes the number of samples, their order, how an order is split into batches, always as many, and what loads the
   * samples of one.
   */
  constructor(
    count: number,
    ordering: Ordering,
    split: (order: Int32Array) => SplitSamples,
    load: LoadSamples<B>,
    options: PyDatasetOptions = {},
  ) {
    super(options);
    this.#count = count;
    this.#ordering = ordering;
    this.#split = split;
    this.#load = load;
  }

  /** The number of batches. */
  override get numBatches(): number {
    return this.#batches.count;
  }

  /** True: it has its own `shuffle`. */
  override get keepsOrder(): boolean {
    return true;
  }

  /** The batches without `shuffle`. */
  get #batches(): SplitSamples {
    return this.#inOrder ??= this.#split(Int32Array.from({ length: this.#count }, (_, i) => i));
  }

  /** The batch of a number, in the order without `shuffle`. */
  override getItem(index: number, signal: AbortSignal): B | Promise<B> {
    return this.#loadFrom(this.#batches, index, signal);
  }

  protected override itemsOf(start?: PassStart): GetItem<B> {
    const { shuffle, seed } = this.#ordering;
    const { epoch, batches } = start ?? { epoch: this.#passes++, batches: 0 };
    const split = shuffle
      ? this.#split(shuffledOrder(this.#count, (seed ?? randomSeed()) | 0, epoch, batches))
      : this.#batches;
    return (index, signal) => this.#loadFrom(split, index, signal);
  }

  #loadFrom(batches: SplitSamples, index: number, signal: AbortSignal): B | Promise<B> {
    if (Number.isInteger(index) && index >= 0 && index < batches.count) return this.#load(batches.at(index), signal);
    throw new ValueError({
      what: "Cannot get a batch",
      rule: `its number must be from 0 to ${batches.count - 1}`,
      received: describe(index),
      hint: "numBatches is the number of batches",
    });
  }
}

/** Splits an order into batches of a size, of which the last one has the rest. */
export const inBatchesOf = (batchSize: number | null) => (order: Int32Array): SplitSamples => {
  const size = batchSize ?? 1;
  return {
    count: Math.ceil(order.length / size),
    at: (index) => order.subarray(index * size, (index + 1) * size),
  };
};

/** The rows of these numbers, `[samples, ...]`. */
export function rowsAt(of: Tensor, samples: Int32Array): Tensor {
  const [extent, ...inner] = of.shape;
  const width = extent === 0 ? 0 : of.size / extent;
  const data = makeArray(of.dtype, samples.length * width);
  samples.forEach((sample, i) => data.set(of.data.subarray(sample * width, (sample + 1) * width), i * width));
  return new Tensor([samples.length, ...inner], of.dtype, data as TypedArray);
}
