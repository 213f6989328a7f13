// Losses of numbers: mean squared and absolute errors, also relative and logarithmic.
// https://keras.io/api/losses/regression_losses/
import { epsilon } from "../config.ts";
import type { Value } from "../ir/value.ts";
import { abs, add, divide, log, maximum, mean, multiply, square, subtract } from "../ops/primitives.ts";
import { declareOptions } from "../options.ts";
import type { Operand, ResultOf } from "../tensor/apply.ts";
import { Loss, type LossOptions, lossOptions, matched, type TargetKind } from "./loss.ts";

function difference(yTrue: Operand, yPred: Operand, loss: string): Value {
  const [targets, outputs] = matched(yTrue, yPred, loss);
  return subtract(targets, outputs);
}

/** The mean of squared differences over the last axis: `[batch, ..., n]` gives `[batch, ...]`. */
export function meanSquaredError<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function meanSquaredError(yTrue: Operand, yPred: Operand): Operand {
  return mean(square(difference(yTrue, yPred, "mean_squared_error")), -1);
}

/** The mean of absolute differences over the last axis: `[batch, ..., n]` gives `[batch, ...]`. */
export function meanAbsoluteError<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function meanAbsoluteError(yTrue: Operand, yPred: Operand): Operand {
  return mean(abs(difference(yTrue, yPred, "mean_absolute_error")), -1);
}

/** 100 times the mean of `|difference / target|` over the last axis: `[batch, ..., n]` gives `[batch, ...]`. */
export function meanAbsolutePercentageError<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function meanAbsolutePercentageError(yTrue: Operand, yPred: Operand): Operand {
  const [targets, outputs] = matched(yTrue, yPred, "mean_absolute_percentage_error");
  const parts = abs(divide(subtract(targets, outputs), maximum(abs(targets), epsilon())));
  return multiply(mean(parts, -1), 100);
}

/** The mean of squared differences of `log(1 + x)` over the last axis: `[batch, ..., n]` gives `[batch, ...]`. */
export function meanSquaredLogarithmicError<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function meanSquaredLogarithmicError(yTrue: Operand, yPred: Operand): Operand {
  const [targets, outputs] = matched(yTrue, yPred, "mean_squared_logarithmic_error");
  const [a, b] = [outputs, targets].map((x) => log(add(maximum(x, epsilon()), 1)));
  return mean(square(subtract(a, b)), -1);
}

/**
 * The mean of squared differences between targets and outputs.
 *
 * @example Of two numbers
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * const mse = new losses.MeanSquaredError();
 * console.log(mse.apply(tensor([[0, 1]]), tensor([[0.4, 0.6]])).item()); // about 0.16
 * ```
 */
export class MeanSquaredError extends Loss {
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
    return meanSquaredError(yTrue, yPred);
  }
}

/**
 * The mean of absolute differences between targets and outputs.
 *
 * @example Of two numbers
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.MeanAbsoluteError().apply(tensor([[0, 1]]), tensor([[0.5, 1]])).item()); // 0.25
 * ```
 */
export class MeanAbsoluteError extends Loss {
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
    return meanAbsoluteError(yTrue, yPred);
  }
}

/**
 * The mean of absolute differences in percent of the targets.
 *
 * @example Ten percent off
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * const mape = new losses.MeanAbsolutePercentageError();
 * console.log(mape.apply(tensor([[10, 20]]), tensor([[11, 18]])).item()); // about 10
 * ```
 */
export class MeanAbsolutePercentageError extends Loss {
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
    return meanAbsolutePercentageError(yTrue, yPred);
  }
}

/**
 * The mean of squared differences of the logarithms of targets and outputs, each plus 1.
 *
 * @example Of one number
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * const msle = new losses.MeanSquaredLogarithmicError();
 * console.log(msle.apply(tensor([[0]]), tensor([[1]])).item()); // about 0.4805
 * ```
 */
export class MeanSquaredLogarithmicError extends Loss {
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
    return meanSquaredLogarithmicError(yTrue, yPred);
  }
}

/** The losses of this family by Keras's function names: the function, the class, and further names. */
export const regressionLosses = {
  mean_squared_error: { fn: meanSquaredError, Class: MeanSquaredError, aliases: ["MeanSquaredError", "mse", "MSE"] },
  mean_absolute_error: {
    fn: meanAbsoluteError,
    Class: MeanAbsoluteError,
    aliases: ["MeanAbsoluteError", "mae", "MAE"],
  },
  mean_absolute_percentage_error: {
    fn: meanAbsolutePercentageError,
    Class: MeanAbsolutePercentageError,
    aliases: ["MeanAbsolutePercentageError", "mape", "MAPE"],
  },
  mean_squared_logarithmic_error: {
    fn: meanSquaredLogarithmicError,
    Class: MeanSquaredLogarithmicError,
    aliases: ["MeanSquaredLogarithmicError", "msle", "MSLE"],
  },
} as const;
