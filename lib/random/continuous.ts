// Random numbers of continuous distributions. https://keras.io/api/random/random_ops/
import type { Value } from "../ir/value.ts";
import { erfinv } from "../ops/logarithms.ts";
import { installNormal } from "../ops/elastic_transform.ts";
import {
  add,
  cast,
  divide,
  greater,
  less,
  log,
  logicalAnd,
  maximum,
  multiply,
  power,
  rsqrt,
  select,
  square,
  subtract,
} from "../ops/primitives.ts";
import { number } from "../option_kinds.ts";
import { optionTable, readMethodOptions } from "../options.ts";
import { standardNormal } from "../random_stream.ts";
import type { Shape } from "../shape.ts";
import type { Operand } from "../tensor/apply.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { positiveParameter } from "./parameters.ts";
import { type Draw, drawing, type SeedGenerator, seedOption, type SeedOptions } from "./seed_generator.ts";

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
  return moved(standardNormal(draw.unit(), draw.unit()), stddev, mean);
}

installNormal((shape, seed) => normal(shape, { seed: seed as SeedGenerator }));

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
  return moved(drawing("random.uniform", shape, seed).unit(), maxval - minval, minval);
}

function moved(x: Tensor | Value, scale: number, offset: number): Tensor | Value {
  const scaled = scale === 1 ? x : multiply(x, scale);
  return offset === 0 ? scaled : add(scaled, offset);
}

/** The error function of the square root of 2: how much of a normal distribution is within two standard deviations. */
const within = 0.9544997361036416;

/**
 * Like {@linkcode normal}, but without numbers beyond two standard deviations from the mean, float32, of `shape`.
 * https://keras.io/api/random/random_ops/
 *
 * @throws {StateError} in a traced function without a seed: every step would have the same numbers
 *
 * @example A tensor
 * ```ts
 * import { random } from "./mod.ts";
 * const { data } = random.truncatedNormal([100], { mean: 5, stddev: 1, seed: 1 });
 * console.log(data.every((x) => x >= 3 && x <= 7)); // true
 * ```
 */
export function truncatedNormal(shape: Shape, options?: NormalOptions): Tensor;
/** Such numbers from a {@linkcode SeedGenerator}, in a traced function: new ones in each step. */
export function truncatedNormal(shape: Shape, options: NormalOptions<SeedGenerator>): Value;
export function truncatedNormal(
  shape: Shape,
  options: NormalOptions<number | null | SeedGenerator> = {},
): Tensor | Value {
  const what = "Cannot draw by random.truncatedNormal";
  const { mean, stddev, seed } = readMethodOptions("random.truncatedNormal", normalOptions, options, what);
  // The inverse of the distribution function, of the part of its range that is kept.
  const share = subtract(multiply(drawing("random.truncatedNormal", shape, seed).unit(), 2 * within), within);
  return moved(erfinv(share) as Tensor | Value, stddev * Math.SQRT2, mean);
}

const seedOptions = optionTable<SeedOptions<number | null | SeedGenerator>>()({ seed: seedOption });

/** The rounds of rejection: each accepts at least 95 %, so that one number in 10^10 comes of the last without a test. */
const rounds = 8;

/** Numbers of the gamma distribution of shape `alpha`, by Marsaglia and Tsang, 2000. */
function gammas(draw: Draw, alpha: Operand): Operand {
  const isSmall = less(alpha, 1);
  // Below 1 the numbers are those of alpha + 1 times a power of uniform ones.
  const d = subtract(select(isSmall, add(alpha, 1), alpha), 1 / 3);
  const c = rsqrt(multiply(d, 9));
  const candidates = Array.from({ length: rounds }, () => {
    const z = standardNormal(draw.unit(), draw.unit());
    const root = add(multiply(z, c), 1);
    const v = multiply(root, square(root));
    const logV = log(maximum(v, 1e-30));
    const bound = add(multiply(square(z), 0.5), multiply(d, add(subtract(1, v), logV)));
    const isAccepted = logicalAnd(greater(v, 0), less(log(subtract(1, draw.unit())), bound));
    return { isAccepted, number: multiply(d, maximum(v, 0)) };
  });
  const found = candidates.reduceRight<Operand>(
    (rest, { isAccepted, number }) => select(isAccepted, number, rest),
    candidates[rounds - 1].number,
  );
  const shrunk = power(subtract(1, draw.unit()), divide(1, select(isSmall, alpha, 1)));
  return select(isSmall, multiply(found, shrunk), found);
}

/**
 * Numbers of the gamma distribution of shape `alpha` and scale 1, float32, of `shape`. `alpha` is a number above 0, or a
 * tensor that broadcasts to `shape`. https://keras.io/api/random/random_ops/
 *
 * @throws {StateError} in a traced function without a seed: every step would have the same numbers
 *
 * @example A tensor
 * ```ts
 * import { random } from "./mod.ts";
 * console.log(random.gamma([2, 3], 1.5, { seed: 1 }).shape); // [ 2, 3 ]
 * ```
 */
export function gamma(shape: Shape, alpha: Tensor | number, options?: SeedOptions<number | null>): Tensor;
/** Such numbers in a traced function: with a {@linkcode SeedGenerator} new ones in each step. */
export function gamma(shape: Shape, alpha: Operand, options: SeedOptions<number | null | SeedGenerator>): Value;
export function gamma(
  shape: Shape,
  alpha: Operand,
  options: SeedOptions<number | null | SeedGenerator> = {},
): Tensor | Value {
  const by = "random.gamma";
  const { seed } = readMethodOptions(by, seedOptions, options, `Cannot draw by ${by}`);
  const draw = drawing(by, shape, seed);
  return gammas(draw, positiveParameter(by, "alpha", alpha, shape)) as Tensor | Value;
}

/**
 * Numbers of the beta distribution of `alpha` and `beta`, float32, of `shape`; both are numbers above 0, or tensors that
 * broadcast to `shape`. https://keras.io/api/random/random_ops/
 *
 * @throws {StateError} in a traced function without a seed: every step would have the same numbers
 *
 * @example Shares for mixing samples
 * ```ts
 * import { random } from "./mod.ts";
 * const { data } = random.beta([32], 0.2, 0.2, { seed: 1 });
 * console.log(data.every((share) => share >= 0 && share <= 1)); // true
 * ```
 */
export function beta(
  shape: Shape,
  alpha: Tensor | number,
  beta: Tensor | number,
  options?: SeedOptions<number | null>,
): Tensor;
/** Such numbers in a traced function: with a {@linkcode SeedGenerator} new ones in each step. */
export function beta(
  shape: Shape,
  alpha: Operand,
  beta: Operand,
  options: SeedOptions<number | null | SeedGenerator>,
): Value;
export function beta(
  shape: Shape,
  alpha: Operand,
  beta: Operand,
  options: SeedOptions<number | null | SeedGenerator> = {},
): Tensor | Value {
  const by = "random.beta";
  const { seed } = readMethodOptions(by, seedOptions, options, `Cannot draw by ${by}`);
  const draw = drawing(by, shape, seed);
  const a = gammas(draw, positiveParameter(by, "alpha", alpha, shape));
  const b = gammas(draw, positiveParameter(by, "beta", beta, shape));
  // Tiny parameters make both 0, where neither is more likely.
  const sum = cast(add(a, b), "float32");
  return select(greater(sum, 0), divide(a, select(greater(sum, 0), sum, 1)), 0.5) as Tensor | Value;
}
