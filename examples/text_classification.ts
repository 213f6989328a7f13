// Text classification: does a review praise a film? A bag of words cannot tell; a recurrent network and a transformer
// read the words in their order.
// `deno run -A examples/text_classification.ts` trains all three.
import {
  Input,
  Layer,
  layers,
  Model,
  ops,
  optimizers,
  setRandomSeed,
  type SymbolicTensor,
  tensor,
  type Value,
} from "../mod.ts";
import { count, readArguments, requireFloor, share } from "./arguments.ts";
import { type Review, writeReviews } from "./reviews.ts";

const batchSize = 64;
/** How many words a review may have; shorter ones are padded. */
const length = 32;
/** The size of the vectors that stand for words. */
const size = 32;

/** Adds to each word, `[batch, length, size]`, a vector for its place, which the network learns. */
class Positions extends Layer {
  override readonly supportsMasking = true;
  readonly table = new layers.Embedding(length, size);

  override call(words: Value): Value {
    return ops.add(words, this.table.apply(ops.arange(words.shape[1])));
  }
}

/** A block of a transformer (Vaswani et al., 2017): each word looks at all others, and then is thought about alone. */
function transformerBlock(x: SymbolicTensor): SymbolicTensor {
  const seen = new layers.MultiHeadAttention(4, size / 4).apply(x, { value: x });
  x = new layers.LayerNormalization().apply(layers.add([x, seen]));
  const thought = new layers.Dense(size).apply(new layers.Dense(2 * size, { activation: "relu" }).apply(x));
  return new layers.LayerNormalization().apply(layers.add([x, thought]));
}

/** What makes one vector of a review, `[batch, size]`, from those of its words, `[batch, length, size]`. */
const readers = {
  "bag of words": (x: SymbolicTensor) => new layers.GlobalAveragePooling1D().apply(x),
  "bidirectional LSTM": (x: SymbolicTensor) => new layers.Bidirectional(new layers.LSTM(size)).apply(x),
  "transformer": (x: SymbolicTensor) =>
    new layers.GlobalAveragePooling1D().apply(transformerBlock(transformerBlock(new Positions().apply(x)))),
} as const;
/** Their names. */
export const readerNames = Object.keys(readers) as (keyof typeof readers)[];

/** A network that tells for the numbers of words, `[batch, length]`, how likely it is that they praise. */
export function makeModel(reader: keyof typeof readers, vocabulary: number): Model<SymbolicTensor, SymbolicTensor> {
  const words = Input({ shape: [length], dtype: "int32" });
  // Number 0 is padding, which the layers behind leave out.
  const vectors = new layers.Embedding(vocabulary, size, { maskZero: true }).apply(words);
  const outputs = new layers.Dense(1, { activation: "sigmoid" }).apply(readers[reader](vectors));
  const model = new Model({ inputs: words, outputs, name: reader.replaceAll(" ", "_") });
  model.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.002 }),
    loss: "binary_crossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

/** Reviews in pairs of the same words, which mean the opposite. */
const pairs = [
  "The plot was not boring but the music was annoying.",
  "The music was annoying but the plot was not boring.",
  "Although the cast was brilliant, the script seemed hardly convincing.",
  "Although the script seemed hardly convincing, the cast was brilliant.",
];

if (import.meta.main) {
  const { epochs, steps, seed, floor } = readArguments("text_classification.ts", "Tells praise from blame.", {
    epochs: count(6, "how often to go through the reviews"),
    steps: count(300, `batches of ${batchSize} new reviews in an epoch`),
    seed: count(1, "the seed of weights, order and reviews", 0),
    floor: share(0, "fail where a network that reads in order has a test accuracy below x"),
  });
  setRandomSeed(seed);

  const [train, test] = [writeReviews(steps * batchSize, seed), writeReviews(2000, seed + 1)];
  const vectorize = new layers.TextVectorization({ outputSequenceLength: length });
  vectorize.adapt(train.map(({ text }) => text));
  const data = (reviews: readonly Review[]) =>
    [
      vectorize.apply(reviews.map(({ text }) => text)),
      tensor(reviews.map(({ isGood }) => [Number(isGood)])),
    ] as const;
  const [xTrain, yTrain] = data(train);
  const [xTest, yTest] = data(test);
  console.log(`${train.length} reviews of ${vectorize.vocabularySize()} different words, such as:`);
  for (const { text, isGood } of train.slice(0, 4)) console.log(`  ${isGood ? "praise" : "blame "}  ${text}`);

  const answers: string[][] = [];
  let worst = 1;
  for (const reader of readerNames) {
    console.log(`\nThe ${reader}:`);
    const model = makeModel(reader, vectorize.vocabularySize());
    await model.fit(xTrain, yTrain, { epochs, batchSize });
    const { accuracy } = await model.evaluate(xTest, yTest, { verbose: 0, batchSize: 500 });
    const found = await model.predict(vectorize.apply(pairs), { verbose: 0 });
    answers.push([reader, ...[accuracy, ...found.data].map((part) => `${(100 * part).toFixed(1)} %`)]);
    if (reader !== "bag of words") worst = Math.min(worst, accuracy);
  }

  console.log("\nAccuracy on reviews not seen before, and how sure each is that these are praise:");
  pairs.forEach((text, i) => console.log(`  ${i + 1}: ${text}`));
  const row = ([name, ...cells]: readonly string[]) =>
    console.log(`${name.padEnd(20)}${cells.map((cell) => cell.padStart(10)).join("")}`);
  row(["", "accuracy", ...pairs.map((_, i) => String(i + 1))]);
  answers.forEach(row);
  requireFloor("accuracy of one that reads in order", worst, floor);
}
