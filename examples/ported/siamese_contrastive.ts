// A siamese network (Hadsell et al., 2006): one network places two images, and their distance tells whether they are of
// one class. Follows keras.io/examples/vision/siamese_contrastive.
// `deno run -A examples/ported/siamese_contrastive.ts` tells pairs of equal digits from pairs of different ones.
import {
  datasets,
  Input,
  layers,
  Model,
  ops,
  setBackend,
  setRandomSeed,
  type SymbolicTensor,
  Tensor,
  type Value,
} from "../../mod.ts";
import { backendOption, count, readArguments, requireFloor, share } from "../arguments.ts";
import { randomInteger, randomNumbers } from "../random_numbers.ts";

const batchSize = 32;
/** How far apart digits of different classes should be. */
const margin = 1;

/** Each image paired with one of its class and with one of another: `[2, 28, 28]` bytes, with labels 0 and 1. */
export function makePairs(x: Tensor, y: Tensor, seed: number): { pairs: readonly [Tensor, Tensor]; labels: Tensor } {
  const random = randomNumbers(seed);
  const digitIndices = Array.from({ length: 10 }, (_, digit) => {
    return [...y.data.keys()].filter((row) => y.data[row] === digit);
  });
  const one = (rows: readonly number[]) => rows[randomInteger(random, rows.length)];
  const [left, right, labels]: number[][] = [[], [], []];
  for (const [row, digit] of y.data.entries()) {
    const same = one(digitIndices[digit]);
    const other = one(digitIndices[(digit + 1 + randomInteger(random, 9)) % 10]);
    left.push(row, row);
    right.push(same, other);
    labels.push(0, 1);
  }
  const imagesOf = (rows: readonly number[]) =>
    ops.take(x, new Tensor([rows.length], "int32", Int32Array.from(rows)), 0);
  return {
    pairs: [imagesOf(left), imagesOf(right)],
    labels: new Tensor([labels.length, 1], "float32", Float32Array.from(labels)),
  };
}

/** The distances of vectors, `[batch, size]` each: `[batch, 1]`. */
export function euclideanDistance([x, y]: readonly Value[]): Value {
  const sumSquare = ops.sum(ops.square(ops.subtract(x, y)), 1, true);
  return ops.sqrt(ops.maximum(sumSquare, 1e-7));
}

/** Small where predictions are 0 for equal pairs (label 0), and at least the margin for different ones (label 1). */
export function contrastiveLoss(yTrue: Value, yPred: Value): Value {
  const squarePred = ops.square(yPred);
  const marginSquare = ops.square(ops.maximum(ops.subtract(margin, yPred), 0));
  const loss = ops.add(ops.multiply(ops.subtract(1, yTrue), squarePred), ops.multiply(yTrue, marginSquare));
  return ops.mean(loss, -1);
}

/** Tells for two images whether they are different: from 0 to 1, `[batch, 1]`. */
export function makeModel(): Model<readonly [SymbolicTensor, SymbolicTensor], SymbolicTensor> {
  const input = Input({ shape: [28, 28] });
  let x = new layers.Reshape([28, 28, 1]).apply(input);
  x = new layers.BatchNormalization().apply(x);
  x = new layers.Conv2D(4, 5, { activation: "tanh" }).apply(x);
  x = new layers.AveragePooling2D(2).apply(x);
  x = new layers.Conv2D(16, 5, { activation: "tanh" }).apply(x);
  x = new layers.AveragePooling2D(2).apply(x);
  x = new layers.Flatten().apply(x);
  x = new layers.BatchNormalization().apply(x);
  x = new layers.Dense(10, { activation: "tanh" }).apply(x);
  const embeddingNetwork = new Model({ inputs: input, outputs: x, name: "embedding" });

  const [input1, input2] = [Input({ shape: [28, 28] }), Input({ shape: [28, 28] })];
  const [tower1, tower2] = [embeddingNetwork.apply(input1), embeddingNetwork.apply(input2)];
  const merged = new layers.Lambda(euclideanDistance, { outputShape: [1] }).apply([tower1, tower2]);
  const normalized = new layers.BatchNormalization().apply(merged);
  // Starts with "the farther, the more different": with a kernel below 0 by chance it would first have to turn round.
  const outputs = new layers.Dense(1, { activation: "sigmoid", kernelInitializer: "ones" }).apply(normalized);
  return new Model({ inputs: [input1, input2], outputs, name: "siamese" });
}

if (import.meta.main) {
  const options = readArguments("ported/siamese_contrastive.ts", "Tells equal digits from different ones.", {
    backend: backendOption,
    epochs: count(3, "how often to go through the pairs"),
    steps: count(200, `train on the first n batches of ${batchSize} pairs only`),
    seed: count(1, "the seed of weights and order", 0),
    floor: share(0, "fail where the accuracy on pairs not seen before is below x"),
  });
  const { backend, epochs, steps, seed, floor } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const [[xAll, yAll], [xTest, yTest]] = await datasets.mnist.loadData();
  const images = steps * batchSize / 2;
  const train = makePairs(xAll.rows(0, images), yAll.rows(0, images), 1);
  const test = makePairs(xTest.rows(0, 3000), yTest.rows(0, 3000), 2);
  const siamese = makeModel();
  siamese.compile({ loss: contrastiveLoss, optimizer: "rmsprop", metrics: ["accuracy"] });
  siamese.summary();
  await siamese.fit(train.pairs, train.labels, { batchSize, epochs });
  const { accuracy } = await siamese.evaluate(test.pairs, test.labels, { batchSize: 500, verbose: 0 });
  console.log(`\nOn pairs not seen before:\n  accuracy ${accuracy.toFixed(4)}`);
  requireFloor("accuracy", accuracy, floor);
}
