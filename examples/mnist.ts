// Trains a network 784-512-10 on handwritten digits: `deno run examples/mnist.ts`, or with -A for the fast backends.
import "../lib/datasets/mnist_embedded.ts";
import { type BackendChoice, CeratopsError, datasets, getBackend, setBackend, setRandomSeed, utils } from "../mod.ts";
import { backendOption, count, readArguments, requireFloor, share } from "./arguments.ts";
import { makeModel } from "./mnist_model.ts";

if (import.meta.main) {
  const options = readArguments("mnist.ts", "Trains a network 784-512-10 on handwritten digits.", {
    backend: backendOption,
    epochs: count(5, "how often to go through the training images"),
    batchSize: count(128, "images a step"),
    seed: count(undefined, "the seed of weights and order; a new one each time by default", 0),
    steps: count(Infinity, "train on the first n batches only"),
    floor: share(0, "fail where the test accuracy is below x"),
  });
  try {
    await train(options);
  } catch (error) {
    if (!(error instanceof CeratopsError)) throw error;
    console.error(error.message);
    Deno.exit(1);
  }
}

/** The options of the training. */
interface Options {
  readonly backend?: BackendChoice;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed?: number;
  readonly steps: number;
  readonly floor: number;
}

async function train({ backend, epochs, batchSize, seed, steps, floor }: Options): Promise<void> {
  if (backend !== undefined) await setBackend(backend);
  await getBackend(); // opens the backend, so that the line that names it is printed first
  if (seed !== undefined) setRandomSeed(seed);

  const [[xTrain, yTrain], [xTest, yTest]] = await datasets.mnist.loadData();
  const model = makeModel();
  model.summary();
  const rows = Math.min(steps * batchSize, xTrain.shape[0]);
  await model.fit(xTrain.rows(0, rows), yTrain.rows(0, rows), { epochs, batchSize });

  const { loss, accuracy } = await model.evaluate(xTest, yTest, { verbose: 0 });
  console.log(
    `\nOn ${xTest.shape[0]} digits not seen before: accuracy ${accuracy.toFixed(4)}, loss ${loss.toFixed(4)}`,
  );

  const digit = xTest.rows(0, 1);
  const probabilities = Array.from((await model.predict(digit, { verbose: 0 })).data);
  const likeliest = probabilities.indexOf(Math.max(...probabilities));
  const percent = (100 * probabilities[likeliest]).toFixed(1);
  utils.showImage(digit);
  console.log(`The network reads this as ${likeliest} (${percent} %); it is ${yTest.data[0]}.`);

  requireFloor("test accuracy", accuracy, floor);
}
