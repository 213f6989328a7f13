// Opens a model that Keras trained in Python, reads digits with it, trains it on, and saves it for Python:
// `deno run -A examples/from_python.ts`. examples/python/digits.py made the file.
import "../lib/datasets/mnist_embedded.ts";
import { datasets, loadModel, type Model, setRandomSeed } from "../mod.ts";
import { count, path, readArguments, requireFloor, share } from "./arguments.ts";

const batchSize = 64;

/** The layers, their weights, what compile() was given, and Adam's averages: all that Python saved. */
export function openModel(): Promise<Model> {
  return loadModel(new URL("python/digits.keras", import.meta.url));
}

if (import.meta.main) {
  const { epochs, steps, seed, floor, out } = readArguments("from_python.ts", "A model of Python Keras trains on.", {
    epochs: count(1, "how often to go through the training images"),
    steps: count(Infinity, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of order and dropout", 0),
    floor: share(0, "fail where the test accuracy is below x"),
    out: path("digits.keras", "where the trained model goes"),
  });
  setRandomSeed(seed);

  const model = await openModel();
  model.summary();

  const [[xTrain, yTrain], [xTest, yTest]] = await datasets.mnist.loadData();
  // The images get the axis of channels that the model was trained with.
  const [train, test] = [xTrain, xTest].map((x) => x.reshape([-1, 28, 28, 1]));

  const before = await model.evaluate(test, yTest, { verbose: 0, batchSize: 500 });
  console.log(`As Python left it: accuracy ${before.accuracy.toFixed(4)}`);

  const rows = Math.min(steps * batchSize, train.shape[0]);
  await model.fit(train.rows(0, rows), yTrain.rows(0, rows), { epochs, batchSize });
  const after = await model.evaluate(test, yTest, { verbose: 0, batchSize: 500 });
  console.log(`Trained on here: accuracy ${after.accuracy.toFixed(4)}`);

  await model.save(out);
  console.log(`Saved: keras.models.load_model("${out}") opens it in Python, and its training goes on from here.`);
  requireFloor("test accuracy", after.accuracy, floor);
}
