// The cost of a training step on WebGPU, in counts: dispatches, submits, read-backs, pipelines and buffers.
import assert from "node:assert/strict";
import { Input, layers, optimizers, Sequential } from "../../mod.ts";
import type { Executor } from "../../lib/exec/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { DeviceDataset, zerosVariable } from "../../lib/training/dataset.ts";
import { StepState, traceStep } from "../../lib/training/step.ts";
import { mlp } from "./mlp.ts";

/** The step that `fit` runs for the README's classifier. */
function readmeStep(
  batch: number,
  rows: number,
  units = 512,
  optimizer: optimizers.Optimizer = new optimizers.RMSprop(),
) {
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Flatten(),
    new layers.Dense(units, { activation: "relu" }),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer, loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  const x = new Tensor([rows, 28, 28], "uint8", new Uint8Array(rows * 784).map((_, i) => i & 255));
  const y = new Tensor([rows], "uint8", new Uint8Array(rows).map((_, i) => i % 10));
  const samples = { where: "test", rows, x: [x], y: [y], weights: [], xLike: x, yLike: y };
  const data = new DeviceDataset(samples, "test");
  const order = zerosVariable([rows], "int32", "order");
  const state = new StepState();
  const step = (size: number) => traceStep(model, "train", { kind: "ordered", batch: size, order }, data, state).graph;
  const fill = (executor: Executor) => {
    data.write(executor, samples);
    executor.write(order, Int32Array.from({ length: rows }, (_, i) => i));
  };
  return { graph: step(batch), step, fill };
}

/** The most dispatches per step, by kind of adapter: real GPUs add split sums, and gather inside products. */
const budgets = [["software", 10], ["gpu", 12]] as const;

for (const [tunedFor, dispatches] of budgets) {
  Deno.test(`a training step of the README's classifier, with kernels for ${tunedFor}, keeps to its budget [webgpu]`, async () => {
    const executor = await openWebGpu({ tunedFor });
    const { graph, fill } = readmeStep(128, 256);
    const executable = await executor.compile(graph);
    fill(executor);
    const made = { ...executor.counts };
    assert.ok(executable.stats.nodes <= dispatches, `${executable.stats.nodes} dispatches`);
    assert.ok(made.pipelines <= dispatches, `${made.pipelines} pipelines`);
    assert.ok(made.buffers <= 16, `${made.buffers} buffers`);

    await executable.run(2);
    assert.deepEqual([executor.counts.pipelines, executor.counts.buffers], [made.pipelines, made.buffers]);
    assert.equal(executor.counts.readBacks, made.readBacks, "nothing is read back by running");
    assert.ok(executor.counts.submits - made.submits <= 2, "a step is at most one submit");
    await executor.dispose();
  });
}

const elementwise: readonly (() => optimizers.Optimizer)[] = [
  () => new optimizers.SGD({ momentum: 0.9 }),
  () => new optimizers.RMSprop({ momentum: 0.9, centered: true }),
  () => new optimizers.Adam({ amsgrad: true }),
  () => new optimizers.Adagrad(),
  () => new optimizers.Adadelta(),
  () => new optimizers.Adamax(),
  () => new optimizers.Nadam(),
  () => new optimizers.Nadam({ weightDecay: 0.01 }),
  () => new optimizers.Ftrl({ l1RegularizationStrength: 0.01 }),
  () => new optimizers.Lion(),
  () => new optimizers.Adagrad({ useEma: true, emaOverwriteFrequency: 2 }),
  () => new optimizers.Adagrad({ gradientAccumulationSteps: 2 }),
];

Deno.test("every optimizer that goes element by element is one dispatch [webgpu]", async () => {
  const executor = await openWebGpu({ tunedFor: "software" });
  for (const make of elementwise) {
    const optimizer = make();
    const { stats } = await executor.compile(readmeStep(128, 256, 512, optimizer).graph);
    assert.ok(stats.nodes <= 10, `${optimizer.name}: ${stats.nodes} dispatches`);
  }
  // Decay, averages and accumulation take one dispatch each if the update is one op.
  const beside: [optimizers.OptimizerOptions, number][] = [
    [{ weightDecay: 0.01 }, 11],
    [{ useEma: true }, 11],
    [{ gradientAccumulationSteps: 2 }, 12],
  ];
  for (const [options, most] of beside) {
    const { stats } = await executor.compile(readmeStep(128, 256, 512, new optimizers.Adam(options)).graph);
    assert.ok(stats.nodes <= most, `${Object.keys(options)}: ${stats.nodes} dispatches`);
  }
  await executor.dispose();
});

Deno.test("a new shape costs no new pipeline [webgpu]", async () => {
  const executor = await openWebGpu({ tunedFor: "software" });
  const { step } = readmeStep(128, 256);
  const { nodes } = (await executor.compile(step(128))).stats;
  const { pipelines } = executor.counts;
  for (const batch of [96, 77, 120, 200, 256]) {
    const ragged = await executor.compile(step(batch));
    assert.equal(executor.counts.pipelines, pipelines, `a batch of ${batch}`);
    assert.equal(ragged.stats.nodes, nodes);
  }
  for (const units of [256, 640, 1000]) {
    await executor.compile(readmeStep(128, 256, units).graph);
    assert.equal(executor.counts.pipelines, pipelines, `${units} units`);
  }
  // Different batch sizes may choose other kernels, but only a few.
  for (let batch = 1; batch <= 256; batch *= 2) await executor.compile(step(batch));
  assert.ok(executor.counts.pipelines <= 3 * pipelines, `${executor.counts.pipelines} pipelines`);
  await executor.dispose();
});

Deno.test("many steps are one submit once their time is known [webgpu]", async () => {
  const executor = await openWebGpu();
  const { trace } = mlp(30, 24, 7, 8);
  const executable = await executor.compile(trace.graph);
  await executable.run(200);
  const before = executable.stats.calls;
  await executable.run(200);
  assert.equal(executable.stats.steps, 400);
  assert.ok(executable.stats.calls - before <= 40, `${executable.stats.calls - before} submits for 200 steps`);
  await executor.dispose();
});

Deno.test("variables that are read together are read back once [webgpu]", async () => {
  const executor = await openWebGpu();
  const { trace, weights } = mlp(30, 24, 7, 8);
  const executable = await executor.compile(trace.graph);
  await executable.run(1);
  await Promise.all(weights.map((weight) => weight.read()));
  assert.equal(executor.counts.readBacks, 1);
  await executor.dispose();
});

Deno.test("variables of one update lie flat, wherever they were before [webgpu]", async () => {
  const executor = await openWebGpu();
  const { trace, weights } = mlp(30, 24, 7, 8);
  for (const weight of [...weights].reverse()) await executor.attach([weight]);
  const before = await Promise.all(weights.map((weight) => executor.read(weight)));
  const scattered = await executor.compile(trace.graph);
  const after = await Promise.all(weights.map((weight) => executor.read(weight)));
  assert.deepEqual(after, before);
  const fresh = await openWebGpu();
  const flat = await fresh.compile(mlp(30, 24, 7, 8).trace.graph);
  assert.equal(scattered.stats.nodes, flat.stats.nodes);
  await executor.dispose();
  await fresh.dispose();
});
