// A DCGAN (Radford et al., 2015): a generator learns to draw digits that a discriminator, trained alongside, does not
// recognize as fakes.
// `deno run -A examples/gan.ts` draws a sheet of samples after each epoch into the folder gan; at the end a network
// trained to read digits reads some of them.
import "../lib/datasets/mnist_embedded.ts";
import {
  datasets,
  gradients,
  Input,
  layers,
  losses,
  metrics,
  Model,
  ops,
  optimizers,
  random,
  Sequential,
  setRandomSeed,
  type StepData,
  Tensor,
  type Value,
} from "../mod.ts";
import { count, path, readArguments, requireFloor, share } from "./arguments.ts";
import { makeModel as makeReader } from "./mnist_cnn.ts";
import { arrange, writePng } from "./png.ts";

const batchSize = 64;
const latentSize = 64;

/** Draws digits, `[28, 28]` from 0 to 1, from noise: each transposed convolution doubles height and width. */
function generator(): Sequential {
  const options = { strides: 2, padding: "same", useBias: false } as const;
  return new Sequential([
    Input({ shape: [latentSize] }),
    new layers.Dense(7 * 7 * 64, { useBias: false }),
    new layers.BatchNormalization({ momentum: 0.9 }),
    new layers.ReLU(),
    new layers.Reshape([7, 7, 64]),
    new layers.Conv2DTranspose(32, 4, options),
    new layers.BatchNormalization({ momentum: 0.9 }),
    new layers.ReLU(),
    new layers.Conv2DTranspose(1, 4, { strides: 2, padding: "same", activation: "sigmoid" }),
    new layers.Reshape([28, 28]),
  ], { name: "generator" });
}

/** Tells digits from fakes, `[28, 28]` from 0 to 1: positive if it takes one for a digit. */
function discriminator(): Sequential {
  return new Sequential([
    Input({ shape: [28, 28] }),
    new layers.Reshape([28, 28, 1]),
    new layers.Conv2D(32, 4, { strides: 2, padding: "same" }),
    new layers.LeakyReLU({ negativeSlope: 0.2 }),
    new layers.Conv2D(64, 4, { strides: 2, padding: "same", useBias: false }),
    new layers.BatchNormalization(),
    new layers.LeakyReLU({ negativeSlope: 0.2 }),
    new layers.Flatten(),
    new layers.Dense(1),
  ], { name: "discriminator" });
}

/** The cross-entropy of logits, `[batch, 1]`, that should all be digits (1), all fakes (0), or something in between. */
function crossentropy(target: number, logits: Value): Value {
  return ops.mean(losses.binaryCrossentropy(ops.full(logits.shape, target), logits, { fromLogits: true }));
}

/** Both networks, and a training step that updates each by the results of the other. */
class Gan extends Model {
  readonly generator = generator();
  readonly discriminator = discriminator();
  readonly generatorOptimizer = new optimizers.Adam({ learningRate: 1e-3, beta1: 0.5 });
  readonly noise = new random.SeedGenerator();
  readonly generatorLoss = new metrics.Mean({ name: "generator_loss" });
  readonly discriminatorLoss = new metrics.Mean({ name: "discriminator_loss" });

  override trainStep({ x }: StepData): void {
    const digits = ops.divide(x, 255);
    const noise = random.normal([x.shape[0], latentSize], { seed: this.noise });
    const fakes = this.generator.apply(noise);

    // The discriminator learns to recognize digits, without becoming too sure (label smoothing), and fakes.
    const loss = ops.add(
      crossentropy(0.9, this.discriminator.apply(digits)),
      crossentropy(0, this.discriminator.apply(fakes)),
    );
    const weights = this.discriminator.trainableWeights;
    this.optimizer!.apply(gradients(loss, weights), weights);

    // The generator learns what the discriminator, in its current state, takes for digits.
    const generatorLoss = crossentropy(1, this.discriminator.apply(fakes));
    const generatorWeights = this.generator.trainableWeights;
    this.generatorOptimizer.apply(gradients(generatorLoss, generatorWeights), generatorWeights);

    this.discriminatorLoss.update(loss);
    this.generatorLoss.update(generatorLoss);
  }

  /** Draws digits from noise, `[rows, 64]`: bytes `[rows, 28, 28]`. */
  async draw(noise: Tensor): Promise<Tensor> {
    const drawn = await this.generator.predict(noise, { verbose: 0, batchSize: 500 });
    return new Tensor(drawn.shape, "uint8", Uint8Array.from(drawn.data, (value) => Math.round(255 * value)));
  }
}

/** The networks, ready for training: the arguments of `compile` are for the discriminator. */
export function makeModel(): Gan {
  const model = new Gan({ name: "gan" });
  model.compile({ optimizer: new optimizers.Adam({ learningRate: 1e-3, beta1: 0.5 }), loss: null });
  return model;
}

/**
 * How sure a reader is of samples, from its outputs `[rows, 10]`: the mean largest probability, and the digits found.
 */
export function judge(probabilities: Tensor): { confidence: number; found: readonly number[] } {
  const [rows, classes] = probabilities.shape;
  const found = new Array<number>(classes).fill(0);
  let confidence = 0;
  for (let row = 0; row < rows; row++) {
    const each = [...probabilities.rows(row, row + 1).data];
    const largest = Math.max(...each);
    confidence += largest / rows;
    found[each.indexOf(largest)]++;
  }
  return { confidence, found };
}

if (import.meta.main) {
  const options = readArguments("gan.ts", "A generator learns to draw digits.", {
    epochs: count(4, "how often to go through the training images"),
    readerEpochs: count(3, "how often the network that reads the samples goes through them"),
    steps: count(Infinity, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights, order and noise", 0),
    floor: share(0, "fail where samples are read with a mean confidence below x"),
    digits: count(0, "fail where fewer than n of the ten digits are among the samples", 0),
    out: path("gan", "the folder that the sheets of samples go to"),
  });
  const { epochs, readerEpochs, steps, seed, floor, digits, out } = options;
  setRandomSeed(seed);

  const [[xTrain, yTrain], [xTest, yTest]] = await datasets.mnist.loadData();
  const rows = Math.min(steps * batchSize, xTrain.shape[0]);
  const [x, y] = [xTrain.rows(0, rows), yTrain.rows(0, rows)];

  const gan = makeModel();
  gan.generator.summary();
  gan.discriminator.summary();
  const sheet = random.normal([100, latentSize], { seed });
  const onEpochEnd = async (epoch: number) => {
    await writePng(`${out}/epoch_${String(epoch + 1).padStart(2, "0")}.png`, arrange(await gan.draw(sheet), 10));
  };
  await gan.fit(x, undefined, { epochs, batchSize, callbacks: [{ onEpochEnd }] });

  console.log(`\nSheets of samples are in ${out}. A network learns to read digits, and then reads samples:`);
  const readerBatch = 128;
  const reader = makeReader(readerEpochs * Math.ceil(rows / readerBatch));
  await reader.fit(x, y, { epochs: readerEpochs, batchSize: readerBatch });
  const { accuracy } = await reader.evaluate(xTest, yTest, { verbose: 0, batchSize: 500 });
  const samples = await gan.draw(random.normal([2000, latentSize], { seed: seed + 1 }));
  const { confidence, found } = judge(await reader.predict(samples, { verbose: 0, batchSize: 500 }));
  const different = found.filter((samples) => samples > 0).length;
  console.log(`It reads ${(100 * accuracy).toFixed(1)} % of the test images rightly.`);
  console.log(
    `It reads the samples with a mean confidence of ${confidence.toFixed(3)}: ${different} different digits,`,
  );
  console.log(found.map((samples, digit) => `${samples} of ${digit}`).join(", "));
  requireFloor("mean confidence", confidence, floor);
  requireFloor("number of different digits", different, digits);
}
