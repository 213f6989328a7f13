// A vector-quantized variational autoencoder: a digit becomes seven by seven codes of a book of 64, and a digit again.
// `deno run -A examples/ported/vq_vae.ts` draws digits, their codes and what is made of them into vq_vae.png.
// Follows https://keras.io/examples/generative/vq_vae/
import "../../lib/datasets/mnist_embedded.ts";
import {
  compile,
  datasets,
  gradients,
  Input,
  Layer,
  layers,
  metrics,
  Model,
  ops,
  optimizers,
  Sequential,
  setBackend,
  setRandomSeed,
  type StepData,
  type SymbolicTensor,
  type Tensor,
  type Value,
  type Weight,
} from "../../mod.ts";
import { backendOption, count, path, readArguments, requireFloor, share } from "../arguments.ts";
import { arrange, writePng } from "../png.ts";

const batchSize = 128;
const latentDim = 16;
const numEmbeddings = 64;

/** Digits, centered: `[digits, 28, 28, 1]` from -0.5 to 0.5, and the variance of those to train on before. */
export async function makeData(): Promise<{ train: Tensor; test: Tensor; variance: number }> {
  const [[xTrain], [xTest]] = await datasets.mnist.loadData();
  const scaled = (digits: Tensor) => ops.subtract(ops.divide(ops.expandDims(digits, -1), 255), 0.5);
  const digits = xTrain.rows(0, 6400);
  return {
    train: scaled(digits),
    test: scaled(xTest.rows(0, 1000)),
    variance: ops.var(ops.divide(digits, 255)).item(),
  };
}

/** Replaces vectors along the last axis by the nearest in a book. */
export class VectorQuantizer extends Layer {
  readonly beta = 0.25;
  embeddings!: Weight;

  override build(): void {
    const shape = [latentDim, numEmbeddings];
    this.embeddings = this.addWeight({ name: "embeddings_vqvae", shape, initializer: "random_uniform" });
  }

  override call(x: Value): Value {
    const indices = this.getCodeIndices(ops.reshape(x, [-1, latentDim]));
    const encodings = ops.oneHot(indices, numEmbeddings);
    const quantized = ops.reshape(ops.matmul(encodings, ops.transpose(this.embeddings)), x.shape);

    const commitment = ops.mean(ops.square(ops.subtract(ops.stopGradient(quantized), x)));
    const codebook = ops.mean(ops.square(ops.subtract(quantized, ops.stopGradient(x))));
    this.addLoss(ops.add(ops.multiply(commitment, this.beta), codebook));

    // The straight-through estimator: gradients pass as if nothing was replaced.
    return ops.add(x, ops.stopGradient(ops.subtract(quantized, x)));
  }

  /** The places in the book of the vectors nearest to rows `[rows, 16]`. */
  getCodeIndices(rows: Value): Value {
    const similarity = ops.matmul(rows, this.embeddings);
    const distances = ops.subtract(
      ops.add(ops.sum(ops.square(rows), 1, true), ops.sum(ops.square(this.embeddings), 0)),
      ops.multiply(similarity, 2),
    );
    return ops.argmin(distances, 1);
  }
}

export function makeEncoder(): Sequential {
  return new Sequential([
    Input({ shape: [28, 28, 1] }),
    new layers.Conv2D(16, 3, { activation: "relu", strides: 2, padding: "same" }),
    new layers.Conv2D(32, 3, { activation: "relu", strides: 2, padding: "same" }),
    new layers.Conv2D(latentDim, 1, { padding: "same" }),
  ], { name: "encoder" });
}

export function makeDecoder(): Sequential {
  return new Sequential([
    Input({ shape: [7, 7, latentDim] }),
    new layers.Conv2DTranspose(32, 3, { activation: "relu", strides: 2, padding: "same" }),
    new layers.Conv2DTranspose(16, 3, { activation: "relu", strides: 2, padding: "same" }),
    new layers.Conv2DTranspose(1, 3, { padding: "same" }),
  ], { name: "decoder" });
}

class VQVAETrainer extends Model {
  readonly encoder = makeEncoder();
  readonly quantizer = new VectorQuantizer({ name: "vector_quantizer" });
  readonly decoder = makeDecoder();
  readonly vqvae: Model<SymbolicTensor, SymbolicTensor>;
  readonly reconstructionLossTracker = new metrics.Mean({ name: "reconstruction_loss" });
  readonly vqLossTracker = new metrics.Mean({ name: "vqvae_loss" });

  constructor(readonly trainVariance: number) {
    super({ name: "vq_vae_trainer" });
    const inputs = Input({ shape: [28, 28, 1] });
    const outputs = this.decoder.apply(this.quantizer.apply(this.encoder.apply(inputs)));
    this.vqvae = new Model({ inputs, outputs, name: "vq_vae" });
  }

  override call(x: Value): Value {
    return this.vqvae.apply(x);
  }

  #loss({ x }: StepData): Value {
    const reconstructions: Value = this.vqvae.apply(x);
    const reconstructionLoss = ops.divide(ops.mean(ops.square(ops.subtract(x, reconstructions))), this.trainVariance);
    const vqLoss = this.vqvae.losses.reduce((sum, loss) => ops.add(sum, loss));
    this.reconstructionLossTracker.update(reconstructionLoss);
    this.vqLossTracker.update(vqLoss);
    return ops.add(reconstructionLoss, vqLoss);
  }

  override trainStep(data: StepData): void {
    const loss = this.#loss(data);
    const weights = this.vqvae.trainableWeights;
    this.optimizer!.apply(gradients(loss, weights), weights);
    this.trackLoss(loss, data);
  }

  override testStep(data: StepData): void {
    this.trackLoss(this.#loss(data), data);
  }
}

/** The networks, ready for training. */
export function makeModel(variance: number): VQVAETrainer {
  const model = new VQVAETrainer(variance);
  model.compile({ optimizer: new optimizers.Adam({ learningRate: 0.001 }), loss: null });
  return model;
}

if (import.meta.main) {
  const options = readArguments("ported/vq_vae.ts", "Digits become codes of a book, and digits again.", {
    epochs: count(8, "how often to go through the digits"),
    steps: count(Infinity, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights and order", 0),
    floor: share(0, "fail where reconstructions explain less than this share of the variance"),
    out: path("vq_vae.png", "where the picture goes"),
    backend: backendOption,
  });
  const { epochs, steps, seed, floor, out, backend } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const { train, test, variance } = await makeData();
  const model = makeModel(variance);
  model.vqvae.summary();
  const digits = train.rows(0, Math.min(steps * batchSize, train.shape[0]));
  await model.fit(digits, undefined, { epochs, batchSize, validationData: [test] });

  const results = await model.evaluate(test, undefined, { verbose: 0 });
  const explained = 1 - results.reconstruction_loss;
  const encode = compile((encoded: Value) => model.quantizer.getCodeIndices(ops.reshape(encoded, [-1, latentDim])));
  const codes = await encode(await model.encoder.predict(test, { verbose: 0 }));
  const used = new Set(codes.data).size;
  console.log(
    `\nvalidation loss ${results.loss.toFixed(4)}, reconstruction loss ${results.reconstruction_loss.toFixed(4)}: ` +
      `${(100 * explained).toFixed(1)} % of the variance are explained, with ${used} of ${numEmbeddings} codes.`,
  );

  const shown = test.rows(0, 10);
  const made = await model.predict(shown, { verbose: 0 });
  const books = ops.divide(ops.cast(codes.reshape([1000, 7, 7, 1]).rows(0, 10), "float32"), numEmbeddings - 1);
  const enlarged = ops.repeat(ops.repeat(books, 4, 1), 4, 2);
  await writePng(out, arrange(ops.concatenate([ops.add(shown, 0.5), enlarged, ops.add(made, 0.5)]), 10));
  console.log(`Digits, their codes and what is made of them are in ${out}.`);
  requireFloor("explained share of the variance", explained, floor);
}
