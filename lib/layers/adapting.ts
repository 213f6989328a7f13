// What layers learn from in adapt: one array, or batches of arrays.
import { describe, ValueError } from "../errors.ts";
import { positiveInteger } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import { type DataLike, type HostArray, StringTensor } from "../tensor/strings.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";

/** Batches of data: what `adapt` takes if the data is not one array. Of pairs with targets these are ignored. */
export type DataBatches<Data = TensorLike> = Iterable<Data | readonly [Data, TensorLike]>;

/** Options of `adapt`. */
export interface AdaptOptions {
  /** The number of batches that are taken; all by default. */
  steps?: number | null;
}

const adaptOptions = optionTable<AdaptOptions>()({ steps: nullable(positiveInteger()) });

/** The numbers of data, batch by batch, float32. */
export function numbersIn(data: TensorLike | DataBatches, what: string, options: AdaptOptions): Iterable<Tensor> {
  return batchesOf(data, what, options, (batch, name) => toTensor(batch as TensorLike, what, name, "float32"));
}

/** The data as batches, each as `read` makes it of what was given, under a name for errors. */
export function* batchesOf<T extends HostArray>(
  data: DataLike | DataBatches<DataLike>,
  what: string,
  options: AdaptOptions,
  read: (batch: unknown, name: string) => T,
): Iterable<T> {
  const { steps } = readMethodOptions("adapt", adaptOptions, options, what);
  const isArray = (item: unknown) => item instanceof Tensor || item instanceof StringTensor;
  const isNested = Array.isArray(data) && !isArray(data[0]);
  const isPlain = typeof data === "number" || typeof data === "string";
  if (isArray(data) || ArrayBuffer.isView(data) || isPlain || isNested) return yield read(data, "data");
  if (typeof (data as DataBatches)?.[Symbol.iterator] !== "function") {
    throw new ValueError({
      what,
      rule: "data must be a tensor, nested arrays, or an iterable of these",
      received: describe(data),
      hint: "wrap numbers with tensor(...)",
    });
  }
  let taken = 0;
  for (const batch of checkedIterable(data as DataBatches<DataLike>, what)) {
    if (steps !== null && taken++ >= steps) return;
    const [x] = Array.isArray(batch) && isArray(batch[0]) ? batch : [batch];
    yield read(x, "a batch");
  }
}

/** The iterable, whose iterator must be one: JavaScript's own errors do not say whose fault it is. */
function checkedIterable<T>(given: Iterable<T>, what: string): Iterable<T> {
  const requireThat = (holds: boolean, part: unknown, where: string) => {
    if (holds) return;
    throw new ValueError({
      what,
      rule: "an iterable of batches must follow the iterator protocol: next() gives { value, done }",
      received: `${describe(part)} ${where}`,
      hint: "write it as a generator, as in (function* () { yield x; })()",
    });
  };
  return {
    [Symbol.iterator]() {
      const iterator = given[Symbol.iterator]();
      requireThat(typeof iterator?.next === "function", iterator, "as the iterator");
      return {
        next() {
          const result = iterator.next();
          requireThat(typeof result === "object" && result !== null, result, "from next()");
          return result;
        },
        return: () => iterator.return?.() ?? { value: undefined, done: true },
      };
    },
  };
}
