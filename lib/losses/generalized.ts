// Generalized cross-entropy: between cross-entropy and absolute error, for noisy labels. https://keras.io/api/losses/
import { ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { oneHot, squeeze } from "../ops/composed.ts";
import { cast, multiply, power, subtract, sum } from "../ops/primitives.ts";
import { declareOptions, describe, option, optionTable } from "../options.ts";
import { type Operand, type ResultOf, shapeOf } from "../tensor/apply.ts";
import { Loss, type LossFields, type LossOptions, lossOptions } from "./loss.ts";

/**
 * `(1 - p^q) / q` for the probability `p` of each label's class: labels `[batch]` or `[batch, 1]` and probabilities
 * `[batch, classes]` give `[batch]`. Zhang and Sabuncu, 2018.
 */
export function categoricalGeneralizedCrossEntropy<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  q: number,
): ResultOf<A | B>;
export function categoricalGeneralizedCrossEntropy(yTrue: Operand, yPred: Operand, q: number): Operand {
  const shape = shapeOf(yPred);
  let labels = cast(yTrue, "int32");
  if (labels.shape.length === shape.length && labels.shape.at(-1) === 1) labels = squeeze(labels, -1);
  const p = sum(multiply(yPred, oneHot(labels, shape[shape.length - 1])), -1);
  return multiply(subtract(1, power(p, q)), 1 / q);
}

/** Options of {@linkcode CategoricalGeneralizedCrossEntropy}. */
interface GeneralizedCrossEntropyOptions extends LossOptions {
  /** How little labels are trusted, between 0 and 1; 0.5 by default. */
  q?: number;
}

const generalizedOptions = optionTable<GeneralizedCrossEntropyOptions>()({
  ...lossOptions,
  q: option<number>({
    fallback: 0.5,
    read: (given, { what }) => {
      if (typeof given === "number" && given > 0 && given < 1) return given;
      throw new ValueError({
        what,
        rule: "q must be a number above 0 and below 1",
        received: describe(given),
        hint: "leave it at 0.5",
      });
    },
  }),
});

/** The options, checked and completed. */
export interface CategoricalGeneralizedCrossEntropy
  extends LossFields<GeneralizedCrossEntropyOptions, typeof generalizedOptions> {}

/**
 * A cross-entropy of class numbers that trusts labels less with larger `q`: near 0 it is the cross-entropy, near 1 the
 * absolute error. Zhang and Sabuncu, 2018.
 *
 * @example
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * const loss = new losses.CategoricalGeneralizedCrossEntropy({ q: 0.7 });
 * console.log(loss.apply(tensor([0]), tensor([[1, 0]])).item()); // 0
 * ```
 */
export class CategoricalGeneralizedCrossEntropy extends Loss {
  static {
    declareOptions(this, generalizedOptions);
  }

  /** Takes q, reduction and name. Throws {@linkcode ValueError} if q is not between 0 and 1. Defaults: `q: 0.5`. */
  constructor(options: GeneralizedCrossEntropyOptions = {}) {
    super(options);
  }
  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return categoricalGeneralizedCrossEntropy(yTrue, yPred, this.q);
  }
}
