// Trains a convolutional network on handwritten digits: `deno run -A examples/mnist_cnn.ts`.
import "../lib/datasets/mnist_embedded.ts";
import { datasets, Input, layers, optimizers, schedules, Sequential, setRandomSeed } from "../mod.ts";
import { count, readArguments, requireFloor, share } from "./arguments.ts";

const batchSize = 128;

/** The network; its learning rate falls over `steps` steps. */
export function makeModel(steps: number): Sequential {
  // Two convolutions see small strokes and then their combinations; each pool keeps the strongest of four neighbours.
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Reshape([28, 28, 1]),
    new layers.Conv2D(32, 3, { activation: "relu" }),
    new layers.MaxPooling2D(2),
    new layers.Conv2D(64, 3, { activation: "relu" }),
    new layers.MaxPooling2D(2),
    new layers.Flatten(),
    new layers.Dropout(0.5),
    new layers.Dense(128, { activation: "relu" }),
    new layers.Dropout(0.5),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({
    // Large steps at first, then smaller and smaller ones.
    optimizer: new optimizers.Adam({
      learningRate: new schedules.CosineDecay({ initialLearningRate: 0.002, decaySteps: steps }),
    }),
    loss: "sparse_categorical_crossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

if (import.meta.main) {
  const { epochs, steps, seed, floor } = readArguments("mnist_cnn.ts", "A convolutional network reads digits.", {
    epochs: count(10, "how often to go through the training images"),
    steps: count(Infinity, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights, order and dropout", 0),
    floor: share(0, "fail where the test accuracy is below x"),
  });
  setRandomSeed(seed);

  const [[xTrain, yTrain], [xTest, yTest]] = await datasets.mnist.loadData();
  const rows = Math.min(steps * batchSize, xTrain.shape[0]);
  const model = makeModel(epochs * Math.ceil(rows / batchSize));
  model.summary();
  await model.fit(xTrain.rows(0, rows), yTrain.rows(0, rows), { epochs, batchSize });

  const { accuracy } = await model.evaluate(xTest, yTest, { verbose: 0, batchSize: 500 });
  const wrong = Math.round((1 - accuracy) * xTest.shape[0]);
  console.log(
    `\nOf ${xTest.shape[0]} digits not seen before, ${wrong} are read wrongly: accuracy ${accuracy.toFixed(4)}`,
  );
  requireFloor("test accuracy", accuracy, floor);
}
