// Random integers, choices and orders. https://keras.io/api/random/random_ops/
import { checkDType, type DType } from "../dtype.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { expandDims, take } from "../ops/composed.ts";
import {
  add,
  argMax,
  argSort,
  cast,
  greaterEqual,
  iota,
  less,
  log,
  logicalAnd,
  mod,
  multiply,
  negate,
  select,
  sum,
} from "../ops/primitives.ts";
import { integer, uncheckedHere } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import {
  broadcastShapes,
  checkCount,
  checkShape,
  formatShape,
  normalizeAxis,
  sameShape,
  type Shape,
} from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { checkAttached, Tensor } from "../tensor/tensor.ts";
import { parameter } from "./parameters.ts";
import { drawing, type SeedGenerator, seedOption, type SeedOptions } from "./seed_generator.ts";

/** A seed of any kind. */
type AnySeed = number | null | SeedGenerator;

/** Options of {@linkcode randint} and {@linkcode categorical}. */
export interface IntegerOptions<Seed = number | null> extends SeedOptions<Seed> {
  /** The dtype of the integers; `int32` by default. */
  dtype?: DType;
}

/** Options of {@linkcode dropout}. */
export interface DropoutOptions<Seed = number | null> extends SeedOptions<Seed> {
  /** The shape of the mask, which broadcasts to the input; its shape by default. */
  noiseShape?: Shape | null;
}

/** Options of {@linkcode shuffle}. */
export interface ShuffleOptions<Seed = number | null> extends SeedOptions<Seed> {
  /** The axis whose slices change places; 0 by default. */
  axis?: number;
}

const integerOptions = optionTable<IntegerOptions<AnySeed>>()({
  dtype: uncheckedHere<DType>("int32"),
  seed: seedOption,
});
const dropoutOptions = optionTable<DropoutOptions<AnySeed>>()({
  noiseShape: nullable(uncheckedHere<Shape>()),
  seed: seedOption,
});
const shuffleOptions = optionTable<ShuffleOptions<AnySeed>>()({ axis: integer(0), seed: seedOption });
const seedOptions = optionTable<SeedOptions<AnySeed>>()({ seed: seedOption });

const maxInteger = 2 ** 31 - 1;

/**
 * Integers from `minval` to below `maxval`, all equally likely, of `shape`. https://keras.io/api/random/random_ops/
 *
 * @throws {ValueError} unless both are integers of 32 bits, with `minval` below `maxval` and less than 2^31 between them
 * @throws {StateError} in a traced function without a seed: every step would have the same numbers
 *
 * @example Throws of a die
 * ```ts
 * import { random } from "./mod.ts";
 * const throws = random.randint([3], 1, 7, { seed: 1 });
 * console.log(throws.dtype, throws.data.every((x) => x >= 1 && x <= 6)); // int32 true
 * ```
 */
export function randint(shape: Shape, minval: number, maxval: number, options?: IntegerOptions): Tensor;
/** Integers from a {@linkcode SeedGenerator}, in a traced function: new ones in each step. */
export function randint(shape: Shape, minval: number, maxval: number, options: IntegerOptions<SeedGenerator>): Value;
export function randint(
  shape: Shape,
  minval: number,
  maxval: number,
  options: IntegerOptions<AnySeed> = {},
): Tensor | Value {
  const what = "Cannot draw by random.randint";
  const { dtype, seed } = readMethodOptions("random.randint", integerOptions, options, what);
  checkDType(dtype, what);
  const isInteger = (value: unknown) => Number.isInteger(value) && Math.abs(value as number) <= maxInteger;
  if (!isInteger(minval) || !isInteger(maxval) || minval >= maxval || maxval - minval > maxInteger) {
    throw new ValueError({
      what,
      rule: "minval and maxval must be integers, the first below the second, with less than 2^31 between them",
      received: `${describe(minval)} and ${describe(maxval)}`,
      hint: "give the bounds after the shape, as in random.randint([3], 0, 10)",
    });
  }
  const bits = drawing("random.randint", shape, seed).bits();
  return cast(add(mod(bits, wholeNumber(maxval - minval)), wholeNumber(minval)), dtype) as Tensor | Value;
}

const wholeNumber = (value: number) => new Tensor([], "int32", Int32Array.of(value));

/** The most trials of a binomial distribution: each is drawn. */
const maxTrials = 2 ** 16;

/**
 * How many of `counts` trials succeed, each with the probability `probabilities`: float32, of `shape`. Both are numbers
 * or tensors that broadcast to `shape`. All trials are drawn, so that memory grows with the largest count.
 * https://keras.io/api/random/random_ops/
 *
 * @throws {ValueError} for a count that is not from 0 to 65536, or a probability outside of [0, 1]
 * @throws {StateError} in a traced function without a seed: every step would have the same numbers
 *
 * @example
 * ```ts
 * import { random } from "./mod.ts";
 * const { data } = random.binomial([4], 10, 0.5, { seed: 1 });
 * console.log(data.every((x) => x >= 0 && x <= 10)); // true
 * ```
 */
export function binomial(
  shape: Shape,
  counts: Tensor | number,
  probabilities: Tensor | number,
  options?: SeedOptions<number | null>,
): Tensor;
/** Such numbers in a traced function: with a {@linkcode SeedGenerator} new ones in each step. */
export function binomial(
  shape: Shape,
  counts: Tensor | number,
  probabilities: Operand,
  options: SeedOptions<AnySeed>,
): Value;
export function binomial(
  shape: Shape,
  counts: Tensor | number,
  probabilities: Operand,
  options: SeedOptions<AnySeed> = {},
): Tensor | Value {
  const by = "random.binomial";
  const { seed } = readMethodOptions(by, seedOptions, options, `Cannot draw by ${by}`);
  checkShape(shape, `Cannot draw by ${by}`);
  const isCount = (count: number) => Number.isInteger(count) && count >= 0 && count <= maxTrials;
  const trials = parameter(by, "counts", counts, shape, `a whole number from 0 to ${maxTrials}`, isCount);
  const isShare = (share: number) => share >= 0 && share <= 1;
  const share = parameter(by, "probabilities", probabilities, shape, "a number from 0 to 1", isShare);
  if (trials instanceof Tensor) checkAttached(trials, `Cannot draw by ${by}`);
  const given = typeof trials === "number" ? [trials] : trials instanceof Tensor ? Array.from(trials.data) : [NaN];
  if (!given.every(isCount)) {
    throw new ValueError({
      what: `Cannot draw by ${by}`,
      rule: `counts must be whole numbers from 0 to ${maxTrials}, known before a program runs`,
      received: describe(counts),
      hint: "give a number or a tensor",
    });
  }
  const most = Math.max(1, ...new Set(given));
  const draws = drawing(by, [most, ...shape], seed).unit();
  const isDone = less(iota([most, ...shape], 0), trials);
  return sum(cast(logicalAnd(less(draws, share), isDone), "float32"), 0) as Tensor | Value;
}

/**
 * Classes drawn by their logits: `numSamples` of each row of `logits` `[rows, classes]`, as `[rows, numSamples]`. A class
 * is as likely as its softmax says. https://keras.io/api/random/random_ops/
 *
 * @throws {ShapeError} for logits of other shapes
 * @throws {StateError} in a traced function without a seed: every step would have the same choices
 *
 * @example The likely one of two
 * ```ts
 * import { random, tensor } from "./mod.ts";
 * console.log(random.categorical(tensor([[-100, 100]]), 3, { seed: 1 }).toArray()); // [ [ 1, 1, 1 ] ]
 * ```
 */
export function categorical(logits: Tensor, numSamples: number, options?: IntegerOptions): Tensor;
/** Classes in a traced function: with a {@linkcode SeedGenerator} new ones in each step. */
export function categorical(logits: Operand, numSamples: number, options: IntegerOptions<AnySeed>): Value;
export function categorical(
  logits: Operand,
  numSamples: number,
  options: IntegerOptions<AnySeed> = {},
): Tensor | Value {
  const what = "Cannot draw by random.categorical";
  const { dtype, seed } = readMethodOptions("random.categorical", integerOptions, options, what);
  checkDType(dtype, what);
  checkCount(numSamples, "draw by random.categorical", "numSamples");
  const shape = shapeOf(logits);
  if (shape.length !== 2 || shape[1] === 0) {
    throw new ShapeError({
      what,
      rule: "logits must be [rows, classes]",
      received: formatShape(shape),
      hint: "reshape them, as in ops.reshape(logits, [-1, classes])",
    });
  }
  // The largest of the logits plus Gumbel noise is each class with its probability.
  const unit = drawing("random.categorical", [shape[0], numSamples, shape[1]], seed).unit();
  const noise = negate(log(negate(log(unit))));
  return cast(argMax(add(expandDims(logits, 1), noise), -1), dtype) as Tensor | Value;
}

/**
 * `x` with its elements set to 0 at a rate, and the others divided by `1 - rate`. https://keras.io/api/random/random_ops/
 *
 * @throws {ValueError} unless `rate` is from 0 to below 1
 * @throws {StateError} in a traced function without a seed: every step would drop the same
 *
 * @example
 * ```ts
 * import { ops, random } from "./mod.ts";
 * const { data } = random.dropout(ops.ones([8]), 0.5, { seed: 1 });
 * console.log(data.every((x) => x === 0 || x === 2)); // true
 * ```
 */
export function dropout(x: Tensor, rate: number, options?: DropoutOptions): Tensor;
/** Such a mask in a traced function: with a {@linkcode SeedGenerator} a new one in each step. */
export function dropout(x: Operand, rate: number, options: DropoutOptions<AnySeed>): Value;
export function dropout(x: Operand, rate: number, options: DropoutOptions<AnySeed> = {}): Tensor | Value {
  const what = "Cannot draw by random.dropout";
  const { noiseShape, seed } = readMethodOptions("random.dropout", dropoutOptions, options, what);
  if (!(typeof rate === "number" && rate >= 0 && rate < 1)) {
    throw new ValueError({
      what,
      rule: "rate must be a number from 0 to below 1",
      received: describe(rate),
      hint: "give the share that is dropped, as in random.dropout(x, 0.5)",
    });
  }
  const shape = shapeOf(x);
  const mask = noiseShape ?? shape;
  checkShape(mask, what);
  if (!sameShape(broadcastShapes(mask, shape, "draw by random.dropout"), shape)) {
    throw new ShapeError({
      what,
      rule: `noiseShape must broadcast to the shape ${formatShape(shape)} of the input`,
      received: formatShape(mask),
      hint: "give 1 for an axis whose elements are dropped together",
    });
  }
  const isKept = greaterEqual(drawing("random.dropout", mask, seed).unit(), rate);
  return select(isKept, multiply(x, 1 / (1 - rate)), 0) as Tensor | Value;
}

/**
 * `x` with the slices along an axis (the first by default) in a random order. https://keras.io/api/random/random_ops/
 *
 * @throws {StateError} in a traced function without a seed: every step would have the same order
 *
 * @example
 * ```ts
 * import { ops, random } from "./mod.ts";
 * console.log([...random.shuffle(ops.arange(4), { seed: 1 }).data].sort()); // [ 0, 1, 2, 3 ]
 * ```
 */
export function shuffle(x: Tensor, options?: ShuffleOptions): Tensor;
/** Such an order in a traced function: with a {@linkcode SeedGenerator} a new one in each step. */
export function shuffle(x: Operand, options: ShuffleOptions<AnySeed>): Value;
export function shuffle(x: Operand, options: ShuffleOptions<AnySeed> = {}): Tensor | Value {
  const { axis, seed } = readMethodOptions("random.shuffle", shuffleOptions, options, "Cannot draw by random.shuffle");
  const shape = shapeOf(x);
  const at = normalizeAxis(axis, shape.length, "draw by random.shuffle");
  const order = argSort(drawing("random.shuffle", [shape[at]], seed).bits());
  return take(x, order, at) as Tensor | Value;
}
