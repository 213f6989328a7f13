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
  "mnist_cnn": [40, 5, 30, 27],
  "mnist_lstm": [34, 5, 164, 133],
  "timeseries": [43, 5, 142, 140],
  "translation": [129, 16, 415, 387],
  "speech_ctc": [116, 18, 755, 753],
  "autoencoder": [45, 6, 47, 44],
  "gan": [153, 29, 135, 125],
  "vae": [68, 10, 55, 47],
  "detection": [133, 23, 124, 115],
  "recommender": [35, 7, 16, 16],
  "text_classification: bag of words": [26, 8, 15, 7],
  "text_classification: bidirectional LSTM": [53, 7, 301, 293],
  "text_classification: transformer": [185, 38, 193, 176],
  "segmentation": [264, 46, 248, 242],
  "character_model": [198, 37, 212, 189],
  "from_python": [49, 10, 37, 34],
  "transfer_learning": [20, 3, 9, 8],
  "functional": [49, 8, 14, 7],
  "optimizers: SGD": [24, 3, 11, 1],
  "optimizers: SGD with momentum": [24, 3, 11, 1],
  "optimizers: RMSprop": [24, 3, 11, 1],
  "optimizers: Adam": [24, 3, 11, 1],
  "overfitting: as it is": [26, 5, 14, 11],
  "overfitting: dropout and L2": [33, 8, 19, 16],
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
