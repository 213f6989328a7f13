// Generalized cross-entropy: between cross-entropy and absolute error, for labels that may be wrong. https://keras.io/api/losses/
import type { Config } from "../json_config.ts";
import { ValueError } from "../errors.ts";
import { oneHot, squeeze } from "../ops/composed.ts";
import { cast, multiply, power, subtract, sum } from "../ops/primitives.ts";
import { checkOptions, describe } from "../options.ts";
import { type Operand, type ResultOf, shapeOf } from "../tensor/apply.ts";
import { FunctionLoss, lossOptionNames, type LossOptions } from "./loss.ts";

/**
 * `(1 - p^q) / q` of the probability `p` of the class that each label names: labels `[batch]` or `[batch, 1]` and
 * probabilities `[batch, classes]` give `[batch]`. Zhang and Sabuncu, 2018.
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

/**
 * A cross-entropy of class numbers that trusts labels less the larger `q` is: near 0 it is the cross-entropy, near 1 the
 * absolute error. Zhang and Sabuncu, 2018.
 *
 * @example
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * const loss = new losses.CategoricalGeneralizedCrossEntropy({ q: 0.7 });
 * console.log(loss.apply(tensor([0]), tensor([[1, 0]])).item()); // 0
 * ```
 */
export class CategoricalGeneralizedCrossEntropy extends FunctionLoss {
  /** How little labels are trusted, between 0 and 1. */
  readonly q: number;

  /** Takes q (0.5 by default), reduction and name. Throws {@linkcode ValueError} for a q that is not between 0 and 1. */
  constructor(options: LossOptions & { q?: number } = {}) {
    checkOptions("CategoricalGeneralizedCrossEntropy", options, ["q", ...lossOptionNames]);
    const { q = 0.5, ...rest } = options;
    if (!(q > 0 && q < 1)) {
      throw new ValueError({
        what: "Cannot make CategoricalGeneralizedCrossEntropy",
        rule: "q must be a number above 0 and below 1",
        received: describe(q),
        hint: "leave it at 0.5",
      });
    }
    super((yTrue, yPred) => categoricalGeneralizedCrossEntropy(yTrue, yPred, q), rest);
    this.q = q;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), q: this.q };
  }
}
