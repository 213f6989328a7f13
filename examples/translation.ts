// Translates dates from the many ways in which people write them to ISO 8601, letter by letter: an encoder reads, a
// decoder writes, and attention tells it where to look. `deno run -A examples/translation.ts` prints some translations.
import {
  Input,
  layers,
  Model,
  ops,
  optimizers,
  schedules,
  setRandomSeed,
  type SymbolicTensor,
  type Tensor,
  tensor,
  utils,
} from "../mod.ts";
import { count, readArguments, requireFloor, share } from "./arguments.ts";
import { drawDates, type Pair } from "./dates.ts";

const batchSize = 64;

/** The letters of written dates, in lower case, from number 1; 0 is padding. */
const letters = " ,.'/-0123456789abcdefghijklmnopqrstuvwxyz";
/** The letters of ISO dates, from number 0, and the number of the start, which stands before each. */
const isoLetters = "0123456789-";
const isoLength = "2026-12-31".length;
const start = isoLetters.length;

/** Written dates as numbers of letters, int32 `[texts, length]`, padded to the longest. */
export function encodeSpelled(texts: readonly string[]): Tensor {
  const numbers = texts.map((text) => Array.from(text.toLowerCase(), (letter) => letters.indexOf(letter) + 1));
  return utils.padSequences(numbers, { padding: "post" });
}

/** ISO dates as numbers of letters, int32 `[texts, 10]`. */
export function encodeIso(texts: readonly string[]): Tensor {
  const numbers = texts.map((text) => Array.from(text, (letter) => isoLetters.indexOf(letter)));
  return tensor(numbers, undefined, "int32");
}

/** The ISO dates of {@linkcode encodeIso}. */
export function decodeIso(numbers: Tensor): string[] {
  const row = (i: number) => Array.from(numbers.rows(i, i + 1).data, (number) => isoLetters[number]).join("");
  return Array.from({ length: numbers.shape[0] }, (_, i) => row(i));
}

/** What the decoder has written before each letter: the start, and the letters but the last. */
export function shifted(iso: Tensor): Tensor {
  return ops.concatenate([ops.full([iso.shape[0], 1], start, "int32"), ops.getItem(iso, [{}, { stop: -1 }])], 1);
}

/** A model of a written date and what the decoder has written so far, which gives probabilities for each next letter. */
type Translator = Model<{ source: SymbolicTensor; written: SymbolicTensor }, SymbolicTensor>;

/** The network; its learning rate falls over `steps` steps. */
export function makeModel(steps: number): Translator {
  const source = Input({ shape: [null], dtype: "int32", name: "source" });
  const written = Input({ shape: [null], dtype: "int32", name: "written" });

  // The encoder reads in both directions, so that it knows each letter with all that stands around it.
  const embedded = new layers.Embedding(letters.length + 1, 32, { maskZero: true }).apply(source);
  const both = new layers.Bidirectional(new layers.GRU(48, { returnSequences: true, returnState: true }));
  const [encoded, forward, backward] = both.apply(embedded);

  // The decoder starts where the encoder ended, and before it writes a letter, it looks at those of the source that
  // are most like its state (Luong et al., 2015).
  const decoder = new layers.GRU(96, { returnSequences: true });
  const decoded = decoder.apply(new layers.Embedding(isoLetters.length + 1, 32).apply(written), {
    initialState: layers.concatenate([forward, backward]),
  });
  const seen = new layers.Attention().apply([decoded, encoded]);
  const joined = new layers.Dense(96, { activation: "tanh" }).apply(layers.concatenate([decoded, seen]));
  const outputs = new layers.Dense(isoLetters.length, { activation: "softmax" }).apply(joined);

  const model = new Model({ inputs: { source, written }, outputs, name: "translator" });
  model.compile({
    optimizer: new optimizers.Adam({
      learningRate: new schedules.CosineDecay({ initialLearningRate: 0.005, decaySteps: steps }),
    }),
    loss: "sparse_categorical_crossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

/** Translates dates, each letter the most probable one after those before it (greedy decoding). */
export async function translate(model: Translator, texts: readonly string[]): Promise<string[]> {
  const source = encodeSpelled(texts);
  // What stands behind the letters written so far does not matter: the decoder reads from left to right.
  let iso = ops.zeros([texts.length, isoLength], "int32");
  for (let at = 0; at < isoLength; at++) {
    const next = await model.predictClasses({ source, written: shifted(iso) }, { verbose: 0, batchSize: 256 });
    iso = ops.where(ops.equal(ops.arange(isoLength), at), next, iso);
  }
  return decodeIso(iso);
}

/** The fraction of translations without any error. */
export function exactShare(pairs: readonly Pair[], translations: readonly string[]): number {
  return pairs.filter(({ iso }, i) => iso === translations[i]).length / pairs.length;
}

if (import.meta.main) {
  const options = readArguments("translation.ts", "An encoder and a decoder with attention translate dates.", {
    epochs: count(4, "how often to go through the training data"),
    steps: count(300, `batches of ${batchSize} dates in an epoch`),
    seed: count(1, "the seed of weights, order and dates", 0),
    floor: share(0, "fail where fewer than this share of translations are without error"),
  });
  const { epochs, steps, seed, floor } = options;
  setRandomSeed(seed);

  const { train, test } = drawDates(steps * batchSize, 1000, seed);
  const model = makeModel(epochs * steps);
  model.summary();
  // Teacher forcing: in training the decoder goes on from the true letters, not from those it would have written.
  const source = encodeSpelled(train.map(({ spelled }) => spelled));
  const iso = encodeIso(train.map(({ iso }) => iso));
  await model.fit({ source, written: shifted(iso) }, iso, { epochs, batchSize });

  const translations = await translate(model, test.map(({ spelled }) => spelled));
  const exact = exactShare(test, translations);
  console.log(`\nOf ${test.length} dates not seen before in any spelling, ${(100 * exact).toFixed(1)} % are right:`);
  for (const [i, { spelled, iso }] of test.slice(0, 15).entries()) {
    const verdict = translations[i] === iso ? "" : ` instead of ${iso}`;
    console.log(`${spelled.padStart(32)}  ${translations[i]}${verdict}`);
  }
  requireFloor("share of exact translations", exact, floor);
}
