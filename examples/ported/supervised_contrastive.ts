// Supervised contrastive learning (Khosla et al., 2020): an encoder first learns to place digits of one class together,
// and only then does a classifier learn on top of it. Follows keras.io/examples/vision/supervised-contrastive-learning.
// `deno run -A examples/ported/supervised_contrastive.ts` compares it with a classifier trained in one go.
import {
  datasets,
  Input,
  layers,
  losses,
  Model,
  ops,
  optimizers,
  Sequential,
  setBackend,
  setRandomSeed,
  type SymbolicTensor,
  type Value,
} from "../../mod.ts";
import { backendOption, count, readArguments, requireFloor, share } from "../arguments.ts";

const batchSize = 100;
const learningRate = 0.002;
const temperature = 0.1;

/** Turns digits, `[28, 28]` bytes, into 64 features. */
export function createEncoder(): Sequential {
  return new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Reshape([28, 28, 1]),
    new layers.Conv2D(16, 3, { strides: 2, activation: "relu" }),
    new layers.Conv2D(32, 3, { strides: 2, activation: "relu" }),
    new layers.Flatten(),
    new layers.Dense(64, { activation: "relu" }),
  ], { name: "encoder" });
}

/** The encoder, and two layers that tell the class by its features; only these are trained if `trainable` is false. */
export function createClassifier(encoder: Sequential, trainable = true): Model<SymbolicTensor, SymbolicTensor> {
  encoder.trainable = trainable;
  const inputs = Input({ shape: [28, 28], dtype: "uint8" });
  let features = encoder.apply(inputs);
  features = new layers.Dropout(0.3).apply(features);
  features = new layers.Dense(64, { activation: "relu" }).apply(features);
  const outputs = new layers.Dense(10, { activation: "softmax" }).apply(features);
  const model = new Model({ inputs, outputs, name: "classifier" });
  model.compile({
    optimizer: new optimizers.Adam({ learningRate }),
    loss: new losses.SparseCategoricalCrossentropy(),
    metrics: ["accuracy"],
  });
  return model;
}

/** High where digits of one class, `[batch]`, are no nearer to each other than to others, by vectors `[batch, size]`. */
export class SupervisedContrastiveLoss extends losses.Loss {
  override call(labels: Value, vectors: Value): Value {
    const unit = ops.normalize(vectors, -1);
    const logits = ops.divide(ops.matmul(unit, ops.transpose(unit)), temperature);
    const column = ops.reshape(labels, [-1, 1]);
    const same = ops.cast(ops.equal(column, ops.transpose(column)), "float32");
    const targets = ops.divide(same, ops.sum(same, 1, true));
    return losses.categoricalCrossentropy(targets, logits, { fromLogits: true });
  }
}

/** The encoder, and a layer that projects its features to the vectors that the loss compares. */
export function addProjectionHead(encoder: Sequential): Model<SymbolicTensor, SymbolicTensor> {
  const inputs = Input({ shape: [28, 28], dtype: "uint8" });
  const outputs = new layers.Dense(32, { activation: "relu" }).apply(encoder.apply(inputs));
  return new Model({ inputs, outputs, name: "encoder_with_projection_head" });
}

if (import.meta.main) {
  const options = readArguments("ported/supervised_contrastive.ts", "Learns to place digits, then to tell them.", {
    backend: backendOption,
    epochs: count(15, "how often each part goes through the training images"),
    steps: count(20, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights and order", 0),
    floor: share(0, "fail where the accuracy on top of the contrastive encoder is below x"),
  });
  const { backend, epochs, steps, seed, floor } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const [[xAll, yAll], [xTest, yTest]] = await datasets.mnist.loadData();
  const [xTrain, yTrain] = [xAll.rows(0, steps * batchSize), yAll.rows(0, steps * batchSize)];
  const fitted = async (model: Model<SymbolicTensor, SymbolicTensor>) => {
    await model.fit(xTrain, yTrain, { batchSize, epochs, verbose: 2 });
    const { accuracy } = await model.evaluate(xTest, yTest, { batchSize: 500, verbose: 0 });
    return accuracy;
  };

  console.log("A classifier trained in one go:");
  const baseline = await fitted(createClassifier(createEncoder()));

  console.log("\nThe encoder, by the contrastive loss:");
  const encoder = createEncoder();
  const encoderWithHead = addProjectionHead(encoder);
  encoderWithHead.compile({
    optimizer: new optimizers.Adam({ learningRate }),
    loss: new SupervisedContrastiveLoss(),
  });
  await encoderWithHead.fit(xTrain, yTrain, { batchSize, epochs, verbose: 2 });

  console.log("\nA classifier on top of the frozen encoder:");
  const contrastive = await fitted(createClassifier(encoder, false));

  console.log(`\nAccuracy on digits not seen before, from ${xTrain.shape[0]} images:`);
  console.log(`  baseline ${baseline.toFixed(4)}`);
  console.log(`  contrastive ${contrastive.toFixed(4)}`);
  requireFloor("accuracy", contrastive, floor);
}
