// BatchStream: checked data that comes batch by batch, from an iterable or a PyDataset.
import { ValueError } from "../errors.ts";
import { describe } from "../options.ts";
import { type Batches, isIterable } from "./batches.ts";
import type { Dataset } from "./dataset.ts";
import { countOf, type DatasetPass, type PassStart, PyDataset } from "./py_dataset.ts";

/** How a pass over batches with numbers begins. */
interface StreamStart extends PassStart {
  /** The order of so many batches; one after the other by default. */
  order?(count: number): Int32Array;
}

/** Checked data that comes batch by batch; the next batch is prepared while the last one runs. */
export class BatchStream {
  /** The number of batches in a pass; null if it is not known, as before the first pass of an iterable ended. */
  length: number | null = null;
  readonly #source: Batches;
  readonly #check: (batch: unknown, index: number) => Dataset;
  readonly #where: string;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  /** The pass, if the source is a PyDataset. */
  #pass: DatasetPass<unknown> | undefined;
  #owned = false;
  #ended = false;
  #taken = 0;
  #ahead: Promise<Dataset | undefined> | undefined;
  #isInEpoch = false;

  /** Takes the source, and the check of a batch. Throws {@linkcode ValueError} for a PyDataset without batches. */
  constructor(source: Batches, check: (batch: unknown, index: number) => Dataset, where: string) {
    this.#source = source;
    this.#check = check;
    this.#where = where;
    if (!(source instanceof PyDataset)) return;
    this.length = countOf(source);
    if (this.length !== 0) return;
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "there must be at least one batch",
      received: `${source.constructor.name} with numBatches of 0`,
      hint: "check what it was made of",
    });
  }

  /** Tells a PyDataset that an epoch begins, unless it was told. */
  async beginEpoch(): Promise<void> {
    if (this.#isInEpoch) return;
    this.#isInEpoch = true;
    if (this.#source instanceof PyDataset) await this.#source.onEpochBegin();
  }

  /** Tells a PyDataset that the epoch ended, if one began. */
  async endEpoch(): Promise<void> {
    if (!this.#isInEpoch) return;
    this.#isInEpoch = false;
    if (this.#source instanceof PyDataset) await this.#source.onEpochEnd();
  }

  /** Begins a pass, unless one is in progress or no other is possible; returns whether it did. */
  begin(start: StreamStart): boolean {
    if (this.#iterator && (!this.#ended || !this.#owned)) return false;
    this.#iterator = this.#source instanceof PyDataset ? this.#beginPass(this.#source, start) : this.#beginIteration();
    this.#ended = false;
    this.#taken = 0;
    this.#ahead = undefined;
    return true;
  }

  #beginPass(dataset: PyDataset<unknown>, { epoch, batches, order }: StreamStart): AsyncIterator<unknown> {
    this.length = countOf(dataset);
    this.#owned = true;
    return this.#pass = dataset.beginPass({ epoch, batches }, dataset.keepsOrder ? undefined : order);
  }

  #beginIteration(): Iterator<unknown> | AsyncIterator<unknown> {
    const source = typeof this.#source === "function" ? this.#source() : this.#source;
    if (!isIterable(source) && !Array.isArray(source)) {
      throw new ValueError({
        what: `Cannot ${this.#where}`,
        rule: "a function given as x must return an iterable of batches",
        received: describe(source),
        hint: "write it as in function* () { yield [x, y]; }",
      });
    }
    const iterator: Iterator<unknown> | AsyncIterator<unknown> = Symbol.asyncIterator in source
      ? source[Symbol.asyncIterator]()
      : source[Symbol.iterator]();
    if (typeof iterator?.next !== "function") this.#refuseIterator(`${describe(iterator)} as the iterator`);
    // An iterator that is its own iterable, as a generator is, cannot restart, and is the user's to end.
    this.#owned = typeof this.#source === "function" || !Object.is(iterator, source);
    return iterator;
  }

  /** Passes over the first batches of a pass that has begun. */
  async skip(count: number): Promise<void> {
    if (this.#pass) {
      this.#pass.skip(count);
      this.#taken += count;
    } else {
      for (let i = 0; i < count; i++) await this.next();
    }
  }

  /** The next batch; undefined at the end of the pass. */
  async next(): Promise<Dataset | undefined> {
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

  /** Starts preparing the next batch. */
  prefetch(): void {
    if (this.#ended || this.#ahead) return;
    this.#ahead = this.#fetch();
    // The error reaches whoever takes the batch.
    this.#ahead.catch(() => {});
  }

  /** Ends the pass in progress, unless the iterator is the user's own. */
  async close(): Promise<void> {
    // A batch on its way is not waited for: its call is told that nobody needs it.
    const closing = this.#pass?.return();
    await this.#ahead?.catch(() => {});
    await closing;
    if (this.#owned && !this.#ended) await this.#iterator?.return?.();
    this.#ended = true;
  }

  /**
   * Closes the iterator, even the user's own, since its run failed; that error takes precedence over one from its
   * `finally`.
   */
  async abandon(): Promise<void> {
    this.#owned = true;
    await this.close().catch(() => {});
  }

  async #fetch(): Promise<Dataset | undefined> {
    const result: unknown = await this.#iterator!.next();
    if (result === null || typeof result !== "object") this.#refuseIterator(`${describe(result)} from next()`);
    const { value, done } = result as IteratorResult<unknown>;
    if (done) {
      this.#ended = true;
      this.length = this.#taken;
      return undefined;
    }
    const index = this.#taken++;
    return this.#check(value, this.#pass?.index ?? index);
  }

  #refuseIterator(received: string): never {
    this.#ended = true;
    throw new ValueError({
      what: `Cannot ${this.#where}`,
      rule: "an iterable of batches must follow the iterator protocol: next() gives { value, done }",
      received,
      hint: "write it as a generator, as in function* () { yield [x, y]; }",
    });
  }
}
