// Grad-CAM (Selvaraju et al., 2016): where a convolutional network looks, by the gradient of a class's score with respect
// to its last feature map. Follows keras.io/examples/vision/grad_cam.
// `deno run -A examples/ported/grad_cam.ts` trains a network on pairs of digits, of which only one counts, and draws what
// it looks at into grad_cam.png.
import {
  compile,
  datasets,
  gradients,
  Input,
  layers,
  losses,
  Model,
  ops,
  optimizers,
  setBackend,
  setRandomSeed,
  type SymbolicTensor,
  Tensor,
} from "../../mod.ts";
import { backendOption, count, path, readArguments, requireFloor, share } from "../arguments.ts";
import { arrange, writePng } from "../png.ts";

const batchSize = 64;
const lastConvLayerName = "last_conv";
/** The classes are the digits below this; the other digits only distract. */
const classes = 5;

/** Pictures of two digits side by side, uint8 `[count, 28, 56]`, one of them below 5: the class, uint8 `[count]`. */
export function makePairs(digits: Tensor, labels: Tensor, count: number): { images: Tensor; wanted: Tensor } {
  const images = new Uint8Array(count * 28 * 56);
  const wanted = new Uint8Array(count);
  const rows = [...labels.data.keys()];
  const low = rows.filter((row) => labels.data[row] < classes);
  const high = rows.filter((row) => labels.data[row] >= classes);
  for (let i = 0; i < count; i++) {
    const pair = i % 2 === 0 ? [low[i], high[i]] : [high[i], low[i]];
    wanted[i] = labels.data[low[i]];
    pair.forEach((row, half) => {
      for (let y = 0; y < 28; y++) {
        const line = digits.data.subarray((row * 28 + y) * 28, (row * 28 + y + 1) * 28);
        images.set(line as Uint8Array, (i * 28 + y) * 56 + half * 28);
      }
    });
  }
  return { images: new Tensor([count, 28, 56], "uint8", images), wanted: new Tensor([count], "uint8", wanted) };
}

/** Tells which digit below 5 is in a picture, `[28, 56]` bytes, by scores without a softmax. */
export function makeModel(): Model<SymbolicTensor, SymbolicTensor> {
  const inputs = Input({ shape: [28, 56], dtype: "uint8" });
  let x = new layers.Rescaling(1 / 255).apply(inputs);
  x = new layers.Reshape([28, 56, 1]).apply(x);
  x = new layers.Conv2D(16, 3, { padding: "same", strides: 2, activation: "relu" }).apply(x);
  x = new layers.Conv2D(32, 3, { padding: "same", strides: 2, activation: "relu" }).apply(x);
  x = new layers.Conv2D(32, 3, { padding: "same", activation: "relu", name: lastConvLayerName }).apply(x);
  x = new layers.GlobalMaxPooling2D().apply(x);
  const model = new Model({ inputs, outputs: new layers.Dense(classes).apply(x), name: "pairs" });
  model.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.003 }),
    loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ["accuracy"],
  });
  return model;
}

/** What makes heat maps, `[images, 7, 14]` from 0 to 1, of images: high where they speak for the class of highest score. */
export function makeGradcamHeatmap(model: Model<SymbolicTensor, SymbolicTensor>, name: string) {
  // The model that gives the last feature map besides the scores.
  const lastConvMap = model.getLayer(name).output as SymbolicTensor;
  const gradModel = new Model({ inputs: model.input, outputs: [lastConvMap, model.output] });
  return compile((images) => {
    const [map, scores] = gradModel.apply(images);
    const classChannel = ops.max(scores, -1);
    const [grads] = gradients(ops.sum(classChannel), [map]);
    // How important each channel is for the class: its mean gradient, [images, 1, 1, channels].
    const pooledGrads = ops.mean(grads, [1, 2], true);
    const heatmap = ops.relu(ops.sum(ops.multiply(map, pooledGrads), -1));
    return ops.divide(heatmap, ops.add(ops.max(heatmap, [1, 2], true), 1e-9));
  });
}

/** The share of images `[images, 7, 14]` whose heat is for the most part on the half with the digit that counts. */
export function rightHalves(heatmaps: Tensor): number {
  const [images, height, width] = heatmaps.shape;
  let right = 0;
  for (let i = 0; i < images; i++) {
    let balance = 0;
    for (let at = 0; at < height * width; at++) {
      balance += heatmaps.data[i * height * width + at] * (at % width < width / 2 ? 1 : -1);
    }
    right += Number(i % 2 === 0 ? balance > 0 : balance < 0) / images;
  }
  return right;
}

if (import.meta.main) {
  const options = readArguments("ported/grad_cam.ts", "Shows where a network looks.", {
    backend: backendOption,
    epochs: count(4, "how often to go through the training pictures"),
    steps: count(120, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights and order", 0),
    floor: share(0, "fail where the heat is on the digit that counts in fewer pictures than this share"),
    out: path("grad_cam.png", "where the picture goes"),
  });
  const { backend, epochs, steps, seed, floor, out } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const [[xTrain, yTrain], [xTest, yTest]] = await datasets.mnist.loadData();
  const train = makePairs(xTrain, yTrain, steps * batchSize);
  const test = makePairs(xTest, yTest, 2000);
  const model = makeModel();
  await model.fit(train.images, train.wanted, { batchSize, epochs });
  const { accuracy } = await model.evaluate(test.images, test.wanted, { batchSize: 500, verbose: 0 });

  const heatmaps = await makeGradcamHeatmap(model, lastConvLayerName)(test.images);
  const right = rightHalves(heatmaps);
  console.log("\nOn pictures not seen before:");
  console.log(`  accuracy ${accuracy.toFixed(4)}`);
  console.log(`  heat on the digit that counts ${right.toFixed(4)}`);

  // Red where the heat is, over the gray digits.
  const shown = 15;
  const gray = ops.divide(test.images.rows(0, shown), 255).reshape([shown, 28, 56, 1]);
  const heat = await ops.image.resize(heatmaps.rows(0, shown).reshape([shown, 7, 14, 1]), [28, 56]);
  const others = ops.multiply(gray, ops.subtract(1, ops.multiply(heat, 0.6)));
  const red = ops.maximum(gray, ops.multiply(heat, 0.8));
  await writePng(out, arrange(ops.concatenate([red, others, others], -1), 3, 3));
  console.log(`The heat over ${shown} pictures is in ${out}.`);
  requireFloor("share of pictures with the heat on the digit that counts", right, floor);
}
