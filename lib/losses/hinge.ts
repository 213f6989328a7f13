// Hinge losses: margins between classes. https://keras.io/api/losses/hinge_losses/
import type { Value } from "../ir/value.ts";
import {
  add,
  cast,
  equal,
  logicalAnd,
  max,
  maximum,
  mean,
  multiply,
  notEqual,
  select,
  square,
  subtract,
  sum,
} from "../ops/primitives.ts";
import { declareOptions } from "../options.ts";
import type { Operand, ResultOf } from "../tensor/apply.ts";
import { Loss, type LossOptions, lossOptions, matched, type TargetKind } from "./loss.ts";

/** How far outputs miss a margin of 1; targets of only 0 and 1 stand for -1 and 1. */
function shortfall(yTrue: Operand, yPred: Operand, loss: string): Value {
  const [targets, outputs] = matched(yTrue, yPred, loss);
  const others = sum(cast(logicalAnd(notEqual(targets, 0), notEqual(targets, 1)), "float32"));
  const signs = select(equal(others, 0), subtract(multiply(targets, 2), 1), targets);
  return maximum(subtract(1, multiply(signs, outputs)), 0);
}

/**
 * The mean over the last axis of `max(1 - target * output, 0)`; targets are -1 and 1, or 0 and 1.
 * `[batch, ..., n]` gives `[batch, ...]`.
 */
export function hinge<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function hinge(yTrue: Operand, yPred: Operand): Operand {
  return mean(shortfall(yTrue, yPred, "hinge"), -1);
}

/** The square of {@linkcode hinge}'s terms: `[batch, ..., n]` gives `[batch, ...]`. */
export function squaredHinge<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function squaredHinge(yTrue: Operand, yPred: Operand): Operand {
  return mean(square(shortfall(yTrue, yPred, "squared_hinge")), -1);
}

/**
 * `max(largest wrong output - right output + 1, 0)` for one-hot targets: `[batch, ..., classes]` gives `[batch, ...]`.
 */
export function categoricalHinge<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function categoricalHinge(yTrue: Operand, yPred: Operand): Operand {
  const [targets, outputs] = matched(yTrue, yPred, "categorical_hinge");
  const right = sum(multiply(targets, outputs), -1);
  const wrong = max(multiply(subtract(1, targets), outputs), -1);
  return maximum(add(subtract(wrong, right), 1), 0);
}

/**
 * {@linkcode hinge} as a loss: targets are -1 and 1, or 0 and 1.
 *
 * @example Two samples
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.Hinge().apply(tensor([[-1], [1]]), tensor([[0.5], [0.5]])).item()); // 1
 * ```
 */
export class Hinge extends Loss {
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
    return hinge(yTrue, yPred);
  }
}

/**
 * {@linkcode squaredHinge} as a loss: targets are -1 and 1, or 0 and 1.
 *
 * @example Two samples
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.SquaredHinge().apply(tensor([[-1], [1]]), tensor([[0.5], [0.5]])).item()); // 1.25
 * ```
 */
export class SquaredHinge extends Loss {
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
    return squaredHinge(yTrue, yPred);
  }
}

/**
 * {@linkcode categoricalHinge} as a loss: targets are one-hot.
 *
 * @example One sample
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.CategoricalHinge().apply(tensor([[0, 1]]), tensor([[0.75, 0.25]])).item()); // 1.5
 * ```
 */
export class CategoricalHinge extends Loss {
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
    return categoricalHinge(yTrue, yPred);
  }
}

/** The losses of this family by Keras's function names: the function, the class, and further names. */
export const hingeLosses = {
  hinge: { fn: hinge, Class: Hinge, aliases: ["Hinge"] },
  squared_hinge: { fn: squaredHinge, Class: SquaredHinge, aliases: ["SquaredHinge"] },
  categorical_hinge: { fn: categoricalHinge, Class: CategoricalHinge, aliases: ["CategoricalHinge"] },
} as const;
