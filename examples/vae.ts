// A variational autoencoder (Kingma and Welling, 2013): each digit becomes a place on a plane, and each place a digit.
// `deno run -A examples/vae.ts` draws the digits of a grid of places into vae.png.
import "../lib/datasets/mnist_embedded.ts";
import {
  datasets,
  gradients,
  Input,
  Layer,
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
  type SymbolicTensor,
  type Tensor,
  tensor,
  type Value,
} from "../mod.ts";
import { count, path, readArguments, requireFloor, share } from "./arguments.ts";
import { explainedShare } from "./autoencoder.ts";
import { arrange, writePng } from "./png.ts";

const batchSize = 128;
/** The dimensions of the plane. */
const latentSize = 2;

/** Draws places, `[batch, 2]`, from normal distributions given by their means and the logarithms of their variances. */
class Sampling extends Layer {
  readonly noise = new random.SeedGenerator();

  override call([mean, logVariance]: readonly Value[]): Value {
    const noise = random.normal(mean.shape, { seed: this.noise });
    return ops.add(mean, ops.multiply(ops.exp(ops.multiply(logVariance, 0.5)), noise));
  }
}

/** Tells for a digit, `[28, 28]` bytes, where on the plane it may lie: mean, logarithm of the variance, and a sample. */
function encoder(): Model<SymbolicTensor, readonly SymbolicTensor[]> {
  const digits = Input({ shape: [28, 28], dtype: "uint8" });
  const options = { strides: 2, padding: "same", activation: "relu" } as const;
  let x = new layers.Reshape([28, 28, 1]).apply(new layers.Rescaling(1 / 255).apply(digits));
  x = new layers.Conv2D(16, 3, options).apply(x);
  x = new layers.Conv2D(32, 3, options).apply(x);
  x = new layers.Dense(64, { activation: "relu" }).apply(new layers.Flatten().apply(x));
  const mean = new layers.Dense(latentSize, { name: "mean" }).apply(x);
  const logVariance = new layers.Dense(latentSize, { name: "log_variance" }).apply(x);
  const place = new Sampling({ name: "place" }).apply([mean, logVariance]);
  return new Model({ inputs: digits, outputs: [mean, logVariance, place], name: "encoder" });
}

/** Draws the digit of a place, `[28, 28]` from 0 to 1. */
function decoder(): Sequential {
  const options = { strides: 2, padding: "same", activation: "relu" } as const;
  return new Sequential([
    Input({ shape: [latentSize] }),
    new layers.Dense(64, { activation: "relu" }),
    new layers.Dense(7 * 7 * 32, { activation: "relu" }),
    new layers.Reshape([7, 7, 32]),
    new layers.Conv2DTranspose(32, 3, options),
    new layers.Conv2DTranspose(16, 3, options),
    new layers.Conv2D(1, 3, { padding: "same", activation: "sigmoid" }),
    new layers.Reshape([28, 28]),
  ], { name: "decoder" });
}

/** How far normal distributions, `[batch, 2]`, are from the standard one: the mean Kullback-Leibler divergence, in nats. */
export function divergence(mean: Value, logVariance: Value): Value {
  const each = ops.subtract(ops.add(ops.square(mean), ops.exp(logVariance)), ops.add(logVariance, 1));
  return ops.multiply(ops.mean(ops.sum(each, -1)), 0.5);
}

/** Encoder and decoder, trained by the evidence lower bound. */
class Vae extends Model {
  readonly encoder = encoder();
  readonly decoder = decoder();
  readonly reconstruction = new metrics.Mean({ name: "reconstruction" });
  readonly divergence = new metrics.Mean({ name: "divergence" });

  /** A digit to the plane and back, by the middle of where it may lie. */
  override call(digits: Value): Value {
    return this.decoder.apply(this.encoder.apply(digits)[0]);
  }

  /** The loss of a batch: the bits, in nats, that a digit takes beside its place, and those that its place takes. */
  #loss({ x }: StepData): Value {
    const [mean, logVariance, place] = this.encoder.apply(x);
    const pixels = ops.reshape(ops.divide(x, 255), [-1, 784]);
    const drawn = ops.reshape(this.decoder.apply(place), [-1, 784]);
    const reconstruction = ops.multiply(ops.mean(losses.binaryCrossentropy(pixels, drawn)), 784);
    const far = divergence(mean, logVariance);
    this.reconstruction.update(reconstruction);
    this.divergence.update(far);
    return ops.add(reconstruction, far);
  }

  override trainStep(data: StepData): void {
    const loss = this.#loss(data);
    const weights = this.trainableWeights;
    this.optimizer!.apply(gradients(loss, weights), weights);
    this.trackLoss(loss, data);
  }

  override testStep(data: StepData): void {
    this.trackLoss(this.#loss(data), data);
  }
}

/** The networks, ready for training. */
export function makeModel(): Vae {
  const model = new Vae({ name: "vae" });
  model.compile({ optimizer: new optimizers.Adam({ learningRate: 0.002 }), loss: null });
  return model;
}

/** The quantiles of a standard normal distribution in the middles of `parts` equally likely parts. */
export function quantiles(parts: number): number[] {
  const middles = tensor(Array.from({ length: parts }, (_, i) => 2 * (i + 0.5) / parts - 1));
  return [...ops.multiply(ops.erfinv(middles), Math.SQRT2).data];
}

/** A grid of places, `[size * size, 2]`, each as likely as the others, row by row from above. */
export function gridOf(size: number): Tensor {
  const along = quantiles(size);
  return tensor(along.toReversed().flatMap((y) => along.map((x) => [x, y])));
}

if (import.meta.main) {
  const { epochs, steps, seed, floor, out } = readArguments("vae.ts", "Digits are places on a plane.", {
    epochs: count(10, "how often to go through the training images"),
    steps: count(Infinity, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights, order and noise", 0),
    floor: share(0, "fail where reconstructions explain less than this share of the variance"),
    out: path("vae.png", "where the picture goes"),
  });
  setRandomSeed(seed);

  const [[xTrain], [xTest]] = await datasets.mnist.loadData();
  const model = makeModel();
  model.encoder.summary();
  model.decoder.summary();
  const digits = xTrain.rows(0, Math.min(steps * batchSize, xTrain.shape[0]));
  await model.fit(digits, undefined, { epochs, batchSize });

  const { loss, reconstruction, divergence } = await model.evaluate(xTest, undefined, { verbose: 0, batchSize: 500 });
  const explained = explainedShare(xTest, await model.predict(xTest, { verbose: 0, batchSize: 500 }));
  console.log(
    `\nDigits not seen before take ${loss.toFixed(1)} nats: ${divergence.toFixed(1)} for their places, and ` +
      `${reconstruction.toFixed(1)} beside.`,
  );
  console.log(`Reconstructions explain ${(100 * explained).toFixed(1)} % of their variance.`);

  const size = 20;
  await writePng(out, arrange(await model.decoder.predict(gridOf(size), { verbose: 0, batchSize: size * size }), size));
  console.log(`The digits of a grid of places are in ${out}.`);
  requireFloor("explained share of the variance", explained, floor);
}
