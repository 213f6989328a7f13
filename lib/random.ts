// Random numbers as tensors and in programs, under Keras's names. https://keras.io/api/random/
import { StateError, ValueError } from "./errors.ts";
import { tracing } from "./ir/trace.ts";
import type { Value } from "./ir/value.ts";
import { add, bitsToUnit, multiply, randomBits } from "./ops/primitives.ts";
import { callable, number } from "./option_kinds.ts";
import { describe, nullable, type Option, option, optionTable, readMethodOptions } from "./options.ts";
import { hashPath, nextRandomRoot, programRandom, randomSeed, RandomState, standardNormal } from "./random_stream.ts";
import { checkShape, type Shape } from "./shape.ts";
import { Tensor } from "./tensor/tensor.ts";
import { Variable } from "./tensor/variable.ts";

/** Options of {@linkcode SeedGenerator}. */
export interface SeedGeneratorOptions {
  /** What keeps its numbers apart from others of the same seed; asked for when numbers are drawn. */
  path?: () => string;
}

const seedGeneratorOptions = optionTable<SeedGeneratorOptions>()({
  path: nullable(
    callable<() => string>("must be a function without arguments", "leave it out, or write it as in path: () => name"),
  ),
});

/**
 * Draws random numbers in traced functions, new ones in every step, from its own seed or from that of `setRandomSeed`.
 * The same seed gives the same numbers on every backend. https://keras.io/api/random/seed_generator/
 *
 * @example Noise in a program
 * ```ts
 * import { compile, random } from "./mod.ts";
 * const generator = new random.SeedGenerator(7);
 * const draw = compile(() => random.normal([2, 3], { seed: generator }));
 * const [first, second] = [await draw(), await draw()];
 * console.log(first.shape, first.data[0] === second.data[0]); // [ 2, 3 ] false
 * ```
 */
export class SeedGenerator {
  /** Its own seed, if it has one. */
  readonly seed: number | null;
  readonly #path: () => string;
  #counter: Variable | undefined;

  /**
   * Takes the seed and a path that separates its numbers from others of the same seed; by default only generators
   * without a seed get a path of their own. Throws {@linkcode ValueError} for a seed that is not an integer.
   */
  constructor(seed: number | null = null, options: SeedGeneratorOptions = {}) {
    const what = "Cannot draw by SeedGenerator";
    checkSeed(seed, what);
    const { path } = readMethodOptions("SeedGenerator", seedGeneratorOptions, options, what);
    this.seed = seed;
    if (path) {
      this.#path = path;
    } else {
      const path = seed === null ? `seed_generator/${nextRandomRoot()}` : "seed_generator";
      this.#path = () => path;
    }
  }

  /** The next uniform numbers in [0, 1). Throws {@linkcode StateError} outside of a traced function. */
  next(shape: Shape): Value {
    checkShape(shape, "Cannot draw with a SeedGenerator");
    if (!tracing.current) {
      throw new StateError({
        what: "Cannot draw with a SeedGenerator",
        rule: "it draws numbers only inside a traced function",
        received: "a call outside of one",
        hint: "leave seed out, or give a number, for a tensor",
      });
    }
    // A function outside of a model's program has no random state, so the generator keeps its own.
    const shared = programRandom.current;
    const state = shared ?? this.#ownState();
    const { counter, path } = state.draw(this.#path(), this.seed === null ? undefined : this.seed | 0);
    const unit = bitsToUnit(randomBits(counter, shape, path));
    if (!shared) state.advance();
    return unit;
  }

  #ownState(): RandomState {
    this.#counter ??= new Variable(new Tensor([2], "int32", Int32Array.of(randomSeed(), 0)), {
      name: `${this.#path()}/counter`,
      trainable: false,
    });
    return new RandomState(this.#counter);
  }
}

/** The seed option. */
export interface SeedOptions<Seed> {
  /**
   * A number gives the same numbers on each call, null different ones, and a {@linkcode SeedGenerator} different ones
   * in each step of a traced function.
   */
  seed?: Seed;
}

/** Options of {@linkcode normal}. */
export interface NormalOptions<Seed = number | null> extends SeedOptions<Seed> {
  /** The mean; 0 by default. */
  mean?: number;
  /** The standard deviation; 1 by default. */
  stddev?: number;
}

/** Options of {@linkcode uniform}. */
export interface UniformOptions<Seed = number | null> extends SeedOptions<Seed> {
  /** The lowest number; 0 by default. */
  minval?: number;
  /** The upper bound, exclusive; 1 by default. */
  maxval?: number;
}

const seedOption: Option<number | null | SeedGenerator> = option<number | null | SeedGenerator>({
  fallback: null,
  read: (given, { what }) => {
    if (given instanceof SeedGenerator) return given;
    checkSeed(given, what);
    return given;
  },
});

const normalOptions = optionTable<NormalOptions>()({ mean: number(0), stddev: number(1), seed: seedOption });
const uniformOptions = optionTable<UniformOptions>()({ minval: number(0), maxval: number(1), seed: seedOption });

/**
 * Normally distributed numbers, float32, of `shape`: a tensor, or with a {@linkcode SeedGenerator} in a traced function
 * a symbolic value. https://keras.io/api/random/random_ops/
 *
 * @throws {StateError} in a traced function without a seed: every step would have the same numbers
 *
 * @example A tensor
 * ```ts
 * import { random } from "./mod.ts";
 * console.log(random.normal([2, 3], { stddev: 0.1, seed: 1 }).shape); // [ 2, 3 ]
 * ```
 */
export function normal(shape: Shape, options?: NormalOptions): Tensor;
/** Normally distributed numbers from a {@linkcode SeedGenerator}, in a traced function: new ones in each step. */
export function normal(shape: Shape, options: NormalOptions<SeedGenerator>): Value;
export function normal(shape: Shape, options: NormalOptions<number | null | SeedGenerator> = {}): Tensor | Value {
  const what = "Cannot draw by random.normal";
  const { mean, stddev, seed } = readMethodOptions("random.normal", normalOptions, options, what);
  const draw = drawing("random.normal", shape, seed);
  return moved(standardNormal(draw(), draw()), stddev, mean);
}

/**
 * Uniformly distributed numbers in [`minval`, `maxval`), float32, of `shape`: a tensor, or with a {@linkcode
 * SeedGenerator} in a traced function a symbolic value. https://keras.io/api/random/random_ops/
 *
 * @throws {StateError} in a traced function without a seed: every step would have the same numbers
 *
 * @example A tensor
 * ```ts
 * import { random } from "./mod.ts";
 * console.log(random.uniform([2, 3], { minval: -1, seed: 1 }).shape); // [ 2, 3 ]
 * ```
 */
export function uniform(shape: Shape, options?: UniformOptions): Tensor;
/** Uniformly distributed numbers from a {@linkcode SeedGenerator}, in a traced function: new ones in each step. */
export function uniform(shape: Shape, options: UniformOptions<SeedGenerator>): Value;
export function uniform(shape: Shape, options: UniformOptions<number | null | SeedGenerator> = {}): Tensor | Value {
  const what = "Cannot draw by random.uniform";
  const { minval, maxval, seed } = readMethodOptions("random.uniform", uniformOptions, options, what);
  return moved(drawing("random.uniform", shape, seed)(), maxval - minval, minval);
}

function moved(x: Tensor | Value, scale: number, offset: number): Tensor | Value {
  const scaled = scale === 1 ? x : multiply(x, scale);
  return offset === 0 ? scaled : add(scaled, offset);
}

/** A function that draws uniform numbers in [0, 1), new ones on each call. */
function drawing(by: string, shape: Shape, seed: number | null | SeedGenerator): () => Tensor | Value {
  checkShape(shape, `Cannot draw by ${by}`);
  if (seed instanceof SeedGenerator) return () => seed.next(shape);
  if (seed === null && tracing.current) {
    throw new StateError({
      what: `Cannot draw by ${by} here`,
      rule: "inside of a traced function numbers come from a SeedGenerator, or every step would have the same",
      received: "no seed",
      hint: "make a random.SeedGenerator() outside of the function, and give it as in { seed: generator }",
    });
  }
  const path = seed === null ? `random/${nextRandomRoot()}` : "random";
  const counter = new Tensor([2], "int32", Int32Array.of(seed ?? randomSeed(), 0));
  let draws = 0;
  return () => bitsToUnit(randomBits(counter, shape, hashPath(`${path}/${draws++}`)));
}

function checkSeed(seed: unknown, what: string): asserts seed is number | null {
  if (seed === null || Number.isSafeInteger(seed)) return;
  throw new ValueError({
    what,
    rule: "seed must be a whole number, null or a random.SeedGenerator",
    received: describe(seed),
  });
}
