// Losses of numbers: mean squared and mean absolute error. https://keras.io/api/losses/regression_losses/
import type { Value } from "../ir/value.ts";
import { abs, cast, mean, square, subtract } from "../ops/primitives.ts";
import { checkOptions } from "../options.ts";
import type { Applied, Operand } from "../tensor/apply.ts";
import { checkSameShape, Loss, lossOptionNames, type LossOptions, matchRanks } from "./loss.ts";

function difference(yTrue: Operand, yPred: Operand, loss: string): Value {
  const [targets, outputs] = matchRanks(cast(yTrue, "float32"), yPred);
  checkSameShape(targets, outputs, loss);
  return subtract(targets, outputs);
}

/** The mean of squared differences over the last axis: `[batch, ..., n]` gives `[batch, ...]`. */
export function meanSquaredError<A extends Operand, B extends Operand>(yTrue: A, yPred: B): Applied<A | B> {
  return mean(square(difference(yTrue, yPred, "mean_squared_error")), -1) as Applied<A | B>;
}

/** The mean of absolute differences over the last axis: `[batch, ..., n]` gives `[batch, ...]`. */
export function meanAbsoluteError<A extends Operand, B extends Operand>(yTrue: A, yPred: B): Applied<A | B> {
  return mean(abs(difference(yTrue, yPred, "mean_absolute_error")), -1) as Applied<A | B>;
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
  /** Takes reduction and name. */
  constructor(options: LossOptions = {}) {
    checkOptions("MeanSquaredError", options, lossOptionNames);
    super(options);
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
  /** Takes reduction and name. */
  constructor(options: LossOptions = {}) {
    checkOptions("MeanAbsoluteError", options, lossOptionNames);
    super(options);
  }
  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return meanAbsoluteError(yTrue, yPred);
  }
}
