// Focal cross-entropies: samples that are already right count less. Lin et al., 2018.
// https://keras.io/api/losses/probabilistic_losses/
import { optionsOf } from "../ops/lift.ts";
import type { Value } from "../ir/value.ts";
import { softmax } from "../ops/composed.ts";
import { binaryCrossentropy, checkOneShape, clipped, logitsOf } from "../ops/crossentropy.ts";
import { add, cast, divide, log, mean, multiply, power, sigmoid, square, subtract, sum } from "../ops/primitives.ts";
import { declareOptions, optionTable } from "../options.ts";
import { boolean, number } from "../option_kinds.ts";
import { normalizeAxis } from "../shape.ts";
import { type Operand, type ResultOf, shapeOf } from "../tensor/apply.ts";
import { type CrossentropyOptions, crossentropyOptions, smoothBinary, smoothCategorical } from "./crossentropy.ts";
import { Loss, type LossFields, type LossOptions, matchRanks } from "./loss.ts";

/** Options of the focal cross-entropies. */
export interface FocalOptions extends CrossentropyOptions {
  /** The weight of class 1, or of all classes; 0.25 by default. */
  alpha?: number;
  /** How fast the weight of a sample falls with its probability; 2 by default. */
  gamma?: number;
}

/** Options of {@linkcode binaryFocalCrossentropy}. */
export interface BinaryFocalOptions extends FocalOptions {
  /** Whether class 1 has weight `alpha` and class 0 `1 - alpha`; false by default. */
  applyClassBalancing?: boolean;
}

const raised = (x: Value, gamma: number): Value => (gamma === 2 ? square(x) : power(x, gamma));

/**
 * The mean over the last axis of binary cross-entropies times `(1 - probability of the target) ^ gamma`. `[batch, ...,
 * n]` gives `[batch, ...]`.
 */
export function binaryFocalCrossentropy<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  options?: BinaryFocalOptions,
): ResultOf<A | B>;
export function binaryFocalCrossentropy(yTrue: Operand, yPred: Operand, givenOptions?: BinaryFocalOptions): Operand {
  const options = optionsOf(givenOptions);
  const { applyClassBalancing = false, alpha = 0.25, gamma = 2, fromLogits = false } = options;
  const logits = fromLogits ? yPred : logitsOf(yPred, "sigmoid");
  const [given, outputs] = matchRanks(cast(yTrue, "float32"), logits ?? yPred);
  checkOneShape(given, outputs, "binary_focal_crossentropy");
  const targets = smoothBinary(given, options.labelSmoothing ?? 0);
  const p = logits === undefined ? outputs : sigmoid(outputs);
  const losses = binaryCrossentropy(targets, outputs, logits !== undefined);
  const right = add(multiply(targets, p), multiply(subtract(1, targets), subtract(1, p)));
  let focal = multiply(raised(subtract(1, right), gamma), losses);
  if (applyClassBalancing) {
    focal = multiply(add(multiply(targets, alpha), multiply(subtract(1, targets), 1 - alpha)), focal);
  }
  return mean(focal, options.axis ?? -1);
}

/**
 * The sum over the classes of cross-entropies times `alpha * (1 - probability) ^ gamma`.
 * `[batch, ..., classes]` gives `[batch, ...]`.
 */
export function categoricalFocalCrossentropy<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  options?: FocalOptions,
): ResultOf<A | B>;
export function categoricalFocalCrossentropy(
  yTrue: Operand,
  yPred: Operand,
  options?: FocalOptions,
): Operand {
  const { alpha = 0.25, gamma = 2, fromLogits = false, labelSmoothing = 0, axis = -1 } = optionsOf(options);
  const given = cast(yTrue, "float32");
  checkOneShape(given, yPred, "categorical_focal_crossentropy");
  const at = normalizeAxis(axis, shapeOf(yPred).length, "compute categorical_focal_crossentropy");
  const targets = smoothCategorical(given, labelSmoothing);
  const chances = fromLogits ? softmax(yPred, at) : yPred;
  const p = clipped(divide(chances, sum(chances, at, true)));
  const weights = multiply(raised(subtract(1, p), gamma), alpha);
  return sum(multiply(weights, multiply(targets, multiply(log(p), -1))), at);
}

const focalOptions = optionTable<FocalOptions & LossOptions>()({
  ...crossentropyOptions,
  alpha: number(0.25),
  gamma: number(2, { min: 0 }),
});
const binaryFocalOptions = optionTable<BinaryFocalOptions & LossOptions>()({
  ...crossentropyOptions,
  applyClassBalancing: boolean(false),
  alpha: number(0.25),
  gamma: number(2, { min: 0 }),
});

/** The options, checked and completed. */
export interface BinaryFocalCrossentropy extends LossFields<BinaryFocalOptions, typeof binaryFocalOptions> {}
/** The options, checked and completed. */
export interface CategoricalFocalCrossentropy extends LossFields<FocalOptions, typeof focalOptions> {}

/**
 * Focal cross-entropy of targets of 0 and 1.
 *
 * @example A rare class
 * ```ts
 * import { losses } from "./mod.ts";
 * const focal = new losses.BinaryFocalCrossentropy({ applyClassBalancing: true, alpha: 0.75 });
 * console.log(focal.name); // binary_focal_crossentropy
 * ```
 */
export class BinaryFocalCrossentropy extends Loss {
  static {
    declareOptions(this, binaryFocalOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for a smoothing outside of 0 to 1 or a gamma below 0. Defaults:
   * `fromLogits: false`, `labelSmoothing: 0`, `axis: -1`, `applyClassBalancing: false`, `alpha: 0.25`, `gamma: 2`.
   */
  constructor(options: BinaryFocalOptions & LossOptions = {}) {
    super(options);
  }
  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return binaryFocalCrossentropy(yTrue, yPred, this);
  }
}

/**
 * Focal cross-entropy of one-hot targets.
 *
 * @example From logits
 * ```ts
 * import { losses } from "./mod.ts";
 * console.log(new losses.CategoricalFocalCrossentropy({ fromLogits: true, gamma: 1 }).reduction); // sum_over_batch_size
 * ```
 */
export class CategoricalFocalCrossentropy extends Loss {
  static {
    declareOptions(this, focalOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for a smoothing outside of 0 to 1 or a gamma below 0. Defaults:
   * `fromLogits: false`, `labelSmoothing: 0`, `axis: -1`, `alpha: 0.25`, `gamma: 2`.
   */
  constructor(options: FocalOptions & LossOptions = {}) {
    super(options);
  }
  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return categoricalFocalCrossentropy(yTrue, yPred, this);
  }
}

/** The losses of this family by Keras's function names: the function, the class, and further names. */
export const focalLosses = {
  binary_focal_crossentropy: {
    fn: binaryFocalCrossentropy,
    Class: BinaryFocalCrossentropy,
    aliases: ["BinaryFocalCrossentropy"],
  },
  categorical_focal_crossentropy: {
    fn: categoricalFocalCrossentropy,
    Class: CategoricalFocalCrossentropy,
    aliases: ["CategoricalFocalCrossentropy"],
  },
} as const;
