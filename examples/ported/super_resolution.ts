// Super-resolution with an efficient sub-pixel network: pictures of three times the height and width, sharper than by
// interpolation. `deno run -A examples/ported/super_resolution.ts` draws what is given, interpolated, made and true.
// Follows https://keras.io/examples/vision/super_resolution_sub_pixel/
import {
  callbacks,
  Input,
  Layer,
  layers,
  Model,
  ops,
  optimizers,
  setBackend,
  setRandomSeed,
  type SymbolicTensor,
  type Tensor,
  type Value,
} from "../../mod.ts";
import { backendOption, count, path, readArguments, requireFloor } from "../arguments.ts";
import { arrange, writePng } from "../png.ts";
import { drawPets } from "./pets.ts";

const upscaleFactor = 3;
const cropSize = 48;
const batchSize = 8;

/** Sharp pictures, gray from 0 to 1, `[count, 48, 48, 1]`, and the same ones `[count, 16, 16, 1]`. */
export interface Pictures {
  readonly high: Tensor;
  readonly low: Tensor;
}

function makePictures(count: number, seed: number): Pictures {
  const { images } = drawPets(count, cropSize, seed, 0);
  const high = ops.divide(ops.image.rgbToGrayscale(ops.cast(images, "float32")), 255);
  return { high, low: ops.averagePool(high, upscaleFactor) };
}

/** Pictures to train on, and others. */
export function makeData(): { train: Pictures; val: Pictures } {
  return { train: makePictures(480, 1), val: makePictures(100, 2) };
}

/** Channels become pixels: of `[height, width, 9]` a picture `[3 * height, 3 * width, 1]`. */
export class DepthToSpace extends Layer {
  constructor(readonly blockSize: number) {
    super();
  }

  override call(x: Value): Value {
    const [batch, height, width, depth] = x.shape;
    const block = this.blockSize;
    const channels = depth / block ** 2;
    const blocks = ops.reshape(x, [batch, height, width, block, block, channels]);
    const ordered = ops.transpose(blocks, [0, 1, 3, 2, 4, 5]);
    return ops.reshape(ordered, [batch, height * block, width * block, channels]);
  }
}

export function makeModel(channels = 1): Model<SymbolicTensor, SymbolicTensor> {
  const options = { activation: "relu", kernelInitializer: "orthogonal", padding: "same" } as const;
  const inputs = Input({ shape: [null, null, channels] });
  let x = new layers.Conv2D(64, 5, options).apply(inputs);
  x = new layers.Conv2D(64, 3, options).apply(x);
  x = new layers.Conv2D(32, 3, options).apply(x);
  x = new layers.Conv2D(channels * upscaleFactor ** 2, 3, options).apply(x);
  const outputs = new DepthToSpace(upscaleFactor).apply(x);
  const model = new Model({ inputs, outputs, name: "espcn" });
  model.compile({ optimizer: new optimizers.Adam({ learningRate: 0.001 }), loss: "mean_squared_error" });
  return model;
}

/** How close pictures from 0 to 1 are to others, in decibels: the mean of their peak signal-to-noise ratios. */
export function psnr(pictures: Tensor, others: Tensor): number {
  const error = ops.mean(ops.square(ops.subtract(pictures, others)), [1, 2, 3]);
  return ops.mean(ops.multiply(ops.log10(error), -10)).item();
}

/** Prints the ratio of some test pictures after each epoch. */
class ESPCNCallback extends callbacks.Callback {
  constructor(readonly network: Model<SymbolicTensor, SymbolicTensor>, readonly pictures: Pictures) {
    super();
  }

  override async onEpochEnd(_epoch: number, logs: callbacks.Logs = {}): Promise<void> {
    logs.psnr = psnr(await this.network.predict(this.pictures.low, { verbose: 0 }), this.pictures.high);
  }
}

if (import.meta.main) {
  const options = readArguments("ported/super_resolution.ts", "A network enlarges pictures.", {
    epochs: count(12, "how often to go through the pictures, at most"),
    steps: count(Infinity, `train on the first n batches of ${batchSize} only`),
    seed: count(1, "the seed of weights and order", 0),
    floor: count(0, "fail where the peak signal-to-noise ratio is below n decibels", 0),
    out: path("super_resolution.png", "where the picture goes"),
    backend: backendOption,
  });
  const { epochs, steps, seed, floor, out, backend } = options;
  if (backend) await setBackend(backend);
  setRandomSeed(seed);

  const { train, val } = makeData();
  const rows = Math.min(steps * batchSize, train.low.shape[0]);
  const model = makeModel();
  model.summary();
  await model.fit(train.low.rows(0, rows), train.high.rows(0, rows), {
    epochs,
    batchSize,
    validationData: [val.low, val.high],
    verbose: 2,
    callbacks: [
      new ESPCNCallback(model, { low: val.low.rows(0, 20), high: val.high.rows(0, 20) }),
      new callbacks.EarlyStopping({ monitor: "loss", patience: 10 }),
    ],
  });

  const predicted = await model.predict(val.low, { verbose: 0 });
  const enlarged = (interpolation: "nearest" | "bicubic") =>
    ops.image.resize(val.low, [cropSize, cropSize], { interpolation });
  const interpolated = enlarged("bicubic");
  const [made, usual] = [psnr(predicted, val.high), psnr(interpolated, val.high)];
  console.log(
    `\nmean peak signal-to-noise ratio ${made.toFixed(2)} dB; by bicubic interpolation ${usual.toFixed(2)} dB`,
  );

  const shown = [enlarged("nearest"), interpolated, predicted, val.high];
  await writePng(out, arrange(ops.concatenate(shown.map((pictures) => pictures.rows(0, 8))), 8));
  console.log(`Pictures as given, interpolated, made and true are in ${out}.`);
  requireFloor("peak signal-to-noise ratio", made, floor);
}
