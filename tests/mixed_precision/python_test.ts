// Files of models under policies that are written here: Python Keras opens them, and goes on with their trainings.
import assert from "node:assert/strict";
import { optimizers, type PolicyName, type Sequential, type Tensor } from "../../mod.ts";
import { useBackend } from "../backends.ts";
import { golden, makeModel, type Table, toTensor } from "../golden.ts";
import { findPython } from "../python.ts";
import { under } from "./policies.ts";

const { files, trainings } = golden("mixed_precision");
const python = findPython(["keras", "jax", "h5py"], "files of mixed models are not exchanged with Python");
const script = new URL("python/go_on.py", import.meta.url).pathname;

Deno.test({
  name: "Keras opens models under policies that were saved here, and trains them on [slow] [eigen]",
  ignore: python === undefined,
}, async () => {
  await useBackend("eigen");
  const folder = await Deno.makeTempDir();
  try {
    const [x, y]: Tensor[] = [files[0].x, files[0].y].map(toTensor);
    await Deno.writeTextFile(`${folder}/data.json`, JSON.stringify({ x: x.toArray(), y: y.toArray() }));
    const models = new Map<PolicyName, Sequential>();
    for (const policy of ["mixed_float16", "mixed_bfloat16", "float16", "bfloat16"] as const) {
      const model = under(policy, () => makeModel(trainings[0].layers));
      models.set(policy, model);
      model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy" });
      await model.fit(x, y, { epochs: 2, batchSize: 4, verbose: 0 });
      await model.save(`${folder}/${policy}.keras`);
    }
    const { success, stderr } = await new Deno.Command(python!, {
      args: [script, folder],
      env: { KERAS_BACKEND: "jax", JAX_PLATFORMS: "cpu" },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const answers: Record<string, Table> = JSON.parse(await Deno.readTextFile(`${folder}/answers.json`));
    for (const [policy, model] of models) {
      const { dtypes, iterations, scale, predicted, losses } = answers[policy];
      const unit = policy.endsWith("bfloat16") ? 2 ** -8 : 2 ** -11;
      assert.deepEqual(dtypes, model.layers.map(({ computeDtype }) => computeDtype));
      assert.equal(iterations, 8);
      const optimizer = model.optimizer!;
      const scaling = optimizer instanceof optimizers.LossScaleOptimizer ? optimizer.dynamicScale : undefined;
      assert.equal(scale, scaling === undefined ? null : (await scaling.read()).item());
      const own = await model.predict(x, { verbose: 0 });
      // Eight values that are rounded on the way to a probability; see training_test.ts.
      own.data.forEach((value, i) => assert.ok(Math.abs(value - predicted[i]) <= 8 * unit, `${policy}: ${value}`));
      // Adam's epsilon of 1e-7 is 0 in float16, where Keras divides by roots of 0.
      for (const [step, expected] of policy === "float16" ? [] : losses.entries()) {
        const { loss } = await model.trainOnBatch(x, y);
        assert.ok(Math.abs(loss - expected) <= 8 * (step + 1) * unit, `${policy}: ${loss} for ${expected}`);
      }
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
