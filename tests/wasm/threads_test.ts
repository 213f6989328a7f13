// Threads in WebAssembly: results do not depend on their number, workers start by need, end, and keep no process alive.
import assert from "node:assert/strict";
import type { TypedArray } from "../../lib/dtype.ts";
import { BackendError, ValueError } from "../../lib/errors.ts";
import { NativeExecutor } from "../../lib/exec/native/executor.ts";
import { openWasm, wasmModule } from "../../lib/exec/native/wasm.ts";
import { makeInstance } from "../../lib/exec/native/wasm_instance.ts";
import { setBackend, useExecutor } from "../../lib/exec/select.ts";
import { Input, layers, Sequential, setRandomSeed, Tensor } from "../../mod.ts";

/** An executor with an instance of its own, so that no other test starts or ends its workers. */
async function openAlone(threads: number) {
  const module = wasmModule(await makeInstance({ isShared: threads > 1 }), threads);
  return { executor: new NativeExecutor("wasm", module), workers: module.threads! };
}

/** Data whose products, convolutions and updates are divided into tasks. */
const rows = 96;
const x = new Tensor(
  [rows, 20, 20, 8],
  "float32",
  Float32Array.from({ length: rows * 20 * 20 * 8 }, (_, i) => ((i * 7919) % 1009) / 1009 - 0.5),
);
const y = new Tensor([rows], "int32", Int32Array.from({ length: rows }, (_, i) => i % 10));

/** Trains a network of many kinds of kernels, and predicts. */
async function train(epochs: number): Promise<TypedArray[]> {
  setRandomSeed(1);
  const model = new Sequential([
    Input({ shape: [20, 20, 8] }),
    new layers.Conv2D(32, 3, { activation: "relu" }),
    new layers.DepthwiseConv2D(3),
    new layers.BatchNormalization(),
    new layers.MaxPooling2D(2),
    new layers.Reshape([16, 128]),
    new layers.LSTM(64, { returnSequences: true }),
    new layers.LayerNormalization(),
    new layers.Flatten(),
    new layers.Dropout(0.3),
    new layers.Dense(256, { activation: "gelu" }),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  const { history } = await model.fit(x, y, { epochs, batchSize: 48, verbose: 0 });
  const predicted = await model.predict(x, { verbose: 0 }) as Tensor;
  return [
    Float32Array.from(history.loss as number[]),
    predicted.data,
    ...(await model.getWeights()).map(({ data }) => data),
  ];
}

Deno.test("results are the same bits for any number of threads, all of which do tasks [wasm]", async () => {
  let expected: TypedArray[] | undefined;
  for (const threads of [1, 2, 4]) {
    const { executor, workers } = await openAlone(threads);
    await useExecutor(executor);
    if (threads > 1) {
      // They take part from when they are ready, so trainings before that are no test of them.
      workers.start();
      while (workers.taken.some((count) => count === 0)) await train(1);
      assert.equal(workers.running, threads - 1);
    }
    const results = await train(3);
    expected ??= results;
    results.forEach((data, i) => assert.deepEqual(data, expected![i], `${threads} threads, result ${i}`));
    await executor.dispose();
  }
});

Deno.test("workers start when there is work for them, and dispose ends them until there is again [wasm]", async () => {
  const { executor, workers } = await openAlone(3);
  await useExecutor(executor);
  assert.equal(workers.running, 0);
  const model = new Sequential([Input({ shape: [4] }), new layers.Dense(2)]);
  await model.predict([[1, 2, 3, 4]], { verbose: 0 });
  assert.equal(workers.running, 0, "a small program is done before a worker could start");
  for (let round = 0; round < 3; round++) {
    while (workers.running === 0) await train(1);
    assert.equal(workers.running, 2);
    // In some rounds while they start, in others while they wait for work.
    if (round === 1) await train(1);
    await executor.dispose();
    assert.equal(workers.running, 0);
  }
});

Deno.test("memory is the same after many starts and ends of workers [wasm]", async () => {
  const instance = await makeInstance({ isShared: true });
  const module = wasmModule(instance, 3);
  const sizes = new Set<number>();
  for (let round = 0; round < 8; round++) {
    module.threads!.start();
    module.release(module.allocate(2 ** 20));
    await module.endThreads!();
    sizes.add(instance.exports.memory.buffer.byteLength);
  }
  assert.equal(sizes.size, 1, [...sizes].join(", "));
});

Deno.test("setBackend takes the number of threads, and refuses what is none [wasm]", async () => {
  await setBackend("wasm", { threads: 1 });
  await setBackend("wasm", { threads: null });
  const refused = (name: "wasm" | "webgpu", options: unknown, message: RegExp) =>
    assert.rejects(setBackend(name, options as { threads: number }), (error: Error) => {
      assert.ok(error instanceof ValueError);
      assert.match(error.message, message);
      return true;
    });
  for (const threads of [0, -1, 1.5, 1025, NaN, "2"]) {
    await refused(
      "wasm",
      { threads },
      /^Cannot set the backend: threads must be a whole number from 1 to 1024, received /,
    );
  }
  await refused("webgpu", { threads: 2 }, /only eigen and wasm have threads, received threads for webgpu/);
  await refused("wasm", { thread: 2 }, /unknown option|did you mean "threads"/);
  await refused("wasm", 2, /the options must be an object/);
});

Deno.test("where memory cannot be shared, threads that are asked for are an error that says how to have them [wasm]", async () => {
  const scope = globalThis as { crossOriginIsolated?: boolean };
  const { crossOriginIsolated } = scope;
  scope.crossOriginIsolated = false;
  try {
    assert.match((await openWasm()).description, / 1 thread$/);
    await assert.rejects(openWasm({ threads: 2 }), (error: Error) => {
      assert.ok(error instanceof BackendError);
      assert.match(error.message, /must be isolated .*received 2 threads: serve it with Cross-Origin-Opener-Policy/);
      return true;
    });
  } finally {
    if (crossOriginIsolated === undefined) delete scope.crossOriginIsolated;
    else scope.crossOriginIsolated = crossOriginIsolated;
  }
});

/** A program without permissions that trains on two threads until both have done tasks, and then ends as `end` says. */
const program = (end: string) => `
import { openWasm } from ${JSON.stringify(new URL("../../lib/exec/native/wasm.ts", import.meta.url).href)};
import { useExecutor } from ${JSON.stringify(new URL("../../lib/exec/select.ts", import.meta.url).href)};
import { Input, layers, Sequential } from ${JSON.stringify(new URL("../../mod.ts", import.meta.url).href)};
const executor = await openWasm({ threads: 3 });
await useExecutor(executor);
const model = new Sequential([Input({ shape: [256] }), new layers.Dense(512), new layers.Dense(256)]);
model.compile({ optimizer: "sgd", loss: "mean_squared_error" });
const data = Array.from({ length: 256 }, () => new Array(256).fill(0.5));
const { threads } = executor.module;
while (threads.taken.some((count) => count === 0)) await model.fit(data, data, { verbose: 0 });
console.log("trained");
${end}`;

for (const [name, end, code] of [["ends", "", 0], ["exits", "Deno.exit(7);", 7], ["throws", "throw 1;", 1]] as const) {
  Deno.test(`a process that ${name} does so while workers wait, without permissions [slow] [wasm]`, async () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-lock", "--no-check", "-"],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(program(end)));
    await writer.close();
    const output = await child.output();
    assert.equal(output.code, code, new TextDecoder().decode(output.stderr));
    assert.equal(new TextDecoder().decode(output.stdout), "trained\n");
  });
}
