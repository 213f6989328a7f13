// Trains a convolutional network on handwritten digits: `deno run -A examples/mnist_cnn.ts`.
import { parseArgs } from "node:util";
import "../lib/datasets/mnist_embedded.ts";
import { datasets, Input, layers, optimizers, schedules, Sequential, setRandomSeed } from "../mod.ts";

const usage = `Usage: deno run -A examples/mnist_cnn.ts [options]

  --epochs <n>   how often to go through the training images (10)
  --steps <n>    train on the first n batches of 128 only
  --floor <x>    fail where the test accuracy is below x, from 0 to 1
  --help         print this`;

/** The network, which learns in steps that become smaller until `steps` of them are done. */
export function makeModel(steps: number): Sequential {
  // Two convolutions see small strokes and then how these meet; a pool after each keeps the strongest of four neighbours.
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
    // Large steps find the valley, small ones its floor.
    optimizer: new optimizers.Adam({
      learningRate: new schedules.CosineDecay({ initialLearningRate: 0.002, decaySteps: steps }),
    }),
    loss: "sparse_categorical_crossentropy",
    metrics: ["accuracy"],
  });
  return model;
}

if (import.meta.main) {
  const { epochs, steps, floor } = readOptions();
  setRandomSeed(1);

  const [[xTrain, yTrain], [xTest, yTest]] = await datasets.mnist.loadData();
  const batchSize = 128;
  const rows = Math.min(steps * batchSize, xTrain.shape[0]);
  const model = makeModel(epochs * Math.ceil(rows / batchSize));
  model.summary();
  await model.fit(xTrain.rows(0, rows), yTrain.rows(0, rows), { epochs, batchSize });

  const { accuracy } = await model.evaluate(xTest, yTest, { verbose: 0, batchSize: 500 });
  const wrong = Math.round((1 - accuracy) * xTest.shape[0]);
  console.log(
    `\nOf ${xTest.shape[0]} digits not seen before, ${wrong} are read wrongly: accuracy ${accuracy.toFixed(4)}`,
  );
  if (accuracy < floor) {
    console.error(`The test accuracy ${accuracy.toFixed(4)} is below the floor of ${floor}.`);
    Deno.exit(1);
  }
}

function readOptions(): { epochs: number; steps: number; floor: number } {
  const refuse = (message: string): never => {
    console.error(`${message}\n\n${usage}`);
    Deno.exit(2);
  };
  const text = { type: "string" } as const;
  try {
    const options = { epochs: text, steps: text, floor: text, help: { type: "boolean" } } as const;
    const { values } = parseArgs({ args: Deno.args, options });
    if (values.help) {
      console.log(usage);
      Deno.exit(0);
    }
    const count = (name: "epochs" | "steps", byDefault: number): number => {
      const number = values[name] === undefined ? byDefault : Number(values[name]);
      if (number === Infinity && values[name] === undefined) return number;
      if (Number.isSafeInteger(number) && number >= 1) return number;
      return refuse(`--${name} must be an integer of at least 1, received "${values[name]}"`);
    };
    const floor = values.floor === undefined ? 0 : Number(values.floor);
    if (values.floor?.trim() === "" || !(floor >= 0 && floor <= 1)) {
      refuse(`--floor must be a number from 0 to 1, received "${values.floor}"`);
    }
    return { epochs: count("epochs", 10), steps: count("steps", Infinity), floor };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
