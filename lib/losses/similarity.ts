// Losses of directions and overlaps: cosine similarity, Dice, Tversky. https://keras.io/api/losses/regression_losses/
import { type Config, epsilon } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { add, cast, divide, maximum, multiply, negate, sqrt, square, subtract, sum } from "../ops/primitives.ts";
import { checkOptions } from "../options.ts";
import type { Operand, ResultOf } from "../tensor/apply.ts";
import { FunctionLoss, lossOptionNames, type LossOptions, matched } from "./loss.ts";

/** Vectors along `axis` with length 1; those shorter than epsilon are divided by it. */
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

/** Axes that an overlap is summed over; null for all, the batch too. */
export type OverlapAxes = number | readonly number[] | null;

/** 1 less twice the overlap of targets and outputs over their sum. Over all axes, a scalar. */
export function dice<A extends Operand, B extends Operand>(yTrue: A, yPred: B, axis?: OverlapAxes): ResultOf<A | B>;
export function dice(yTrue: Operand, yPred: Operand, axis: OverlapAxes = null): Operand {
  const targets = cast(yTrue, "float32");
  const total = (x: Operand) => sum(x, axis ?? undefined);
  const both = multiply(total(multiply(targets, yPred)), 2);
  return subtract(1, divide(both, add(add(total(targets), total(yPred)), epsilon())));
}

/** As {@linkcode dice}, with weights `alpha` and `beta` (0.5 each) for what lies only in targets or only in outputs. */
export function tversky<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  options?: { alpha?: number; beta?: number; axis?: OverlapAxes },
): ResultOf<A | B>;
export function tversky(
  yTrue: Operand,
  yPred: Operand,
  { alpha = 0.5, beta = 0.5, axis = null }: { alpha?: number; beta?: number; axis?: OverlapAxes } = {},
): Operand {
  const targets = cast(yTrue, "float32");
  const total = (x: Operand) => sum(x, axis ?? undefined);
  const both = total(multiply(targets, yPred));
  const missed = multiply(total(multiply(subtract(1, yPred), targets)), alpha);
  const extra = multiply(total(multiply(yPred, subtract(1, targets))), beta);
  return subtract(1, divide(both, add(add(add(both, missed), extra), epsilon())));
}

/**
 * Minus the cosine of the angle between targets and outputs: -1 where they point the same way.
 *
 * @example The same direction
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.CosineSimilarity().apply(tensor([[3, 4]]), tensor([[6, 8]])).item()); // about -1
 * ```
 */
export class CosineSimilarity extends FunctionLoss {
  /** The axis along which vectors lie. */
  readonly axis: number;

  /** Takes axis, reduction and name. */
  constructor(options: LossOptions & { axis?: number } = {}) {
    checkOptions("CosineSimilarity", options, ["axis", ...lossOptionNames]);
    const { axis = -1, ...rest } = options;
    super((yTrue, yPred) => cosineSimilarity(yTrue, yPred, axis), rest);
    this.axis = axis;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    // Keras writes no axis, and so makes the last of any.
    return this.axis === -1 ? super.getConfig() : { ...super.getConfig(), axis: this.axis };
  }
}

const axesConfig = (axis: OverlapAxes): Config => ({ axis });

/**
 * 1 less the overlap of targets and outputs, for segmentation. Milletari et al., 2016.
 *
 * @example A full overlap
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.Dice().apply(tensor([[1, 0]]), tensor([[1, 0]])).item()); // about 0
 * ```
 */
export class Dice extends FunctionLoss {
  /** What overlaps are summed over. */
  readonly axis: OverlapAxes;

  /** Takes axes, reduction and name. */
  constructor(options: LossOptions & { axis?: OverlapAxes } = {}) {
    checkOptions("Dice", options, ["axis", ...lossOptionNames]);
    const { axis = null, ...rest } = options;
    super((yTrue, yPred) => dice(yTrue, yPred, axis), rest);
    this.axis = axis;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), ...axesConfig(this.axis) };
  }
}

/**
 * As {@linkcode Dice}, with weights for what targets and outputs have alone. Salehi et al., 2017.
 *
 * @example What is missed weighs more
 * ```ts
 * import { losses } from "./mod.ts";
 * console.log(new losses.Tversky({ alpha: 0.7, beta: 0.3 }).alpha); // 0.7
 * ```
 */
export class Tversky extends FunctionLoss {
  /** The weight of what lies only in targets. */
  readonly alpha: number;
  /** The weight of what lies only in outputs. */
  readonly beta: number;
  /** What overlaps are summed over. */
  readonly axis: OverlapAxes;

  /** Takes weights, axes, reduction and name. */
  constructor(options: LossOptions & { alpha?: number; beta?: number; axis?: OverlapAxes } = {}) {
    checkOptions("Tversky", options, ["alpha", "beta", "axis", ...lossOptionNames]);
    const { alpha = 0.5, beta = 0.5, axis = null, ...rest } = options;
    super((yTrue, yPred) => tversky(yTrue, yPred, { alpha, beta, axis }), rest);
    this.alpha = alpha;
    this.beta = beta;
    this.axis = axis;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), alpha: this.alpha, beta: this.beta, ...axesConfig(this.axis) };
  }
}
