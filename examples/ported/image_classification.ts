// Image classification from scratch: a small Xception with augmentation tells cats from dogs, in PNG files that the
// example draws: `deno run -A examples/ported/image_classification.ts`.
// Follows https://keras.io/examples/vision/image_classification_from_scratch/
import {
  callbacks,
  Input,
  layers,
  losses,
  metrics,
  Model,
  optimizers,
  Sequential,
  setBackend,
  setRandomSeed,
  type SymbolicTensor,
  utils,
} from "../../mod.ts";
import { backendOption, count, path, readArguments, requireFloor, share } from "../arguments.ts";
import { drawPets, petNames } from "./pets.ts";

const imageSize = [32, 32] as const;
const batchSize = 32;
export const pictures = 1600;

/** Draws pictures into a folder for each animal. */
export async function writePets(folder: string, pictures: number): Promise<void> {
  const { images, kinds } = drawPets(pictures, imageSize[0], 1);
  for (const name of petNames) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
  for (let i = 0; i < pictures; i++) {
    const file = `${folder}/${petNames[kinds.data[i]]}/${String(i).padStart(4, "0")}.png`;
    await utils.saveImg(file, images.rows(i, i + 1).reshape([...imageSize, 3]), { scale: false });
  }
}

export function makeModel(): Model<SymbolicTensor, SymbolicTensor> {
  const augmentation = new Sequential([new layers.RandomFlip("horizontal"), new layers.RandomRotation(0.1)]);
  const normalized = (x: SymbolicTensor) => new layers.BatchNormalization({ momentum: 0.9 }).apply(x);
  const relu = (x: SymbolicTensor) => new layers.Activation("relu").apply(x);

  const inputs = Input({ shape: [...imageSize, 3] });
  let x = new layers.Rescaling(1 / 255).apply(augmentation.apply(inputs));
  x = new layers.Conv2D(16, 3, { strides: 2, padding: "same" }).apply(x);
  x = relu(normalized(x));
  let previous = x;
  for (const size of [24, 32, 48]) {
    x = new layers.SeparableConv2D(size, 3, { padding: "same" }).apply(relu(x));
    x = normalized(x);
    x = new layers.SeparableConv2D(size, 3, { padding: "same" }).apply(relu(x));
    x = normalized(x);
    x = new layers.MaxPooling2D(3, { strides: 2, padding: "same" }).apply(x);
    const residual = new layers.Conv2D(size, 1, { strides: 2, padding: "same" }).apply(previous);
    x = layers.add([x, residual]);
    previous = x;
  }
  x = new layers.SeparableConv2D(64, 3, { padding: "same" }).apply(x);
  x = relu(normalized(x));
  x = new layers.GlobalAveragePooling2D().apply(x);
  x = new layers.Dropout(0.25).apply(x);
  const outputs = new layers.Dense(1).apply(x);

  const model = new Model({ inputs, outputs, name: "xception" });
  model.compile({
    optimizer: new optimizers.Adam({ learningRate: 0.003 }),
    loss: new losses.BinaryCrossentropy({ fromLogits: true }),
    metrics: [new metrics.BinaryAccuracy({ name: "acc", threshold: 0 })],
  });
  return model;
}

if (import.meta.main) {
  const options = readArguments("ported/image_classification.ts", "A small Xception tells cats from dogs.", {
    epochs: count(10, "how often to go through the pictures"),
    steps: count(pictures / batchSize, `draw n batches of ${batchSize} pictures`),
    seed: count(1, "the seed of weights, order and augmentation", 0),
    floor: share(0, "fail where the validation accuracy is below x"),
    out: path("image_classification.keras", "where the model goes"),
    backend: backendOption,
  });
  const { epochs, steps, seed, floor, out, backend } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const folder = await Deno.makeTempDir({ prefix: "pets_" });
  try {
    await writePets(folder, steps * batchSize);
    const [training, validation] = await utils.imageDatasetFromDirectory(folder, {
      validationSplit: 0.2,
      subset: "both",
      seed: 1337,
      imageSize,
      batchSize,
    });
    const model = makeModel();
    model.summary();
    await model.fit(training, undefined, {
      epochs,
      validationData: validation,
      callbacks: [new callbacks.ModelCheckpoint(out)],
    });

    // The score of one picture, as the page shows it.
    const image = await utils.loadImg(validation.filePaths[0], { targetSize: imageSize });
    const [[logit]] = (await model.predict(image.reshape([1, ...imageSize, 3]), { verbose: 0 }))
      .toArray() as number[][];
    const score = 1 / (1 + Math.exp(-logit));
    console.log(`\nThis picture is ${(100 * (1 - score)).toFixed(2)} % cat and ${(100 * score).toFixed(2)} % dog:`);
    utils.showImage(image);

    const { acc } = await model.evaluate(validation, undefined, { verbose: 0 });
    console.log(`validation accuracy ${acc.toFixed(4)}; the model is in ${out}.`);
    requireFloor("validation accuracy", acc, floor);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
