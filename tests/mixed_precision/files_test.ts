// Files of models under policies: those of Keras are read and trained on, and what is written here reads back.
import assert from "node:assert/strict";
import { loadModel, type Model, optimizers, type PolicyName, type Sequential, type Tensor } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { golden, makeModel, type Table, toTensor } from "../golden.ts";
import { written } from "../saving/packed.ts";
import { under } from "./policies.ts";

const { files, trainings } = golden("mixed_precision");
const { LossScaleOptimizer } = optimizers;

/** Half of the distance from 1 to the next number of the type that layers compute in. */
const unitOf = (policy: string) => (policy.endsWith("bfloat16") ? 2 ** -8 : 2 ** -11);

for (const spec of files as Table[]) {
  const { policy } = spec as { policy: PolicyName };
  if (policy.startsWith("mixed")) {
    testOnBackends(`a file of Keras under ${policy} goes on as there`, async () => {
      const model = await loadModel(Uint8Array.fromBase64(spec.file)) as Sequential;
      assert.deepEqual(model.layers.map((layer) => layer.getConfig().dtype), spec.dtypes.slice(1));
      assert.equal(model.dtypePolicy.name, policy);
      const { optimizer } = model;
      assert.equal(optimizer instanceof LossScaleOptimizer, policy === "mixed_float16");
      assert.equal(optimizer!.iterations, 3);
      const [x, y] = [spec.x, spec.y].map(toTensor);
      for (const expected of spec.losses) {
        const { loss } = await model.trainOnBatch(x, y);
        // Up to eight roundings of each of the steps, half of which are Keras's alone; see training_test.ts.
        const bound = 8 * (3 + spec.losses.length) * unitOf(policy);
        assert.ok(Math.abs(loss - expected) <= bound, `${loss} for ${expected}, bound ${bound}`);
      }
    });
  } else {
    Deno.test(`a file of Keras with weights of ${policy} is refused, with the array`, async () => {
      await assert.rejects(loadModel(Uint8Array.fromBase64(spec.file)), {
        name: "FileError",
        message: /an array (of floats must be of 32 or 64 bits|must be of numbers).* at "\/layers\/dense\/vars\/0"/,
      });
    });
  }

  testOnBackends(`a model under ${policy} is written and read with all that it was`, async () => {
    const model = under(policy, () => makeModel(trainings[0].layers));
    model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
    const [x, y] = [spec.x, spec.y].map(toTensor);
    await model.fit(x, y, { epochs: 2, batchSize: 4, verbose: 0 });
    const again = await loadModel(await written((stream) => model.save(stream))) as Sequential;
    assert.deepEqual(again.getConfig(), model.getConfig());
    assert.equal(again.optimizer!.iterations, 8);
    const read = async (from: Model) => (await from.getWeights()).map(({ dtype, data }: Tensor) => [dtype, ...data]);
    assert.deepEqual(await read(again), await read(model));
    // The reference has float64 where files have float32, so that the next step may differ in the last bit.
    const [a, b] = await Promise.all([model, again].map((each) => each.trainOnBatch(x, y)));
    assert.ok(Math.abs(a.loss - b.loss) <= 2 ** -20, `${a.loss} and ${b.loss}`);
    const [after, expected] = await Promise.all([again, model].map((each) => each.getWeights()));
    after.forEach(({ data }, k) => {
      data.forEach((value, i) => assert.ok(Math.abs(value - expected[k].data[i]) <= 2 ** -20, `weight ${k}`));
    });
  });
}
