// What layers learn from in adapt: one array, or batches of arrays that come at once or asynchronously.
import { describe, ValueError } from "../errors.ts";
import { positiveInteger } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import { StringTensor } from "../tensor/strings.ts";
import { Tensor, type TensorLike } from "../tensor/tensor.ts";

/** Batches of data: what `adapt` takes if the data is not one array. Of pairs with targets these are ignored. */
export type DataBatches<Data = TensorLike> = Iterable<Data | readonly [Data, TensorLike]>;

/** A batch by itself, or the first of a list with targets and weights. */
type BatchOf<Data> = Data | readonly [x: unknown, ...others: unknown[]];

/**
 * Batches that come asynchronously, a `PyDataset`, or a function that makes an iterable of batches: what `adapt` takes
 * where it gives a promise.
 */
export type AsyncDataBatches<Data = TensorLike> =
  | AsyncIterable<BatchOf<Data>>
  | (() => Iterable<BatchOf<Data>> | AsyncIterable<BatchOf<Data>>)
  | (AsyncIterable<unknown> & { readonly numBatches: number | null });

/** Options of `adapt`. */
export interface AdaptOptions {
  /** The number of batches that are taken; all by default. */
  steps?: number | null;
}

const adaptOptions = optionTable<AdaptOptions>()({ steps: nullable(positiveInteger()) });

/** What data is, for layers that learn from one kind of it. */
export interface DataKind {
  /** Whether something is certainly data, and not a list or an iterable of batches. */
  isData(item: unknown): boolean;
  /** What data must be, in errors. */
  readonly rule: string;
  /** What to do about other things. */
  readonly hint: string;
}

/** Data as arrays. */
const arrays: DataKind = {
  isData: (item) => item instanceof Tensor || item instanceof StringTensor,
  rule: "data must be a tensor, nested arrays, or an iterable of these",
  hint: "wrap numbers with tensor(...)",
};

/** How something learns from batches: nothing of it changes before the end. */
export interface Learner<T> {
  /** A batch as it is learned from, by a name for errors. Throws for what does not suit. */
  read(batch: unknown, name: string): T;
  /** Learns from a batch. Throws for one that does not go with those before. */
  add(batch: T): void;
  /** Checks what was learned, and gives what makes it count. */
  end(): () => void;
}

/**
 * Learns from data: at once, or in a promise where batches come asynchronously or from a function. Throws {@linkcode
 * ValueError} for what is no data, and what the learner throws; then nothing has changed.
 */
export function learnFrom<T>(
  data: unknown,
  what: string,
  options: AdaptOptions,
  learner: Learner<T>,
  kind: DataKind = arrays,
): void | Promise<void> {
  const { steps } = readMethodOptions("adapt", adaptOptions, options, what);
  const { isData, rule, hint } = kind;
  const isNested = Array.isArray(data) && !isData(data[0]);
  const isPlain = typeof data === "number" || typeof data === "string" || ArrayBuffer.isView(data);
  if (isData(data) || isPlain || isNested) {
    learner.add(learner.read(data, "data"));
    return learner.end()();
  }
  const add = (batch: unknown) => {
    // Datasets give what fit takes: lists of inputs, targets and weights.
    const isList = Array.isArray(batch) && (isDataset(data) || isData(batch[0]));
    learner.add(learner.read(isList ? batch[0] : batch, "a batch"));
  };
  const [isLater, isSource] = [
    (source: unknown): source is AsyncIterable<unknown> => typeof Object(source)[Symbol.asyncIterator] === "function",
    (source: unknown): source is Iterable<unknown> => typeof Object(source)[Symbol.iterator] === "function",
  ];
  const refuse = (source: unknown) => new ValueError({ what, rule, received: describe(source), hint });
  if (isDataset(data) && data.numBatches === null && steps === null) {
    const endless = "a dataset without end needs steps";
    throw new ValueError({ what, rule: endless, received: "none", hint: "give the number of batches, as steps" });
  }
  if (typeof data !== "function" && !isLater(data)) {
    if (!isSource(data)) throw refuse(data);
    let taken = 0;
    for (const batch of checkedIterable(data, what)) {
      add(batch);
      if (++taken === steps) break;
    }
    return learner.end()();
  }
  return (async () => {
    const source: unknown = typeof data === "function" ? data() : data;
    if (!isLater(source) && !isSource(source)) throw refuse(source);
    let taken = 0;
    for await (const batch of isLater(source) ? checkedAsyncIterable(source, what) : checkedIterable(source, what)) {
      add(batch);
      if (++taken === steps) break;
    }
    learner.end()();
  })();
}

/** Whether data is a dataset that gives its batches by number, as a `PyDataset`. */
const isDataset = (data: unknown): data is { readonly numBatches: number | null } =>
  typeof data === "object" && data !== null && "getItem" in data && "numBatches" in data;

/** The iterable, whose iterator must be one: JavaScript's own errors do not say whose fault it is. */
function checkedIterable<T>(given: Iterable<T>, what: string): Iterable<T> {
  return {
    [Symbol.iterator]() {
      const iterator = requireIterator(given[Symbol.iterator](), what);
      return {
        next: () => requireResult(iterator.next(), what),
        return: () => iterator.return?.() ?? { value: undefined, done: true },
      };
    },
  };
}

/** The asynchronous iterable, whose iterator must be one. */
function checkedAsyncIterable<T>(given: AsyncIterable<T>, what: string): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const iterator = requireIterator(given[Symbol.asyncIterator](), what);
      return {
        next: async () => requireResult(await iterator.next(), what),
        return: async () => await iterator.return?.() ?? { value: undefined, done: true },
      };
    },
  };
}

function requireIterator<T extends { next: unknown }>(iterator: T, what: string): T {
  if (typeof iterator?.next === "function") return iterator;
  throw noIterator(iterator, "as the iterator", what);
}

function requireResult<T>(result: IteratorResult<T>, what: string): IteratorResult<T> {
  if (typeof result === "object" && result !== null) return result;
  throw noIterator(result, "from next()", what);
}

function noIterator(part: unknown, where: string, what: string): ValueError {
  return new ValueError({
    what,
    rule: "an iterable of batches must follow the iterator protocol: next() gives { value, done }",
    received: `${describe(part)} ${where}`,
    hint: "write it as a generator, as in (function* () { yield x; })()",
  });
}

const learners = new WeakMap<object, (layer: never, what: string) => Learner<unknown>>();

/** Declares how a class of layers learns. */
export function declareLearner<L extends object, T>(
  Class: { readonly prototype: L },
  make: (layer: L, what: string) => Learner<T>,
): void {
  learners.set(Class.prototype, make as (layer: never, what: string) => Learner<unknown>);
}

/** How a layer learns; undefined for one that has nothing to learn. */
export function learnerOf(layer: object, what: string): Learner<unknown> | undefined {
  for (let of = layer; of !== null; of = Object.getPrototypeOf(of)) {
    const make = learners.get(of);
    if (make) return make(layer as never, what);
  }
  return undefined;
}

/** Lets a layer learn from data, as its class declared it. */
export function adapt(
  layer: { readonly name: string },
  data: unknown,
  options: AdaptOptions,
): void | Promise<void> {
  const what = `Cannot adapt "${layer.name}"`;
  return learnFrom(data, what, options, learnerOf(layer, what)!);
}
