// Works that train: epochs of MNIST, and steps.
import { datasets, random, type Sequential, type Tensor, tensor, utils } from "../../mod.ts";
import { median } from "../median.ts";
import { convnet, encoder, encoderSizes, lstm, mlp } from "./models.ts";
import { type Options, repeated, type Result, timed, type Works } from "./work.ts";

/** The rows of an epoch, to which seconds are scaled. */
const epochRows = 60000;

/** Trains epochs of MNIST at batch size 128, and evaluates. */
async function epochs(model: Sequential, { repeats, rows }: Options): Promise<Result> {
  const [[x, y], [xTest, yTest]] = await datasets.mnist.loadData();
  const fit = () => model.fit(x.rows(0, rows), y.rows(0, rows), { batchSize: 128, verbose: 0 });
  await fit();
  const seconds = await repeated(repeats, async () => await timed(fit) * (epochRows / rows));
  const correct = await accuracy(model, xTest, yTest);
  return { seconds, detail: { batch: 128, rows, scaled: rows < epochRows, testAccuracy: correct } };
}

/** The share of digits that a model reads correctly. */
async function accuracy(model: Sequential, x: Tensor, y: Tensor): Promise<number> {
  const scores = await model.predict(x, { verbose: 0, batchSize: 512 }) as Tensor;
  const truth = utils.toCategorical(y, 10);
  let correct = 0;
  for (let i = 0; i < x.shape[0]; i++) {
    const row = Array.from(scores.data.subarray(10 * i, 10 * i + 10));
    if (truth.data[10 * i + row.indexOf(Math.max(...row))] === 1) correct++;
  }
  return correct / x.shape[0];
}

export const works: Works = {
  mlp_epoch: (options) => epochs(mlp(512, "rmsprop", []), options),
  convnet_epoch: (options) => epochs(convnet(), options),
  lstm_epoch: (options) => epochs(lstm(), options),
  async encoder_step({ repeats }) {
    const { length, width, batch, batches } = encoderSizes;
    const count = batch * batches;
    const x = await random.normal([count, length, width]);
    const y = tensor(Int32Array.from({ length: count }, (_, i) => i % 10), [count]);
    const model = encoder();
    const fit = () => model.fit(x, y, { batchSize: batch, verbose: 0 });
    await fit();
    const seconds = await repeated(repeats, async () => await timed(fit) / batches);
    return { seconds, detail: { batch, stepsEachRepeat: batches } };
  },
  async mlp_small_step({ repeats, steps }) {
    const [[x, y]] = await datasets.mnist.loadData();
    const model = mlp(128, "adam", []);
    const part = [x.rows(0, 32 * steps), y.rows(0, 32 * steps)] as const;
    await model.fit(...part, { batchSize: 32, verbose: 0 });
    const seconds = await repeated(
      repeats,
      async () => await timed(() => model.fit(...part, { batchSize: 32, verbose: 0 })) / steps,
    );
    const batch = [x.rows(0, 32), y.rows(0, 32)] as const;
    await model.trainOnBatch(...batch);
    const single = await repeated(100, () => timed(() => model.trainOnBatch(...batch)));
    return { seconds, detail: { batch: 32, how: "fit", trainOnBatchMedianMs: median(single) * 1000 } };
  },
};
