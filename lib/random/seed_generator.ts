// Seeds of random numbers: generators for programs, numbers, and none. https://keras.io/api/random/seed_generator/
import { StateError, ValueError } from "../errors.ts";
import { tracing } from "../ir/trace.ts";
import type { Value } from "../ir/value.ts";
import { bitsToUnit, randomBits } from "../ops/primitives.ts";
import { callable } from "../option_kinds.ts";
import { describe, nullable, type Option, option, optionTable, readMethodOptions } from "../options.ts";
import { hashPath, nextRandomRoot, programRandom, randomSeed, RandomState } from "../random_stream.ts";
import { checkShape, checkSize, type Shape } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Variable } from "../tensor/variable.ts";

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
    return bitsToUnit(this.nextBits(shape));
  }

  /** The next random bits, int32. Throws {@linkcode StateError} outside of a traced function. */
  nextBits(shape: Shape): Value {
    checkShape(shape, "Cannot draw with a SeedGenerator");
    const { counter, path } = this.nextCounter();
    return randomBits(counter, shape, path);
  }

  /**
   * What the next numbers are drawn from, for an op that draws them itself: seed and step, and what keeps the numbers apart
   * from others of these. Throws {@linkcode StateError} outside of a traced function.
   */
  nextCounter(): { readonly counter: Value; readonly path: number } {
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
    const drawn = state.draw(this.#path(), this.seed === null ? undefined : this.seed | 0);
    if (!shared) state.advance();
    return drawn;
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

/** A seed as an option: none by default. */
export const seedOption: Option<number | null | SeedGenerator> = option<number | null | SeedGenerator>({
  fallback: null,
  read: (given, { what }) => {
    if (given instanceof SeedGenerator) return given;
    checkSeed(given, what);
    return given;
  },
});

/** Draws random numbers of one shape, new ones on each call. */
export interface Draw {
  /** Random bits, int32. */
  bits(): Tensor | Value;
  /** Uniform numbers in [0, 1), float32. */
  unit(): Tensor | Value;
}

/** Draws by a seed. Throws {@linkcode StateError} in a traced function without one. */
export function drawing(by: string, shape: Shape, seed: number | null | SeedGenerator): Draw {
  checkShape(shape, `Cannot draw by ${by}`);
  if (seed instanceof SeedGenerator) return { bits: () => seed.nextBits(shape), unit: () => seed.next(shape) };
  if (seed === null && tracing.current) {
    throw new StateError({
      what: `Cannot draw by ${by} here`,
      rule: "inside of a traced function numbers come from a SeedGenerator, or every step would have the same",
      received: "no seed",
      hint: "make a random.SeedGenerator() outside of the function, and give it as in { seed: generator }",
    });
  }
  checkSize(shape, `Cannot draw by ${by}`);
  const path = seed === null ? `random/${nextRandomRoot()}` : "random";
  const counter = new Tensor([2], "int32", Int32Array.of(seed ?? randomSeed(), 0));
  let draws = 0;
  const bits = () => randomBits(counter, shape, hashPath(`${path}/${draws++}`));
  return { bits, unit: () => bitsToUnit(bits()) };
}

function checkSeed(seed: unknown, what: string): asserts seed is number | null {
  if (seed === null || Number.isSafeInteger(seed)) return;
  throw new ValueError({
    what,
    rule: "seed must be a whole number, null or a random.SeedGenerator",
    received: describe(seed),
  });
}
