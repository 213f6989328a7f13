// A device that is lost in the middle of a fit: the error, what survives, and how training continues.
import assert from "node:assert/strict";
import { DeviceLostError, Input, layers, Sequential, setBackend, setRandomSeed, Tensor } from "../../mod.ts";
import { useExecutor } from "../../lib/exec/select.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { assertClose } from "../close.ts";
import { fixed } from "./program_checks.ts";

const x = fixed([64, 8]);
const y = new Tensor([64], "int32", Int32Array.from({ length: 64 }, (_, i) => (i * 5) % 4));
const close = { absolute: 2e-6, relative: 2e-5 };

function makeModel(): Sequential {
  setRandomSeed(9);
  const model = new Sequential([
    Input({ shape: [8] }),
    new layers.Dense(12, { activation: "tanh" }),
    new layers.Dropout(0.2),
    new layers.Dense(4, { activation: "softmax" }),
  ], { name: "net" });
  model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
  return model;
}

const weightsOf = async (model: Sequential) => (await model.getWeights()).map(({ data }) => data);

Deno.test("fit goes on from the last whole epoch, on another backend, as if nothing had been lost [webgpu]", async () => {
  await setBackend("eigen");
  const undisturbed = makeModel();
  await undisturbed.fit(x, y, { epochs: 5, batchSize: 16, verbose: 0 });

  const executor = await openWebGpu();
  await useExecutor(executor);
  const model = makeModel();
  const batches: number[] = [];
  const failed = model.fit(x, y, {
    epochs: 5,
    batchSize: 16,
    verbose: 0,
    callbacks: [{
      onTrainBatchEnd: (batch) => {
        batches.push(batch);
        // In the middle of the third epoch.
        if (batches.length === 10) executor.gpu.device.destroy();
      },
    }],
  });
  await assert.rejects(failed, (error) => {
    assert.ok(error instanceof DeviceLostError, String(error));
    assert.match(
      error.message,
      /^Cannot go on with fit "net": the GPU device was lost.*weights are those after epoch 2: .*setBackend\("eigen"\).*initialEpoch: 2$/,
    );
    return true;
  });
  assert.equal(model.optimizer!.iterations, 8, "the steps of two epochs count");

  await setBackend("eigen");
  const { epoch } = await model.fit(x, y, { epochs: 5, initialEpoch: 2, batchSize: 16, verbose: 0 });
  assert.deepEqual(epoch, [2, 3, 4]);
  assert.equal(model.optimizer!.iterations, 20);
  const [actual, expected] = [await weightsOf(model), await weightsOf(undisturbed)];
  expected.forEach((data, i) => assertClose(actual[i], data, close, `weight ${i}`));
});

Deno.test("a device that is lost in the first epoch leaves what the weights were before [webgpu]", async () => {
  const executor = await openWebGpu();
  await useExecutor(executor);
  const model = makeModel();
  const before = await weightsOf(model);
  const lose = { onTrainBatchBegin: () => executor.gpu.device.destroy() };
  await assert.rejects(
    () => model.fit(x, y, { verbose: 0, callbacks: [lose] }),
    /weights are what was last read of them: call setBackend\("auto"\).*then fit again$/,
  );
  // Until another backend is chosen, every call throws this.
  await assert.rejects(() => model.fit(x, y, { verbose: 0 }), DeviceLostError);
  await assert.rejects(() => model.predict(x, { verbose: 0 }), DeviceLostError);
  await setBackend("webgpu");
  assert.deepEqual(await weightsOf(model), before);
  assert.equal(model.optimizer!.iterations, 0);
  await model.fit(x, y, { verbose: 0 });
});

Deno.test("securing weights after an epoch costs no wait of its own [webgpu]", async () => {
  const executor = await openWebGpu();
  await useExecutor(executor);
  const model = makeModel();
  const epochs = 6;
  await model.fit(x, y, { epochs, batchSize: 16, verbose: 0 });
  assert.equal(executor.counts.readBacks, epochs);
});
