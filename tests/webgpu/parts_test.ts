// Data too large for one binding is split into several buffers: rows are found, and fit, evaluate and predict use them.
import assert from "node:assert/strict";
import { useExecutor } from "../../lib/exec/select.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import * as ops from "../../lib/ops/primitives.ts";
import { Dense } from "../../lib/layers/core.ts";
import { Input } from "../../lib/layers/input.ts";
import { Rescaling } from "../../lib/layers/preprocessing.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { setRandomSeed } from "../../lib/random_stream.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { Variable } from "../../lib/tensor/variable.ts";
import { fixed } from "./program_checks.ts";
import { traceOn } from "../run_on.ts";

const integers = (...list: number[]) => new Tensor([list.length], "int32", Int32Array.from(list));

for (const dtype of ["float32", "float16", "uint8", "int32"] as const) {
  Deno.test(`rows of ${dtype} are found and replaced in the parts of a variable [webgpu]`, async () => {
    // Rows of 37 elements start anywhere, and cross the boundaries of parts.
    const [rows, width] = [2011, 37];
    const data = Uint8Array.from({ length: rows * width }, (_, i) => (i * 53 + (i >> 5)) & 255);
    const table = new Tensor(
      [rows, width],
      dtype,
      { float32: Float32Array, float16: Float32Array, uint8: Uint8Array, int32: Int32Array }[dtype].from(
        data,
      ) as Uint8Array<ArrayBuffer>,
    );
    const indices = integers(0, 2010, 7, 1771, 885, -1, 2011, 1328, 443, 442);
    const starts = integers(0, 5, 880, 1500, 2010);
    const results: number[][][] = [];
    for (const executor of [await openWebGpu({ bindingBytes: 32768 }), new ReferenceExecutor()]) {
      const [whole, few] = ["whole", "few"].map((name) => Variable.zeros([rows, width], { name }));
      const made = await traceOn(executor, (x, at, from) => {
        const gathered = ops.gather(x, at);
        const sliced = Array.from({ length: 5 }, (_, i) => ops.dynamicSlice(x, from, i, 9));
        whole.assign(ops.dynamicUpdateSlice(whole, ops.cast(sliced[2], "float32"), from, 1));
        few.assign(ops.dynamicUpdateSlice(few, ops.cast(gathered, "float32"), from, 3));
        return [gathered, ops.multiply(ops.cast(gathered, "float32"), 0.5), ...sliced];
      }, [table, indices, starts]);
      await made.executable.run(1);
      executor.write(made.inputs[2], integers(3, 300, 1999, 1, 0).data);
      await made.executable.run(1);
      const read = await Promise.all([...made.inputs, ...made.outputs, whole, few].map((variable) => variable.read()));
      assert.deepEqual(read[0].data, table.data, "the parts are written and read back");
      results.push(read.map(({ data }) => [...data]));
      await executor.dispose();
    }
    assert.deepEqual(results[0], results[1]);
    const written = (list: readonly number[]) => list.filter((value) => value !== 0).length;
    assert.ok(written(results[0].at(-1)!) > 10 * width && written(results[0].at(-2)!) > 10 * width);
  });
}

Deno.test("fit, evaluate and predict give the same numbers on data in parts [webgpu]", async () => {
  const [rows, features] = [20000, 50];
  const pixels = new Tensor(
    [rows, features],
    "uint8",
    Uint8Array.from({ length: rows * features }, (_, i) => (i * i) & 255),
  );
  const labels = integers(...Array.from({ length: rows }, (_, i) => (i * 7) % 30));
  const numbers = fixed([rows, features], 2);
  const train = async (bindingBytes: number | undefined, x: Tensor) => {
    const executor = await openWebGpu({ bindingBytes });
    await useExecutor(executor);
    setRandomSeed(5);
    const model = new Sequential([
      Input({ shape: [features], dtype: x.dtype as "uint8" }),
      new Rescaling(1 / 64),
      new Dense(16, { activation: "relu" }),
      new Dense(30, { activation: "softmax" }),
    ]);
    model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
    const { history } = await model.fit(x, labels, { epochs: 3, batchSize: 500, validationSplit: 0.2, verbose: 0 });
    const logs = await model.evaluate(x, labels, { batchSize: 600, verbose: 0 });
    const outputs = await model.predict(x, { batchSize: 700, verbose: 0 });
    const weights = await model.getWeights();
    return { history, logs, outputs: outputs.data, weights: weights.map(({ data }) => data) };
  };
  // 256 KiB hold what a step computes, but not the data (1 MB and 4 MB), nor the outputs of all rows (2.4 MB).
  for (const x of [pixels, numbers]) assert.deepEqual(await train(2 ** 18, x), await train(undefined, x));
});
