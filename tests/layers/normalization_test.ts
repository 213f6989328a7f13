// BatchNormalization in training: moving averages, gradient, masks, and freezing.
import assert from "node:assert/strict";
import { compile, grad } from "../../lib/exec/compile.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Input } from "../../lib/layers/input.ts";
import * as layers from "../../lib/layers/layers.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { ones } from "../../lib/ops/composed.ts";
import { multiply, sum } from "../../lib/ops/primitives.ts";
import { tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const close = { absolute: 2e-5, relative: 2e-5 };

testOnBackends("masked steps do not count", async () => {
  const norm = new layers.BatchNormalization({ momentum: 0 });
  // Keras's own test: masked rows are zeros.
  const x = tensor([[[1, 5], [2, 5]], [[0, 0], [0, 0]]]);
  const model = new Sequential([Input({ shape: [2, 2] }), new layers.Masking(), norm]);
  model.compile({ optimizer: "sgd", loss: "mse" });
  await model.trainOnBatch(x, ones([2, 2, 2]));
  assertClose((await norm.movingMean.read()).data, [1.5, 5], close);
  assertClose((await norm.movingVariance.read()).data, [0.25, 0], close);
});

testOnBackends("a frozen one does as in inference, also in training", async () => {
  const norm = new layers.BatchNormalization({ trainable: false, movingMeanInitializer: "ones", epsilon: 0 });
  const y = await compile((x: Value) => norm.apply(x, { training: true }))([[1, 2], [3, 5]]);
  assertClose(y.data, [0, 1, 2, 4], close);
  assert.deepEqual([norm.trainableWeights.length, norm.nonTrainableWeights.length], [0, 4]);
  assert.deepEqual([...(await norm.movingMean.read()).data], [1, 1]);
});

testOnBackends("the gradient in training goes through mean and variance", async () => {
  const norm = new layers.BatchNormalization({ epsilon: 0.5 });
  const values = [1, -2, 4, 0.5, 3];
  const weights = [1, 2, -1, 0.5, 3];
  const [slope] = await grad((x) => sum(multiply(norm.apply(x, { training: true }), tensor(weights.map((w) => [w])))))(
    values.map((v) => [v]),
  );
  const score = (row: number[]) => {
    const mean = row.reduce((a, b) => a + b) / row.length;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / row.length;
    return row.reduce((total, v, i) => total + weights[i] * (v - mean) / Math.sqrt(variance + 0.5), 0);
  };
  const expected = values.map((v, i) => (score(values.with(i, v + 1e-5)) - score(values.with(i, v - 1e-5))) / 2e-5);
  assertClose(slope.data, expected, close);
});
