// Random layers: exact masks from the random bits for their path and step, and the statistics of their outputs.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Input } from "../../lib/layers/input.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import * as layers from "../../lib/layers/layers.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import { hashPath, purposes, RandomStream, setRandomSeed } from "../../lib/random_stream.ts";
import { type Shape, sizeOf } from "../../lib/shape.ts";
import { ones } from "../../lib/ops/composed.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";

const seed = 11;

/** The uniform numbers of a layer's first, second, ... draw in a step, from the host's generator. */
function drawn(layer: Layer, count: number, draw = 0, step = 0, own?: { seed: number; name: string }): number[] {
  const path = hashPath(`${own?.name ?? layer.randomPath}/${draw}`);
  const stream = new RandomStream(own?.seed ?? seed, path, purposes.program, step);
  return Array.from({ length: count }, () => (stream.word() >>> 8) * 2 ** -24);
}

/** `steps` calls of the layer in training, each one a step of its program. */
async function calls(layer: Layer, x: Tensor, steps = 1): Promise<number[][]> {
  const program = compile((v: Value) => layer.apply(v, { training: true }) as Value);
  const results: number[][] = [];
  for (let step = 0; step < steps; step++) results.push([...(await program(x)).data]);
  return results;
}

/** Numbers from -1.5 on, none of them 0. */
function numbers(shape: Shape): Tensor {
  return new Tensor(shape, "float32", Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i % 7) / 2 - 1.25));
}

const moments = (values: readonly number[]) => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return { mean, stddev: Math.sqrt(variance) };
};

const exact = { absolute: 2e-6, relative: 2e-6 };

testOnBackends("Dropout keeps what its random numbers say, in each step anew", async () => {
  setRandomSeed(seed);
  const layer = new layers.Dropout(0.25);
  const x = numbers([3, 50]);
  const [first, second] = await calls(layer, x, 2);
  for (const [step, values] of [first, second].entries()) {
    const expected = drawn(layer, 150, 0, step).map((u, i) => (u < 0.25 ? 0 : x.data[i] / 0.75));
    assertClose(values, expected, exact, `step ${step}`);
  }
  assert.notDeepEqual(first, second);
});

testOnBackends("a noise shape is broadcast over the input", async () => {
  setRandomSeed(seed);
  const layer = new layers.Dropout(0.5, { noiseShape: [null, 1, 4] });
  const x = numbers([2, 3, 4]);
  const [values] = await calls(layer, x);
  const noise = drawn(layer, 8);
  assertClose(values, [...x.data].map((v, i) => (noise[Math.floor(i / 12) * 4 + i % 4] < 0.5 ? 0 : v * 2)), exact);
});

testOnBackends("a layer with a seed of its own does not heed the session's", async () => {
  for (const session of [1, 2]) {
    setRandomSeed(session);
    const layer = new layers.Dropout(0.5, { seed: 5 });
    const [values] = await calls(layer, ones([40]));
    const expected = drawn(layer, 40, 0, 0, { seed: 5, name: "dropout" }).map((u) => (u < 0.5 ? 0 : 2));
    assertClose(values, expected, exact);
  }
});

for (
  const [name, layer, shape, channel] of [
    ["SpatialDropout1D", () => new layers.SpatialDropout1D(0.5), [4, 5, 6], 2],
    ["SpatialDropout2D", () => new layers.SpatialDropout2D(0.5), [4, 3, 2, 6], 3],
    [
      "SpatialDropout2D, channels first",
      () => new layers.SpatialDropout2D(0.5, { dataFormat: "channels_first" }),
      [4, 6, 3, 2],
      1,
    ],
    ["SpatialDropout3D", () => new layers.SpatialDropout3D(0.5), [4, 2, 2, 2, 6], 4],
    [
      "SpatialDropout3D, channels first",
      () => new layers.SpatialDropout3D(0.5, { dataFormat: "channels_first" }),
      [4, 6, 2, 2, 2],
      1,
    ],
  ] as const
) {
  testOnBackends(`${name} drops whole channels`, async () => {
    setRandomSeed(seed);
    const made = layer();
    const x = numbers(shape);
    const [values] = await calls(made, x);
    const noise = drawn(made, 24);
    const inner = sizeOf(shape.slice(channel + 1));
    const sample = sizeOf(shape.slice(1));
    const expected = [...x.data].map((v, i) => {
      const at = Math.floor(i / sample) * 6 + Math.floor(i / inner) % 6;
      return noise[at] < 0.5 ? 0 : v * 2;
    });
    assertClose(values, expected, exact);
  });
}

testOnBackends("AlphaDropout sets to one value, and keeps mean and variance", async () => {
  setRandomSeed(seed);
  const layer = new layers.AlphaDropout(0.2);
  // Standard normal numbers from the host: the inputs that the layer is designed for.
  const stream = new RandomStream(1, 2, 3);
  const normal = Float32Array.from({ length: 20000 }, () => stream.normalPair()[0]);
  const [values] = await calls(layer, new Tensor([200, 100], "float32", normal));
  // Keras's: a = ((1 - r) (1 + r floor^2))^-0.5, b = -a floor r.
  const floor = -1.6732632423543772 * 1.0507009873554805;
  const a = ((1 - 0.2) * (1 + 0.2 * floor ** 2)) ** -0.5;
  const b = -a * floor * 0.2;
  const noise = drawn(layer, 20000);
  assertClose(values, noise.map((u, i) => a * (u < 0.2 ? floor : normal[i]) + b), exact);
  const { mean, stddev } = moments(values);
  // Four standard errors of 20000 numbers.
  assert.ok(Math.abs(mean) < 0.03 && Math.abs(stddev - 1) < 0.03, `mean ${mean}, deviation ${stddev}`);
});

/** The normal numbers from two uniform draws by the Box-Muller transform, in float64. */
function normals(layer: Layer, count: number, step: number): number[] {
  // Outside of a model's program each draw is a step of the layer's own counter.
  const [first, second] = [drawn(layer, count, 0, 2 * step), drawn(layer, count, 0, 2 * step + 1)];
  return first.map((u, i) => Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * second[i]));
}

const near = { absolute: 2e-5, relative: 2e-5 };

testOnBackends("GaussianNoise adds normal numbers", async () => {
  setRandomSeed(seed);
  const layer = new layers.GaussianNoise(0.5);
  const x = numbers([100, 100]);
  const results = await calls(layer, x, 2);
  for (const [step, values] of results.entries()) {
    const noise = normals(layer, 10000, step);
    assertClose(values, noise.map((n, i) => x.data[i] + 0.5 * n), near, `step ${step}`);
    const { mean, stddev } = moments(values.map((v, i) => v - x.data[i]));
    assert.ok(Math.abs(mean) < 0.02 && Math.abs(stddev - 0.5) < 0.015, `mean ${mean}, deviation ${stddev}`);
  }
});

testOnBackends("GaussianDropout multiplies by normal numbers around 1", async () => {
  setRandomSeed(seed);
  const layer = new layers.GaussianDropout(0.2);
  const [values] = await calls(layer, ones([100, 100]));
  assertClose(values, normals(layer, 10000, 0).map((n) => 1 + 0.5 * n), near);
  const { mean, stddev } = moments(values);
  assert.ok(Math.abs(mean - 1) < 0.02 && Math.abs(stddev - 0.5) < 0.015, `mean ${mean}, deviation ${stddev}`);
});

testOnBackends("a rate of 0 changes nothing in training, a rate of 1 leaves nothing", async () => {
  const x = numbers([2, 3, 4]);
  for (
    const layer of [
      new layers.Dropout(0),
      new layers.SpatialDropout1D(0),
      new layers.GaussianNoise(0),
      new layers.GaussianDropout(0),
      new layers.AlphaDropout(0),
    ]
  ) assert.deepEqual((await calls(layer, x))[0], [...x.data], layer.name);
  for (const layer of [new layers.Dropout(1), new layers.SpatialDropout1D(1)]) {
    assert.ok((await calls(layer, x))[0].every((v) => v === 0), layer.name);
  }
});

testOnBackends("noise falls in training alone, and the gradient passes what was kept", async () => {
  setRandomSeed(seed);
  const noisy = [
    new layers.GaussianNoise(0.5),
    new layers.GaussianDropout(0.5),
    new layers.AlphaDropout(0.5),
    new layers.SpatialDropout1D(0.5),
  ];
  const dense = new layers.Dense(1, { kernelInitializer: "ones" });
  const model = new Sequential([Input({ shape: [3, 4] }), ...noisy, dense]);
  const x = numbers([2, 3, 4]);
  const inferred = await model.predict(x, { verbose: 0 });
  const sums = Array.from({ length: 6 }, (_, row) => [...x.data.slice(row * 4, row * 4 + 4)].reduce((a, b) => a + b));
  assertClose(inferred.data, sums, exact);
  model.compile({ optimizer: "sgd", loss: "mse" });
  const before = (await model.evaluate(x, ones([2, 3, 1]), { verbose: 0 })).loss;
  const { history } = await model.fit(x, ones([2, 3, 1]), { epochs: 3, verbose: 0 });
  assert.ok(history.loss.every((loss) => Number.isFinite(loss) && loss !== before));
  assert.equal(new Set(history.loss).size, 3, "each step draws anew");
});
