// Predictions, for which kernels keep what they compute from the weights until these change.
import assert from "node:assert/strict";
import { Input, layers, Model, ops, random, type SymbolicTensor, type Tensor, tensor } from "../../mod.ts";
import { testOnBackends, useBackend } from "../backends.ts";
import { withPrograms } from "../programs.ts";

/** Numbers in [-1, 1) that differ by seed. */
const numbers = (shape: readonly number[], seed: number) => random.uniform(shape, { minval: -1, maxval: 1, seed });

/**
 * Convolutions of each kind: by transformed tiles, large ones and small ones, with and without padding and with edges
 * that tiles reach over; 1x1; few rows of strided patches, and many; grouped; depthwise; each with something behind it.
 */
function network(): Model {
  const inputs = Input({ shape: [30, 28, 3] });
  const normalized = (x: SymbolicTensor) => new layers.BatchNormalization().apply(x);
  let x = new layers.Conv2D(20, 7, { strides: 2, padding: "same", activation: "relu" }).apply(inputs);
  const shortcut = x;
  x = ops.relu(normalized(new layers.Conv2D(20, 3, { padding: "same", useBias: false }).apply(x)));
  x = ops.relu(ops.add(normalized(new layers.Conv2D(20, 3, { padding: "same" }).apply(x)), shortcut));
  x = ops.relu6(normalized(new layers.Conv2D(36, 1, { useBias: false }).apply(x)));
  x = ops.relu6(normalized(new layers.DepthwiseConv2D(3, { padding: "same" }).apply(x)));
  x = new layers.Conv2D(24, 3, { activation: "silu" }).apply(x);
  x = new layers.Conv2D(40, 3, { strides: 2, padding: "same" }).apply(x);
  x = ops.relu(ops.add(new layers.Conv2D(40, 3, { padding: "same" }).apply(x), x));
  x = new layers.Conv2D(16, 3, { groups: 4, activation: "tanh" }).apply(x);
  x = new layers.GlobalAveragePooling2D().apply(x);
  const model = new Model({ inputs, outputs: new layers.Dense(5).apply(x) });
  model.compile({ optimizer: "sgd", loss: "mse" });
  return model;
}

/** Weights for a network; variances are positive. */
async function weightsOf(model: Model, seed: number): Promise<Tensor[]> {
  const weights = await model.getWeights();
  return weights.map(({ shape, data }, i) => {
    const isVariance = model.weights[i].name.endsWith("moving_variance");
    const fanIn = shape.length > 1 ? data.length / shape[shape.length - 1] : 1;
    const values = numbers([data.length], seed * 100 + i).data.map((value) =>
      isVariance ? 1.2 + value : value / Math.sqrt(fanIn)
    );
    return tensor(values, shape);
  });
}

const rows = 3;
const x = numbers([rows, 30, 28, 3], 1);
const y = numbers([rows, 5], 2);

/** Predictions with some weights, with others, and after each of two steps of training. */
async function predictions(): Promise<Tensor[]> {
  const model = network();
  const found: Tensor[] = [];
  const predict = async () => void found.push(await model.predict(x, { verbose: 0 }) as Tensor);
  for (const seed of [1, 2]) {
    await model.setWeights(await weightsOf(model, seed));
    await predict();
    await predict();
  }
  for (let step = 0; step < 2; step++) {
    await model.fit(x, y, { verbose: 0 });
    await predict();
  }
  return found;
}

let expected: Promise<Tensor[]> | undefined;

testOnBackends("predictions follow the weights when these change", async (backend) => {
  if (!expected) {
    await useBackend("reference");
    await (expected = predictions());
    await useBackend(backend);
  }
  const [found, exact] = [await predictions(), await expected];
  assert.deepEqual(found[0].data, found[1].data);
  assert.notDeepEqual(found[1].data, found[2].data);
  found.forEach(({ data }, i) => {
    const worst = Math.max(...Array.from(data, (value, at) => Math.abs(value - exact[i].data[at])));
    assert.ok(worst < 2e-5, `prediction ${i} is off by ${worst}`);
  });
});

testOnBackends("a prediction does not depend on what else is in its batch", async () => {
  const model = network();
  await model.setWeights(await weightsOf(model, 1));
  const all = await model.predict(x, { verbose: 0 }) as Tensor;
  const one = await model.predict(tensor(x.data.slice(0, x.data.length / rows), [1, 30, 28, 3]), { verbose: 0 });
  (one as Tensor).data.forEach((value, at) => assert.ok(Math.abs(value - all.data[at]) < 1e-6));
});

testOnBackends("padding layers before convolutions and pools are no passes of their own", async (backend) => {
  const image = numbers([2, 9, 8, 2], 3);
  // Zeros may be the largest elements that a pool sees, unless there is nothing below zero, and windows see more.
  const check = (activation: "linear" | "relu", zeros: number, left: number) =>
    withPrograms(async (programs) => {
      const inputs = Input({ shape: [9, 8, 2] });
      const padded = new layers.ZeroPadding2D([[1, 2], [0, 1]]).apply(inputs);
      const convolved = new layers.Conv2D(3, 3, { strides: 2, activation }).apply(padded);
      const around = new layers.ZeroPadding2D(zeros).apply(convolved);
      const model = new Model({ inputs, outputs: new layers.MaxPooling2D(2).apply(around) });
      const found = await model.predict(image, { verbose: 0 }) as Tensor;
      // The reference runs graphs as they are traced.
      const [{ graph }] = programs.slice(-1);
      assert.equal(graph.nodes.filter(({ op }) => op === "pad").length, backend === "reference" ? 2 : left);
      const [kernel, bias] = (await model.getWeights()).map(({ data }) => data);
      if (zeros > 1) return assert.deepEqual([...found.data.slice(0, 3)], [0, 0, 0]);
      // The first window that the pool sees has the convolution's first element alone beside zeros.
      for (let filter = 0; filter < 3; filter++) {
        let sum = bias[filter];
        for (let i = 1; i < 3; i++) {
          for (let j = 0; j < 3; j++) {
            for (let c = 0; c < 2; c++) {
              sum += image.data[((i - 1) * 8 + j) * 2 + c] * kernel[((i * 3 + j) * 2 + c) * 3 + filter];
            }
          }
        }
        assert.ok(Math.abs(found.data[filter] - Math.max(0, sum)) < 1e-5);
      }
    });
  await check("linear", 1, 1);
  await check("relu", 1, 0);
  await check("relu", 2, 1);
});
