// Image segmentation with an Xception that goes down and up again: what is pet, background and outline in drawn cats and
// dogs. `deno run -A examples/ported/image_segmentation.ts` draws pictures, true maps and predicted ones into a PNG.
// Follows https://keras.io/examples/vision/oxford_pets_image_segmentation/
import {
  Input,
  layers,
  metrics,
  Model,
  ops,
  optimizers,
  setBackend,
  setRandomSeed,
  type SymbolicTensor,
} from "../../mod.ts";
import { backendOption, count, path, readArguments, requireFloor, share } from "../arguments.ts";
import { arrange, writePng } from "../png.ts";
import { drawPets, mapNames, type Pets } from "./pets.ts";

const size = 48;
const batchSize = 32;
const numClasses = mapNames.length;

/** Pictures to train on, and others. */
export function makeData(): { train: Pets; val: Pets } {
  return { train: drawPets(640, size, 1), val: drawPets(160, size, 2) };
}

export function makeModel(): Model<SymbolicTensor, SymbolicTensor> {
  const normalized = (x: SymbolicTensor) => new layers.BatchNormalization({ momentum: 0.9 }).apply(x);
  const relu = (x: SymbolicTensor) => new layers.Activation("relu").apply(x);

  const inputs = Input({ shape: [size, size, 3] });
  let x = new layers.Rescaling(1 / 255).apply(inputs);

  // Down to an eighth of height and width.
  x = new layers.Conv2D(16, 3, { strides: 2, padding: "same" }).apply(x);
  x = relu(normalized(x));
  let previous = x;
  for (const filters of [32, 64]) {
    for (let i = 0; i < 2; i++) {
      x = new layers.SeparableConv2D(filters, 3, { padding: "same" }).apply(relu(x));
      x = normalized(x);
    }
    x = new layers.MaxPooling2D(3, { strides: 2, padding: "same" }).apply(x);
    const residual = new layers.Conv2D(filters, 1, { strides: 2, padding: "same" }).apply(previous);
    x = layers.add([x, residual]);
    previous = x;
  }

  // And up.
  for (const filters of [64, 32, 16]) {
    for (let i = 0; i < 2; i++) {
      x = new layers.Conv2DTranspose(filters, 3, { padding: "same" }).apply(relu(x));
      x = normalized(x);
    }
    x = new layers.UpSampling2D(2).apply(x);
    const residual = new layers.Conv2D(filters, 1, { padding: "same" }).apply(
      new layers.UpSampling2D(2).apply(previous),
    );
    x = layers.add([x, residual]);
    previous = x;
  }

  const outputs = new layers.Conv2D(numClasses, 3, { activation: "softmax", padding: "same" }).apply(x);
  const model = new Model({ inputs, outputs, name: "unet_xception" });
  model.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.002 }),
    loss: "sparse_categorical_crossentropy",
    metrics: ["accuracy", new metrics.MeanIoU({ numClasses, sparseYPred: false, name: "iou" })],
  });
  return model;
}

if (import.meta.main) {
  const options = readArguments("ported/image_segmentation.ts", "A network finds the pets in pictures.", {
    epochs: count(8, "how often to go through the pictures"),
    steps: count(Infinity, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights and order", 0),
    floor: share(0, "fail where the mean intersection over union is below x"),
    out: path("image_segmentation.png", "where the picture goes"),
    backend: backendOption,
  });
  const { epochs, steps, seed, floor, out, backend } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const { train, val } = makeData();
  const rows = Math.min(steps * batchSize, train.images.shape[0]);
  const model = makeModel();
  model.summary();
  await model.fit(train.images.rows(0, rows), train.maps.rows(0, rows), {
    epochs,
    batchSize,
    validationData: [val.images, val.maps],
  });

  const { accuracy, iou } = await model.evaluate(val.images, val.maps, { verbose: 0 });
  console.log(`\nmean intersection over union ${iou.toFixed(4)}, accuracy of pixels ${accuracy.toFixed(4)}`);

  const images = val.images.rows(0, 8);
  const predicted = await model.predict(images, { verbose: 0 });
  const gray = ops.expandDims(ops.argmax(predicted, -1), -1);
  const shown = [val.maps.rows(0, 8), gray].map((map) =>
    ops.repeat(ops.multiply(ops.cast(map, "float32"), 255 / (numClasses - 1)), 3, -1)
  );
  const sheet = ops.concatenate([ops.cast(images, "float32"), ...shown]);
  await writePng(out, arrange(ops.divide(sheet, 255), 8));
  console.log(`Pictures, true maps and predicted ones are in ${out}.`);
  requireFloor("mean intersection over union", iou, floor);
}
