// Models of keras.applications, built from Keras's JSON, predict what Keras predicts with the same weights.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import { modelFromJson } from "../../lib/models/from_config.ts";
import { setBackend } from "../../lib/exec/select.ts";
import { hashPath } from "../../lib/random_stream.ts";
import { type Shape, sizeOf, type SymbolicShape } from "../../lib/shape.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { assertClose } from "../close.ts";
import { golden, type GoldenArray } from "../golden.ts";

interface Application {
  name: string;
  json: string;
  input_shape: SymbolicShape;
  output_shape: SymbolicShape;
  params: number;
  trainable: number;
  layers: [name: string, outputShape: SymbolicShape, weights: number[][]][];
  scale?: number;
  gain?: number;
  y?: GoldenArray;
}

/** Numbers in [-1, 1) from the finalizer of MurmurHash3 applied to indices. */
function noise(path: string, count: number): Float64Array {
  const start = hashPath(path);
  return Float64Array.from({ length: count }, (_, i) => {
    let h = (Math.imul(i, 0x9e3779b1) + start) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) >>> 0) * 2 ** -31 - 1;
  });
}

/** The weight of a path, scaled to keep activations in range. */
function weight(layer: string, key: string, shape: Shape, gain: number): Tensor {
  const values = noise(`${layer}/${key}`, sizeOf(shape));
  const fan = sizeOf(shape.length === 4 && shape[3] === 1 ? shape.slice(0, 2) : shape.slice(0, -1));
  const scaled = shape.length > 1
    ? values.map((x) => x * gain * Math.sqrt(6 / fan))
    : key === "gamma" || key === "moving_variance"
    ? values.map((x) => 1 + 0.25 * x)
    : key === "variance"
    ? values.fill(1)
    : key === "count"
    ? values.fill(0)
    : values.map((x) => 0.1 * x);
  return new Tensor(shape, "float32", Float32Array.from(scaled));
}

for (const app of golden("applications").models as Application[]) {
  Deno.test(`${app.name} is built from Keras's JSON${app.y ? ", and predicts the same" : ""} [slow]`, async () => {
    await setBackend("eigen");
    const model = modelFromJson(gunzipSync(Buffer.from(app.json, "base64")).toString());
    assert.deepEqual(model.inputShape, app.input_shape);
    assert.deepEqual(model.outputShape, app.output_shape);
    assert.equal(model.countParams(), app.params);
    assert.equal(model.trainableWeights.reduce((total, { shape }) => total + sizeOf(shape), 0), app.trainable);
    const layers = model.layers.map((layer) => [
      layer.name,
      (layer.output as { shape: SymbolicShape }).shape,
      layer.weights.map(({ shape }) => [...shape]),
    ]);
    assert.deepEqual(layers, app.layers);
    if (!app.y) return;
    for (const layer of model.layers) {
      layer.setWeights(layer.weights.map(({ key, shape }) => weight(layer.name, key, shape, app.gain!)));
    }
    const shape = [2, ...app.input_shape.slice(1)] as number[];
    const x = new Tensor(shape, "float32", Float32Array.from(noise("x", sizeOf(shape)), (v) => v * app.scale!));
    const y = await model.predict(x, { verbose: 0 }) as Tensor;
    const expected = app.y.data.map(Number);
    const largest = Math.max(...expected.map(Math.abs));
    const bounds = { absolute: 1e-3 * largest, relative: 0 };
    assertClose(y.data, expected, bounds, `logits up to ${largest}`);
    // The bounds are tight enough to distinguish one image from the other.
    assert.throws(() => assertClose(y.data, [...expected.slice(10), ...expected.slice(0, 10)], bounds));
  });
}
