// Losses of distributions: Kullback-Leibler and Poisson. https://keras.io/api/losses/probabilistic_losses/
import type { Value } from "../ir/value.ts";
import { epsilon } from "../config.ts";
import { clip } from "../ops/composed.ts";
import { add, divide, log, mean, multiply, subtract, sum } from "../ops/primitives.ts";
import { declareOptions } from "../options.ts";
import type { Operand, ResultOf } from "../tensor/apply.ts";
import { Loss, lossName, type LossOptions, lossOptions, matched, type TargetKind } from "./loss.ts";

/** `sum(target * log(target / output))` over the last axis, both clipped to epsilon and 1. */
export function klDivergence<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function klDivergence(yTrue: Operand, yPred: Operand): Operand {
  const [p, q] = matched(yTrue, yPred, "kl_divergence").map((x) => clip(x, epsilon(), 1));
  return sum(multiply(p, log(divide(p, q))), -1);
}

/** The mean over the last axis of `output - target * log(output)`. */
export function poisson<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function poisson(yTrue: Operand, yPred: Operand): Operand {
  const [targets, outputs] = matched(yTrue, yPred, "poisson");
  return mean(subtract(outputs, multiply(targets, log(add(outputs, epsilon())))), -1);
}

/**
 * The divergence of outputs from targets, as distributions along the last axis. Kullback and Leibler, 1951.
 *
 * @example Two classes
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.KLDivergence().apply(tensor([[1, 0]]), tensor([[0.5, 0.5]])).item()); // about 0.6931
 * ```
 */
export class KLDivergence extends Loss {
  static {
    declareOptions(this, { ...lossOptions, name: lossName("kl_divergence") });
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
    return klDivergence(yTrue, yPred);
  }
}

/**
 * Minus the log-likelihood of counts, without the terms that do not depend on the outputs.
 *
 * @example One count
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * console.log(new losses.Poisson().apply(tensor([[2]]), tensor([[1]])).item()); // about 1
 * ```
 */
export class Poisson extends Loss {
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
    return poisson(yTrue, yPred);
  }
}

/** The losses of this family by Keras's function names: the function, the class, and further names. */
export const divergenceLosses = {
  kl_divergence: {
    fn: klDivergence,
    Class: KLDivergence,
    aliases: ["KLDivergence", "kld", "KLD", "kullback_leibler_divergence"],
  },
  poisson: { fn: poisson, Class: Poisson, aliases: ["Poisson"] },
} as const;
