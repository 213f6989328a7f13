// float16 in GPU memory: its numbers are the reference's, it takes two bytes, and the host reads and writes it.
import assert from "node:assert/strict";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { tracing } from "../../lib/ir/trace.ts";
import { gradientsOf } from "../../lib/ir/grad.ts";
import type { Value } from "../../lib/ir/value.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { makeArray } from "../../lib/dtype.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { setRandomSeed } from "../../lib/random_stream.ts";
import { layers } from "../../mod.ts";
import { traceOn } from "../run_on.ts";
import { tunedOps } from "./driver_suite.ts";
import { checkHalves } from "./half_checks.ts";
import { fixed } from "./program_checks.ts";

const reference = new ReferenceExecutor();

for (const [tunedFor, compounds] of [["software", true], ["gpu", false]] as const) {
  Deno.test(`[slow] ops and programs on float16, with kernels for ${tunedFor} [webgpu]`, async () => {
    const executor = await openWebGpu({ tunedFor, compounds });
    // Where float16 is in words, its ops are those of float32, which have tests of their own.
    const names = !executor.gpu.halves ? [] : tunedFor === "gpu" ? tunedOps : undefined;
    assert.deepEqual(await checkHalves(executor, reference, names), []);
    await executor.dispose();
  });
}

/** Two dense layers in half precision, and the gradients of their weights if it trains. */
function twoLayers(width: number, trains: boolean) {
  const [first, second] = ["a", "b"].map((name) =>
    new layers.Dense(width, { name, dtype: "mixed_float16", activation: "relu" })
  );
  first.ensureBuilt([null, width]);
  second.ensureBuilt([null, width]);
  return (x: Value) => {
    const y = second.apply(first.apply(x));
    if (!trains) return [y];
    const loss = ops.sum(ops.square(ops.cast(y, "float32")));
    const weights = [first, second].flatMap(({ weights }) => weights.map((weight) => tracing.current!.read(weight)));
    return [y, ...gradientsOf(tracing.current!, loss, weights)];
  };
}

Deno.test("what a mixed_float16 model computes takes half the memory where the adapter has float16 [webgpu]", async () => {
  const adapter = await navigator.gpu.requestAdapter();
  const has = adapter!.features.has("shader-f16");
  const [batch, width] = [256, 512];
  const bytes: number[] = [];
  for (const halves of [true, false]) {
    const executor = await openWebGpu({ halves });
    assert.equal(executor.gpu.halves, has && halves);
    const { executable } = await traceOn(executor, twoLayers(width, false), [fixed([batch, width])]);
    bytes.push(executable.stats.slotBytes);
    const trained = await traceOn(executor, twoLayers(width, true), [fixed([batch, width])]);
    const { types, nodes } = trained.executable.graph;
    const activations = nodes.flatMap(({ outputs }) => outputs.map((id) => types[id]))
      .filter(({ shape, dtype }) => shape[0] === batch && shape[1] === width && dtype !== "int32");
    // The input, the results of the layers, where they are positive, and the gradients by all of these but the input.
    assert.ok(activations.length >= 6, `${activations.length} activations`);
    const expected = has && halves;
    assert.deepEqual(activations.map(({ half = false }) => half), activations.map(() => expected));
    await executor.dispose();
  }
  // At the same time the program has the input, the first result, both biases and one of the kernels, all cast.
  const values = 2 * batch * width + 2 * width + width * width;
  assert.deepEqual(bytes, [(has ? 2 : 4) * values, 4 * values]);
});

/** A convolution, its normalization, pooling and a second convolution, and the gradients of their weights. */
function convnet() {
  const chain = [
    new layers.Conv2D(8, 3, { dtype: "mixed_float16", activation: "relu" }),
    new layers.BatchNormalization({ dtype: "mixed_float16" }),
    new layers.MaxPooling2D(2, { dtype: "mixed_float16" }),
    new layers.Conv2D(12, 3, { dtype: "mixed_float16", activation: "gelu", padding: "same" }),
    new layers.Dense(5, { dtype: "mixed_float16" }),
  ];
  return (x: Value) => {
    const y = chain.reduce((value, layer) => layer.apply(value, { training: true }) as Value, x);
    const loss = ops.sum(ops.square(ops.cast(y, "float32")));
    const weights = chain.flatMap(({ trainableVariables }) => trainableVariables.map((weight) => weight.value()));
    return [y, ...gradientsOf(tracing.current!, loss, weights)];
  };
}

/** Attention, a sum and its normalization, and the gradients of their weights. */
function encoder() {
  const dtype = "mixed_float16";
  const attention = new layers.MultiHeadAttention(2, 8, { dtype });
  const normalization = new layers.LayerNormalization({ dtype });
  const last = new layers.Dense(6, { dtype });
  return (x: Value) => {
    const attended = attention.apply(x, { value: x }) as Value;
    const y = last.apply(normalization.apply(ops.add(ops.cast(x, "float16"), attended)));
    const loss = ops.sum(ops.square(ops.cast(y, "float32")));
    const weights = [attention, normalization, last].flatMap(({ trainableVariables }) => trainableVariables);
    return [y, ...gradientsOf(tracing.current!, loss, weights.map((weight) => weight.value()))];
  };
}

const models: readonly (readonly [() => (x: Value) => Value[], number[], rounded: string[]])[] = [
  [convnet, [4, 12, 12, 4], ["maxPool"]],
  [encoder, [2, 10, 16], ["layerNormalization", "layerNormalizationGradient", "attentionGradient"]],
  [() => twoLayers(96, true), [32, 96], []],
];

Deno.test("float16 in two bytes gives the numbers that float16 in words gives [webgpu]", async () => {
  for (const [make, shape, rounded] of models) {
    const results: number[][][] = [];
    for (const halves of [true, false]) {
      setRandomSeed(1);
      const executor = await openWebGpu({ halves, compounds: false });
      const { executable, outputs } = await traceOn(executor, make(), [fixed(shape)]);
      await executable.run(1);
      // Where nothing is in between, ops round what they store.
      const { nodes, types } = executable.graph;
      const rounding = nodes.filter(({ op, outputs }) => rounded.includes(op) && types[outputs[0]].half);
      assert.equal(new Set(rounding.map(({ op }) => op)).size, executor.gpu.halves ? rounded.length : 0);
      results.push(await Promise.all(outputs.map(async (output) => Array.from(await executor.read(output)))));
      await executor.dispose();
    }
    assert.deepEqual(results[0], results[1]);
    assert.ok(results[0].every((numbers) => numbers.some((number) => number !== 0)));
  }
});

Deno.test("a float16 variable takes two bytes for each number where the adapter has them, and keeps its bits [webgpu]", async () => {
  const bits = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  const numbers = Float32Array.from(new Float16Array(bits.buffer));
  for (const halves of [true, false]) {
    const executor = await openWebGpu({ halves });
    const before = executor.counts.bytes;
    const whole = new Variable(new Tensor([2 ** 16], "float16", numbers), { name: "whole", dtype: "float16" });
    await executor.attach([whole]);
    assert.equal(executor.counts.bytes - before, 2 ** 16 * (executor.gpu.halves ? 2 : 4));
    assert.deepEqual(Array.from(await executor.read(whole)), Array.from(numbers));
    // An odd number of halves ends within a word.
    const few = new Variable(new Tensor([3], "float16", makeArray("float16", 3)), { name: "few", dtype: "float16" });
    await executor.attach([few]);
    executor.write(few, Float32Array.of(0.5, -65504, 2 ** -24));
    assert.deepEqual(await executor.read(few), Float32Array.of(0.5, -65504, 2 ** -24));
    executor.release(whole);
    executor.release(few);
    await executor.dispose();
  }
});
