// Ceratops as a benchmark program: runs one work and prints one line of JSON, like the peers in bench/peers.
import { parseArgs } from "node:util";
import { contextLength, makeModel } from "../examples/character_model.ts";
import { getExecutor } from "../lib/exec/select.ts";
import {
  BackendError,
  datasets,
  Input,
  layers,
  loadModel,
  Model,
  ops,
  random,
  Sequential,
  setBackend,
  setRandomSeed,
  tensor,
  utils,
} from "../mod.ts";
import type { SymbolicTensor, Tensor } from "../mod.ts";

const started = performance.now();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    backend: { type: "string", default: "eigen" },
    repeats: { type: "string", default: "5" },
    rows: { type: "string", default: "60000" },
    steps: { type: "string", default: "300" },
    calls: { type: "string", default: "2000" },
    file: { type: "string", default: "" },
  },
});
const [work] = positionals;
const [repeats, rows, steps, calls] = [values.repeats, values.rows, values.steps, values.calls].map(Number);
const epochRows = 60000;

/** The median of a list of numbers. */
function median(list: readonly number[]): number {
  const sorted = [...list].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

function mlp(units: number, optimizer: "rmsprop" | "adam", metrics: "accuracy"[]): Sequential {
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Flatten(),
    new layers.Dense(units, { activation: "relu" }),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer, loss: "sparse_categorical_crossentropy", metrics });
  return model;
}

function convnet(): Sequential {
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Reshape([28, 28, 1]),
    new layers.Conv2D(32, 3, { activation: "relu" }),
    new layers.MaxPooling2D(2),
    new layers.Conv2D(64, 3, { activation: "relu" }),
    new layers.MaxPooling2D(2),
    new layers.Flatten(),
    new layers.Dropout(0.5),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return model;
}

function lstm(): Sequential {
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.LSTM(128),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return model;
}

/** The transformer encoder of encoder_step, and the batches of an epoch of it. */
const encoderSizes = { blocks: 2, width: 128, heads: 4, length: 64, hidden: 512, batch: 32, batches: 40 };

function encoder(): Model {
  const { blocks, width, heads, length, hidden } = encoderSizes;
  const inputs = Input({ shape: [length, width] });
  let x: SymbolicTensor = inputs;
  for (let block = 0; block < blocks; block++) {
    const attended = new layers.MultiHeadAttention(heads, width / heads).apply(x, { value: x });
    x = new layers.LayerNormalization({ epsilon: 1e-5 }).apply(ops.add(x, attended));
    const units = new layers.Dense(hidden, { activation: "relu" }).apply(x);
    x = new layers.LayerNormalization({ epsilon: 1e-5 }).apply(ops.add(x, new layers.Dense(width).apply(units)));
  }
  const pooled = new layers.GlobalAveragePooling1D().apply(x);
  const model = new Model({ inputs, outputs: new layers.Dense(10, { activation: "softmax" }).apply(pooled) });
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return model;
}

/** Seconds that `body` takes. */
async function timed(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await body();
  return (performance.now() - start) / 1000;
}

async function repeated(count: number, body: () => Promise<number>): Promise<number[]> {
  const seconds: number[] = [];
  for (let i = 0; i < count; i++) seconds.push(await body());
  return seconds;
}

type Result = { seconds: number[]; detail: Record<string, unknown> };

/** Trains epochs of MNIST at batch size 128, and evaluates. */
async function epochs(model: Sequential): Promise<Result> {
  const [[x, y], [xTest, yTest]] = await datasets.mnist.loadData();
  const fit = () => model.fit(x.rows(0, rows), y.rows(0, rows), { batchSize: 128, verbose: 0 });
  await fit();
  const seconds = await repeated(repeats, async () => await timed(fit) * (epochRows / rows));
  const correct = await accuracy(model, xTest, yTest);
  return { seconds, detail: { batch: 128, rows, scaled: rows < epochRows, testAccuracy: correct } };
}

const works: Record<string, () => Promise<Result>> = {
  mlp_epoch: () => epochs(mlp(512, "rmsprop", [])),
  convnet_epoch: () => epochs(convnet()),
  lstm_epoch: () => epochs(lstm()),
  async encoder_step() {
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
  async mlp_small_step() {
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
  async predict_one() {
    const model = new Sequential([
      Input({ shape: [784] }),
      new layers.Dense(128, { activation: "relu" }),
      new layers.Dense(10, { activation: "softmax" }),
    ]);
    const row = tensor(Float32Array.from({ length: 784 }, (_, i) => (i % 255) / 255), [1, 784]);
    for (let i = 0; i < 200; i++) await model.predict(row, { verbose: 0 });
    const seconds = await repeated(repeats, async () => {
      const each = await repeated(calls, () => timed(() => model.predict(row, { verbose: 0 })));
      return median(each);
    });
    return { seconds, detail: { callsEachRepeat: calls, how: "model.predict" } };
  },
  async generate() {
    const model = makeModel(67);
    const generator = model.generator();
    const options = { maxLength: contextLength, temperature: 0.8, topK: 10, seed: 1 };
    const write = () => generator.generate([[1]], options);
    await write();
    const seconds = await repeated(repeats, async () => {
      const each = await repeated(Math.ceil(calls / 100), () => timed(write));
      return median(each) / (contextLength - 1);
    });
    return { seconds, detail: { how: "generate", tokens: contextLength - 1 } };
  },
  async load_model() {
    const seconds = [await timed(() => loadModel(values.file))];
    // That of the first: later ones depend on when garbage is collected.
    const peakMiB = Math.round(await peakBytes() / 2 ** 20);
    seconds.push(...await repeated(repeats - 1, () => timed(() => loadModel(values.file))));
    return { seconds, detail: { peakMiB, ...await fileDetail() } };
  },
  async save_model() {
    const model = await loadModel(values.file);
    const seconds = await repeated(repeats, () => timed(() => model.save(`${values.file}.saved.keras`)));
    return { seconds, detail: await fileDetail() };
  },
  async first_step() {
    const [[x, y]] = await datasets.mnist.loadData();
    const model = mlp(512, "rmsprop", ["accuracy"]);
    await model.fit(x.rows(0, 128), y.rows(0, 128), { batchSize: 128, verbose: 0 });
    return { seconds: [(performance.now() - started) / 1000], detail: { batch: 128 } };
  },
  async mlp_process() {
    const [[x, y], [xTest, yTest]] = await datasets.mnist.loadData();
    const model = mlp(512, "rmsprop", ["accuracy"]);
    await model.fit(x, y, { batchSize: 128, epochs: 5, verbose: 0 });
    const { accuracy } = await model.evaluate(xTest, yTest, { verbose: 0 });
    return { seconds: [(performance.now() - started) / 1000], detail: { epochsTrained: 5, testAccuracy: accuracy } };
  },
};

/** The size of the given file. */
async function fileDetail(): Promise<{ fileMiB: number }> {
  return { fileMiB: Math.round((await Deno.stat(values.file)).size / 2 ** 20) };
}

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

if (!(work in works)) {
  console.error(`Cannot bench: the work must be one of ${Object.keys(works).join(", ")}, received ${work ?? "none"}`);
  Deno.exit(2);
}
try {
  await setBackend(values.backend as Parameters<typeof setBackend>[0]);
} catch (error) {
  if (!(error instanceof BackendError)) throw error;
  console.error(error.message);
  Deno.exit(3);
}
setRandomSeed(1);
const { seconds, detail } = await works[work]();
const peakMiB = Math.round(await peakBytes() / 2 ** 20);
const adapter = values.backend === "webgpu" ? (await getExecutor()).description : undefined;
console.log(
  JSON.stringify({ peer: `ceratops-${values.backend}`, work, seconds, detail: { adapter, peakMiB, ...detail } }),
);

/** The peak memory of this process, if the system reports it; else its current memory. */
async function peakBytes(): Promise<number> {
  const status = await Deno.readTextFile("/proc/self/status").catch(() => "");
  const peak = /VmHWM:\s+(\d+) kB/.exec(status);
  return peak ? Number(peak[1]) * 1024 : Deno.memoryUsage().rss;
}
