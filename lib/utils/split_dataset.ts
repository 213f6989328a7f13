// Splitting data in two.
import { makeArray, type TypedArray } from "../dtype.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import { boolean } from "../option_kinds.ts";
import { nullable, type Option, option, optionTable, readMethodOptions } from "../options.ts";
import { randomSeed } from "../random_stream.ts";
import { roundHalfToEven } from "../rounding.ts";
import { formatShape, sameShape, sizeOf } from "../shape.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { countOf, PyDataset } from "../training/py_dataset.ts";
import { pythonShuffled } from "../python_shuffles.ts";
import { inBatchesOf, rowsAt, SampleDataset, seedOption } from "./sample_dataset.ts";

/** Options of {@linkcode splitDataset}. */
export interface SplitDatasetOptions {
  /** The samples of the left part: a number of them, or a fraction between 0 and 1; all but the right part by default. */
  leftSize?: number | null;
  /** The samples of the right part, which are the last ones; all but the left part by default. */
  rightSize?: number | null;
  /** Whether to shuffle the samples first; false by default. */
  shuffle?: boolean;
  /** The seed of the shuffle; that of `setRandomSeed` by default. */
  seed?: number | null;
}

const sizeOption: Option<number | null> = nullable(option<number>({
  read: (given, { what, option }) => {
    if (typeof given === "number" && given > 0 && (given < 1 || Number.isSafeInteger(given))) return given;
    throw new ValueError({
      what,
      rule: `${option} must be a whole number of samples, or a fraction between 0 and 1`,
      received: describe(given),
      hint: "0.8 takes four fifths",
    });
  },
}));

const splitOptions = optionTable<SplitDatasetOptions>()({
  leftSize: sizeOption,
  rightSize: sizeOption,
  shuffle: boolean(false),
  seed: seedOption,
});

/**
 * Splits data in a left and a right part, by samples: an array, a list of tensors of as many samples, or a dataset. The
 * parts of a dataset are datasets with batches of the same size, in the order of the samples; its samples are all loaded.
 * The parts are those of Keras, shuffled ones for the same seed too.
 *
 * Source: `keras.utils.split_dataset`.
 *
 * @throws {ValueError} for sizes that leave nothing, or are more than there is
 * @throws {ShapeError} for tensors of different numbers of samples
 *
 * @example A fifth for validation
 * ```ts
 * import { ops, utils } from "./mod.ts";
 * const [x, y] = [ops.ones([10, 3]), ops.zeros([10])];
 * const [[xTrain, yTrain], [xTest, yTest]] = await utils.splitDataset([x, y], { leftSize: 0.8 });
 * console.log(xTrain.shape, yTrain.shape, xTest.shape, yTest.shape); // [ 8, 3 ] [ 8 ] [ 2, 3 ] [ 2 ]
 * ```
 */
export function splitDataset<B>(
  dataset: PyDataset<B>,
  options: SplitDatasetOptions,
): Promise<[left: PyDataset<B>, right: PyDataset<B>]>;
/** Splits tensors of as many samples. */
export function splitDataset<T extends readonly Tensor[]>(
  tensors: readonly [...T],
  options: SplitDatasetOptions,
): Promise<[left: T, right: T]>;
/** Splits one array. */
export function splitDataset(
  array: TensorLike,
  options: SplitDatasetOptions,
): Promise<[left: Tensor, right: Tensor]>;
export async function splitDataset(
  data: PyDataset<unknown> | readonly Tensor[] | TensorLike,
  options: SplitDatasetOptions,
): Promise<[unknown, unknown]> {
  const what = "Cannot split the data";
  const kept = readMethodOptions("splitDataset", splitOptions, options, what);
  if (kept.leftSize === null && kept.rightSize === null) {
    throw new ValueError({
      what,
      rule: "leftSize or rightSize must be given",
      received: "neither",
      hint: "write it as in { leftSize: 0.8 }",
    });
  }
  if (data instanceof PyDataset) {
    const { columns, batchSize, isList } = await loaded(data, what);
    return halves(rowCount(columns), kept, what).map((rows) => datasetOf(columns, rows, batchSize, isList)) as [
      unknown,
      unknown,
    ];
  }
  const isList = Array.isArray(data) && data.length > 0 && data.every((item) => item instanceof Tensor);
  const columns = isList ? data : [toTensor(data as TensorLike, what, "data")];
  const scalar = columns.find(({ rank }) => rank === 0);
  if (scalar || columns.some(({ shape }) => shape[0] !== columns[0].shape[0])) {
    throw new ShapeError({
      what,
      rule: "arrays must have an axis of as many samples",
      received: columns.map(({ shape }) => formatShape(shape)).join(" and "),
      hint: "give inputs and targets of the same samples",
    });
  }
  const [left, right] = halves(columns[0].shape[0], kept, what)
    .map((rows) => columns.map((column) => rowsAt(column, rows)));
  return isList ? [left, right] : [left[0], right[0]];
}

/** The numbers of the samples of both parts. */
function halves(
  count: number,
  { leftSize, rightSize, shuffle, seed }: {
    readonly leftSize: number | null;
    readonly rightSize: number | null;
    readonly shuffle: boolean;
    readonly seed: number | null;
  },
  what: string,
): [left: Int32Array, right: Int32Array] {
  const samples = (size: number | null) => (size === null || size >= 1 ? size : roundHalfToEven(size * count));
  const [given, givenRight] = [samples(leftSize), samples(rightSize)];
  const left = given ?? count - givenRight!;
  const right = givenRight ?? count - left;
  if (left < 1 || right < 1 || left + right > count) {
    throw new ValueError({
      what,
      rule: `both parts must have samples, and together at most the ${count} that there are`,
      received: `${left} and ${right}`,
      hint: "choose other sizes",
    });
  }
  const order = Array.from({ length: count }, (_, i) => i);
  const taken = shuffle ? pythonShuffled(order, seed ?? randomSeed() >>> 0) : order;
  return [Int32Array.from(taken.slice(0, left)), Int32Array.from(taken.slice(-right))];
}

/** One part of all batches: numbers, or texts. */
type Column = Tensor | readonly string[];

const rowCount = ([column]: readonly Column[]): number => (column instanceof Tensor ? column.shape[0] : column.length);

const isTexts = (item: unknown): item is readonly string[] =>
  Array.isArray(item) && item.length > 0 && item.every((text) => typeof text === "string");

interface Loaded {
  readonly columns: readonly Column[];
  readonly batchSize: number;
  /** Whether batches are lists of parts, and not one part. */
  readonly isList: boolean;
}

/** All batches of a dataset, joined. */
async function loaded(dataset: PyDataset<unknown>, what: string): Promise<Loaded> {
  if (countOf(dataset) === null) {
    throw new ValueError({ what, rule: "a dataset without end cannot be split", received: dataset.constructor.name });
  }
  let [batchSize, isList] = [0, false];
  const parts: Column[][] = [];
  for await (const batch of dataset) {
    const list = Array.isArray(batch) && !isTexts(batch);
    const columns = (list ? batch as unknown[] : [batch]).map((part, i) =>
      isTexts(part) ? part : toTensor(part as TensorLike, what, `part ${i} of a batch`)
    );
    if (parts.length === 0) [batchSize, isList] = [rowCount(columns), list];
    parts.push(columns);
  }
  if (parts.length === 0) throw new ValueError({ what, rule: "there must be batches", received: "none" });
  return { columns: parts[0].map((_, i) => joined(parts.map((columns) => columns[i]), what)), batchSize, isList };
}

function joined(parts: readonly Column[], what: string): Column {
  const [first] = parts;
  if (!(first instanceof Tensor)) return parts.flatMap((part) => (part instanceof Tensor ? [] : part));
  const tensors = parts.filter((part) => part instanceof Tensor);
  const inner = first.shape.slice(1);
  const odd = tensors.find((of) => of.dtype !== first.dtype || !sameShape(of.shape.slice(1), inner));
  if (odd || tensors.length < parts.length) {
    throw new ShapeError({
      what,
      rule: `the samples of all batches must be of one shape and dtype, ${first.dtype} ${formatShape(inner)}`,
      received: odd ? `${odd.dtype} ${formatShape(odd.shape.slice(1))}` : "texts",
      hint: "split the arrays that the dataset is made of",
    });
  }
  const rows = tensors.reduce((total, { shape }) => total + shape[0], 0);
  const all = makeArray(first.dtype, rows * sizeOf(inner));
  tensors.reduce((at, { data, size }) => {
    all.set(data, at);
    return at + size;
  }, 0);
  return new Tensor([rows, ...inner], first.dtype, all as TypedArray);
}

function datasetOf(
  columns: readonly Column[],
  rows: Int32Array,
  batchSize: number,
  isList: boolean,
): PyDataset<unknown> {
  const ordering = { shuffle: false, seed: null };
  return new SampleDataset<unknown>(rows.length, ordering, inBatchesOf(batchSize), (samples) => {
    const taken = samples.map((sample) => rows[sample]);
    const parts = columns.map((column) =>
      column instanceof Tensor ? rowsAt(column, taken) : Array.from(taken, (row) => column[row])
    );
    return isList ? parts : parts[0];
  });
}
