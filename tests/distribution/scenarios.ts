// The trainings that tests/distribution runs: each gives what must be the same in any number of processes.
import {
  callbacks,
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
  type Tensor,
  tensor,
  type Value,
} from "../../mod.ts";
import { getExecutor } from "../../lib/exec/select.ts";

/** Where a scenario runs. */
interface Place {
  readonly rank: number;
  readonly size: number;
  readonly folder: string;
  readonly args: readonly string[];
}

/** Numbers of a fixed sequence in [-1, 1). */
function numbers(count: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 8) * 2 ** -23 - 1;
  });
}

const array = (shape: number[], seed = 1): Tensor => tensor(numbers(shape.reduce((a, b) => a * b, 1), seed), shape);

/** Class numbers that depend on the first element of each row. */
function labelsOf(x: Tensor, classes: number): Tensor {
  const width = x.size / x.shape[0];
  return tensor(Int32Array.from({ length: x.shape[0] }, (_, i) => Math.floor((x.data[i * width] + 1) / 2 * classes)));
}

/** What is compared of a model after a training. */
async function after(model: Model | Sequential, x: Tensor, y: Tensor, history: object): Promise<object> {
  return {
    history,
    evaluated: await model.evaluate(x, y, { batchSize: 16, verbose: 0 }),
    predicted: await model.predict(x, { batchSize: 16, verbose: 0 }),
    weights: await Promise.all(model.weights.map((weight) => weight.read())),
  };
}

const mlp = () =>
  new Sequential([
    Input({ shape: [6] }),
    new layers.Dense(16, { activation: "relu" }),
    new layers.Dropout(0.3),
    new layers.Dense(4, { activation: "softmax" }),
  ]);

/** A layer of the users' own, whose loss compares all rows of a batch with each other. */
class Spread extends Layer {
  override call(x: Value): Value {
    this.addLoss(ops.multiply(ops.mean(ops.square(ops.matmul(x, ops.transpose(x)))), 0.01) as Value);
    return x;
  }
}

/** Each training by its name. */
export const scenarios: Readonly<Record<string, (place: Place) => Promise<object>>> = {
  async mlp() {
    const model = mlp();
    model.compile({
      optimizer: new optimizers.Adam({ learningRate: 0.01 }),
      loss: "sparse_categorical_crossentropy",
      metrics: ["accuracy"],
    });
    const x = array([53, 6]);
    const y = labelsOf(x, 4);
    const options = { batchSize: 8, epochs: 3, verbose: 2, validationSplit: 0.2 } as const;
    const { history } = await model.fit(x, y, options);
    return await after(model, x, y, history);
  },

  /** Clipping by the global norm, accumulation, penalties, weights of samples, and a mean over the rows that count. */
  async weighted() {
    const model = new Sequential([
      Input({ shape: [6] }),
      new layers.Dense(9, { activation: "tanh", kernelRegularizer: "l2", activityRegularizer: "l2" }),
      new layers.GaussianNoise(0.1),
      new layers.Dense(2),
    ]);
    model.compile({
      optimizer: new optimizers.SGD({
        learningRate: 0.1,
        momentum: 0.9,
        globalClipnorm: 0.2,
        gradientAccumulationSteps: 2,
        useEma: true,
      }),
      loss: new losses.MeanSquaredError({ reduction: "mean_with_sample_weight" }),
      weightedMetrics: ["mae", new metrics.RootMeanSquaredError()],
    });
    const x = array([37, 6]);
    const y = array([37, 2], 5);
    const sampleWeight = tensor(numbers(37, 9).map((weight) => Math.abs(weight)), [37]);
    const { history } = await model.fit(x, y, { batchSize: 10, epochs: 4, verbose: 0, sampleWeight });
    return await after(model, x, y, history);
  },

  async convnet() {
    const model = new Sequential([
      Input({ shape: [8, 8, 2] }),
      new layers.Conv2D(4, 3, { padding: "same" }),
      new layers.BatchNormalization({ synchronized: true }),
      new layers.ReLU(),
      new layers.MaxPooling2D(2),
      new layers.SpatialDropout2D(0.2),
      new layers.DepthwiseConv2D(3),
      new layers.Flatten(),
      new layers.Dropout(0.25),
      new layers.LayerNormalization(),
      new layers.Dense(3),
    ]);
    model.compile({
      optimizer: new optimizers.RMSprop({ learningRate: 0.01, clipnorm: 1 }),
      loss: new losses.SparseCategoricalCrossentropy({ fromLogits: true }),
      metrics: ["accuracy", new metrics.SparseTopKCategoricalAccuracy({ k: 2 })],
    });
    const x = array([26, 8, 8, 2]);
    const y = labelsOf(x, 3);
    const { history } = await model.fit(x, y, { batchSize: 9, epochs: 3, verbose: 0 });
    return await after(model, x, y, history);
  },

  /** Embeddings with masks, both recurrences, attention, and a layer's loss over pairs of rows. */
  async sequences() {
    const ids = Input({ shape: [7], dtype: "int32" });
    const embedded = new layers.Embedding(20, 6, { maskZero: true }).apply(ids) as ReturnType<typeof Input>;
    const states = new layers.GRU(5, { returnSequences: true }).apply(embedded) as ReturnType<typeof Input>;
    const seen = new layers.MultiHeadAttention(2, 4, { dropout: 0.2 }).apply(states, { value: states }) as ReturnType<
      typeof Input
    >;
    const last = new layers.LSTM(5).apply(seen) as ReturnType<typeof Input>;
    const outputs = new layers.Dense(1, { activation: "sigmoid" }).apply(new Spread().apply(last));
    const model = new Model({ inputs: ids, outputs });
    model.compile({ optimizer: "adam", loss: "binary_crossentropy", metrics: [new metrics.AUC(), "accuracy"] });
    const x = tensor(Int32Array.from(numbers(19 * 7, 3), (value) => Math.max(0, Math.floor(value * 20))), [19, 7]);
    const y = tensor(Float32Array.from({ length: 19 }, (_, i) => (x.data[i * 7] > 3 ? 1 : 0)), [19, 1]);
    const { history } = await model.fit(x, y, { batchSize: 8, epochs: 2, verbose: 0 });
    return await after(model, x, y, history);
  },

  /** Batches of an iterable, single batches, and a callback that stops in one process alone. */
  async streams({ rank, size }) {
    const model = mlp();
    model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy" });
    const batches = function* (): Generator<[Tensor, Tensor]> {
      for (let i = 0; i < 5; i++) {
        const x = array([i === 4 ? 3 : 8, 6], i + 1);
        yield [x, labelsOf(x, 4)];
      }
    };
    const { history } = await model.fit(batches, undefined, { epochs: 2, verbose: 0 });
    const x = array([11, 6], 40);
    const y = labelsOf(x, 4);
    const single = await model.trainOnBatch(x, y);
    const tested = await model.testOnBatch(x, y);
    const stop = new callbacks.LambdaCallback({
      onEpochEnd: (epoch) => {
        if (epoch === 1 && rank === size - 1) model.stopTraining = true;
      },
    });
    const stopped = await model.fit(x, y, { epochs: 9, verbose: 0, callbacks: [stop] });
    return { single, tested, epochs: stopped.epoch, ...await after(model, x, y, history) };
  },

  /** The same with early stopping, a schedule by the logs, and files. */
  async files({ folder }) {
    const model = mlp();
    model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
    const x = array([40, 6]);
    const y = labelsOf(x, 4);
    const { history } = await model.fit(x, y, {
      epochs: 6,
      batchSize: 8,
      verbose: 0,
      validationSplit: 0.25,
      callbacks: [
        new callbacks.EarlyStopping({ monitor: "val_loss", patience: 1, restoreBestWeights: true }),
        new callbacks.ReduceLROnPlateau({ monitor: "loss", patience: 1 }),
        new callbacks.CSVLogger(`${folder}/log.csv`),
        new callbacks.ModelCheckpoint(`${folder}/model.keras`),
      ],
    });
    return await after(model, x, y, history);
  },

  /** A thousand steps. */
  async soak() {
    const model = mlp();
    model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
    const x = array([80, 6]);
    const y = labelsOf(x, 4);
    const { history } = await model.fit(x, y, { epochs: 100, batchSize: 8, verbose: 0 });
    return await after(model, x, y, history);
  },

  /** A training that goes on from what is in a folder; with `die` the last process is killed within it. */
  async backup({ rank, size, args: [backup, die] }) {
    const model = mlp();
    model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
    const x = array([40, 6]);
    const y = labelsOf(x, 4);
    const killer = new callbacks.LambdaCallback({
      onEpochBegin: (epoch) => {
        if (die && epoch === 4 && rank === size - 1) Deno.kill(Deno.pid, "SIGKILL");
      },
    });
    const { history } = await model.fit(x, y, {
      epochs: 6,
      batchSize: 8,
      verbose: 0,
      callbacks: [new callbacks.BackupAndRestore(backup), killer],
    });
    return await after(model, x, y, history);
  },

  /** One process does not do what the others do. */
  async differs({ rank, args: [how] }) {
    const isOdd = rank === 1;
    if (isOdd && how === "throws") throw new Error("a mistake of one process");
    if (isOdd && how === "ends") Deno.exit(0);
    if (isOdd && how === "fails") Deno.exit(5);
    if (isOdd && how === "mixed") await setBackend("wasm");
    if (isOdd && how === "build") {
      const executor = await getExecutor();
      Object.defineProperty(executor, "build", { value: executor.build.replace(/build .*/, "build other") });
    }
    const rows = isOdd && how === "rows" ? 24 : 32;
    const dense = new layers.Dense(isOdd && how === "model" ? 5 : 4, {
      activation: isOdd && how === "activation" ? "relu" : "tanh",
    });
    const model = new Sequential([
      Input({ shape: [6] }),
      dense,
      new layers.Dropout(isOdd && how === "rate" ? 0.4 : 0.2),
    ], {
      name: "model",
    });
    model.compile({ optimizer: "sgd", loss: "mse" });
    const y = array([rows, isOdd && how === "model" ? 5 : 4], isOdd && how === "data" ? 3 : 2);
    const killer = new callbacks.LambdaCallback({
      onTrainBatchEnd: (batch) => {
        if (isOdd && how === "killed" && batch === 3) Deno.kill(Deno.pid, "SIGKILL");
      },
    });
    const epochs = isOdd && how === "options" ? 2 : 3;
    await model.fit(array([rows, 6]), y, { epochs, batchSize: 4, verbose: 0, callbacks: [killer] });
    return {};
  },
};
