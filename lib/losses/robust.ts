// Losses of numbers that are robust to outliers: Huber and log-cosh. https://keras.io/api/losses/regression_losses/
import type { Value } from "../ir/value.ts";
import { abs, add, lessEqual, mean, multiply, select, softplus, square, subtract } from "../ops/primitives.ts";
import { number } from "../option_kinds.ts";
import { declareOptions, optionTable, unlessDefault } from "../options.ts";
import type { Operand, ResultOf } from "../tensor/apply.ts";
import { Loss, type LossFields, lossName, type LossOptions, lossOptions, matched, type TargetKind } from "./loss.ts";

/**
 * The mean over the last axis of `e^2 / 2` for errors up to `delta` (1 by default), and of `delta * |e| - delta^2 / 2`
 * beyond: `[batch, ..., n]` gives `[batch, ...]`.
 */
export function huber<A extends Operand, B extends Operand>(yTrue: A, yPred: B, delta?: number): ResultOf<A | B>;
export function huber(yTrue: Operand, yPred: Operand, delta = 1): Operand {
  const [targets, outputs] = matched(yTrue, yPred, "huber");
  const error = subtract(outputs, targets);
  const distance = abs(error);
  const near = multiply(square(error), 0.5);
  const far = subtract(multiply(distance, delta), 0.5 * delta * delta);
  return mean(select(lessEqual(distance, delta), near, far), -1);
}

/** The mean over the last axis of `log(cosh(error))`: `[batch, ..., n]` gives `[batch, ...]`. */
export function logCosh<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function logCosh(yTrue: Operand, yPred: Operand): Operand {
  const [targets, outputs] = matched(yTrue, yPred, "log_cosh");
  const error = subtract(outputs, targets);
  return mean(subtract(add(error, softplus(multiply(error, -2))), Math.LN2), -1);
}

/** Options of {@linkcode Huber}. */
export interface HuberOptions extends LossOptions {
  /** The error from which the loss is linear; 1 by default. */
  delta?: number;
}

const huberOptions = optionTable<HuberOptions>()({
  ...lossOptions,
  name: lossName("huber_loss"),
  // Keras writes no delta, so files always give 1.
  delta: unlessDefault(number(1, { min: 0 })),
});

/** The options, checked and completed. */
export interface Huber extends LossFields<HuberOptions, typeof huberOptions> {}

/**
 * Quadratic for small errors and linear for large ones. Huber, 1964.
 *
 * @example An outlier
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.Huber().apply(tensor([[0, 0]]), tensor([[0.5, 10]])).item()); // 4.8125
 * ```
 */
export class Huber extends Loss {
  static {
    declareOptions(this, huberOptions);
  }

  /** Takes delta, reduction and name. Throws {@linkcode ValueError} for a delta below 0. Defaults: `delta: 1`. */
  constructor(options: HuberOptions = {}) {
    super(options);
  }

  /** Numbers in the output's shape. */
  override targetKind(): TargetKind {
    return "values";
  }

  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return huber(yTrue, yPred, this.delta);
  }
}

/**
 * `log(cosh(error))`: half the square of small errors, nearly the absolute value of large ones.
 *
 * @example Of two numbers
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.LogCosh().apply(tensor([[0, 0]]), tensor([[1, 0]])).item()); // about 0.2169
 * ```
 */
export class LogCosh extends Loss {
  static {
    declareOptions(this, lossOptions);
  }

  /** Takes reduction and name. */
  constructor(options: LossOptions = {}) {
    super(options);
  }

  /** Numbers in the output's shape. */
  override targetKind(): TargetKind {
    return "values";
  }

  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return logCosh(yTrue, yPred);
  }
}

/** The losses of this family by Keras's function names: the function, the class, and further names. */
export const robustLosses = {
  huber: { fn: huber, Class: Huber, aliases: ["Huber"] },
  log_cosh: { fn: logCosh, Class: LogCosh, aliases: ["LogCosh", "logcosh"] },
} as const;
