// Segmentation: a small U-Net decides for each pixel whether it belongs to a circle, a square, a triangle or none of
// them.
// `deno run -A examples/segmentation.ts` draws pictures, true classes and predicted ones into segmentation.png.
import {
  Input,
  layers,
  metrics,
  Model,
  ops,
  optimizers,
  schedules,
  setRandomSeed,
  type SymbolicTensor,
  type Tensor,
  tensor,
} from "../mod.ts";
import { count, path, readArguments, requireFloor, share } from "./arguments.ts";
import { arrange, writePng } from "./png.ts";
import { drawShapes, shapeNames } from "./shapes.ts";

const batchSize = 32;
/** Height and width of a picture; halved twice in the network. */
const size = 48;

/** Two convolutions, each normalized over the batch. */
function block(x: SymbolicTensor, filters: number): SymbolicTensor {
  for (let i = 0; i < 2; i++) {
    x = new layers.Conv2D(filters, 3, { padding: "same", useBias: false }).apply(x);
    x = new layers.ReLU().apply(new layers.BatchNormalization({ momentum: 0.9 }).apply(x));
  }
  return x;
}

/**
 * A U-Net (Ronneberger et al., 2015) for pictures `[size, size, 1]`: down to a quarter of the size to see what is
 * there, and up again, joined with the layers of the way down to see exactly where.
 */
function unet(filters: readonly number[]): Model<SymbolicTensor, SymbolicTensor> {
  const inputs = Input({ shape: [size, size, 1] });
  const [bottom, ...levels] = [...filters].reverse();
  const seen: SymbolicTensor[] = [];
  let x: SymbolicTensor = inputs;
  for (const width of levels.toReversed()) {
    x = block(x, width);
    seen.push(x);
    x = new layers.MaxPooling2D(2).apply(x);
  }
  x = block(x, bottom);
  for (const width of levels) {
    x = new layers.Conv2DTranspose(width, 2, { strides: 2 }).apply(x);
    x = block(layers.concatenate([seen.pop()!, x]), width);
  }
  const outputs = new layers.Conv2D(shapeNames.length, 1, { activation: "softmax" }).apply(x);
  return new Model({ inputs, outputs, name: "unet" });
}

/** The network; its learning rate falls over `steps` steps. */
export function makeModel(steps: number): Model<SymbolicTensor, SymbolicTensor> {
  const model = unet([12, 24, 48]);
  model.compile({
    optimizer: new optimizers.Adam({
      learningRate: new schedules.CosineDecay({ initialLearningRate: 0.004, decaySteps: steps }),
    }),
    loss: "sparse_categorical_crossentropy",
    metrics: [new metrics.MeanIoU({ numClasses: shapeNames.length, sparseYPred: false, name: "iou" })],
  });
  return model;
}

/** Colors that are distinguishable with red-green color blindness (Okabe and Ito), one per class. */
const palette = tensor([[0, 0, 0], [0.9, 0.62, 0], [0.34, 0.71, 0.91], [0.8, 0.47, 0.65]]);

/** Pictures with their true and predicted classes in color: `[3 * pictures, size, size, 3]`. */
export function compare(images: Tensor, classes: Tensor, predicted: Tensor): Tensor {
  const [rows, height, width] = classes.shape;
  const coloured = [
    ops.broadcastTo(images, [rows, height, width, 3]),
    ...[classes, predicted].map((of) => {
      return ops.take(palette, of, 0);
    }),
  ];
  return ops.reshape(ops.stack(coloured, 1), [3 * rows, height, width, 3]);
}

if (import.meta.main) {
  const options = readArguments("segmentation.ts", "A U-Net finds circles, squares and triangles.", {
    epochs: count(6, "how often to go through the pictures"),
    steps: count(100, `batches of ${batchSize} new pictures in an epoch`),
    seed: count(1, "the seed of weights, order and pictures", 0),
    floor: share(0, "fail where the mean intersection over union is below x"),
    out: path("segmentation.png", "where the picture goes"),
  });
  const { epochs, steps, seed, floor, out } = options;
  setRandomSeed(seed);

  const train = drawShapes(steps * batchSize, size, seed);
  const test = drawShapes(500, size, seed + 1);
  const model = makeModel(epochs * steps);
  model.summary();
  await model.fit(train.images, train.classes, { epochs, batchSize });

  const { iou } = await model.evaluate(test.images, test.classes, { verbose: 0, batchSize: 50 });
  console.log(`\nOf ${test.classes.shape[0]} pictures not seen before: mean intersection over union ${iou.toFixed(4)}`);

  const [images, classes] = [test.images.rows(0, 12), test.classes.rows(0, 12)];
  const predicted = await model.predictClasses(images, { verbose: 0 });
  await writePng(out, arrange(compare(images, classes, predicted), 6));
  console.log(
    `Pictures, the truth and what the network says are in ${out}: circles orange, squares blue, triangles pink.`,
  );
  requireFloor("mean intersection over union", iou, floor);
}
