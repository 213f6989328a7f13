// Teaches a trained network a new question with few examples, by training a new last layer only:
// `deno run -A examples/transfer_learning.ts`.
import "../lib/datasets/mnist_embedded.ts";
import { datasets, layers, loadModel, Model, ops, setRandomSeed, type Tensor } from "../mod.ts";
import { count, readArguments, requireFloor, share } from "./arguments.ts";

/** A model that tells odd digits from even ones, by what another one sees in an image. */
export async function makeModel(): Promise<Model> {
  const digits = await loadModel(new URL("python/digits.keras", import.meta.url));
  // All layers but the last ones, which name the digit.
  const body = new Model({ inputs: digits.input, outputs: digits.getLayer("features").output, name: "body" });
  body.trainable = false;

  const odd = new layers.Dense(1, { activation: "sigmoid", name: "odd" });
  const model = new Model({ inputs: body.input, outputs: odd.apply(body.outputs[0]), name: "odd_or_even" });
  model.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: ["accuracy"] });
  return model;
}

/** 1 for odd digits, 0 for even ones. */
const isOdd = (labels: Tensor) => ops.mod(labels, 2).reshape([-1, 1]);

if (import.meta.main) {
  const { examples, epochs, seed, floor } = readArguments("transfer_learning.ts", "Odd or even?", {
    examples: count(500, "how many images to learn from"),
    epochs: count(20, "how often to go through them"),
    seed: count(1, "the seed of the new layer and of the order", 0),
    floor: share(0, "fail where the test accuracy is below x"),
  });
  setRandomSeed(seed);

  const [[xTrain, yTrain], [xTest, yTest]] = await datasets.mnist.loadData();
  const images = (x: Tensor) => x.reshape([-1, 28, 28, 1]);

  const model = await makeModel();
  model.summary();
  await model.fit(images(xTrain.rows(0, examples)), isOdd(yTrain.rows(0, examples)), { epochs, verbose: 2 });

  const { accuracy } = await model.evaluate(images(xTest), isOdd(yTest), { verbose: 0, batchSize: 500 });
  console.log(`\nFrom ${examples} images, of which only the last layer learned: accuracy ${accuracy.toFixed(4)}`);
  requireFloor("test accuracy", accuracy, floor);
}
