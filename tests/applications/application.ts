// The models of keras.applications in the golden file, and numbers for their weights.
import { Buffer } from "node:buffer";
import { gunzipSync } from "node:zlib";
import type { Model } from "../../lib/models/model.ts";
import { Network } from "../../lib/models/network.ts";
import { modelFromJson } from "../../lib/models/from_config.ts";
import { hashPath } from "../../lib/random_stream.ts";
import { type Shape, sizeOf, type SymbolicShape } from "../../lib/shape.ts";
import { Tensor } from "../../lib/tensor/tensor.ts";
import { golden, type GoldenArray } from "../golden.ts";

/** A model of keras.applications. */
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

/** The models of the golden file. */
export const applications: readonly Application[] = golden("applications").models;

/** The model from Keras's JSON. */
export function readApplication({ json }: Application): Model {
  return modelFromJson(gunzipSync(Buffer.from(json, "base64")).toString());
}

/** Sets all weights of a model to the numbers that its case was made with. */
export function drawWeights(model: Network, gain: number): void {
  for (const layer of model.layers) {
    if (layer instanceof Network) {
      drawWeights(layer, gain);
      continue;
    }
    layer.setWeights(layer.weights.map(({ key, shape }) => weight(layer.name, key, shape, gain)));
  }
}

/** Images for a model, `[count, height, width, channels]`. */
export function drawImages({ input_shape, scale }: Pick<Application, "input_shape" | "scale">, count: number): Tensor {
  const shape = [count, ...input_shape.slice(1)] as number[];
  return new Tensor(shape, "float32", Float32Array.from(noise("x", sizeOf(shape)), (v) => v * scale!));
}
