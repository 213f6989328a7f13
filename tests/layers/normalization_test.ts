// BatchNormalization in training: moving averages, gradient, masks, and freezing.
import assert from "node:assert/strict";
import { compile, grad } from "../../lib/exec/compile.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Input } from "../../lib/layers/input.ts";
import * as layers from "../../lib/layers/layers.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { ones } from "../../lib/ops/composed.ts";
import { multiply, square, sum } from "../../lib/ops/primitives.ts";
import { gradients } from "../../lib/tensor/gradients.ts";
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

/** The score of the test below in float64: the weighted sum of squares of what the layer gives. */
function score(x: readonly number[], gamma: readonly number[], beta: readonly number[], epsilon: number): number {
  const width = gamma.length, rows = x.length / width;
  let total = 0;
  for (let c = 0; c < width; c++) {
    const column = Array.from({ length: rows }, (_, row) => x[row * width + c]);
    const mean = column.reduce((a, b) => a + b) / rows;
    const variance = column.reduce((a, b) => a + (b - mean) ** 2, 0) / rows;
    column.forEach((value, row) => {
      const y = (value - mean) / Math.sqrt(variance + epsilon) * gamma[c] + beta[c];
      total += (row % 3 - 0.5) * y * y;
    });
  }
  return total;
}

testOnBackends("its gradients by input and weights, and the gradient of these", async () => {
  const [rows, width, epsilon] = [14, 3, 0.25];
  const x = Array.from({ length: rows * width }, (_, i) => Math.sin(3 * i) + 0.2 * (i % 5));
  const [gamma, beta] = [[1.5, -0.5, 2], [0.3, 0, -1]];
  const rowWeights = tensor(Array.from({ length: rows }, (_, row) => row % 3 - 0.5), [7, 2, 1, 1]);
  const norm = new layers.BatchNormalization({ epsilon });
  norm.build([7, 2, 1, width]);
  await norm.setWeights([tensor(gamma), tensor(beta), tensor([0, 0, 0]), tensor([1, 1, 1])]);
  const loss = (x: Value) => sum(multiply(square(norm.apply(x, { training: true }) as Value), rowWeights));
  const slopes = await compile((x: Value) => gradients(loss(x), [x, norm.gamma!, norm.beta!]))(
    tensor(x, [7, 2, 1, width]),
  );
  const step = 1e-5;
  const central = (of: readonly number[], at: (values: number[]) => number) =>
    of.map((value, i) => (at(of.with(i, value + step)) - at(of.with(i, value - step))) / (2 * step));
  const ofX = (values: readonly number[]) => central(values, (x) => score(x, gamma, beta, epsilon));
  assertClose(slopes[0].data, ofX(x), close);
  assertClose(slopes[1].data, central(gamma, (gamma) => score(x, gamma, beta, epsilon)), close);
  assertClose(slopes[2].data, central(beta, (beta) => score(x, gamma, beta, epsilon)), close);
  // The gradient of a weighted sum of the gradient.
  const direction = x.map((_, i) => Math.cos(i));
  const [second] = await grad((x) => sum(multiply(gradients(loss(x), [x])[0], tensor(direction, [7, 2, 1, width]))))(
    tensor(x, [7, 2, 1, width]),
  );
  const along = (values: number[]) => ofX(values).reduce((total, slope, i) => total + slope * direction[i], 0);
  const wide = 1e-3;
  const expected = x.map((value, i) => (along(x.with(i, value + wide)) - along(x.with(i, value - wide))) / (2 * wide));
  assertClose(second.data, expected, { absolute: 1e-4, relative: 1e-4 });
});
