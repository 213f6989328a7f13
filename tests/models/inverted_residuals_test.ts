// Inverted residual blocks, which the native library runs by bands of lines where their weights are frozen.
import assert from "node:assert/strict";
import { Input, layers, Model, ops, random, type SymbolicTensor, type Tensor, tensor } from "../../mod.ts";
import type { BackendName } from "../../lib/exec/executor.ts";
import { testOnBackends, useBackend } from "../backends.ts";
import { withPrograms } from "../programs.ts";

type Activation = "relu6" | "swish";

const normalized = (x: SymbolicTensor, activation?: Activation) => {
  const y = new layers.BatchNormalization().apply(x);
  if (activation === "relu6") return new layers.ReLU({ maxValue: 6 }).apply(y);
  return activation === "swish" ? ops.silu(y) : y;
};
const product = (x: SymbolicTensor, filters: number, activation?: Activation) =>
  normalized(new layers.Conv2D(filters, 1, { useBias: false }).apply(x), activation);
const depthwise = (
  x: SymbolicTensor,
  size: number,
  options: { strides?: number; padding: "same" | "valid" },
  activation?: Activation,
) => normalized(new layers.DepthwiseConv2D(size, options).apply(x), activation);

/**
 * Blocks of each kind, of images that are large enough to be joined: behind a convolution that reads windows; with the
 * depthwise convolution's result read twice, so that no product is joined; with a residual; and without padding.
 */
function network(): Model {
  const inputs = Input({ shape: [72, 50, 3] });
  const first = new layers.Conv2D(80, 3, { strides: 2, padding: "same" }).apply(inputs);
  let x = product(depthwise(normalized(first, "relu6"), 3, { padding: "same" }, "relu6"), 12);
  x = depthwise(product(x, 96, "swish"), 5, { strides: 2, padding: "same" }, "swish");
  const squeezed = new layers.GlobalAveragePooling2D({ keepdims: true }).apply(x);
  x = product(ops.multiply(x, ops.sigmoid(squeezed)), 16);
  const shortcut = x;
  x = ops.add(product(depthwise(product(x, 304, "relu6"), 3, { padding: "same" }), 16), shortcut);
  x = product(depthwise(product(x, 304), 3, { strides: 2, padding: "valid" }, "relu6"), 24);
  x = new layers.Flatten().apply(x);
  return new Model({ inputs, outputs: new layers.Dense(5).apply(x) });
}

const numbers = (shape: readonly number[], seed: number) => random.uniform(shape, { minval: -1, maxval: 1, seed });
const rows = 3;
const images = numbers([rows, 72, 50, 3], 1);

async function setWeights(model: Model): Promise<void> {
  const weights = await model.getWeights();
  await model.setWeights(weights.map(({ shape, data }, i) => {
    const { name } = model.weights[i];
    const values = numbers([data.length], i + 2).data;
    if (name.endsWith("moving_variance")) return tensor(values.map((value) => 1.2 + value), shape);
    // A depthwise kernel has one input for each sum.
    const inputs = shape.length < 2 ? 1 : shape.length === 4 && shape[3] === 1 ? shape[0] * shape[1] : data.length /
      shape[shape.length - 1];
    return tensor(values.map((value) => value * Math.sqrt(3 / inputs)), shape);
  }));
}

/** Throws unless what a model predicts is that of the reference executor, to five digits of the largest number. */
async function check(make: () => Model, x: Tensor, backend: BackendName): Promise<void> {
  const predictions: Tensor[] = [];
  for (const name of ["reference", backend] as const) {
    await useBackend(name);
    const model = make();
    await setWeights(model);
    predictions.push(await model.predict(x, { verbose: 0 }) as Tensor);
  }
  const [exact, found] = predictions;
  const size = Math.max(...exact.data.map(Math.abs));
  assert.ok(size > 0.1);
  found.data.forEach((value, at) => {
    assert.ok(Math.abs(value - exact.data[at]) < 1e-5 * size, `${value} at ${at} should be ${exact.data[at]}`);
  });
}

const first = (x: Tensor) => tensor(x.data.slice(0, x.data.length / x.shape[0]), [1, ...x.shape.slice(1)]);

testOnBackends("inverted residual blocks give what their layers give", async (backend) => {
  await check(network, images, backend);
  // Bands of one image are others than those of three.
  await check(network, first(images), backend);
});

/** A squeeze and excitation of channels that are no whole vectors, with its factors as first or second operand. */
const gated = (factorsFirst: boolean) => (): Model => {
  const inputs = Input({ shape: [9, 7, 20] });
  const squeezed = new layers.GlobalAveragePooling2D({ keepdims: true }).apply(inputs);
  const factors = new layers.Conv2D(20, 1, { activation: "sigmoid" }).apply(squeezed);
  const scaled = factorsFirst ? ops.multiply(factors, inputs) : ops.multiply(inputs, factors);
  return new Model({ inputs, outputs: new layers.Conv2D(24, 1).apply(scaled) });
};

testOnBackends("a squeeze and excitation gives what its layers give", async (backend) => {
  const x = numbers([2, 9, 7, 20], 1);
  for (const factorsFirst of [false, true]) {
    await check(gated(factorsFirst), x, backend);
    await check(gated(factorsFirst), first(x), backend);
  }
});

/** How many nodes of each op a prediction runs: they are measured with the clock, the others take no time at all. */
async function running(make: () => Model, x: Tensor): Promise<Record<string, number>> {
  await useBackend("eigen");
  return await withPrograms(async (programs) => {
    const model = make();
    await setWeights(model);
    await model.predict(x, { verbose: 0 });
    const times = await programs[programs.length - 1].measure(1);
    const counts: Record<string, number> = {};
    for (const { op, nanoseconds } of times) if (nanoseconds > 0) counts[op] = (counts[op] ?? 0) + 1;
    return counts;
  });
}

Deno.test("inverted residual blocks run as one [eigen]", async () => {
  // Of twelve convolutions four end a block, and one that ends with its sums has no node of its own. Of the rest, the
  // gates are computed: factors of a batch normalization are kept, and the image times the gates is not written.
  assert.deepEqual(await running(network, images), { convolution: 4, sum: 1, fused: 1, matmul: 1 });
});

Deno.test("a scaled image is computed by the convolution that reads it [eigen]", async () => {
  const { fused, convolution } = await running(gated(false), numbers([2, 9, 7, 20], 1));
  assert.deepEqual({ fused, convolution }, { fused: 1, convolution: 2 });
});
