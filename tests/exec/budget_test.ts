// Budgets of a training step: nodes, memory, and calls into native code. Counts, not times.
import assert from "node:assert/strict";
import { compiledBy } from "../../bench/compiled.ts";
import { Input, layers, Sequential, setBackend, Tensor } from "../../mod.ts";
import type { Executable } from "../../lib/exec/executor.ts";
import { getExecutor } from "../../lib/exec/select.ts";

/** The programs that the backend in use compiles while `body` runs. */
async function programsOf(body: () => Promise<unknown>): Promise<Executable[]> {
  return (await compiledBy(await getExecutor(), body)).map(({ executable }) => executable);
}

function mlp(): Sequential {
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Flatten(),
    new layers.Dense(512, { activation: "relu" }),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "rmsprop", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  return model;
}

const images = (rows: number) => new Tensor([rows, 28, 28], "uint8", new Uint8Array(rows * 784));
const labels = (rows: number) => new Tensor([rows], "uint8", new Uint8Array(rows));

Deno.test("the MLP step: nodes, slots and bytes", async () => {
  await setBackend("eigen");
  const model = mlp();
  const made = await programsOf(() => model.fit(images(256), labels(256), { batchSize: 128, verbose: 0 }));
  assert.equal(made.length, 1);
  const { nodes, slots, slotBytes } = made[0].stats;
  assert.ok(nodes <= 26, `${nodes} nodes`);
  assert.ok(slots <= 10, `${slots} slots`);
  // The gradients are 1.6 MB, the batch 0.4 MB, the hidden layer and its gradient 0.26 MB each.
  assert.ok(slotBytes <= 2.8 * 2 ** 20, `${slotBytes} bytes`);
});

Deno.test("a ragged last batch is a second program, and other epochs and fits compile nothing", async () => {
  await setBackend("eigen");
  const model = mlp();
  const first = await programsOf(() => model.fit(images(300), labels(300), { batchSize: 128, epochs: 2, verbose: 0 }));
  assert.equal(first.length, 2);
  const later = await programsOf(() => model.fit(images(300), labels(300), { batchSize: 128, epochs: 2, verbose: 0 }));
  assert.equal(later.length, 0);
});

Deno.test("an epoch of 4,096 steps is a few calls into native code", async () => {
  await setBackend("eigen");
  const model = new Sequential([Input({ shape: [2] }), new layers.Dense(1)]);
  model.compile({ optimizer: "sgd", loss: "mean_squared_error" });
  const rows = 4096 * 2;
  const x = new Tensor([rows, 2], "float32", new Float32Array(2 * rows));
  const y = new Tensor([rows, 1], "float32", new Float32Array(rows));
  const [executable] = await programsOf(() => model.fit(x, y, { batchSize: 2, verbose: 0 }));
  assert.equal(executable.stats.steps, 4096);
  assert.ok(executable.stats.calls <= 16, `${executable.stats.calls} calls`);
});

Deno.test("a convnet's step on images that are changed at random is one program", async () => {
  await setBackend("eigen");
  const step = async (augmentation: layers.Layer[]) => {
    const model = new Sequential([
      Input({ shape: [16, 16, 1], dtype: "uint8" }),
      new layers.Rescaling(1 / 255),
      ...augmentation,
      new layers.Conv2D(8, 3, { activation: "relu" }),
      new layers.Flatten(),
      new layers.Dense(10, { activation: "softmax" }),
    ]);
    model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
    const x = new Tensor([256, 16, 16, 1], "uint8", new Uint8Array(256 * 256));
    const made = await programsOf(() => model.fit(x, labels(256), { batchSize: 32, epochs: 2, verbose: 0 }));
    assert.equal(made.length, 1);
    assert.equal(made[0].stats.steps, 16);
    return made[0].stats.nodes;
  };
  const plain = await step([]);
  const changed = await step([
    new layers.RandomFlip("horizontal"),
    new layers.RandomRotation(0.1),
    new layers.RandomTranslation(0.1, 0.1),
    new layers.RandomZoom(0.1),
    new layers.RandomContrast(0.2, { valueRange: [0, 1] }),
    new layers.RandomBrightness(0.2, { valueRange: [0, 1] }),
  ]);
  assert.ok(changed - plain <= 112, `${changed} nodes, ${plain} without`);
});
