// Budgets of the examples' training steps, so that a change to a layer cannot break fusion unnoticed. Counts, not
// times.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { countStep, examples, idleWebGpu } from "../../bench/examples.ts";
import { setBackend, useExecutor } from "../../lib/exec/select.ts";

/**
 * The most nodes on a CPU, the most elementwise ops among them that were not merged, and the most dispatches on WebGPU
 * with the kernels for a GPU and for a software adapter.
 */
const budgets: Readonly<Record<string, readonly [nodes: number, alone: number, gpu: number, software: number]>> = {
  "mnist": [24, 4, 12, 10],
  "mnist_cnn": [42, 6, 31, 28],
  "mnist_lstm": [33, 4, 163, 132],
  "timeseries": [42, 4, 141, 139],
  "translation": [123, 11, 408, 380],
  "speech_ctc": [114, 14, 752, 750],
  "autoencoder": [44, 5, 45, 43],
  "gan": [122, 20, 107, 101],
  "vae": [67, 9, 54, 46],
  "detection": [105, 13, 101, 92],
  "recommender": [35, 7, 16, 16],
  "text_classification: bag of words": [26, 8, 15, 7],
  "text_classification: bidirectional LSTM": [51, 5, 299, 291],
  "text_classification: transformer": [103, 13, 114, 96],
  "segmentation": [179, 23, 195, 190],
  "character_model": [104, 11, 123, 100],
  "from_python": [43, 7, 32, 29],
  "transfer_learning": [20, 3, 9, 8],
  "functional": [47, 8, 14, 6],
  "optimizers: SGD": [24, 3, 11, 1],
  "optimizers: SGD with momentum": [24, 3, 11, 1],
  "optimizers: RMSprop": [24, 3, 11, 1],
  "optimizers: Adam": [24, 3, 11, 1],
  "overfitting: as it is": [26, 5, 13, 8],
  "overfitting: dropout and L2": [33, 8, 18, 12],
};

Deno.test("every example that trains has its steps counted, and a budget", () => {
  const folder = new URL("../../examples/", import.meta.url);
  const training = readdirSync(folder).filter((file) =>
    file.endsWith(".ts") && /\.fit\(|\.trainOnBatch\(/.test(readFileSync(new URL(file, folder), "utf8"))
  );
  const counted = new Set(examples.map(({ name }) => `${name.split(":")[0]}.ts`));
  assert.deepEqual([...counted].sort(), training.sort());
  assert.deepEqual(examples.map(({ name }) => name).sort(), Object.keys(budgets).sort());
});

Deno.test("the examples' steps keep to their budgets of nodes", async () => {
  await setBackend("eigen");
  for (const example of examples) {
    const [most, mostAlone] = budgets[example.name];
    const { dispatches, alone } = await countStep(example);
    assert.ok(dispatches <= most, `${example.name}: ${dispatches} nodes`);
    assert.ok(alone.length <= mostAlone, `${example.name}: elementwise ops alone: ${alone.join(", ")}`);
  }
});

for (const [tunedFor, column] of [["gpu", 2], ["software", 3]] as const) {
  Deno.test(`the examples' steps, with kernels for ${tunedFor}, keep to their budgets of dispatches [webgpu]`, async () => {
    await useExecutor(await idleWebGpu(tunedFor));
    for (const example of examples) {
      const { dispatches } = await countStep(example);
      assert.ok(dispatches <= budgets[example.name][column], `${example.name}: ${dispatches} dispatches`);
    }
  });
}
