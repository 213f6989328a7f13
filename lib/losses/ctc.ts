// CTC: the loss of label sequences without a known alignment in time. https://keras.io/api/losses/
import { ShapeError } from "../errors.ts";
import { requireTrace } from "../ir/trace.ts";
import { Value } from "../ir/value.ts";
import { logSoftmax, logSumExp, oneHot } from "../ops/composed.ts";
import * as o from "../ops/primitives.ts";
import { scan } from "../ops/defs/scan.ts";
import { declareOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import { dtypeOf, type Operand, type ResultOf, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { Loss, type LossOptions, lossOptions } from "./loss.ts";

/** The log of an impossible event: small enough to vanish in a sum, large enough to keep the loss finite. */
const impossible = -707;

/** The states of each sequence, `[batch, 2 labels + 1]`: a blank (class 0) before, between and after the labels. */
function statesOf(labels: Value): Value {
  const [batch, count] = labels.shape;
  const pairs = o.pad(o.reshape(labels, [batch, count, 1]), [0, 0, 1], [0, 0, 0]);
  return o.pad(o.reshape(pairs, [batch, 2 * count]), [0, 0], [0, 1]);
}

/** `x` `[batch, n]` shifted by `by` along the last axis. */
function shifted(x: Operand, by: number, value: number): Operand {
  const [batch, count] = shapeOf(x);
  return count <= by
    ? o.full(shapeOf(x), value, dtypeOf(x))
    : o.pad(o.slice(x, [0, 0], [batch, count - by]), [0, by], [0, 0], { value });
}

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
  const [batch, steps, classes] = shape;
  const states = statesOf(labels);
  const count = states.shape[1];
  // The log-probability of each state's class in each step: [steps, batch, states].
  const chosen = o.matmul(logSoftmax(yPred), oneHot(states, classes), { transposeB: true });
  const emitted: Operand = o.transpose(chosen, [1, 0, 2]);
  // Skipping a state is allowed between two labels.
  const isLabel = o.notEqual(states, 0);
  const jump = o.select(o.logicalAnd(isLabel, o.notEqual(states, shifted(states, 2, 0))), 0, -1);
  const jumpCost = o.multiply(o.cast(jump, "float32"), -impossible);
  const step = (reached: Operand, now: Operand) => {
    const ways = [reached, shifted(reached, 1, impossible), o.add(shifted(reached, 2, impossible), jumpCost)];
    return o.add(logSumExp(o.stack(ways, 0), 0), now);
  };
  const first = new Tensor([count], "float32", new Float32Array(count).fill(impossible));
  first.data[0] = 0;
  const start = o.broadcastTo(first, [batch, count]);
  let reached: Operand = start;
  if (emitted instanceof Value) {
    const carries = [requireTrace("ctc").constant(start.shape, "float32", start.data)];
    const body = ([last]: Value[], [now]: Value[]) => ({ carries: [step(last, now)], stacked: [] });
    [reached] = scan({ length: steps, carries, scanned: [emitted] }, body).carries;
  } else {
    // Tensors are computed in an ordinary loop.
    for (let t = 0; t < steps; t++) {
      const now = o.reshape(o.slice(emitted, [t, 0, 0], [1, batch, count]), [batch, count]);
      reached = step(reached, now);
    }
  }
  // A sequence ends in its last label or in the blank after it.
  const ends = o.multiply(o.sum(o.cast(o.notEqual(labels, 0), "int32"), 1, true), 2);
  const places = o.iota([1, count], 1);
  const isEnd = o.logicalOr(o.equal(places, ends), o.equal(places, o.subtract(ends, 1)));
  return o.negate(logSumExp(o.select(isEnd, reached, -Infinity), 1));
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
