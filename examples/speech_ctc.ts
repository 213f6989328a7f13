// Speech recognition without alignments: the network hears recordings of digits and is told which they are, but not
// when each is spoken. CTC (Graves et al., 2006) sums over all the times at which it could have been.
// `deno run -A examples/speech_ctc.ts` draws into speech.svg when the network hears what.
import {
  initializers,
  Input,
  layers,
  losses,
  Model,
  ops,
  optimizers,
  plots,
  schedules,
  setRandomSeed,
  type SymbolicTensor,
  type Tensor,
  utils,
} from "../mod.ts";
import { count, path, readArguments, requireFloor, share } from "./arguments.ts";
import { randomNumbers } from "./random_numbers.ts";
import { mostDigits, record, recordingLength, sampleRate, speak, words } from "./speech.ts";

const batchSize = 32;
/** Samples in a frame of the spectrogram, and from one frame to the next. */
const [frame, hop] = [200, 100];

/**
 * The logarithm of the power at each of 101 frequencies, `[frames, 101]`, in recordings `[samples, 1]`: untrained
 * convolutions for the two parts of a short-time Fourier transform, and the sum of their squares.
 */
export function spectrogram(recordings: SymbolicTensor): SymbolicTensor {
  const part = (side: "real" | "imag") =>
    new layers.Conv1D(frame / 2 + 1, frame, {
      strides: hop,
      useBias: false,
      trainable: false,
      kernelInitializer: new initializers.STFT({ side }),
      name: side,
    }).apply(recordings);
  const power = ops.add(ops.square(part("real")), ops.square(part("imag")));
  return ops.log(ops.add(power, 1e-4));
}

/**
 * The network: from recordings `[samples, 1]` to a logit for each digit, and for "nothing new" (class 0, the blank of
 * CTC), in each frame. Its learning rate falls over `steps` steps.
 */
export function makeModel(steps: number): Model<SymbolicTensor, SymbolicTensor> {
  const inputs = Input({ shape: [recordingLength, 1] });
  let x = new layers.BatchNormalization().apply(spectrogram(inputs));
  // In both directions, so that it can wait for the end of a word before it says which it was.
  x = new layers.Bidirectional(new layers.GRU(48, { returnSequences: true })).apply(x);
  const outputs = new layers.Dense(words.length + 1).apply(x);
  const model = new Model({ inputs, outputs, name: "listener" });
  model.compile({
    optimizer: new optimizers.Adam({
      learningRate: new schedules.CosineDecay({ initialLearningRate: 0.01, decaySteps: steps }),
    }),
    loss: new losses.CTC(),
  });
  return model;
}

/** Digits as CTC takes them, int32 `[recordings, 4]`: digit `d` is class `d + 1`, and 0 fills up. */
export function labelsOf(spoken: readonly number[][]): Tensor {
  const labels = spoken.map((digits) => digits.map((digit) => digit + 1));
  return utils.padSequences(labels, { maxlen: mostDigits, padding: "post" });
}

/** Recordings and their labels, made as the training goes on, so that none is heard twice. */
function* batches(random: () => number): Generator<[Tensor, Tensor]> {
  while (true) {
    const { recordings, spoken } = record(batchSize, random);
    yield [recordings, labelsOf(spoken)];
  }
}

/** The digits that logits `[rows, frames, classes]` spell, each frame with its likeliest class. */
export function hear(logits: Tensor): number[][] {
  const [rows, frames] = logits.shape;
  const [labels] = ops.ctcDecode(logits, ops.full([rows], frames, "int32"));
  return Array.from({ length: rows }, (_, row) => {
    const found = Array.from(labels.reshape([rows, frames]).rows(row, row + 1).data);
    return found.filter((label) => label > 0).map((label) => label - 1);
  });
}

/** How many items must be replaced, inserted or deleted to make one list of another (Levenshtein, 1966). */
export function editDistance(from: readonly number[], to: readonly number[]): number {
  // The distances of the items of `from` seen so far to each beginning of `to`.
  let distances = Array.from({ length: to.length + 1 }, (_, length) => length);
  for (const [i, item] of from.entries()) {
    const next = [i + 1];
    for (const [j, other] of to.entries()) {
      next.push(Math.min(distances[j] + (item === other ? 0 : 1), distances[j + 1] + 1, next[j] + 1));
    }
    distances = next;
  }
  return distances[to.length];
}

/** The label error rate: the edit distances of what was heard to what was spoken, for each digit spoken. */
export function errorRate(spoken: readonly number[][], heard: readonly number[][]): number {
  const errors = spoken.reduce((sum, digits, i) => sum + editDistance(digits, heard[i]), 0);
  return errors / spoken.reduce((sum, digits) => sum + digits.length, 0);
}

if (import.meta.main) {
  const options = readArguments("speech_ctc.ts", "A recurrent network learns to hear digits with CTC.", {
    epochs: count(4, "how many epochs to train"),
    steps: count(250, `batches of ${batchSize} new recordings in an epoch`),
    seed: count(1, "the seed of weights and recordings", 0),
    floor: share(0, "fail where the label error rate is above 1 - x"),
    out: path("speech.svg", "where the picture goes"),
  });
  const { epochs, steps, seed, floor, out } = options;
  setRandomSeed(seed);

  const random = randomNumbers(seed);
  const { recordings, spoken } = record(500, random);
  const model = makeModel(epochs * steps);
  model.summary();
  await model.fit(batches(random), undefined, { epochs, stepsPerEpoch: steps });

  const heard = hear(await model.predict(recordings, { verbose: 0 }));
  const rate = errorRate(spoken, heard);
  console.log(
    `\nIn ${spoken.length} recordings not heard before, the label error rate is ${(100 * rate).toFixed(2)} %:`,
  );
  for (const [i, digits] of spoken.slice(0, 10).entries()) {
    console.log(`spoken ${digits.join(" ").padEnd(12)} heard ${heard[i].join(" ")}`);
  }

  // A recording of four digits, and what the network makes of each of its frames.
  const digits = [2, 0, 2, 6];
  const recording = ops.expandDims(speak(digits, random), 0);
  const probabilities = ops.softmax(await model.predict(recording, { verbose: 0 }));
  const curveOf = (label: number) => Array.from(ops.getItem(probabilities, [0, {}, label]).data);
  const curves = [
    { name: "blank", values: curveOf(0), dashed: true },
    ...[...new Set(digits)].map((digit) => ({ name: String(digit), values: curveOf(digit + 1) })),
  ];
  const title = `What is heard when in "${digits.join(" ")}"`;
  const xLabel = `frames of ${1000 * hop / sampleRate} ms`;
  await plots.lines({ title, xLabel, yLabel: "probability", curves }).save(out);
  console.log(`The curves are in ${out}.`);
  requireFloor("share of digits heard rightly", 1 - rate, floor);
}
