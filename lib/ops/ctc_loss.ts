// Connectionist temporal classification: the loss of label sequences without a known alignment in time.
// https://keras.io/api/ops/nn/
import { ShapeError } from "../errors.ts";
import { requireTrace } from "../ir/trace.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { Value } from "../ir/value.ts";
import { checkCount, formatShape, sameShape } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf, symbolic } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { logSoftmax, logSumExp, oneHot } from "./composed.ts";
import { scan } from "./defs/scan.ts";
import { liftNamed, type Named } from "./lift.ts";
import * as p from "./primitives.ts";

/** The log of an impossible event: small enough to vanish in a sum, large enough to keep the loss finite. */
const impossible = -707;

/** The states of each sequence, `[batch, 2 labels + 1]`: a blank before, between and after the labels. */
function statesOf(labels: Operand, value: number): Operand {
  const [batch, count] = shapeOf(labels);
  const pairs = p.pad(p.reshape(labels, [batch, count, 1]), [0, 0, 1], [0, 0, 0], { value });
  return p.pad(p.reshape(pairs, [batch, 2 * count]), [0, 0], [0, 1], { value });
}

/** `x` `[batch, n]` shifted by `by` along the last axis. */
function shifted(x: Operand, by: number, value: number): Operand {
  const [batch, count] = shapeOf(x);
  return count <= by
    ? p.full(shapeOf(x), value, dtypeOf(x))
    : p.pad(p.slice(x, [0, 0], [batch, count - by]), [0, by], [0, 0], { value });
}

/**
 * Minus the log-probability that logits `[batch, steps, classes]` spell labels `[batch, length]`, of which the first
 * `targetLength` of each sequence count; all steps do unless there is an `outputLength`. Gives `[batch]`.
 */
export function alignmentLosses(
  target: Operand,
  output: Operand,
  targetLength: Operand,
  outputLength: Operand | null,
  blank: number,
): Operand {
  const [batch, steps, classes] = shapeOf(output);
  const lengths = p.reshape(p.cast(targetLength, "int32"), [batch, 1]);
  const given = p.cast(target, "int32");
  const labels = p.select(p.less(p.iota([1, shapeOf(given)[1]], 1), lengths), given, blank);
  const states = statesOf(labels, blank);
  const count = shapeOf(states)[1];
  // The log-probability of each state's class in each step: [steps, batch, states].
  const chosen = p.matmul(logSoftmax(output), oneHot(states, classes), { transposeB: true });
  const emitted: Operand = p.transpose(chosen, [1, 0, 2]);
  // Skipping a state is allowed between two labels.
  const isLabel = p.notEqual(states, blank);
  const jump = p.select(p.logicalAnd(isLabel, p.notEqual(states, shifted(states, 2, blank))), 0, -1);
  const jumpCost = p.multiply(p.cast(jump, "float32"), -impossible);
  const isGoing = outputLength === null
    ? null
    : p.less(p.iota([steps, 1, 1]), p.reshape(p.cast(outputLength, "int32"), [1, batch, 1]));
  const step = (reached: Operand, now: Operand, going?: Operand): Operand => {
    const ways = [reached, shifted(reached, 1, impossible), p.add(shifted(reached, 2, impossible), jumpCost)];
    const next = p.add(logSumExp(p.stack(ways, 0), 0), now);
    return going === undefined ? next : p.select(going, next, reached);
  };
  const first = new Tensor([count], "float32", new Float32Array(count).fill(impossible));
  first.data[0] = 0;
  const start = p.broadcastTo(first, [batch, count]);
  let reached: Operand = start;
  if (emitted instanceof Value || isGoing instanceof Value) {
    const carries = [requireTrace("ctc").constant(start.shape, "float32", start.data)];
    const scanned = (isGoing === null ? [emitted] : [emitted, isGoing]).map(symbolic);
    const body = ([last]: Value[], [now, going]: Value[]) => ({
      carries: [symbolic(step(last, now, going))],
      stacked: [],
    });
    [reached] = scan({ length: steps, carries, scanned }, body).carries;
  } else {
    // Tensors are computed in an ordinary loop.
    const rowOf = (x: Operand, t: number, width: number) =>
      p.reshape(p.slice(x, [t, 0, 0], [1, batch, width]), [batch, width]);
    for (let t = 0; t < steps; t++) {
      reached = step(reached, rowOf(emitted, t, count), isGoing === null ? undefined : rowOf(isGoing, t, 1));
    }
  }
  // A sequence ends in its last label or in the blank after it.
  const ends = p.multiply(lengths, 2);
  const places = p.iota([1, count], 1);
  const isEnd = p.logicalOr(p.equal(places, ends), p.equal(places, p.subtract(ends, 1)));
  return p.negate(logSumExp(p.select(isEnd, reached, -Infinity), 1));
}

/**
 * Minus the log-probability that logits spell labels, over all alignments: labels `[batch, length]`, of which `targetLength`
 * `[batch]` count, and logits `[batch, steps, classes]`, of which `outputLength` `[batch]` steps count, give `[batch]`. The
 * class `maskIndex` (0 by default) is the blank. Graves et al., 2006.
 *
 * @throws {ShapeError} if the four do not fit
 */
export const ctcLoss: Named<
  [target: Operand, output: Operand, targetLength: Operand, outputLength: Operand],
  [maskIndex?: number],
  { maskIndex?: number }
> = liftNamed(4, ["maskIndex"], (target, output, targetLength, outputLength, maskIndex = 0) => {
  checkCount(maskIndex, "compute ctc_loss", "maskIndex");
  const shapes = [target, output, targetLength, outputLength].map(shapeOf);
  const batch = shapes[1][0];
  const fits = shapes[0].length === 2 && shapes[1].length === 3 && shapes[0][0] === batch &&
    shapes.slice(2).every((shape) => sameShape(shape, [batch]));
  if (!fits) {
    throw new ShapeError({
      what: "Cannot compute ctc_loss",
      rule: "there must be labels [batch, length], logits [batch, steps, classes] and the lengths of both, [batch]",
      received: shapes.map(formatShape).join(", "),
      hint: "pad label sequences to one length, and do not apply softmax to the outputs",
    });
  }
  return alignmentLosses(target, output, targetLength, outputLength, maskIndex);
});

/** How Keras's files write it. */
export const savedCtcLoss: SavedForms = {
  ctcLoss: { module: "nn", className: "CTCLoss", inputs: 4, keys: { mask_index: 0 } },
};
