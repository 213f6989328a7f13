// BatchStream: batches that come one after another, from arrays of batches, generators, or other iterables.
import { ValueError } from "../errors.ts";
import { describe } from "../options.ts";
import type { Structure } from "../structure.ts";
import { Tensor, type TensorLike } from "../tensor/tensor.ts";
import { isNamed } from "./arguments.ts";
import type { Samples } from "./data.ts";

/**
 * A batch: inputs, targets and weights in a list, `[x]`, `[x, y]` or `[x, y, sampleWeight]`; or inputs alone, as one
 * tensor, or some by name.
 */
export type Batch =
  | Tensor
  | { readonly [name: string]: TensorLike }
  | readonly [
    x: Structure<TensorLike>,
    y?: Structure<TensorLike>,
    sampleWeight?: Structure<TensorLike>,
  ];

/**
 * Batches one after another: an iterable, also an asynchronous one, or a function that begins one anew for each pass. An
 * array is no such iterable: it is data.
 */
export type Batches =
  | (Iterable<Batch> & { readonly concat?: never })
  | AsyncIterable<Batch>
  | (() => Iterable<Batch> | AsyncIterable<Batch>);

/** Whether data comes in batches, and not all at once. */
export function isBatches(value: unknown): value is Batches {
  if (typeof value === "function") return !/^class\b/.test(Function.prototype.toString.call(value));
  return isIterable(value);
}

function isIterable(value: unknown): value is Iterable<Batch> | AsyncIterable<Batch> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value) &&
    !(value instanceof Tensor) && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

/** The batches of a source, each checked by `toSamples`, and the next one made ready while the last one runs. */
export class BatchStream {
  /** How many batches a pass has; null before the first one ended. */
  length: number | null = null;
  readonly #source: Batches;
  readonly #toSamples: (batch: BatchParts, index: number) => Samples;
  readonly #where: string;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  #owned = false;
  #ended = false;
  #taken = 0;
  #ahead: Promise<Samples | undefined> | undefined;

  /** Takes the source, and what makes samples of a batch. */
  constructor(source: Batches, toSamples: (batch: BatchParts, index: number) => Samples, where: string) {
    this.#source = source;
    this.#toSamples = toSamples;
    this.#where = where;
  }

  /** Begins a pass, unless one is going on or there can be no other; whether it did. */
  begin(): boolean {
    if (this.#iterator && (!this.#ended || !this.#owned)) return false;
    const source = typeof this.#source === "function" ? this.#source() : this.#source;
    if (!isIterable(source) && !Array.isArray(source)) {
      throw new ValueError({
        what: `Cannot ${this.#where}`,
        rule: "a function given as x must return an iterable of batches",
        received: describe(source),
        hint: "write it as in function* () { yield [x, y]; }",
      });
    }
    const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    // What iterates over itself, as a generator does, cannot begin again, and is the user's to end.
    this.#owned = typeof this.#source === "function" || !Object.is(iterator, source);
    this.#iterator = iterator;
    this.#ended = false;
    this.#taken = 0;
    this.#ahead = undefined;
    return true;
  }

  /** The next batch; undefined at the end of the pass. */
  async next(): Promise<Samples | undefined> {
    if (this.#ended) return undefined;
    const pending = this.#ahead ?? this.#fetch();
    this.#ahead = undefined;
    return await pending;
  }

  /** Whether there is another batch in the pass: waits for it. */
  async hasNext(): Promise<boolean> {
    if (this.#ended) return false;
    this.#ahead ??= this.#fetch();
    return await this.#ahead !== undefined;
  }

  /** Begins to make the next batch ready. */
  prepareNext(): void {
    if (this.#ended || this.#ahead) return;
    this.#ahead = this.#fetch();
    // Whoever takes the batch sees its error.
    this.#ahead.catch(() => {});
  }

  /** Ends the pass that is going on, if the iterable is not the user's own to end. */
  async close(): Promise<void> {
    await this.#ahead?.catch(() => {});
    if (this.#owned && !this.#ended) await this.#iterator?.return?.();
    this.#ended = true;
  }

  async #fetch(): Promise<Samples | undefined> {
    const { value, done } = await this.#iterator!.next();
    if (done) {
      this.#ended = true;
      this.length = this.#taken;
      return undefined;
    }
    return this.#toSamples(partsOf(value, `${this.#where}, batch ${this.#taken}`), this.#taken++);
  }
}

/** What a batch consists of. */
export interface BatchParts {
  /** Inputs. */
  readonly x: Structure<TensorLike>;
  /** Targets. */
  readonly y?: Structure<TensorLike>;
  /** Weights. */
  readonly sampleWeight?: Structure<TensorLike>;
}

function partsOf(batch: unknown, where: string): BatchParts {
  if (batch instanceof Tensor || ArrayBuffer.isView(batch) || isNamed(batch)) return { x: batch as TensorLike };
  if (Array.isArray(batch) && batch.length >= 1 && batch.length <= 3) {
    const [x, y, sampleWeight] = batch;
    return { x, y: y ?? undefined, sampleWeight: sampleWeight ?? undefined };
  }
  throw new ValueError({
    what: `Cannot ${where}`,
    rule: "a batch must be [x], [x, y] or [x, y, sampleWeight], or a tensor of inputs alone",
    received: Array.isArray(batch) ? `a list of ${batch.length}` : describe(batch),
    hint: "put the parts into a list, as in yield [x, y]",
  });
}
