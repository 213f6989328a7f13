// Reads handwritten digits row by row, as a recurrent network reads a sequence: `deno run -A examples/mnist_lstm.ts`.
// At the end it tells what the network thinks of a digit of which it has seen the upper rows only.
import "../lib/datasets/mnist_embedded.ts";
import {
  datasets,
  Input,
  layers,
  ops,
  optimizers,
  schedules,
  Sequential,
  setRandomSeed,
  type Tensor,
  utils,
} from "../mod.ts";
import { count, readArguments, requireFloor, share } from "./arguments.ts";

const batchSize = 128;

/** The network; its learning rate falls over `steps` steps. */
export function makeModel(steps: number): Sequential {
  // Each row of pixels is a step in time. The number of rows is open, so that the network can stop before the last.
  const model = new Sequential([
    Input({ shape: [null, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.LSTM(128),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({
    optimizer: new optimizers.Adam({
      learningRate: new schedules.CosineDecay({ initialLearningRate: 0.003, decaySteps: steps }),
    }),
    loss: "sparse_categorical_crossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

/** The upper rows of digits `[digits, 28, 28]`. */
export function upperRows(digits: Tensor, rows: number): Tensor {
  return ops.getItem(digits, [{}, { stop: rows }]);
}

if (import.meta.main) {
  const { epochs, steps, seed, floor } = readArguments("mnist_lstm.ts", "An LSTM reads digits row by row.", {
    epochs: count(5, "how often to go through the training images"),
    steps: count(Infinity, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights and order", 0),
    floor: share(0, "fail where the test accuracy is below x"),
  });
  setRandomSeed(seed);

  const [[xTrain, yTrain], [xTest, yTest]] = await datasets.mnist.loadData();
  const rows = Math.min(steps * batchSize, xTrain.shape[0]);
  const model = makeModel(epochs * Math.ceil(rows / batchSize));
  model.summary();
  await model.fit(xTrain.rows(0, rows), yTrain.rows(0, rows), { epochs, batchSize });

  const { accuracy } = await model.evaluate(xTest, yTest, { verbose: 0, batchSize: 500 });
  console.log(`\nOn ${xTest.shape[0]} digits not seen before: accuracy ${accuracy.toFixed(4)}`);

  const digit = xTest.rows(0, 1);
  console.log(`A ${yTest.data[0]}, and what it looks like as the network goes down the rows:`);
  utils.showImage(digit);
  for (let seen = 4; seen <= 28; seen += 4) {
    const { data } = await model.predict(upperRows(digit, seen), { verbose: 0 });
    const likeliest = data.indexOf(Math.max(...data));
    console.log(`after ${String(seen).padStart(2)} rows: ${likeliest} (${(100 * data[likeliest]).toFixed(1)} %)`);
  }
  requireFloor("test accuracy", accuracy, floor);
}
