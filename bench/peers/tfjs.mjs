// The TensorFlow.js peer, in Deno, on one of its backends.
//
//     deno run -A --no-lock --node-modules-dir=none bench/peers/tfjs.mjs WORK --backend cpu|wasm|webgpu --data DIR \
//       [--repeats N] [--rows N] [--batch N] [--cold] [--test-rows N] [--threads N] [--accuracy] [--file MODEL.json]
//
// `--cold` measures from the first step, without a warm-up epoch; for a backend that takes minutes for one, `--rows 32
// --batch 32 --repeats 1 --cold --test-rows 0` is a single training step, scaled to an epoch.
//
// The cpu backend has one thread, and so has wasm outside a browser: its threaded build wants browser workers.
// `--threads` limits only a software WebGPU adapter (llvmpipe).
//
// It prints one line of JSON on standard output. Exit code 3: a package or this backend is unavailable; 4: the
// backend lacks a kernel that the work needs.
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

const EPOCH_ROWS = 60_000;
const TEST_ROWS = 10_000;
const BACKENDS = ["cpu", "wasm", "webgpu"];

function end(code, message) {
  console.error(message);
  Deno.exit(code);
}

// ---- The command line ----

const works = {
  mlp_epoch: mlpEpoch,
  mlp_small_step: mlpSmallStep,
  predict_one: predictOne,
  convnet_epoch: convnetEpoch,
  lstm_epoch: lstmEpoch,
  predict_model: predictModel,
};

function readOptions() {
  let parsed;
  try {
    parsed = parseArgs({
      args: Deno.args,
      allowPositionals: true,
      options: {
        backend: { type: "string", default: "wasm" },
        data: { type: "string" },
        repeats: { type: "string", default: "5" },
        rows: { type: "string", default: String(EPOCH_ROWS) },
        steps: { type: "string", default: "300" },
        calls: { type: "string", default: "2000" },
        batch: { type: "string", default: "128" },
        "test-rows": { type: "string" },
        cold: { type: "boolean", default: false },
        threads: { type: "string" },
        accuracy: { type: "boolean", default: false },
        file: { type: "string" },
      },
    });
  } catch (error) {
    end(2, error.message);
  }
  const { values, positionals } = parsed;
  const read = { ...values, work: positionals[0] };
  if (!Object.hasOwn(works, read.work ?? "")) end(2, `The work must be one of ${Object.keys(works).join(", ")}`);
  if (!BACKENDS.includes(read.backend)) end(2, `--backend must be one of ${BACKENDS.join(", ")}`);
  const needed = { predict_one: undefined, predict_model: "file" };
  const needs = Object.hasOwn(needed, read.work) ? needed[read.work] : "data";
  if (needs && !read[needs]) end(2, `${read.work} needs --${needs}`);
  for (const name of ["repeats", "rows", "steps", "calls", "batch", "test-rows", "threads"]) {
    if (read[name] === undefined) continue;
    read[name] = Number(read[name]);
    const least = name === "test-rows" ? 0 : 1;
    if (!Number.isInteger(read[name]) || read[name] < least) {
      end(2, `--${name} must be a whole number of at least ${least}`);
    }
  }
  if (read["test-rows"] > TEST_ROWS) end(2, `--test-rows must be from 0 to ${TEST_ROWS}`);
  if (read.rows > EPOCH_ROWS) end(2, "--rows must be from 1 to 60000");
  return read;
}

const options = readOptions();
const loadAverageAtStart = Math.round(Deno.loadavg()[0] * 100) / 100;

// ---- The library ----

// Standard output is for the result alone.
console.log = console.info = console.error;
console.warn = () => {};

/** Loads TensorFlow.js and sets the backend that was asked for. */
async function load() {
  let tf;
  try {
    tf = (await import("npm:@tensorflow/tfjs@4.22.0")).default;
    if (options.backend === "wasm") await import("npm:@tensorflow/tfjs-backend-wasm@4.22.0");
    if (options.backend === "webgpu") {
      // The Vulkan loader complains when this is missing.
      if (!Deno.env.get("XDG_RUNTIME_DIR")) Deno.env.set("XDG_RUNTIME_DIR", runtimeFolder = Deno.makeTempDirSync());
      if (options.threads) Deno.env.set("LP_NUM_THREADS", String(options.threads));
      await import("npm:@tensorflow/tfjs-backend-webgpu@4.22.0");
    }
  } catch (error) {
    const reason = String(error.message).split("\n")[0];
    end(
      3,
      `This peer cannot run (${reason}). To install it, run it once with network access: ` +
        "deno run -A --no-lock --node-modules-dir=none bench/peers/tfjs.mjs predict_one",
    );
  }
  tf.enableProdMode();
  let set = false;
  try {
    set = await tf.setBackend(options.backend);
  } catch { /* told below */ }
  if (!set || tf.getBackend() !== options.backend) {
    const hint = options.backend === "webgpu"
      ? ": it needs a GPU or a software Vulkan driver (mesa-vulkan-drivers)"
      : "";
    end(3, `This peer cannot run (TensorFlow.js finds no ${options.backend} backend here)${hint}`);
  }
  await tf.ready();
  return tf;
}

let runtimeFolder;
globalThis.addEventListener("unload", () => runtimeFolder && Deno.removeSync(runtimeFolder, { recursive: true }));
const tf = await load();

// ---- MNIST ----

function idx(name) {
  const bytes = gunzipSync(Deno.readFileSync(`${options.data}/${name}`));
  return bytes.subarray(4 + 4 * bytes[3]);
}

/** Images as float32 in 0..1 of `imageShape`, labels as float32 `[rows, 1]`, as tf.Model.fit takes them. */
function mnist(images, labels, rows, imageShape) {
  const pixels = Float32Array.from(idx(images).subarray(0, rows * 784), (p) => p / 255);
  const classes = Float32Array.from(idx(labels).subarray(0, rows));
  return [tf.tensor(pixels, [rows, ...imageShape]), tf.tensor(classes, [rows, 1])];
}

const trainData = (rows, shape) => mnist("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", rows, shape);
const testData = (rows, shape) => mnist("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", rows, shape);

// ---- Models, with Keras's defaults ----

function mlp(hidden) {
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: hidden, activation: "relu", inputShape: [784], kernelInitializer: "glorotUniform" }),
      tf.layers.dense({ units: 10, activation: "softmax", kernelInitializer: "glorotUniform" }),
    ],
  });
}

function convnet() {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        filters: 32,
        kernelSize: 3,
        activation: "relu",
        inputShape: [28, 28, 1],
        kernelInitializer: "glorotUniform",
      }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 64, kernelSize: 3, activation: "relu", kernelInitializer: "glorotUniform" }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dropout({ rate: 0.5 }),
      tf.layers.dense({ units: 10, activation: "softmax", kernelInitializer: "glorotUniform" }),
    ],
  });
}

function lstm() {
  return tf.sequential({
    layers: [
      tf.layers.lstm({ units: 128, inputShape: [28, 28], recurrentActivation: "sigmoid" }),
      tf.layers.dense({ units: 10, activation: "softmax", kernelInitializer: "glorotUniform" }),
    ],
  });
}

function compiled(model, optimizer) {
  const metrics = options.accuracy ? ["accuracy"] : undefined;
  model.compile({ optimizer, loss: "sparseCategoricalCrossentropy", metrics });
  return model;
}

const kerasRmsprop = () => tf.train.rmsprop(0.001, 0.9, 0, 1e-7);
const kerasAdam = () => tf.train.adam(0.001, 0.9, 0.999, 1e-7);

// ---- Clocks ----

const warmUpEpochs = options.cold ? 0 : 1;

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * Fits one warm-up epoch, or none where `--cold` says so, and the timed ones; seconds go from one epoch's end, its loss
 * read back, to the next's.
 */
async function timedFit(model, x, y, batchSize) {
  const ends = options.cold ? [performance.now()] : [];
  let trainLoss;
  await model.fit(x, y, {
    batchSize,
    epochs: warmUpEpochs + options.repeats,
    shuffle: true,
    verbose: 0,
    yieldEvery: "never",
    callbacks: {
      onEpochEnd: (_epoch, logs) => {
        trainLoss = logs.loss;
        ends.push(performance.now());
      },
    },
  });
  return { seconds: ends.slice(1).map((end, i) => (end - ends[i]) / 1000), trainLoss };
}

// ---- Works ----

async function epochWork(model, imageShape) {
  const { rows, batch } = options;
  const [x, y] = trainData(rows, imageShape);
  const { seconds: measuredSeconds, trainLoss } = await timedFit(model, x, y, batch);
  return {
    seconds: measuredSeconds.map((s) => s * EPOCH_ROWS / rows),
    detail: {
      batch,
      rows,
      scaled: rows !== EPOCH_ROWS,
      measuredSeconds,
      warmUpEpochs,
      epochsTrained: warmUpEpochs + options.repeats,
      trainLoss,
      ...await tested(model, imageShape),
    },
  };
}

/** How many of the test images the model reads rightly; a slow backend is not asked for all of them. */
async function tested(model, imageShape) {
  const testRows = options["test-rows"] ?? Math.min(TEST_ROWS, Math.max(1000, Math.round(options.rows / 6)));
  if (testRows === 0) return {};
  const [xTest, yTest] = testData(testRows, imageShape);
  const guesses = await model.predict(xTest, { batchSize: 1000 }).data();
  const truth = await yTest.data();
  let correct = 0;
  for (let row = 0; row < testRows; row++) {
    const scores = guesses.subarray(10 * row, 10 * row + 10);
    correct += Number(scores.indexOf(Math.max(...scores)) === truth[row]);
  }
  return { testRows, testAccuracy: correct / testRows };
}

function mlpEpoch() {
  return epochWork(compiled(mlp(512), kerasRmsprop()), [784]);
}

function convnetEpoch() {
  return epochWork(compiled(convnet(), kerasAdam()), [28, 28, 1]);
}

function lstmEpoch() {
  return epochWork(compiled(lstm(), kerasAdam()), [28, 28]);
}

async function mlpSmallStep() {
  const rows = Math.min(options.steps * 32, EPOCH_ROWS);
  const steps = Math.ceil(rows / 32);
  const [x, y] = trainData(rows, [784]);
  const fit = await timedFit(compiled(mlp(128), kerasAdam()), x, y, 32);
  const seconds = fit.seconds.map((s) => s / steps);

  const model = compiled(mlp(128), kerasAdam());
  const times = [];
  for (let step = 0; step < 20 + steps; step++) {
    const first = 32 * (step % Math.max(1, Math.floor(rows / 32)));
    const size = Math.min(32, rows);
    const xb = x.slice([first, 0], [size, 784]);
    const yb = y.slice([first, 0], [size, 1]);
    const start = performance.now();
    await model.trainOnBatch(xb, yb);
    if (step >= 20) times.push(performance.now() - start);
    tf.dispose([xb, yb]);
  }
  return {
    seconds,
    detail: {
      batch: 32,
      stepsEachRepeat: steps,
      how: "fit: seconds of an epoch by its steps",
      medianMs: median(seconds) * 1000,
      trainOnBatchMedianMs: median(times),
    },
  };
}

async function predictOne() {
  const model = mlp(128);
  const row = Float32Array.from({ length: 784 }, Math.random);

  // WebGPU can only be read asynchronously; the others read at once.
  const synchronous = options.backend !== "webgpu";
  async function call() {
    const input = tf.tensor2d(row, [1, 784]);
    const output = model.predict(input);
    const scores = synchronous ? output.dataSync() : await output.data();
    tf.dispose([input, output]);
    return scores;
  }

  async function medianOfCalls() {
    const times = [];
    for (let i = 0; i < options.calls; i++) {
      const start = performance.now();
      await call();
      times.push(performance.now() - start);
    }
    return median(times) / 1000;
  }

  await medianOfCalls();
  const seconds = [];
  for (let i = 0; i < options.repeats; i++) seconds.push(await medianOfCalls());
  const sum = (await call()).reduce((a, b) => a + b, 0);
  if (Math.abs(sum - 1) > 1e-5) throw new Error(`Probabilities add to ${sum}`);
  return { seconds, detail: { callsEachRepeat: options.calls, how: "predict", medianUs: median(seconds) * 1e6 } };
}

/** Of Keras, with the statistics of a new one, and the only layer of these models that TensorFlow.js has not. */
class Normalization extends tf.layers.Layer {
  static className = "Normalization";
  build(inputShape) {
    const shape = [inputShape.at(-1)];
    this.mean = this.addWeight("mean", shape, "float32", tf.initializers.zeros(), undefined, false);
    this.variance = this.addWeight("variance", shape, "float32", tf.initializers.ones(), undefined, false);
    this.count = this.addWeight("count", [], "float32", tf.initializers.zeros(), undefined, false);
    super.build(inputShape);
  }
  call(inputs) {
    return tf.tidy(() => {
      const deviation = tf.maximum(tf.sqrt(this.variance.read()), 1e-7);
      return tf.div(tf.sub(Array.isArray(inputs) ? inputs[0] : inputs, this.mean.read()), deviation);
    });
  }
}
tf.serialization.registerClass(Normalization);

/** Prediction of a batch of images by the model of a file; images are as those of the other programs. */
async function predictModel() {
  const { modelTopology, weightsManifest: [{ paths, weights }] } = JSON.parse(Deno.readTextFileSync(options.file));
  const weightData = Deno.readFileSync(options.file.replace(/[^/]*$/, paths[0])).buffer;
  const model = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weights, weightData }));
  const { batch } = options;
  const shape = [batch, ...model.inputs[0].shape.slice(1)];
  const size = shape.reduce((product, extent) => product * extent);
  const x = tf.tensor(Float32Array.from({ length: size }, (_, i) => (i * 7919) % 255 / 127 - 1), shape);
  async function call() {
    const output = model.predict(x, { batchSize: batch });
    const scores = await output.data();
    tf.dispose(output);
    return scores;
  }
  await call();
  const outputs = await call();
  const seconds = [];
  for (let i = 0; i < options.repeats; i++) {
    const start = performance.now();
    await call();
    seconds.push((performance.now() - start) / 1000);
  }
  const answer = Array.from(outputs.slice(-1000).slice(0, 8));
  return { seconds, detail: { batch, answer, how: "model.predict" } };
}

/** Peak resident memory, where the system tells it. */
function peakMiB() {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(Deno.readTextFileSync("/proc/self/status"))[1]) / 1024);
  } catch {
    return null;
  }
}

// ---- Run, and print the one line ----

let outcome;
try {
  outcome = await works[options.work]();
} catch (error) {
  if (!/not registered/.test(error.message)) throw error;
  end(4, `${options.work} does not run on TensorFlow.js's ${options.backend} backend: ${error.message.split("\n")[0]}`);
}
const adapter = options.backend === "webgpu" ? (await navigator.gpu.requestAdapter())?.info : undefined;
const line = {
  peer: `tfjs-${options.backend}`,
  version: tf.version.tfjs,
  work: options.work,
  seconds: outcome.seconds,
  detail: {
    threads: options.backend === "webgpu" ? options.threads ?? navigator.hardwareConcurrency : 1,
    loadAverageAtStart,
    trainAccuracyKept: options.accuracy,
    ...outcome.detail,
    ...(adapter ? { adapter: adapter.description || adapter.device || adapter.vendor } : {}),
    peakMiB: peakMiB(),
  },
};
Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(line) + "\n"));
Deno.exit(0);
