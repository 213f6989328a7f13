// A convolutional autoencoder: compresses a digit to 32 numbers and reconstructs it.
// `deno run -A examples/autoencoder.ts` draws digits above their reconstructions into autoencoder.png.
import "../lib/datasets/mnist_embedded.ts";
import {
  datasets,
  Input,
  layers,
  losses,
  ops,
  Sequential,
  setRandomSeed,
  type Tensor,
  tensor,
  type Value,
} from "../mod.ts";
import { count, path, readArguments, requireFloor, share } from "./arguments.ts";
import { arrange, writePng } from "./png.ts";

const batchSize = 128;

/** Encodes a digit, `[28, 28]` bytes, as `size` numbers: each strided convolution halves height and width. */
function encoder(size: number): Sequential {
  return new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Reshape([28, 28, 1]),
    new layers.Conv2D(16, 3, { strides: 2, padding: "same", activation: "relu" }),
    new layers.Conv2D(32, 3, { strides: 2, padding: "same", activation: "relu" }),
    new layers.Flatten(),
    new layers.Dense(size),
  ], { name: "encoder" });
}

/** Decodes `size` numbers to a digit, `[28, 28]` from 0 to 1: each transposed convolution doubles height and width. */
function decoder(size: number): Sequential {
  return new Sequential([
    Input({ shape: [size] }),
    new layers.Dense(7 * 7 * 32, { activation: "relu" }),
    new layers.Reshape([7, 7, 32]),
    new layers.Conv2DTranspose(32, 3, { strides: 2, padding: "same", activation: "relu" }),
    new layers.Conv2DTranspose(16, 3, { strides: 2, padding: "same", activation: "relu" }),
    new layers.Conv2D(1, 3, { padding: "same", activation: "sigmoid" }),
    new layers.Reshape([28, 28]),
  ], { name: "decoder" });
}

/** The targets are the inputs, which are bytes: the loss scales them to the range of the outputs. */
function reconstructionLoss(digits: Value, outputs: Value): Value {
  return losses.binaryCrossentropy(ops.divide(digits, 255), outputs);
}

/** Encoder and decoder as one model, with `size` numbers in between. */
export function makeModel(size = 32): Sequential {
  const model = new Sequential([encoder(size), decoder(size)], { name: "autoencoder" });
  model.compile({ optimizer: "adam", loss: reconstructionLoss });
  return model;
}

/**
 * The fraction of the variance of images, `[rows, ...]` bytes, around their mean image that their reconstructions
 * explain: 1 if they are equal, 0 if each is the mean image.
 */
export function explainedShare(images: Tensor, reconstructions: Tensor): number {
  const rows = images.shape[0];
  const size = images.size / rows;
  let [errors, deviations] = [0, 0];
  for (let pixel = 0; pixel < size; pixel++) {
    let mean = 0;
    for (let at = pixel; at < images.size; at += size) mean += images.data[at] / 255 / rows;
    for (let at = pixel; at < images.size; at += size) {
      errors += (images.data[at] / 255 - reconstructions.data[at]) ** 2;
      deviations += (images.data[at] / 255 - mean) ** 2;
    }
  }
  return 1 - errors / deviations;
}

if (import.meta.main) {
  const { epochs, steps, seed, floor, out } = readArguments(
    "autoencoder.ts",
    "Digits go through 32 numbers and back.",
    {
      epochs: count(5, "how often to go through the training images"),
      steps: count(Infinity, `train on the first n batches of ${batchSize} only`),
      seed: count(1, "the seed of weights and order", 0),
      floor: share(0, "fail where reconstructions explain less than this share of the variance"),
      out: path("autoencoder.png", "where the picture goes"),
    },
  );
  setRandomSeed(seed);

  const [[xTrain], [xTest, yTest]] = await datasets.mnist.loadData();
  const digits = xTrain.rows(0, Math.min(steps * batchSize, xTrain.shape[0]));
  const model = makeModel();
  model.summary({ expandNested: true });
  await model.fit(digits, digits, { epochs, batchSize });

  const outputs = await model.predict(xTest, { verbose: 0, batchSize: 500 });
  const explained = explainedShare(xTest, outputs);
  console.log(`\nReconstructions explain ${(100 * explained).toFixed(1)} % of the variance of digits not seen before.`);

  // The first three of each digit, one column per digit: each row of digits is above its reconstructions.
  const places = Array.from({ length: 10 }, (_, digit) => {
    return [...yTest.data.keys()].filter((row) => yTest.data[row] === digit).slice(0, 3);
  });
  const pairs = [0, 1, 2].flatMap((k) => {
    const rows = tensor(places.map((found) => found[k]));
    return [ops.divide(ops.take(xTest, rows, 0), 255), ops.take(outputs, rows, 0)];
  });
  await writePng(out, arrange(ops.concatenate(pairs, 0), 10));
  console.log(`Three of each, above what came out, are in ${out}.`);
  requireFloor("explained share of the variance", explained, floor);
}
