// Losses of direction and overlap: cosine similarity, Dice, Tversky. https://keras.io/api/losses/regression_losses/
import { optionsOf } from "../ops/lift.ts";
import { ValueError } from "../errors.ts";
import { epsilon } from "../config.ts";
import type { Value } from "../ir/value.ts";
import { add, cast, divide, maximum, multiply, negate, sqrt, square, subtract, sum } from "../ops/primitives.ts";
import { declareOptions, describe, nullable, option, optionTable, unlessDefault } from "../options.ts";
import { integer, number } from "../option_kinds.ts";
import type { Operand, ResultOf } from "../tensor/apply.ts";
import { Loss, type LossFields, type LossOptions, lossOptions, matched, type TargetKind } from "./loss.ts";

/** Vectors along `axis` scaled to length 1; those shorter than epsilon are divided by it. */
function normalized(x: Value, axis: number): Value {
  return divide(x, sqrt(maximum(sum(square(x), axis, true), epsilon() ** 2)));
}

/** The cosine of the angle between targets and outputs along `axis`, from -1 to 1; `[batch, ..., n]` gives `[batch, ...]`. */
export function cosine(yTrue: Operand, yPred: Operand, axis: number): Value {
  const [targets, outputs] = matched(yTrue, yPred, "cosine_similarity");
  return sum(multiply(normalized(targets, axis), normalized(outputs, axis)), axis);
}

/** Minus the cosine of the angle between targets and outputs along `axis` (the last by default). */
export function cosineSimilarity<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  axis?: number,
): ResultOf<A | B>;
export function cosineSimilarity(yTrue: Operand, yPred: Operand, axis = -1): Operand {
  return negate(cosine(yTrue, yPred, axis));
}

/** The axes that an overlap is summed over; null for all, including the batch. */
export type OverlapAxes = number | readonly number[] | null;

/** 1 minus twice the overlap of targets and outputs, divided by their sum. A scalar over all axes. */
export function dice<A extends Operand, B extends Operand>(yTrue: A, yPred: B, axis?: OverlapAxes): ResultOf<A | B>;
export function dice(yTrue: Operand, yPred: Operand, axis: OverlapAxes = null): Operand {
  const targets = cast(yTrue, "float32");
  const total = (x: Operand) => sum(x, axis ?? undefined);
  const both = multiply(total(multiply(targets, yPred)), 2);
  return subtract(1, divide(both, add(add(total(targets), total(yPred)), epsilon())));
}

/** Like {@linkcode dice}, with weights `alpha` and `beta` (0.5 each) for what is only in targets or only in outputs. */
export function tversky<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  options?: { alpha?: number; beta?: number; axis?: OverlapAxes },
): ResultOf<A | B>;
export function tversky(
  yTrue: Operand,
  yPred: Operand,
  options?: { alpha?: number; beta?: number; axis?: OverlapAxes },
): Operand {
  const { alpha = 0.5, beta = 0.5, axis = null } = optionsOf(options);
  const targets = cast(yTrue, "float32");
  const total = (x: Operand) => sum(x, axis ?? undefined);
  const both = total(multiply(targets, yPred));
  const missed = multiply(total(multiply(subtract(1, yPred), targets)), alpha);
  const extra = multiply(total(multiply(yPred, subtract(1, targets))), beta);
  return subtract(1, divide(both, add(add(add(both, missed), extra), epsilon())));
}

/** Options of {@linkcode CosineSimilarity}. */
interface CosineSimilarityOptions extends LossOptions {
  /** The axis of the vectors; the last by default. */
  axis?: number;
}

const cosineSimilarityOptions = optionTable<CosineSimilarityOptions>()({
  ...lossOptions,
  // Keras writes no axis, so files always give the last.
  axis: unlessDefault(integer(-1)),
});

/** The options, checked and completed. */
export interface CosineSimilarity extends LossFields<CosineSimilarityOptions, typeof cosineSimilarityOptions> {}

/**
 * Minus the cosine of the angle between targets and outputs: -1 if they point the same way.
 *
 * @example The same direction
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.CosineSimilarity().apply(tensor([[3, 4]]), tensor([[6, 8]])).item()); // about -1
 * ```
 */
export class CosineSimilarity extends Loss {
  static {
    declareOptions(this, cosineSimilarityOptions);
  }

  /** Takes axis, reduction and name. Defaults: `axis: -1`. */
  constructor(options: CosineSimilarityOptions = {}) {
    super(options);
  }

  /** Numbers in the output's shape. */
  override targetKind(): TargetKind {
    return "values";
  }

  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return cosineSimilarity(yTrue, yPred, this.axis);
  }
}

const axesOption = nullable(option<number | readonly number[]>({
  read: (given, { what, option }) => {
    const isAxis = (axis: unknown) => Number.isInteger(axis);
    if (isAxis(given) || (Array.isArray(given) && given.length <= 32 && given.every(isAxis))) {
      return given as number | readonly number[];
    }
    throw new ValueError({
      what,
      rule: `${option} must be a whole number or a list of them`,
      received: describe(given),
      hint: "leave it out for all axes",
    });
  },
}));

/** Options of {@linkcode Dice}. */
interface DiceOptions extends LossOptions {
  /** The axes that overlaps are summed over: all by default. */
  axis?: OverlapAxes;
}

const diceOptions = optionTable<DiceOptions>()({
  ...lossOptions,
  axis: axesOption,
});

/** The options, checked and completed. */
export interface Dice extends LossFields<DiceOptions, typeof diceOptions> {}

/**
 * 1 minus the overlap of targets and outputs, for segmentation. Milletari et al., 2016.
 *
 * @example A full overlap
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.Dice().apply(tensor([[1, 0]]), tensor([[1, 0]])).item()); // about 0
 * ```
 */
export class Dice extends Loss {
  static {
    declareOptions(this, diceOptions);
  }

  /** Takes axes, reduction and name. Defaults: `axis: null`. */
  constructor(options: DiceOptions = {}) {
    super(options);
  }
  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return dice(yTrue, yPred, this.axis);
  }
}

/** Options of {@linkcode Tversky}. */
interface TverskyOptions extends DiceOptions {
  /** The weight of what is only in targets; 0.5 by default. */
  alpha?: number;
  /** The weight of what is only in outputs; 0.5 by default. */
  beta?: number;
}

const tverskyOptions = optionTable<TverskyOptions>()({
  ...lossOptions,
  alpha: number(0.5),
  beta: number(0.5),
  axis: axesOption,
});

/** The options, checked and completed. */
export interface Tversky extends LossFields<TverskyOptions, typeof tverskyOptions> {}

/**
 * Like {@linkcode Dice}, with weights for what only targets or only outputs have. Salehi et al., 2017.
 *
 * @example Missed elements weigh more
 * ```ts
 * import { losses } from "./mod.ts";
 * console.log(new losses.Tversky({ alpha: 0.7, beta: 0.3 }).alpha); // 0.7
 * ```
 */
export class Tversky extends Loss {
  static {
    declareOptions(this, tverskyOptions);
  }

  /** Takes weights, axes, reduction and name. Defaults: `alpha: 0.5`, `beta: 0.5`, `axis: null`. */
  constructor(options: TverskyOptions = {}) {
    super(options);
  }
  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return tversky(yTrue, yPred, this);
  }
}

/** The losses of this family by Keras's function names: the function, the class, and further names. */
export const similarityLosses = {
  cosine_similarity: { fn: cosineSimilarity, Class: CosineSimilarity, aliases: ["CosineSimilarity"] },
  dice: { fn: dice, Class: Dice, aliases: ["Dice"] },
  tversky: { fn: tversky, Class: Tversky, aliases: ["Tversky"] },
} as const;
