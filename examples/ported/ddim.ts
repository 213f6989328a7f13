// Denoising diffusion implicit models: a network learns to remove noise from digits, and then makes digits of noise.
// `deno run -A examples/ported/ddim.ts` draws a sheet of samples into ddim.png.
// Follows https://keras.io/examples/generative/ddim/
import "../../lib/datasets/mnist_embedded.ts";
import {
  compile,
  datasets,
  gradients,
  Input,
  layers,
  losses,
  metrics,
  Model,
  models,
  ops,
  optimizers,
  random,
  setBackend,
  setRandomSeed,
  type StepData,
  type SymbolicTensor,
  type Tensor,
  type Value,
} from "../../mod.ts";
import { backendOption, count, path, readArguments, requireFloor, share } from "../arguments.ts";
import { arrange, writePng } from "../png.ts";

const imageSize = 16;
const batchSize = 64;
// Sampling.
const [minSignalRate, maxSignalRate] = [0.02, 0.95];
const diffusionSteps = 20;
// Architecture.
const embeddingDims = 16;
const embeddingMaxFrequency = 1000;
const widths = [16, 32, 48];
const blockDepth = 1;
// Optimization.
const ema = 0.98;
const [learningRate, weightDecay] = [2e-3, 1e-4];

/** Digits from 0 to 1, `[digits, 16, 16, 1]`: the pictures of MNIST, smaller. */
export async function makeData(): Promise<{ train: Tensor; val: Tensor }> {
  const [[xTrain], [xTest]] = await datasets.mnist.loadData();
  const smaller = (digits: Tensor) => {
    const pictures = ops.divide(digits.reshape([...digits.shape, 1]), 255);
    return ops.image.resize(pictures, [imageSize, imageSize], { antialias: true });
  };
  return { train: smaller(xTrain.rows(0, 3200)), val: smaller(xTest.rows(0, 960)) };
}

/** Noise variances `[batch, 1, 1, 1]` as sines and cosines of many frequencies, `[batch, 1, 1, 16]`. */
function sinusoidalEmbedding(x: Value): Value {
  const exponents = ops.linspace(0, Math.log(embeddingMaxFrequency), embeddingDims / 2);
  const angularSpeeds = ops.multiply(ops.exp(exponents), 2 * Math.PI);
  const angles = ops.multiply(x, angularSpeeds);
  return ops.concatenate([ops.sin(angles), ops.cos(angles)], 3);
}

function residualBlock(x: SymbolicTensor, width: number): SymbolicTensor {
  const residual = x.shape[3] === width ? x : new layers.Conv2D(width, 1).apply(x);
  x = new layers.BatchNormalization({ center: false, scale: false }).apply(x);
  x = new layers.Conv2D(width, 3, { padding: "same", activation: "swish" }).apply(x);
  x = new layers.Conv2D(width, 3, { padding: "same" }).apply(x);
  return layers.add([x, residual]);
}

/** A residual U-Net that tells the noise in pictures. */
export function getNetwork(): Model<readonly SymbolicTensor[], SymbolicTensor> {
  const noisyImages = Input({ shape: [imageSize, imageSize, 1] });
  const noiseVariances = Input({ shape: [1, 1, 1] });
  const embedding = new layers.Lambda(sinusoidalEmbedding, { name: "embedding" }).apply(noiseVariances);
  const embedded = new layers.UpSampling2D(imageSize, { interpolation: "nearest" }).apply(embedding);
  let x = new layers.Conv2D(widths[0], 1).apply(noisyImages);
  x = layers.concatenate([x, embedded]);

  const skips: SymbolicTensor[] = [];
  for (const width of widths.slice(0, -1)) {
    for (let i = 0; i < blockDepth; i++) skips.push(x = residualBlock(x, width));
    x = new layers.AveragePooling2D(2).apply(x);
  }
  for (let i = 0; i < blockDepth; i++) x = residualBlock(x, widths.at(-1)!);
  for (const width of widths.slice(0, -1).reverse()) {
    x = new layers.UpSampling2D(2, { interpolation: "bilinear" }).apply(x);
    for (let i = 0; i < blockDepth; i++) x = residualBlock(layers.concatenate([x, skips.pop()!]), width);
  }
  x = new layers.Conv2D(1, 1, { kernelInitializer: "zeros" }).apply(x);
  return new Model({ inputs: [noisyImages, noiseVariances], outputs: x, name: "residual_unet" });
}

class DiffusionModel extends Model {
  readonly normalizer = new layers.Normalization();
  readonly denormalizer = new layers.Normalization({ invert: true });
  readonly network = getNetwork();
  readonly emaNetwork = models.cloneModel(this.network);
  readonly noise = new random.SeedGenerator();
  readonly noiseLossTracker = new metrics.Mean({ name: "n_loss" });
  readonly imageLossTracker = new metrics.Mean({ name: "i_loss" });

  readonly denormalize = compile((images: Value) => ops.clip(this.denormalizer.apply(images), 0, 1));

  /** How much noise and signal there is at times from 0, none, to 1. */
  diffusionSchedule(times: Value): { noiseRates: Value; signalRates: Value } {
    const [startAngle, endAngle] = [Math.acos(maxSignalRate), Math.acos(minSignalRate)];
    const angles = ops.add(ops.multiply(times, endAngle - startAngle), startAngle);
    return { noiseRates: ops.sin(angles), signalRates: ops.cos(angles) };
  }

  /** What is noise in pictures, and what remains without it. */
  denoise(noisyImages: Value, noiseRates: Value, signalRates: Value, training: boolean) {
    const network = training ? this.network : this.emaNetwork;
    const predNoises: Value = network.apply([noisyImages, ops.square(noiseRates)], { training });
    const predImages = ops.divide(ops.subtract(noisyImages, ops.multiply(noiseRates, predNoises)), signalRates);
    return { predNoises, predImages };
  }

  /** One step from much noise to less: the pictures with less, and those without. */
  readonly #stepBack = compile((noisyImages: Value, times: Value, nextTimes: Value) => {
    const { noiseRates, signalRates } = this.diffusionSchedule(times);
    const { predNoises, predImages } = this.denoise(noisyImages, noiseRates, signalRates, false);
    const next = this.diffusionSchedule(nextTimes);
    const fewer = ops.add(ops.multiply(next.signalRates, predImages), ops.multiply(next.noiseRates, predNoises));
    return [fewer, predImages];
  });

  /** Makes pictures of noise. */
  async reverseDiffusion(initialNoise: Tensor, steps: number): Promise<Tensor> {
    const at = (step: number) => ops.full([initialNoise.shape[0], 1, 1, 1], 1 - step / steps);
    let [noisyImages, images] = [initialNoise, initialNoise];
    for (let step = 0; step < steps; step++) {
      [noisyImages, images] = await this.#stepBack(noisyImages, at(step), at(step + 1));
    }
    return images;
  }

  #losses({ x }: StepData, training: boolean): { noiseLoss: Value; imageLoss: Value } {
    const images: Value = this.normalizer.apply(x);
    const noises = random.normal(images.shape, { seed: this.noise });
    const times = random.uniform([images.shape[0], 1, 1, 1], { seed: this.noise });
    const { noiseRates, signalRates } = this.diffusionSchedule(times);
    const noisyImages = ops.add(ops.multiply(signalRates, images), ops.multiply(noiseRates, noises));
    const { predNoises, predImages } = this.denoise(noisyImages, noiseRates, signalRates, training);
    const noiseLoss = ops.mean(losses.meanAbsoluteError(noises, predNoises));
    const imageLoss = ops.mean(losses.meanAbsoluteError(images, predImages));
    this.noiseLossTracker.update(noiseLoss);
    this.imageLossTracker.update(imageLoss);
    return { noiseLoss, imageLoss };
  }

  override trainStep(data: StepData): void {
    const { noiseLoss } = this.#losses(data, true);
    const weights = this.network.trainableWeights;
    this.optimizer!.apply(gradients(noiseLoss, weights), weights);
    this.network.weights.forEach((weight, i) => {
      const emaWeight = this.emaNetwork.weights[i];
      emaWeight.assign(ops.add(ops.multiply(emaWeight, ema), ops.multiply(weight, 1 - ema)));
    });
  }

  override testStep(data: StepData): void {
    this.#losses(data, false);
  }

  async generate(numImages: number, steps: number, seed: number): Promise<Tensor> {
    const initialNoise = random.normal([numImages, imageSize, imageSize, 1], { seed });
    return this.denormalize(await this.reverseDiffusion(initialNoise, steps));
  }
}

/** The networks, ready for training, with the mean and variance of pictures. */
export function makeModel(train: Tensor): DiffusionModel {
  const model = new DiffusionModel({ name: "ddim" });
  model.normalizer.adapt(train);
  model.denormalizer.adapt(train);
  model.compile({ optimizer: new optimizers.AdamW({ learningRate, weightDecay }), loss: null });
  return model;
}

if (import.meta.main) {
  const options = readArguments("ported/ddim.ts", "A network makes digits of noise.", {
    epochs: count(8, "how often to go through the digits"),
    steps: count(Infinity, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights, order and noise", 0),
    floor: share(0, "fail where less than this share of the noise is told"),
    out: path("ddim.png", "where the picture goes"),
    backend: backendOption,
  });
  const { epochs, steps, seed, floor, out, backend } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const { train, val } = await makeData();
  const model = makeModel(train);
  model.network.summary();
  const digits = train.rows(0, Math.min(steps * batchSize, train.shape[0]));
  await model.fit(digits, undefined, { epochs, batchSize, validationData: [val] });

  const results = await model.evaluate(val, undefined, { verbose: 0 });
  // Who always says zero is wrong by the mean absolute value of the normal distribution.
  const told = 1 - results.n_loss / Math.sqrt(2 / Math.PI);
  console.log(
    `\nvalidation n_loss ${results.n_loss.toFixed(4)}, i_loss ${results.i_loss.toFixed(4)}: ` +
      `${(100 * told).toFixed(1)} % of the noise are told.`,
  );
  await writePng(out, arrange(await model.generate(60, diffusionSteps, seed), 10, 3));
  console.log(`Digits made of noise are in ${out}.`);
  requireFloor("share of the noise that is told", told, floor);
}
