// A Vision Transformer (Dosovitskiy et al., 2020): an image is a sequence of patches, which transformer blocks read. Follows
// keras.io/examples/vision/image_classification_with_vision_transformer.
// `deno run -A examples/ported/image_classification_vit.ts` reads handwritten digits, each as 16 patches.
import {
  datasets,
  Input,
  Layer,
  layers,
  losses,
  metrics,
  Model,
  ops,
  optimizers,
  Sequential,
  setBackend,
  setRandomSeed,
  type SymbolicTensor,
  type Tensor,
  type Value,
} from "../../mod.ts";
import { backendOption, count, readArguments, requireFloor, share } from "../arguments.ts";

const batchSize = 64;
const learningRate = 0.002;
const weightDecay = 0.0001;
const [imageSize, patchSize] = [28, 7];
const numPatches = (imageSize / patchSize) ** 2;
const projectionDim = 32;
const numHeads = 2;
const transformerUnits = [2 * projectionDim, projectionDim];
const transformerLayers = 2;
const mlpHeadUnits = [64];

/** Dense layers, each with dropout. */
function mlp(x: SymbolicTensor, hiddenUnits: readonly number[], dropoutRate: number): SymbolicTensor {
  for (const units of hiddenUnits) {
    x = new layers.Dense(units, { activation: "gelu" }).apply(x);
    x = new layers.Dropout(dropoutRate).apply(x);
  }
  return x;
}

/** Cuts images, `[batch, height, width, channels]`, into patches, `[batch, patches, elements]`. */
export class Patches extends Layer {
  constructor(readonly patchSize: number) {
    super();
  }

  override call(images: Value): Value {
    const patches = ops.image.extractPatches(images, this.patchSize);
    const [batch, rows, columns, elements] = patches.shape;
    return ops.reshape(patches, [batch, rows * columns, elements]);
  }
}

/** Projects patches to vectors, and adds a vector for the place of each: `[batch, patches, size]`. */
export class PatchEncoder extends Layer {
  readonly projection: layers.Dense;
  readonly positionEmbedding: layers.Embedding;

  constructor(readonly numPatches: number, projectionDim: number) {
    super();
    this.projection = new layers.Dense(projectionDim);
    this.positionEmbedding = new layers.Embedding(numPatches, projectionDim);
  }

  override call(patch: Value): Value {
    const positions = ops.expandDims(ops.arange(this.numPatches), 0);
    return ops.add(this.projection.apply(patch), this.positionEmbedding.apply(positions));
  }
}

/** The classifier of digits, `[28, 28, 1]` from 0 to 255; the logits of the ten classes. */
export function createVitClassifier(images: Tensor): Model<SymbolicTensor, SymbolicTensor> {
  const normalization = new layers.Normalization();
  normalization.adapt(images);
  const dataAugmentation = new Sequential([
    normalization,
    new layers.RandomRotation(0.02),
    new layers.RandomZoom(0.1, { widthFactor: 0.1 }),
  ], { name: "data_augmentation" });

  const inputs = Input({ shape: [imageSize, imageSize, 1] });
  const augmented = dataAugmentation.apply(inputs);
  const patches = new Patches(patchSize).apply(augmented);
  let encodedPatches = new PatchEncoder(numPatches, projectionDim).apply(patches);

  for (let i = 0; i < transformerLayers; i++) {
    const x1 = new layers.LayerNormalization({ epsilon: 1e-6 }).apply(encodedPatches);
    const attention = new layers.MultiHeadAttention(numHeads, projectionDim, { dropout: 0.1 });
    const x2 = layers.add([attention.apply(x1, { value: x1 }), encodedPatches]);
    const x3 = mlp(new layers.LayerNormalization({ epsilon: 1e-6 }).apply(x2), transformerUnits, 0.1);
    encodedPatches = layers.add([x3, x2]);
  }

  let representation = new layers.LayerNormalization({ epsilon: 1e-6 }).apply(encodedPatches);
  representation = new layers.Flatten().apply(representation);
  representation = new layers.Dropout(0.3).apply(representation);
  const features = mlp(representation, mlpHeadUnits, 0.3);
  const logits = new layers.Dense(10).apply(features);
  return new Model({ inputs, outputs: logits, name: "vit" });
}

if (import.meta.main) {
  const options = readArguments("ported/image_classification_vit.ts", "Reads digits as sequences of patches.", {
    backend: backendOption,
    epochs: count(4, "how often to go through the training images"),
    steps: count(100, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights, order and augmentation", 0),
    floor: share(0, "fail where the test accuracy is below x"),
  });
  const { backend, epochs, steps, seed, floor } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const [[xAll, yAll], [xTest, yTest]] = await datasets.mnist.loadData();
  const x = ops.expandDims(xAll.rows(0, steps * batchSize), -1);
  const model = createVitClassifier(x);
  model.summary();
  model.compile({
    optimizer: new optimizers.AdamW({ learningRate, weightDecay }),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: [
      new metrics.SparseCategoricalAccuracy({ name: "accuracy" }),
      new metrics.SparseTopKCategoricalAccuracy({ k: 3, name: "top_3_accuracy" }),
    ],
  });
  await model.fit(x, yAll.rows(0, steps * batchSize), { batchSize, epochs });
  const found = await model.evaluate(ops.expandDims(xTest, -1), yTest, { batchSize: 500, verbose: 0 });
  console.log(`\nOn digits not seen before:\n  accuracy ${found.accuracy.toFixed(4)}`);
  console.log(`  among the first three ${found.top_3_accuracy.toFixed(4)}`);
  requireFloor("test accuracy", found.accuracy, floor);
}
