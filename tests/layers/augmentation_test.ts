// Random image layers: what they do with their random numbers, only in training; and what adapt computes.
import assert from "node:assert/strict";
import { compile } from "../../lib/exec/compile.ts";
import { getExecutor, setBackend } from "../../lib/exec/select.ts";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import type { Value } from "../../lib/ir/value.ts";
import { Input } from "../../lib/layers/input.ts";
import type { Layer } from "../../lib/layers/layer.ts";
import * as layers from "../../lib/layers/layers.ts";
import { Sequential } from "../../lib/models/sequential.ts";
import * as ops from "../../lib/ops/ops.ts";
import type { AffineTransformOptions } from "../../lib/ops/affine_transform.ts";
import { hashPath, purposes, RandomStream, setRandomSeed } from "../../lib/random_stream.ts";
import { deserializeKerasObject } from "../../lib/models/saving.ts";
import { type Shape, sizeOf } from "../../lib/shape.ts";
import { Tensor, tensor } from "../../lib/tensor/tensor.ts";
import { testOnBackends } from "../backends.ts";
import { assertClose } from "../close.ts";
import { golden, makeLayer, toTensor } from "../golden.ts";
import { runOn } from "../run_on.ts";

const seed = 5;

/** The uniform numbers of a layer's first call: each draw is a step of the layer's own counter. */
function drawn(layer: Layer, draw: number, count: number): number[] {
  const stream = new RandomStream(seed, hashPath(`${layer.randomPath}/0`), purposes.program, draw);
  return Array.from({ length: count }, () => (stream.word() >>> 8) * 2 ** -24);
}

const photos = (shape: Shape) =>
  new Tensor(shape, "float32", Float32Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 37) % 101) / 8));
const images = photos([6, 5, 7, 2]);

/** The layer in training, on images. */
async function changed(layer: Layer, x = images): Promise<Tensor> {
  return await compile((v: Value) => layer.apply(v, { training: true }) as Value)(x);
}

/** The same transform as the layer's, by `ops.image.affineTransform` in float64, with one row per image. */
async function transformed(rows: readonly number[][], options: AffineTransformOptions): Promise<Tensor> {
  const table = tensor(rows.map((row) => [...row, 0, 0]));
  const [result] = await runOn(
    new ReferenceExecutor(),
    (x, t) => [ops.image.affineTransform(x, t, options)],
    [images, table],
  );
  return result;
}

const close = { absolute: 2e-4, relative: 2e-5 };

testOnBackends("RandomFlip flips the images that its random numbers say", async () => {
  const many = photos([24, 5, 7, 2]);
  for (const [mode, axes] of [["horizontal", [2]], ["vertical", [1]], ["horizontal_and_vertical", [1, 2]]] as const) {
    setRandomSeed(seed);
    const layer = new layers.RandomFlip(mode);
    const flips = drawn(layer, 0, 24).map((u) => u <= 0.5);
    assert.equal(new Set(flips).size, 2, "some are flipped, some are not");
    const flipped = ops.flip(many, axes);
    const size = 5 * 7 * 2;
    const expected = many.data.map((x, i) => (flips[Math.floor(i / size)] ? flipped.data[i] : x));
    assert.deepEqual([...(await changed(layer, many)).data], [...expected], mode);
  }
});

testOnBackends("RandomRotation turns each image by its angle around the middle", async () => {
  setRandomSeed(seed);
  const layer = new layers.RandomRotation([-0.125, 0.25], { fillMode: "nearest" });
  const rows = drawn(layer, 0, 6).map((u) => {
    const angle = 2 * Math.PI * (-0.125 + u * 0.375);
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    return [c, -s, 3 - 3 * c + 2 * s, s, c, 2 - 3 * s - 2 * c];
  });
  assertClose((await changed(layer)).data, (await transformed(rows, { fillMode: "nearest" })).data, close);
});

testOnBackends("RandomTranslation moves each image down and to the right", async () => {
  setRandomSeed(seed);
  const layer = new layers.RandomTranslation(0.5, [-0.25, 0.5], { fillMode: "constant", fillValue: 3 });
  const [down, right] = [drawn(layer, 0, 6), drawn(layer, 1, 6)];
  const rows = down.map((u, i) => [1, 0, -7 * (-0.25 + right[i] * 0.75), 0, 1, -5 * (u - 0.5)]);
  assertClose((await changed(layer)).data, (await transformed(rows, { fillValue: 3 })).data, close);
});

testOnBackends(
  "RandomZoom scales each image around the middle, its width as its height unless it has a factor",
  async () => {
    setRandomSeed(seed);
    const one = new layers.RandomZoom(0.5);
    const zooms = drawn(one, 0, 6).map((u) => 0.5 + u);
    const rows = zooms.map((z) => [z, 0, 3 * (1 - z), 0, z, 2 * (1 - z)]);
    assertClose((await changed(one)).data, (await transformed(rows, { fillMode: "reflect" })).data, close);
    const two = new layers.RandomZoom(0.5, { widthFactor: [0, 0.25] });
    const tall = drawn(two, 0, 6).map((u) => 0.5 + u);
    const both = drawn(two, 1, 6).map((u, i) => [1 + u / 4, 0, (-3 * u) / 4, 0, tall[i], 2 * (1 - tall[i])]);
    assertClose((await changed(two)).data, (await transformed(both, { fillMode: "reflect" })).data, close);
  },
);

testOnBackends("RandomCrop takes one place for the whole batch, and the middle in inference", async () => {
  setRandomSeed(seed);
  const layer = new layers.RandomCrop(3, 4);
  const [top, left] = [Math.floor(drawn(layer, 0, 1)[0] * 3), Math.floor(drawn(layer, 1, 1)[0] * 4)];
  const expected = ops.slice(images, [0, top, left, 0], [6, 3, 4, 2]);
  assert.deepEqual([...(await changed(layer)).data], [...expected.data]);
  const inferred = await compile((v: Value) => layer.apply(v, { training: false }) as Value)(images);
  // The largest part of 5 x 7 with the aspect ratio of 3 x 4.
  const middle = ops.image.resize(ops.slice(images, [0, 0, 0, 0], [6, 5, 6, 2]), [3, 4]);
  assertClose(inferred.data, middle.data, close);
  const small = await changed(new layers.RandomCrop(8, 4));
  assert.deepEqual(small.shape, [6, 8, 4, 2]);
  assertClose(small.data, ops.image.resize(ops.slice(images, [0, 0, 2, 0], [6, 5, 2, 2]), [8, 4]).data, close);
});

for (const [i, spec] of golden("preprocessing").steady.entries()) {
  testOnBackends(`${spec.class_name} of a range of one number does as Keras's in training, ${i}`, async () => {
    assertClose((await changed(makeLayer(spec) as Layer, toTensor(spec.x))).data, spec.y.data, close);
  });
}

for (const { x, y, height, width } of golden("preprocessing").enlarged) {
  testOnBackends(`RandomCrop to ${height} x ${width} enlarges smaller images as Keras does`, async () => {
    assertClose((await changed(new layers.RandomCrop(height, width), toTensor(x))).data, y.data, close);
  });
}

testOnBackends("RandomContrast and RandomBrightness change values within their range", async () => {
  setRandomSeed(seed);
  const contrast = new layers.RandomContrast([0.5, 0.75], { valueRange: [1, 12] });
  const factors = drawn(contrast, 0, 6).map((u) => 0.5 + u * 1.25);
  const means = ops.mean(images, [1, 2]);
  const expected = images.data.map((x, i) => {
    const mean = means.data[Math.floor(i / 70) * 2 + i % 2];
    return Math.min(12, Math.max(1, (x - mean) * factors[Math.floor(i / 70)] + mean));
  });
  assertClose((await changed(contrast)).data, expected, close);
  const brightness = new layers.RandomBrightness([-0.25, 0.5], { valueRange: [0, 12] });
  const deltas = drawn(brightness, 0, 6).map((u) => 12 * (-0.25 + u * 0.75));
  const brighter = images.data.map((x, i) => Math.min(12, Math.max(0, x + deltas[Math.floor(i / 70)])));
  assertClose((await changed(brightness)).data, brighter, close);
});

testOnBackends("channels first and single images are changed as channels last and batches are", async () => {
  const first = ops.transpose(images, [0, 3, 1, 2]);
  const one = photos([5, 7, 2]);
  for (
    const make of [
      (options: layers.RandomImageOptions) => new layers.RandomFlip("horizontal", options),
      (options: layers.RandomImageOptions) => new layers.RandomRotation(0.25, options),
      (options: layers.RandomImageOptions) => new layers.RandomTranslation(0.25, 0.25, options),
      (options: layers.RandomImageOptions) => new layers.RandomZoom(0.25, options),
      (options: layers.RandomImageOptions) => new layers.RandomContrast(0.5, { ...options, valueRange: [0, 9] }),
      (options: layers.RandomImageOptions) => new layers.RandomBrightness(0.5, { ...options, valueRange: [0, 9] }),
      (options: layers.RandomImageOptions) => new layers.RandomCrop(3, 3, options),
    ]
  ) {
    setRandomSeed(seed);
    const last = await changed(make({ seed: 9 }));
    const other = await changed(make({ seed: 9, dataFormat: "channels_first" }), first);
    assertClose(ops.transpose(other, [0, 2, 3, 1]).data, last.data, close, make({}).className);
    const alone = await changed(make({ seed: 9 }), one);
    const batch = await changed(make({ seed: 9 }), ops.reshape(one, [1, 5, 7, 2]));
    assert.deepEqual([alone.shape, [...alone.data]], [batch.shape.slice(1), [...batch.data]], make({}).className);
  }
});

testOnBackends("what is drawn lies where it should, evenly", async () => {
  setRandomSeed(seed);
  const many = ops.zeros([4000, 1, 1, 1]);
  const layer = new layers.RandomBrightness([-0.5, 0.25], { valueRange: [-100, 100] });
  const deltas = [...(await changed(layer, many)).data].map((x) => x / 200);
  assert.ok(deltas.every((x) => x >= -0.5 && x <= 0.25));
  const mean = deltas.reduce((a, b) => a + b) / 4000;
  const variance = deltas.reduce((a, b) => a + (b - mean) ** 2, 0) / 4000;
  // Four standard errors.
  assert.ok(Math.abs(mean + 0.125) < 0.014 && Math.abs(variance - 0.75 ** 2 / 12) < 0.003, `${mean}, ${variance}`);
  const ramp = ops.broadcastTo(ops.reshape(ops.arange(2), [1, 1, 2, 1]), [4000, 1, 2, 1]);
  const flipped = [...(await changed(new layers.RandomFlip("horizontal"), ramp)).data].filter((_, i) => i % 2 === 0);
  const part = flipped.reduce((a, b) => a + b) / 4000;
  assert.ok(Math.abs(part - 0.5) < 0.032, `${part}`);
});

/** A small network for randomly changed images. */
function augmented(): Sequential {
  return new Sequential([
    Input({ shape: [12, 12, 1], dtype: "uint8" }),
    // Resizing rounds bytes, and executors may round halves differently: so it comes after.
    new layers.Rescaling(1 / 255),
    new layers.Resizing(10, 10),
    new layers.RandomFlip("horizontal"),
    new layers.RandomRotation(0.1),
    new layers.RandomZoom(0.2),
    new layers.RandomTranslation(0.1, 0.1),
    new layers.RandomCrop(8, 8),
    new layers.RandomContrast(0.2, { valueRange: [0, 1] }),
    new layers.RandomBrightness(0.2, { valueRange: [0, 1] }),
    new layers.Conv2D(4, 3, { activation: "relu" }),
    new layers.Flatten(),
    new layers.Dense(3, { activation: "softmax" }),
  ]);
}

const bytes = new Tensor([24, 12, 12, 1], "uint8", Uint8Array.from({ length: 24 * 144 }, (_, i) => (i * 31) % 256));
const classes = new Tensor([24], "uint8", Uint8Array.from({ length: 24 }, (_, i) => i % 3));

testOnBackends(
  "augmented training has the same losses on every executor, and predictions are not augmented",
  async () => {
    const fit = async () => {
      setRandomSeed(seed);
      const model = augmented();
      model.compile({ optimizer: "sgd", loss: "sparse_categorical_crossentropy" });
      const { history } = await model.fit(bytes, classes, { epochs: 3, batchSize: 12, verbose: 0 });
      const [first, again] = [await model.predict(bytes, { verbose: 0 }), await model.predict(bytes, { verbose: 0 })];
      assert.deepEqual([...first.data], [...again.data]);
      return history.loss;
    };
    const losses = await fit();
    const backend = (await getExecutor()).name;
    await setBackend("reference");
    const expected = await fit();
    assertClose(losses, expected, { absolute: 1e-5, relative: 1e-5 }, backend);
    assert.equal(new Set(losses).size, 3);
  },
);

for (const { data, axis, weights, in_batches } of golden("preprocessing").adapted) {
  Deno.test(`adapt finds Keras's means and variances along ${JSON.stringify(axis)} of ${data.dtype}`, async () => {
    const [x, rank] = [toTensor(data), data.shape.length];
    const near = { absolute: 1e-6 * Math.max(...x.data), relative: 1e-5 };
    const row = (from: number, to: number) =>
      ops.slice(x, [from, ...new Array(rank - 1).fill(0)], [to - from, ...data.shape.slice(1)]);
    const parts = [row(0, 1), row(1, data.shape[0])];
    for (const [given, expected] of [[x, weights], [parts, in_batches], [parts.values(), in_batches]]) {
      const layer = new layers.Normalization({ axis });
      layer.adapt(given);
      const [mean, variance, count] = await layer.getWeights();
      assert.deepEqual([mean.shape, variance.shape], [expected[0].shape, expected[1].shape]);
      assertClose(mean.data, expected[0].data, near, "means");
      assertClose(variance.data, expected[1].data, near, "variances");
      assert.deepEqual([count.dtype, count.item()], ["int32", 0]);
    }
  });
}

testOnBackends("Normalization uses what adapt found, also where it was built or ran before", async () => {
  const layer = new layers.Normalization();
  const model = new Sequential([Input({ shape: [2] }), layer]);
  const x = tensor([[1, 200], [3, 600]]);
  assert.deepEqual((await model.predict(x, { verbose: 0 })).toArray(), [[1, 200], [3, 600]]);
  layer.adapt(x);
  assertClose((await model.predict(x, { verbose: 0 })).data, [-1, -1, 1, 1], { absolute: 1e-6, relative: 0 });
  const back = new layers.Normalization({ mean: [2, 400], variance: [1, 40000], invert: true });
  const undone = await new Sequential([back]).predict(tensor([[-1, -1], [1, 1]]), { verbose: 0 });
  assertClose(undone.data, [1, 200, 3, 600], { absolute: 0, relative: 1e-6 });
});

testOnBackends("Normalization with one mean of everything takes data of any rank, as Keras's does", async () => {
  const layer = new layers.Normalization({ axis: null });
  layer.adapt(tensor([1, 3, 5, 7]));
  const model = new Sequential([Input({ shape: [2, 1] }), layer]);
  const outputs = await model.predict(tensor([[[4], [9]]]), { verbose: 0 });
  // The mean is 4, the variance 5.
  assertClose(outputs.data, [0, Math.sqrt(5)], { absolute: 1e-6, relative: 1e-6 });
});

for (const { name, class_name, serialized } of golden("preprocessing").cases) {
  Deno.test(`${name} is read from Keras's config`, () => {
    const node = { module: "keras.layers", class_name, config: serialized, registered_name: null };
    const layer = deserializeKerasObject(node) as Layer;
    assert.deepEqual(JSON.parse(JSON.stringify(layer.getConfig())), serialized);
  });
}
