// Decoding of CTC: the label sequences that outputs over time spell. https://keras.io/api/ops/nn/
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { checkCount, formatShape } from "../shape.ts";
import { isEager, type Operand, promoteDTypes, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { lift, type Lifted } from "./lift.ts";
import { takeAlongAxis } from "./ordering.ts";
import * as p from "./primitives.ts";
import { checkName } from "./spatial.ts";

/** Options of {@linkcode ctcDecode}. */
export interface CTCDecodeOptions {
  /** The likeliest class of each step, by default, or a search of the likeliest sequence over all alignments. */
  strategy?: "greedy" | "beam_search";
  /** How many sequences a beam search keeps from step to step; 100 by default. */
  beamWidth?: number;
  /** How many sequences a beam search returns, the likeliest first; 1 by default, at most `beamWidth`. */
  topPaths?: number;
  /** Whether the greedy strategy takes a class in successive steps for one label; true by default. */
  mergeRepeated?: boolean;
  /** The class of the blank, from the end if negative; 0 by default, and null for the last class. */
  maskIndex?: number | null;
}

const what = "Cannot decode with ctcDecode";

/**
 * The label sequences that the outputs of a model trained with CTC spell: `inputs` `[batch, steps, classes]` are logits, of
 * which `sequenceLengths` `[batch]` say how many steps count. Gives `[paths, batch, steps]`, int32, with -1 after the
 * labels, and scores, float32: `[batch, 1]`, minus the sum of the largest logits, for the greedy strategy; `[batch,
 * topPaths]`, log-probabilities, for a beam search. Where there are fewer sequences than `topPaths`, the others are empty
 * with a score of minus infinity.
 *
 * A beam search runs on tensors, on the CPU; the greedy strategy also inside of models and programs.
 * Keras: https://keras.io/api/ops/nn/#ctcdecode-function. Graves et al., 2006.
 *
 * @throws {ShapeError} for shapes that do not fit
 * @throws {ValueError} for options that do not suit, sequence lengths that are not from 0 to `steps`, and a beam search
 * inside of a program
 *
 * @example Class 0 is the blank
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const logits = tensor([[[0, 9, 0], [0, 9, 0], [9, 0, 0], [0, 0, 9]]]);
 * const [labels] = ops.ctcDecode(logits, tensor([4], undefined, "int32"));
 * console.log(labels.toArray()); // [ [ [ 1, 2, -1, -1 ] ] ]
 * ```
 */
export const ctcDecode: Lifted<
  [inputs: Operand, sequenceLengths: Operand, options?: CTCDecodeOptions],
  [labels: Operand, scores: Operand]
> = lift((inputs, sequenceLengths, options = {}) => {
  const { strategy = "greedy", beamWidth = 100, topPaths = 1, mergeRepeated = true, maskIndex = 0 } = options;
  checkName(what, "strategy", strategy, ["greedy", "beam_search"]);
  const [shape, lengths] = [shapeOf(inputs), shapeOf(sequenceLengths)];
  if (shape.length !== 3 || lengths.length !== 1 || shape[0] !== lengths[0] || shape[2] === 0) {
    throw new ShapeError({
      what,
      rule: "inputs must be [batch, steps, classes], and sequenceLengths [batch]",
      received: `${formatShape(shape)} and ${formatShape(lengths)}`,
      hint: "give logits of the classes with the blank, and the number of steps of each sample",
    });
  }
  const [, steps, classes] = shape;
  const blank = blankOf(maskIndex, classes);
  const [logits] = promoteDTypes([inputs], true);
  const counts = p.cast(sequenceLengths, "int32");
  if (counts instanceof Tensor) checkLengths(counts, steps);
  if (strategy === "greedy") return greedy(logits, counts, blank, mergeRepeated);
  checkCount(beamWidth, "decode with ctcDecode", "beamWidth", 1);
  checkCount(topPaths, "decode with ctcDecode", "topPaths", 1);
  if (topPaths > beamWidth) {
    throw new ValueError({
      what,
      rule: "topPaths must be at most beamWidth",
      received: `${topPaths} and ${beamWidth}`,
      hint: "keep more sequences, or ask for fewer",
    });
  }
  if (!isEager(logits) || !(counts instanceof Tensor)) {
    throw new ValueError({
      what,
      rule: "a beam search takes tensors",
      received: "a symbolic value",
      hint: 'decode what predict gives, or choose strategy: "greedy"',
    });
  }
  return beamSearch(logits as Tensor, counts, blank, { beamWidth, topPaths });
}, { optionsAt: 2 });

/** The class of the blank, counted from 0. */
function blankOf(maskIndex: number | null, classes: number): number {
  const index = maskIndex ?? classes - 1;
  if (Number.isInteger(index) && index >= -classes && index < classes) return index < 0 ? index + classes : index;
  throw new ValueError({
    what,
    rule: `maskIndex must be null or a whole number from ${-classes} to ${classes - 1}`,
    received: describe(maskIndex),
    hint: "give the class of the blank",
  });
}

function checkLengths(lengths: Tensor, steps: number): void {
  const wrong = lengths.data.find((length) => length < 0 || length > steps);
  if (wrong === undefined) return;
  throw new ValueError({
    what,
    rule: `sequence lengths must be from 0 to the ${steps} steps of the inputs`,
    received: String(wrong),
    hint: "count the steps of the outputs, which strides make fewer than those of the model's inputs",
  });
}

/** The likeliest class of each step, without blanks and, if merged, without repetitions. */
function greedy(logits: Operand, lengths: Operand, blank: number, mergeRepeated: boolean): [Operand, Operand] {
  const [batch, steps] = shapeOf(logits);
  const counts = p.less(p.iota([1, steps], 1), p.reshape(lengths, [batch, 1]));
  const chosen = p.select(counts, p.argMax(logits, 2), blank);
  const before = p.slice(p.pad(chosen, [0, 1], [0, 0], { value: blank }), [0, 0], [batch, steps]);
  const isLabel = p.notEqual(chosen, blank);
  const kept = mergeRepeated ? p.logicalAnd(isLabel, p.notEqual(chosen, before)) : isLabel;
  // The places of the labels, in order, then those of the others.
  const order = p.argSort(p.select(kept, p.iota([1, steps], 1), steps), 1);
  const labels = takeAlongAxis(p.select(kept, chosen, -1), order, 1);
  const scores = p.negate(p.sum(p.select(counts, p.max(logits, 2), 0), 1, true));
  return [p.reshape(labels, [1, batch, steps]), scores];
}

/** A sequence of labels: the last of them, and the sequence before it. */
class Sequence {
  readonly #longer: Map<number, Sequence> = new Map();

  constructor(readonly label: number, readonly before: Sequence | undefined) {}

  /** The sequence with one more label. */
  with(label: number): Sequence {
    let longer = this.#longer.get(label);
    if (!longer) this.#longer.set(label, longer = new Sequence(label, this));
    return longer;
  }

  get labels(): number[] {
    const found: number[] = [];
    // deno-lint-ignore no-this-alias
    for (let at: Sequence = this; at.before; at = at.before) found.push(at.label);
    return found.reverse();
  }
}

/** The log-probabilities of the alignments that spell a sequence and end in a blank, and of those that end in a label. */
interface Beam {
  readonly sequence: Sequence;
  blank: number;
  label: number;
}

/** `log(exp(a) + exp(b))`. */
function logAdd(a: number, b: number): number {
  const top = Math.max(a, b);
  return top === -Infinity ? top : top + Math.log1p(Math.exp(Math.min(a, b) - top));
}

/** The likelier first; of equal ones that with the smaller labels, and a longer one before its beginning. */
function inOrder(beams: Iterable<Beam>): Beam[] {
  const ranked = Array.from(beams, (beam) => ({ beam, total: logAdd(beam.blank, beam.label) }));
  ranked.sort((a, b) => {
    if (a.total !== b.total) return b.total - a.total;
    const [one, other] = [a.beam.sequence.labels, b.beam.sequence.labels];
    const at = one.findIndex((label, i) => label !== other[i]);
    return at === -1 ? other.length - one.length : one[at] - (other[at] ?? Infinity);
  });
  return ranked.map(({ beam }) => beam);
}

/** The beams after a step with these log-probabilities of the classes. */
function advanced(beams: readonly Beam[], logs: Float64Array, blank: number): Iterable<Beam> {
  const next = new Map<Sequence, Beam>();
  const of = (sequence: Sequence): Beam => {
    let beam = next.get(sequence);
    if (!beam) next.set(sequence, beam = { sequence, blank: -Infinity, label: -Infinity });
    return beam;
  };
  for (const beam of beams) {
    const { sequence } = beam;
    const total = logAdd(beam.blank, beam.label);
    const same = of(sequence);
    same.blank = logAdd(same.blank, total + logs[blank]);
    if (sequence.before) same.label = logAdd(same.label, beam.label + logs[sequence.label]);
    logs.forEach((log, label) => {
      // The last label again is another one only after a blank.
      const from = label === sequence.label ? beam.blank : total;
      if (label === blank || from + log === -Infinity) return;
      const longer = of(sequence.with(label));
      longer.label = logAdd(longer.label, from + log);
    });
  }
  return next.values();
}

/** Prefix beam search: the likeliest sequences, each over all of its alignments. */
function beamSearch(
  logits: Tensor,
  lengths: Tensor,
  blank: number,
  { beamWidth, topPaths }: { readonly beamWidth: number; readonly topPaths: number },
): [Tensor, Tensor] {
  const [batch, steps, classes] = logits.shape;
  const labels = new Int32Array(topPaths * batch * steps).fill(-1);
  const scores = new Float32Array(batch * topPaths).fill(-Infinity);
  for (let sample = 0; sample < batch; sample++) {
    let beams: Beam[] = [{ sequence: new Sequence(-1, undefined), blank: 0, label: -Infinity }];
    for (let step = 0; step < lengths.data[sample]; step++) {
      const start = (sample * steps + step) * classes;
      const row = Float64Array.from(logits.data.subarray(start, start + classes));
      const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
      const sum = top + Math.log(row.reduce((total, x) => total + Math.exp(x - top), 0));
      beams = inOrder(advanced(beams, row.map((x) => x - sum), blank)).slice(0, beamWidth);
    }
    beams.slice(0, topPaths).forEach((beam, path) => {
      labels.set(beam.sequence.labels, (path * batch + sample) * steps);
      scores[sample * topPaths + path] = logAdd(beam.blank, beam.label);
    });
  }
  return [new Tensor([topPaths, batch, steps], "int32", labels), new Tensor([batch, topPaths], "float32", scores)];
}

/** How Keras's files write decoding. */
export const savedDecoding: SavedForms = {
  ctcDecode: {
    module: "nn",
    className: "CTCDecode",
    inputs: 2,
    keys: { strategy: "greedy", beam_width: 100, top_paths: 1, merge_repeated: true, mask_index: 0 },
    optionsFrom: 0,
  },
};
