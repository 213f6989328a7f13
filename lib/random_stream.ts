// The sources of randomness: the seed, stable paths, and streams of Philox bits.
import { makeArray } from "./dtype.ts";
import { describe, ValueError } from "./errors.ts";
import { ContextKey } from "./ir/context.ts";
import { philox } from "./ops/defs/philox.ts";
import { type BinaryOp, lift } from "./ops/lift.ts";
import { add, concat, cos, iota, log, multiply, slice, sqrt, subtract } from "./ops/primitives.ts";
import { Tensor } from "./tensor/tensor.ts";
import type { Drawing, Variable } from "./tensor/variable.ts";
import type { Value } from "./ir/value.ts";

let seed: number | undefined;
let roots = 0;

/**
 * Sets the seed of everything random: initial weights, shuffles, dropout. The same seed and the same program give the
 * same numbers, on every backend. Without a call, the seed differs from run to run. As `keras.utils.set_random_seed`.
 *
 * @throws {ValueError} if `value` is not an integer from 0 to 4294967295
 *
 * @example The same initial weights in every run
 * ```ts
 * import { Input, layers, Sequential, setRandomSeed } from "./mod.ts";
 * setRandomSeed(1);
 * const model = new Sequential([Input({ shape: [4] }), new layers.Dense(2)]);
 * console.log(model.countParams()); // 10
 * ```
 */
export function setRandomSeed(value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) {
    throw new ValueError({
      what: "Cannot set the random seed",
      rule: "the seed must be an integer from 0 to 4294967295",
      received: describe(value),
      hint: "give a whole number, such as 42",
    });
  }
  seed = value | 0;
  roots = 0;
}

/** The seed as a signed 32-bit integer; chosen at random if none was set. */
export function randomSeed(): number {
  seed ??= crypto.getRandomValues(new Int32Array(1))[0];
  return seed;
}

/** Restores a seed that {@linkcode randomSeed} returned; random paths continue. */
export function restoreRandomSeed(value: number): void {
  seed = value;
}

/** Restores the seed and the random paths as they are now, when disposed. */
export function keepRandomState(): Disposable {
  const kept = { seed, roots };
  return { [Symbol.dispose]: () => void ({ seed, roots } = kept) };
}

/** The 32-bit FNV-1a hash of a path, as a signed integer. */
export function hashPath(path: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(path)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}

/** A path that is unique since the seed was set: the root of a model's random paths. */
export function nextRandomRoot(): string {
  return String(roots++);
}

/** The path of the weight that is being initialized. */
export const weightPath: ContextKey<string> = new ContextKey("weightPath");

/** The purpose of a stream; streams for different purposes never share numbers. */
export const purposes = { program: 0, weights: 1, shuffle: 2, trials: 3 } as const;

/** A stream of random words: Philox 4x32-10 with key `(seed, path)` and counter `(block, step, purpose, detail)`. */
export class RandomStream {
  readonly #key: readonly [number, number];
  readonly #tail: readonly [number, number, number];
  readonly #words: Int32Array = new Int32Array(4);
  #block = 0;
  #used = 4;

  /** Starts at block 0. */
  constructor(seed: number, path: number, purpose: number, step = 0, detail = 0) {
    this.#key = [seed, path];
    this.#tail = [step, purpose, detail];
  }

  /** The next word, as an unsigned 32-bit integer. */
  word(): number {
    if (this.#used === 4) {
      philox(this.#key, [this.#block++, ...this.#tail], this.#words);
      this.#used = 0;
    }
    return this.#words[this.#used++] >>> 0;
  }

  /** The next number in [0, 1). */
  uniform(): number {
    return this.word() * 2 ** -32;
  }

  /** Two independent standard normal numbers, by the Box-Muller transform. */
  normalPair(): [number, number] {
    const radius = Math.sqrt(-2 * Math.log((this.word() + 1) * 2 ** -32));
    const angle = 2 * Math.PI * this.uniform();
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  }

  /** The next integer from 0 to `limit` - 1, unbiased. */
  below(limit: number): number {
    const rejected = 2 ** 32 - (2 ** 32 % limit);
    let word = this.word();
    while (word >= rejected) word = this.word();
    return word % limit;
  }
}

/** Uniform numbers in [low, high), in float32: those of {@linkcode RandomStream.uniform}, from the start of a stream. */
export function uniformDrawing(stream: Drawing["stream"], low: number, high: number): Drawing {
  const range = high - low;
  return {
    stream,
    low,
    range,
    elements(size) {
      const words = new RandomStream(...stream);
      const values = makeArray("float32", size);
      for (let i = 0; i < size; i++) values[i] = low + words.uniform() * range;
      return values;
    },
  };
}

/** Standard normal numbers from uniform ones in [0, 1), by the Box-Muller transform. */
export const standardNormal: BinaryOp = lift((u, v) => {
  const radius = sqrt(multiply(log(subtract(1, u)), -2));
  return multiply(radius, cos(multiply(v, 2 * Math.PI)));
});

/** The row order of an epoch: 0 to `rows` - 1, shuffled by the seed, the epoch and the number of earlier steps. */
export function shuffledOrder(rows: number, seed: number, epoch: number, steps: number): Int32Array<ArrayBuffer> {
  const order = new Int32Array(rows);
  for (let i = 0; i < rows; i++) order[i] = i;
  const stream = new RandomStream(seed, hashPath("shuffle"), purposes.shuffle, epoch, steps);
  for (let i = rows - 1; i > 0; i--) {
    const j = stream.below(i + 1);
    const kept = order[i];
    order[i] = order[j];
    order[j] = kept;
  }
  return order;
}

/** The random state of a program while it is traced: which counter its random ops read, and how often each path drew. */
export class RandomState {
  /** Whether anything drew. */
  used = false;
  readonly #counts = new Map<string, number>();

  /** `counter` holds `[seed, step]`, int32. */
  constructor(readonly counter: Variable) {}

  /** The counter to draw with, and a path that is the same in every trace of the same model. */
  draw(path: string, ownSeed?: number): { counter: Value; path: number } {
    this.used = true;
    const count = this.#counts.get(path) ?? 0;
    this.#counts.set(path, count + 1);
    const counter = ownSeed === undefined
      ? this.counter.value()
      : concat([new Tensor([1], "int32", Int32Array.of(ownSeed)), slice(this.counter, [1], [1])]);
    return { counter, path: hashPath(`${path}/${count}`) };
  }

  /** Advances the counter by one step, at the end of a program that drew. */
  advance(): void {
    if (this.used) this.counter.assign(add(this.counter, iota([2])));
  }
}

/** The random state of the program being traced. */
export const programRandom: ContextKey<RandomState> = new ContextKey("programRandom");
