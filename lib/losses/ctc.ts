// CTC: the loss of label sequences without a known alignment in time. https://keras.io/api/losses/
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { alignmentLosses } from "../ops/ctc_loss.ts";
import * as o from "../ops/primitives.ts";
import { declareOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import { type Operand, type ResultOf, shapeOf } from "../tensor/apply.ts";
import { Loss, type LossOptions, lossOptions } from "./loss.ts";

/**
 * Minus the log-probability that the outputs spell the labels, over all alignments. Labels `[batch, length]`, in which
 * 0 is the blank and the padding at the end, and logits `[batch, steps, classes]` give `[batch]`. Graves et al., 2006.
 */
export function ctc<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function ctc(yTrue: Operand, yPred: Operand): Operand {
  const labels = o.cast(yTrue, "int32");
  const shape = shapeOf(yPred);
  if (labels.shape.length !== 2 || shape.length !== 3 || labels.shape[0] !== shape[0]) {
    throw new ShapeError({
      what: "Cannot compute ctc",
      rule: "targets must be class numbers [batch, length] and outputs logits [batch, steps, classes]",
      received: `${formatShape(labels.shape)} and ${formatShape(shape)}`,
      hint: "pad label sequences with 0 to one length, and do not apply softmax to the outputs",
    });
  }
  return alignmentLosses(labels, yPred, o.sum(o.cast(o.notEqual(labels, 0), "int32"), 1), null, 0);
}

/**
 * Connectionist temporal classification, for speech and handwriting: targets are label sequences padded with 0, the
 * blank; outputs are the logits of each step. Graves et al., 2006.
 *
 * @example One label in two steps
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * const logits = tensor([[[0, 0, 0], [0, 0, 0]]]);
 * console.log(new losses.CTC().apply(tensor([[1]], undefined, "int32"), logits).item()); // about 1.0986
 * ```
 */
export class CTC extends Loss {
  static {
    declareOptions(this, lossOptions);
  }

  /** Takes reduction and name. */
  constructor(options: LossOptions = {}) {
    super(options);
  }
  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return ctc(yTrue, yPred);
  }
}

/** The losses of this family by Keras's function names: the function, the class, and further names. */
export const ctcLosses = {
  ctc: { fn: ctc, Class: CTC, aliases: ["CTC"] },
} as const;
