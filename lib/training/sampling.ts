// Sampling: which class is drawn from logits, by temperature, the likeliest few, and the smallest set of a probability.
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { number, positiveInteger } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions, required } from "../options.ts";
import { drawing, type SeedGenerator, seedOption } from "../random/seed_generator.ts";
import { formatShape, type Shape } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { softmax } from "../ops/composed.ts";
import { cumsum } from "../ops/cumulative.ts";
import { takeAlongAxis } from "../ops/ordering.ts";
import * as o from "../ops/primitives.ts";

/** How classes are drawn; a generator gives values of its program, so that other numbers need no other program. */
interface Sampling {
  /** What logits are divided by, `[]`; the likeliest class is taken without it. */
  readonly temperature?: Operand;
  /** Only so many of the likeliest classes are drawn, int32 `[]`. */
  readonly topK?: Operand;
  /** Only the fewest of the likeliest classes that together have this probability are drawn, `[]`. */
  readonly topP?: Operand;
}

/** Options of {@linkcode sampleTokens}. */
export interface SampleOptions<Seed = number | null> {
  /** What logits are divided by; 1 by default. With 0 the likeliest class is taken. */
  temperature?: number;
  /** If given, only so many of the likeliest classes are drawn. */
  topK?: number | null;
  /** If given, only the fewest of the likeliest classes that together have this probability are drawn. */
  topP?: number | null;
  /** As in `random.categorical`: a number gives the same on each call, a `random.SeedGenerator` another in each step. */
  seed?: Seed;
}

/** The options that say which classes are drawn. */
export const samplingOptions = {
  temperature: number(1, { min: 0 }),
  topK: nullable(positiveInteger()),
  topP: nullable(number(required, { min: 0, max: 1 })),
};

const sampleOptions = optionTable<SampleOptions<number | null | SeedGenerator>>()({
  ...samplingOptions,
  seed: seedOption,
});

/**
 * A class for each row of logits `[rows, classes]`, drawn with its probability: int32 `[rows]`. As the samplers of
 * KerasHub: `temperature` first, then `topK`, and `topP` of the probabilities of all classes. Holtzman et al., 2020.
 *
 * @throws {ShapeError} for logits of another rank
 * @throws {ValueError} for options that do not suit
 * @throws {StateError} in a traced function without a seed: every step would draw the same
 *
 * @example The two likeliest of three classes
 * ```ts
 * import { sampleTokens, tensor } from "./mod.ts";
 * const logits = tensor([[2, -1, 1], [0, 3, 2]]);
 * console.log(sampleTokens(logits, { topK: 2, seed: 1 }).shape); // [ 2 ]
 * console.log(sampleTokens(logits, { temperature: 0 }).toArray()); // [ 0, 1 ]
 * ```
 */
export function sampleTokens(logits: Tensor, options?: SampleOptions): Tensor;
/** A class for each row in a traced function: with a `random.SeedGenerator` another one in each step. */
export function sampleTokens(logits: Operand, options: SampleOptions<number | null | SeedGenerator>): Value;
export function sampleTokens(
  logits: Operand,
  options: SampleOptions<number | null | SeedGenerator> = {},
): Tensor | Value {
  const what = "Cannot sample tokens";
  const { temperature, topK, topP, seed } = readMethodOptions("sampleTokens", sampleOptions, options, what);
  const shape = shapeOf(logits);
  if (shape.length !== 2 || shape[1] === 0) {
    throw new ShapeError({
      what,
      rule: "logits must be [rows, classes]",
      received: formatShape(shape),
      hint: "take those of the last step, or reshape them, as in ops.reshape(logits, [-1, classes])",
    });
  }
  const limits = { topK: topK ?? undefined, topP: topP ?? undefined };
  const unit = (of: Shape) => drawing("sampleTokens", of, seed).unit();
  return sampled(o.cast(logits, "float32"), temperature === 0 ? {} : { temperature, ...limits }, unit);
}

/**
 * A class for each row of logits `[rows, classes]`, int32 `[rows]`. `unit` draws uniform numbers in [0, 1) of a shape.
 * The largest of the logits plus Gumbel noise is each class with its probability (Gumbel, 1954). Top-p: Holtzman et al.,
 * 2020.
 */
export function sampled(
  logits: Operand,
  { temperature, topK, topP }: Sampling,
  unit: (shape: Shape) => Operand,
): Value {
  const shape = shapeOf(logits);
  if (temperature === undefined) return o.argMax(logits, 1);
  const noise = o.negate(o.log(o.negate(o.log(unit(shape)))));
  const scaled = o.divide(logits, temperature);
  if (topK === undefined && topP === undefined) return o.argMax(o.add(scaled, noise), 1);
  const [rows, classes] = shape;
  const order = o.argSort(scaled, 1, true);
  const sorted = takeAlongAxis(scaled, order, 1);
  const places = o.iota([1, classes], 1);
  let kept: Operand | undefined;
  if (topK !== undefined) kept = o.less(places, topK);
  if (topP !== undefined) {
    const probabilities = softmax(sorted);
    const before = o.subtract(cumsum(probabilities, 1), probabilities);
    // The likeliest class is always kept, however the sums are rounded.
    const inside = o.logicalOr(o.less(before, topP), o.equal(places, 0));
    kept = kept ? o.logicalAnd(kept, inside) : inside;
  }
  const place = o.argMax(o.select(kept!, o.add(sorted, noise), -Infinity), 1);
  return o.reshape(takeAlongAxis(order, o.reshape(place, [rows, 1]), 1), [rows]);
}
