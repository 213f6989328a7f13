// Trainings under mixed policies beside those of Keras, and what compile makes of the optimizer.
import assert from "node:assert/strict";
import { Input, layers, optimizers, type PolicyName, Sequential, tensor } from "../../mod.ts";
import { testOnBackends } from "../backends.ts";
import { golden, makeModel, makeOptimizer, type Table, toTensor } from "../golden.ts";
import { under } from "./policies.ts";

const { trainings } = golden("mixed_precision");

/** Half of the distance from 1 to the next number of the type that layers compute in. */
const units: Record<string, number> = { mixed_float16: 2 ** -11, mixed_bfloat16: 2 ** -8 };

/**
 * A loss of about 1 and its gradients go through this many values that are rounded, relative to their size, in each step: input,
 * weights and output of each of up to five layers, and the gradients by these. Steps add up.
 */
const roundingsOfStep = 8;

for (const spec of trainings as Table[]) {
  const { policy, optimizer, losses, weights, predicted, scale } = spec;
  testOnBackends(`${spec.model} under ${policy} with ${optimizer.class_name} trains as in Keras`, async () => {
    const model = under(policy, () => makeModel(spec.layers));
    model.compile({ optimizer: makeOptimizer(optimizer), loss: "sparse_categorical_crossentropy" });
    model.setWeights(spec.initial.map(toTensor));
    const [x, y] = [spec.x, spec.y].map(toTensor);
    const bound = (step: number) => units[policy] * roundingsOfStep * (step + 1);
    for (const [step, expected] of (losses as number[]).entries()) {
      const { loss } = await model.trainOnBatch(x, y);
      assert.ok(Math.abs(loss - expected) <= bound(step), `step ${step}: ${loss} for ${expected}`);
    }
    const pairs = [
      ...(await model.getWeights()).map((made, i) => [made, toTensor(weights[i])] as const),
      [await model.predict(x, { verbose: 0 }) as typeof x, toTensor(predicted)] as const,
    ];
    for (const [made, expected] of pairs) {
      assert.equal(made.dtype, "float32");
      made.data.forEach((value, i) => {
        assert.ok(Math.abs(value - expected.data[i]) <= bound(losses.length), `${value} for ${expected.data[i]}`);
      });
    }
    const made = model.optimizer!;
    assert.equal(made instanceof optimizers.LossScaleOptimizer, scale !== null);
    if (made instanceof optimizers.LossScaleOptimizer) assert.equal((await made.dynamicScale.read()).item(), scale);
    assert.equal(made.iterations, losses.length);
  });
}

Deno.test("compile scales losses by itself under mixed_float16 alone, and not if told so", () => {
  const made = (policy: PolicyName, autoScaleLoss?: boolean) => {
    const model = under(policy, () => new Sequential([Input({ shape: [2] }), new layers.Dense(1)]));
    model.compile({ optimizer: new optimizers.SGD({ name: "own" }), loss: "mse", ...{ autoScaleLoss } });
    return model;
  };
  const scaled = made("mixed_float16").optimizer as optimizers.LossScaleOptimizer;
  assert.ok(scaled instanceof optimizers.LossScaleOptimizer);
  assert.deepEqual([scaled.name, scaled.innerOptimizer.name], ["loss_scale_optimizer", "own"]);
  for (const model of [made("float32"), made("mixed_bfloat16"), made("float16"), made("mixed_float16", false)]) {
    assert.ok(model.optimizer instanceof optimizers.SGD, model.dtypePolicy.name);
  }
  const model = under("mixed_float16", () => new Sequential([Input({ shape: [2] }), new layers.Dense(1)]));
  model.compile({ optimizer: scaled, loss: "mse" });
  assert.equal(model.optimizer, scaled);
  // As in Keras, the config has the optimizer that compile was given.
  assert.match(
    JSON.stringify(made("mixed_float16").serialize()),
    /"optimizer":\{"module":"keras.optimizers","class_name":"SGD"/,
  );
});

testOnBackends("losses and metrics are float32, of outputs that are not", async () => {
  const model = under("mixed_float16", () => new Sequential([Input({ shape: [1] }), new layers.Rescaling(1)]));
  model.compile({ optimizer: "sgd", loss: "mse", metrics: ["mae", "mse"] });
  // The output is 300, and 300^2 is more than the largest float16.
  const [loss, mae, mse] = Object.values(
    await model.evaluate([[300]], [[0]], { verbose: 0 }) as Record<string, number>,
  );
  assert.deepEqual([loss, mae, mse], [90000, 300, 90000]);
  const output = await model.predict(tensor([[300.1]]), { verbose: 0 });
  assert.deepEqual([output.dtype, ...output.data], ["float16", 300]);
});

testOnBackends("weights of half types are trained and stay of their type", async () => {
  for (const policy of ["float16", "bfloat16"] as const) {
    const dense = () => new layers.Dense(1, { kernelInitializer: "ones" });
    const model = under(policy, () => new Sequential([Input({ shape: [1] }), dense()]));
    model.compile({ optimizer: new optimizers.SGD({ learningRate: 0.25, momentum: 0.5 }), loss: "mse" });
    await model.fit([[2]], [[0]], { epochs: 1, verbose: 0 });
    // y = 2, and the gradients are 2 y x = 8 and 2 y = 4.
    const [kernel, bias] = await model.getWeights();
    assert.deepEqual([kernel.dtype, kernel.item(), bias.item()], [policy, -1, -1]);
    assert.deepEqual(model.optimizer!.slots.map(({ dtype }) => dtype), [policy, policy]);
  }
});
