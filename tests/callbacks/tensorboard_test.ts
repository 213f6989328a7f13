// The event files of the TensorBoard callback, as TensorBoard's own reader reads them.
import assert from "node:assert/strict";
import { TensorBoard } from "../../lib/callbacks/callbacks.ts";
import { FileError, ValueError } from "../../lib/errors.ts";
import { Conv2D, Dense, Flatten } from "../../lib/layers/layers.ts";
import { Input } from "../../lib/layers/input.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { findPython } from "../python.ts";

const python = findPython(["tensorboard", "PIL"], "event files are not read by TensorBoard");
const script = new URL("./read_events.py", import.meta.url).pathname;

/** What TensorBoard's reader finds in a value of an event. */
interface Read {
  readonly folder: string;
  readonly time: number;
  readonly step: number;
  readonly tag: string;
  readonly plugin: string;
  readonly version: string;
  readonly kind: number;
  readonly shape: number[];
  readonly content: unknown;
}

/** Runs `body` with a folder, and gives what it wrote there. */
async function written(body: (folder: string) => Promise<unknown>): Promise<Read[]> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
    const { success, stdout, stderr } = await new Deno.Command(python!, { args: [script, folder] }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const { versions, events } = JSON.parse(new TextDecoder().decode(stdout));
    assert.deepEqual(new Set(versions), new Set(["brain.Event:2"]));
    return events;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function makeModel(): Sequential {
  const layers = [Input({ shape: [4] }), new Dense(3, { name: "first" }), new Dense(1, { name: "last" })];
  const model = new Sequential(layers, { name: "board" });
  model.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
  return model;
}

const wave = (rows: number, columns: number, pace: number) =>
  new Tensor([rows, columns], "float32", Float32Array.from({ length: rows * columns }, (_, i) => Math.sin(pace * i)));
const [x, y] = [wave(40, 4, 0.7), wave(40, 1, 1.3)];
const inPython = { ignore: python === undefined };
const line = ({ folder, step, tag, plugin, version, kind, shape }: Read) =>
  `${folder} ${step} ${tag} ${plugin} "${version}" ${kind} [${shape}]`;

Deno.test({
  name: "TensorBoard reads an epoch's and a batch's numbers, the graph, histograms and pictures",
  ...inPython,
  fn: async () => {
    const model = makeModel();
    let history: Record<string, number[]> = {};
    const started = Date.now() / 1000;
    const events = await written(async (folder) => {
      const board = new TensorBoard(folder, { histogramFreq: 2, writeImages: true, updateFreq: 2 });
      const fit = {
        epochs: 2,
        batchSize: 10,
        validationData: [x, y] as const,
        verbose: 0 as const,
        callbacks: [board],
      };
      ({ history } = await model.fit(x, y, fit));
    });
    // What Keras 3.15 writes for these settings, in its order.
    const batch = (step: number) => ["loss", "mae"].map((name) => `train ${step} batch_${name} scalars "" 1 []`);
    const epoch = (step: number) =>
      ["loss", "mae", "learning_rate"].map((name) => `train ${step} epoch_${name} scalars "" 1 []`);
    const weights = ["first/kernel", "first/bias", "last/kernel", "last/bias"].flatMap((name) => [
      `train 0 board/${name}/histogram histograms "" 2 [30,3]`,
      ...name === "last/bias" ? [] : [`train 0 board/${name}/image images "" 3 [3]`],
    ]);
    const validation = (step: number, iterations: number) => [
      ...["loss", "mae"].map((name) => `validation ${iterations} evaluation_${name}_vs_iterations scalars "" 1 []`),
      ...["loss", "mae"].map((name) => `validation ${step} epoch_${name} scalars "" 1 []`),
    ];
    assert.deepEqual(events.map(line), [
      'train 0 keras graph_keras_model "1" 3 [1]',
      ...[...batch(2), ...batch(4), ...epoch(0), ...weights],
      ...[...batch(6), ...batch(8), ...epoch(1)],
      ...[...validation(0, 4), ...validation(1, 8)],
    ]);
    assert.ok(events.every(({ time }) => time >= started && time <= Date.now() / 1000 + 1));
    const contents = (folder: string, tag: string) =>
      events.filter((event) => event.folder === folder && event.tag === tag).map(({ content }) => content);
    const rounded = (values: number[]) => values.map(Math.fround);
    for (const name of ["loss", "mae"]) {
      assert.deepEqual(contents("train", `epoch_${name}`), rounded(history[name]));
      assert.deepEqual(contents("validation", `epoch_${name}`), rounded(history[`val_${name}`]));
      assert.deepEqual(contents("validation", `evaluation_${name}_vs_iterations`), rounded(history[`val_${name}`]));
    }
    // The last batch's running mean is the epoch's.
    assert.deepEqual(contents("train", "batch_loss").filter((_, i) => i % 2 === 1), rounded(history.loss));
    assert.deepEqual(contents("train", "epoch_learning_rate"), rounded([0.001, 0.001]));
    const [[graph]] = contents("train", "keras") as string[][];
    assert.deepEqual(JSON.parse(graph), JSON.parse(model.toJson()));
  },
});

Deno.test({
  name: "histograms count weights between their ends, and pictures show them",
  ...inPython,
  fn: async () => {
    const model = new Sequential([
      Input({ shape: [2, 3, 1] }),
      new Conv2D(5, [2, 3], { name: "conv", biasInitializer: "ones" }),
      new Flatten(),
      new Dense(2, { name: "dense" }),
    ], { name: "board" });
    // A rate of 0 leaves the weights as they are given.
    model.compile({ optimizer: "sgd", loss: "mse" });
    model.optimizer!.learningRate = 0;
    // Of 5 filters each has the numbers -1.5, -1, ... 1 and one more; the dense kernel is 5 by 2.
    const kernel = Array.from({ length: 30 }, (_, i) => Math.floor(i / 5) / 2 - 1.5 + (i % 5) / 8);
    const dense = [0, 0.25, 0.5, 0.75, 1, -1, 2, 0.1, 0.999, 0.004];
    const filters = [0, 1].map((h) => [0, 1, 2].map((w) => [kernel.slice((h * 3 + w) * 5, (h * 3 + w) * 5 + 5)]));
    model.setWeights([filters, [1, 1, 1, 1, 1], Array.from({ length: 5 }, (_, i) => dense.slice(2 * i, 2 * i + 2)), [
      0,
      1,
    ]]);
    const events = await written((folder) =>
      model.fit([[[[1], [2], [3]], [[4], [5], [6]]]], [[0, 1]], {
        verbose: 0,
        callbacks: [new TensorBoard(folder, { histogramFreq: 1, writeImages: true, writeGraph: false })],
      })
    );
    const content = (tag: string) => events.find((event) => event.tag === `board/${tag}`)?.content as number[][];
    const counted = (tag: string) => content(tag).flatMap(([low, high, count]) => (count ? [[low, high, count]] : []));
    // All equal: in the last of buckets without width.
    assert.deepEqual(counted("conv/bias/histogram"), [[1, 1, 5]]);
    assert.deepEqual(counted("dense/bias/histogram"), [[0, 1 / 30, 1], [29 / 30, 1, 1]]);
    // From -1 to 2 in steps of 0.1: -1; 0 and 0.004; 0.1; 0.25; 0.5; 0.75; 0.999 and 1 in buckets that 1 begins; 2.
    const buckets = content("dense/kernel/histogram");
    assert.equal(buckets.length, 30);
    assert.deepEqual(buckets.map(([, , count]) => count).reduce((sum, count) => sum + count), 10);
    for (const [low, high, count] of buckets) {
      const inside = dense.map(Math.fround).filter((value) =>
        value >= low && (value < high || (high === 2 && value === 2))
      );
      assert.equal(count, inside.length, `${low} to ${high}`);
    }
    // 5 by 2 lies down as 2 by 5; numbers are cut to 0 to 1, of 255.5.
    const shade = (value: number) => Math.min(Math.max(Math.floor(Math.fround(value) * 255.5), 0), 255);
    const [width, height, picture] = content("dense/kernel/image") as unknown as [string, string, number[][]];
    assert.deepEqual([width, height], ["5", "2"]);
    assert.deepEqual(picture, [0, 1].map((row) => [0, 2, 4, 6, 8].map((i) => shade(dense[i + row]))));
    // [2, 3, 1, 5] is five pictures of 2 by 3, of which TensorBoard gets three.
    const [w, h, ...pictures] = content("conv/kernel/image") as unknown as [string, string, ...number[][][]];
    assert.deepEqual([w, h, pictures.length], ["3", "2", 3]);
    pictures.forEach((rows, k) =>
      assert.deepEqual(rows, [0, 1].map((y) => [0, 1, 2].map((x) => shade(kernel[(y * 3 + x) * 5 + k]))))
    );
    // A single number has no picture, two have.
    assert.deepEqual(content("dense/bias/image"), ["2", "1", [[0, 255]]] as unknown as number[][]);
  },
});

Deno.test({
  name: "an evaluation is written too, and speeds if they are wanted",
  ...inPython,
  fn: async () => {
    const model = makeModel();
    const events = await written(async (folder) => {
      await model.evaluate(x, y, { verbose: 0, callbacks: [new TensorBoard(folder)] });
      const board = new TensorBoard(folder, { updateFreq: "batch", writeStepsPerSecond: true, writeGraph: false });
      await model.fit(x, y, { batchSize: 20, verbose: 0, callbacks: [board] });
    });
    const of = (folder: string) =>
      events.filter((event) => event.folder === folder).map(({ step, tag }) => `${step} ${tag}`);
    assert.deepEqual(of("validation"), ["0 evaluation_loss_vs_iterations", "0 evaluation_mae_vs_iterations"]);
    const batch = (step: number) => ["steps_per_second", "loss", "mae"].map((name) => `${step} batch_${name}`);
    const epoch = ["loss", "mae", "learning_rate", "steps_per_second"].map((name) => `0 epoch_${name}`);
    assert.deepEqual(of("train"), [...batch(1), ...batch(2), ...epoch]);
    const speeds = events.filter(({ tag }) => tag.endsWith("steps_per_second")).map(({ content }) => content as number);
    assert.ok(speeds.length === 3 && speeds.every((speed) => speed > 0 && Number.isFinite(speed)), `${speeds}`);
  },
});

Deno.test("options of TensorBoard that are wrong, and a folder that cannot be written, are told", async () => {
  for (
    const options of [{ updateFreq: 0 }, { updateFreq: "step" }, { histogramFreq: -1 }, { profileBatch: 2 }, { x: 1 }]
  ) {
    assert.throws(() => new TensorBoard("logs", options as object), ValueError, JSON.stringify(options));
  }
  const file = await Deno.makeTempFile();
  try {
    const fit = makeModel().fit(x, y, { verbose: 0, callbacks: [new TensorBoard(`${file}/logs`)] });
    await assert.rejects(fit, FileError);
  } finally {
    await Deno.remove(file);
  }
});
