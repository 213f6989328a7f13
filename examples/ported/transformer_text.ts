// Text classification with a transformer block (Vaswani et al., 2017), written as a layer of one's own. Follows
// keras.io/examples/nlp/text_classification_with_transformer.
// `deno run -A examples/ported/transformer_text.ts` learns whether short film reviews praise: "not" turns what follows.
import {
  Input,
  Layer,
  layers,
  Model,
  ops,
  optimizers,
  Sequential,
  setBackend,
  setRandomSeed,
  type SymbolicTensor,
  type Tensor,
  tensor,
  utils,
  type Value,
} from "../../mod.ts";
import { backendOption, count, readArguments, requireFloor, share } from "../arguments.ts";
import { randomInteger, randomNumbers } from "../random_numbers.ts";

const batchSize = 64;
/** How many words a review may have; shorter ones are padded. */
const maxlen = 12;
/** The size of the vector of a word, the number of heads, and the units between the two dense layers. */
const [embedDim, numHeads, ffDim] = [32, 2, 32];

/** Each word looks at all others, and is then thought about alone: `[batch, words, size]` to the same. */
export class TransformerBlock extends Layer {
  readonly att: layers.MultiHeadAttention;
  readonly ffn: Sequential;
  readonly layernorm1 = new layers.LayerNormalization({ epsilon: 1e-6 });
  readonly layernorm2 = new layers.LayerNormalization({ epsilon: 1e-6 });
  readonly dropout1: layers.Dropout;
  readonly dropout2: layers.Dropout;

  constructor(embedDim: number, numHeads: number, ffDim: number, rate = 0.1) {
    super();
    this.att = new layers.MultiHeadAttention(numHeads, embedDim);
    this.ffn = new Sequential([new layers.Dense(ffDim, { activation: "relu" }), new layers.Dense(embedDim)]);
    this.dropout1 = new layers.Dropout(rate);
    this.dropout2 = new layers.Dropout(rate);
  }

  override call(inputs: Value): Value {
    const attended = this.dropout1.apply(this.att.apply(inputs, { value: inputs }));
    const out1 = this.layernorm1.apply(ops.add(inputs, attended));
    const thought = this.dropout2.apply(this.ffn.apply(out1));
    return this.layernorm2.apply(ops.add(out1, thought));
  }
}

/** The vectors of words and of their places, added: `[batch, words]` to `[batch, words, size]`. */
export class TokenAndPositionEmbedding extends Layer {
  readonly tokenEmb: layers.Embedding;
  readonly posEmb: layers.Embedding;

  constructor(maxlen: number, vocabSize: number, embedDim: number) {
    super();
    this.tokenEmb = new layers.Embedding(vocabSize, embedDim);
    this.posEmb = new layers.Embedding(maxlen, embedDim);
  }

  override call(x: Value): Value {
    const positions = this.posEmb.apply(ops.arange(x.shape.at(-1)!));
    return ops.add(this.tokenEmb.apply(x), positions);
  }
}

/** Tells for the numbers of words, `[batch, words]`, how likely it is that they blame and that they praise. */
export function makeModel(vocabSize: number): Model<SymbolicTensor, SymbolicTensor> {
  const inputs = Input({ shape: [maxlen], dtype: "int32" });
  let x = new TokenAndPositionEmbedding(maxlen, vocabSize, embedDim).apply(inputs);
  x = new TransformerBlock(embedDim, numHeads, ffDim).apply(x);
  x = new layers.GlobalAveragePooling1D().apply(x);
  x = new layers.Dropout(0.1).apply(x);
  x = new layers.Dense(20, { activation: "relu" }).apply(x);
  x = new layers.Dropout(0.1).apply(x);
  const outputs = new layers.Dense(2, { activation: "softmax" }).apply(x);
  const model = new Model({ inputs, outputs });
  model.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.002 }),
    loss: "sparse_categorical_crossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

const things = ["plot", "acting", "music", "ending", "cast", "story"];
const praise = ["good", "funny", "moving", "clever", "great", "fresh"];
const blame = ["bad", "boring", "silly", "flat", "weak", "poor"];
/** All words; number 0 is padding. */
const vocabulary = ["", "the", "was", "not", "and", ...things, ...praise, ...blame];

/** Reviews, and whether they praise, such as `the plot was not bad and the cast was great`; the same for each seed. */
export function writeReviews(count: number, seed: number): { text: string; isGood: boolean }[] {
  const random = randomNumbers(seed);
  const one = (list: readonly string[]) => list[randomInteger(random, list.length)];
  const statement = (isGood: boolean) => {
    const negated = random() < 0.25;
    return `the ${one(things)} was ${negated ? "not " : ""}${one(isGood !== negated ? praise : blame)}`;
  };
  return Array.from({ length: count }, () => {
    const isGood = random() < 0.5;
    const first = statement(isGood);
    return { text: random() < 0.2 ? first : `${first} and ${statement(isGood)}`, isGood };
  });
}

/** Reviews as the numbers of their words, `[reviews, maxlen]`, and whether they praise, `[reviews]`. */
export function makeData(count: number, seed: number): [x: Tensor, y: Tensor] {
  const reviews = writeReviews(count, seed);
  const numbers = reviews.map(({ text }) => text.split(" ").map((word) => vocabulary.indexOf(word)));
  const y = tensor(Uint8Array.from(reviews, ({ isGood }) => Number(isGood)));
  return [utils.padSequences(numbers, { maxlen }), y];
}

if (import.meta.main) {
  const options = readArguments("ported/transformer_text.ts", "Tells praise from blame.", {
    backend: backendOption,
    epochs: count(4, "how often to go through the reviews"),
    steps: count(100, `batches of ${batchSize} reviews in an epoch`),
    seed: count(1, "the seed of weights and order", 0),
    floor: share(0, "fail where the test accuracy is below x"),
  });
  const { backend, epochs, steps, seed, floor } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const train = makeData(steps * batchSize, 1);
  const test = makeData(2000, 2);
  const model = makeModel(vocabulary.length);
  model.summary();
  await model.fit(...train, { batchSize, epochs });
  const { accuracy } = await model.evaluate(...test, { batchSize: 500, verbose: 0 });
  console.log(`\nOn reviews not seen before:\n  accuracy ${accuracy.toFixed(4)}`);
  requireFloor("test accuracy", accuracy, floor);
}
