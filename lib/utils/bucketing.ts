// Sequences of many lengths, in batches of few lengths.
import { checkDType, type DType } from "../dtype.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import {
  boolean,
  choice,
  integerAtLeast,
  isInteger,
  isList,
  number,
  positiveInteger,
  uncheckedHere,
} from "../option_kinds.ts";
import { nullable, option, optionTable, readMethodOptions } from "../options.ts";
import { formatShape, sameShape } from "../shape.ts";
import { type Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import type { PyDataset } from "../training/py_dataset.ts";
import { rowsAt, SampleDataset, seedOption, type SplitSamples } from "./sample_dataset.ts";
import { padSequences, type SequenceEnd } from "./sequences.ts";

/** Options of {@linkcode bucketByLength}. */
export interface BucketOptions {
  /** The number of sequences in a batch; 32 by default. */
  batchSize?: number;
  /** The length of each bucket, which its sequences are padded to; by default those that share them out evenly. */
  bucketBoundaries?: readonly number[] | null;
  /** The number of buckets, without `bucketBoundaries`; 8 by default. */
  numBuckets?: number;
  /** The most elements of a sequence that are kept; all by default. */
  maxlen?: number | null;
  /** The element type of the batches; that of the sequences by default. */
  dtype?: DType | null;
  /** Where the padding goes; `post` by default. */
  padding?: SequenceEnd;
  /** Where sequences longer than `maxlen` lose elements; `post` by default. */
  truncating?: SequenceEnd;
  /** The value to pad with; 0 by default. */
  value?: number;
  /** Whether the last batch is left out if it is smaller; false by default. */
  dropRemainder?: boolean;
  /** Whether each pass takes the sequences in a new order; true by default. */
  shuffle?: boolean;
  /** The seed of these orders; that of `setRandomSeed` by default. */
  seed?: number | null;
}

const isLength = (item: unknown): item is number => isInteger(item) && item > 0;

const bucketOptions = optionTable<BucketOptions>()({
  batchSize: positiveInteger(32),
  bucketBoundaries: nullable(option<readonly number[]>({
    read: (given, { what, option }) => {
      if (isList(given, isLength) && given.length > 0 && given.every((length, i) => i === 0 || length > given[i - 1])) {
        return [...given];
      }
      throw new ValueError({
        what,
        rule: `${option} must be a list of lengths, each larger than the one before`,
        received: Array.isArray(given) ? `a list of ${given.length}` : describe(given),
        hint: "write it as in [16, 32, 64]",
      });
    },
  })),
  numBuckets: positiveInteger(8),
  maxlen: nullable(integerAtLeast(1)),
  dtype: nullable(uncheckedHere<DType>()),
  padding: choice(["post", "pre"]),
  truncating: choice(["post", "pre"]),
  value: number(0),
  dropRemainder: boolean(false),
  shuffle: boolean(true),
  seed: seedOption,
});

/** Padded sequences and their targets. */
export type BucketBatch = readonly [x: Tensor, y: Tensor];

/** The most sequences. */
const maxSequences = 2 ** 28;

/**
 * Sequences of many lengths as a dataset whose batches have few: a sequence goes into the first bucket that is as long as
 * it, and is padded to the bucket's length; a batch is taken from a bucket as soon as it is full. What is left in a bucket
 * at the end of a pass moves into the next longer one, so that all batches but the last have `batchSize` sequences. A
 * training then needs a program for each bucket, and one for the last batch, instead of one for each length.
 *
 * As `tf.data.Dataset.bucket_by_sequence_length` with `pad_to_bucket_boundary`, but for the rest.
 *
 * @param sequences the sequences, each `[length]` or `[length, ...]`
 * @param targets a target for each sequence, `[sequences, ...]`; null for sequences alone
 * @returns batches `[x, y]`, or `x` alone, where `x` is `[batch, length of the bucket, ...]`
 * @throws {ValueError} for another number of targets than of sequences, and {@linkcode ShapeError} for sequences whose
 *   elements differ in shape
 *
 * @example Two buckets
 * ```ts
 * import { utils } from "./mod.ts";
 * const words = [[1], [2, 3, 4, 5], [6, 7], [8, 9, 10]];
 * const options = { batchSize: 2, bucketBoundaries: [2, 4], shuffle: false };
 * for await (const [x, y] of utils.bucketByLength(words, [0, 1, 0, 1], options)) console.log(x.toArray(), y.toArray());
 * // [ [ 1, 0 ], [ 6, 7 ] ] [ 0, 0 ]
 * // [ [ 2, 3, 4, 5 ], [ 8, 9, 10, 0 ] ] [ 1, 1 ]
 * ```
 */
export function bucketByLength(
  sequences: readonly TensorLike[],
  targets: null,
  options?: BucketOptions,
): PyDataset<Tensor>;
/** Sequences with their targets: batches `[x, y]`. */
export function bucketByLength(
  sequences: readonly TensorLike[],
  targets: TensorLike,
  options?: BucketOptions,
): PyDataset<BucketBatch>;
export function bucketByLength(
  sequences: readonly TensorLike[],
  targets: TensorLike | null,
  options: BucketOptions = {},
): PyDataset<Tensor> | PyDataset<BucketBatch> {
  const what = "Cannot put sequences into buckets";
  const kept = readMethodOptions("bucketByLength", bucketOptions, options, what);
  if (kept.dtype !== null) checkDType(kept.dtype, what);
  const rows = rowsOf(sequences, what);
  const y = targets === null ? null : toTensor(targets, what, "targets");
  if (y && y.shape[0] !== rows.length) {
    throw new ValueError({
      what,
      rule: "there must be a target for each sequence",
      received: `${y.shape[0] ?? "no list of"} targets and ${rows.length} sequences`,
      hint: "give null for sequences alone",
    });
  }
  const lengths = rows.map((row) => Math.max(1, Math.min(row.shape[0], kept.maxlen ?? Infinity)));
  const boundaries = boundariesOf(lengths, kept.bucketBoundaries, kept.numBuckets);
  const bucketOf = Int32Array.from(lengths, (length) => boundaries.findIndex((boundary) => length <= boundary));
  const dtype = kept.dtype ?? (rows.every((row) => row.dtype === rows[0].dtype) ? rows[0].dtype : "float32");
  const { padding, truncating, value, maxlen } = kept;
  const load = (samples: Int32Array) => {
    const length = boundaries[samples.reduce((most, sample) => Math.max(most, bucketOf[sample]), 0)];
    const taken = Array.from(samples, (sample) => {
      const over = Math.max(0, rows[sample].shape[0] - (maxlen ?? Infinity));
      return truncating === "pre" ? rows[sample].rows(over) : rows[sample].rows(0, rows[sample].shape[0] - over);
    });
    return padSequences(taken, { maxlen: length, dtype, padding, truncating, value });
  };
  const { batchSize, dropRemainder } = kept;
  const split = (order: Int32Array) => fillBuckets(order, bucketOf, boundaries.length, batchSize, dropRemainder);
  if (split(Int32Array.from(rows, (_, i) => i)).count === 0) {
    throw new ValueError({
      what,
      rule: "with dropRemainder there must be sequences for at least one batch",
      received: `${rows.length}, and a batchSize of ${batchSize}`,
      hint: "leave dropRemainder out, or give a smaller batchSize",
    });
  }
  if (y === null) return new SampleDataset(rows.length, kept, split, load);
  return new SampleDataset<BucketBatch>(rows.length, kept, split, (samples) => [load(samples), rowsAt(y, samples)]);
}

function rowsOf(sequences: readonly TensorLike[], what: string): Tensor[] {
  if (!Array.isArray(sequences) || sequences.length === 0 || sequences.length > maxSequences) {
    throw new ValueError({
      what,
      rule: "sequences must come in a list of at least one",
      received: Array.isArray(sequences) ? `one of ${sequences.length}` : describe(sequences),
      hint: "write them in brackets, as in [[7], [4, 2, 9]]",
    });
  }
  const rows = Array.from(sequences, (sequence: TensorLike, i) => toTensor(sequence, what, `sequence ${i}`));
  const inner = rows.find((row) => row.size > 0)?.shape.slice(1);
  rows.forEach(({ shape, rank, size }, i) => {
    if (rank > 0 && (size === 0 || sameShape(shape.slice(1), inner!))) return;
    throw new ShapeError({
      what,
      rule: rank === 0 ? "each sequence must be an array" : `elements have shape ${formatShape(inner!)}`,
      received: rank === 0 ? `one number at index ${i}` : `${formatShape(shape.slice(1))} at index ${i}`,
      hint: "give every sequence elements of one shape",
    });
  });
  return rows;
}

/** The lengths of the buckets: as given, with one for longer sequences, or such that each bucket has as many. */
function boundariesOf(lengths: readonly number[], given: readonly number[] | null, buckets: number): number[] {
  const sorted = lengths.toSorted((a, b) => a - b);
  const longest = sorted.at(-1)!;
  if (given) return longest > given.at(-1)! ? [...given, longest] : [...given];
  const count = Math.min(buckets, sorted.length);
  const quantiles = Array.from({ length: count }, (_, i) => sorted[Math.ceil((i + 1) * sorted.length / count) - 1]);
  return [...new Set(quantiles)];
}

/** Batches in the order in which their buckets are full; what is left moves into the next bucket. */
function fillBuckets(
  order: Int32Array,
  bucketOf: Int32Array,
  buckets: number,
  batchSize: number,
  dropRemainder: boolean,
): SplitSamples {
  const batches: Int32Array[] = [];
  const waiting: number[][] = Array.from({ length: buckets }, () => []);
  const take = (bucket: number) => batches.push(Int32Array.from(waiting[bucket].splice(0, batchSize)));
  for (const sample of order) {
    const bucket = bucketOf[sample];
    if (waiting[bucket].push(sample) === batchSize) take(bucket);
  }
  for (let bucket = 0; bucket < buckets; bucket++) {
    if (waiting[bucket].length >= batchSize) take(bucket);
    if (bucket + 1 < buckets) waiting[bucket + 1].push(...waiting[bucket]);
    else if (waiting[bucket].length > 0 && !dropRemainder) take(bucket);
  }
  return { count: batches.length, at: (index) => batches[index] };
}
