// Inverted residual blocks, which the native library runs by bands of lines where their weights are frozen.
import assert from "node:assert/strict";
import { Input, layers, Model, ops, random, type SymbolicTensor, type Tensor, tensor } from "../../mod.ts";
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

/** Nodes that run together with a later one. */
const joined = 2 + 1 + 2 + 2;

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

async function predicted(x: Tensor): Promise<Tensor> {
  const model = network();
  await setWeights(model);
  return await model.predict(x, { verbose: 0 }) as Tensor;
}

let expected: Promise<Tensor> | undefined;

testOnBackends("inverted residual blocks give what their layers give", async (backend) => {
  if (!expected) {
    await useBackend("reference");
    await (expected = predicted(images));
    await useBackend(backend);
  }
  const [found, exact] = [await predicted(images), await expected];
  const size = Math.max(...exact.data.map(Math.abs));
  assert.ok(size > 0.1);
  found.data.forEach((value, at) => {
    assert.ok(Math.abs(value - exact.data[at]) < 1e-5 * size, `${value} at ${at} should be ${exact.data[at]}`);
  });
  // Bands of one image are others than those of three.
  const alone = await predicted(tensor(images.data.slice(0, images.data.length / rows), [1, 72, 50, 3]));
  alone.data.forEach((value, at) => assert.ok(Math.abs(value - exact.data[at]) < 1e-5 * size));
});

Deno.test("inverted residual blocks run as one [eigen]", async () => {
  await useBackend("eigen");
  await withPrograms(async (programs) => {
    const model = network();
    await setWeights(model);
    await model.predict(images, { verbose: 0 });
    const [program] = programs.slice(-1);
    const times = (await program.measure(1)).filter(({ op }) => op === "convolution");
    assert.equal(times.length, 12);
    // Nodes that run are measured with the clock; the others take no time at all.
    assert.equal(times.filter(({ nanoseconds }) => nanoseconds === 0).length, joined);
  });
});
