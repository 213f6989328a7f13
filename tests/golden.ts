// Reads the golden values from Python Keras, and makes layers, optimizers and losses of their configs.
import { readFileSync } from "node:fs";
import * as constraints from "../lib/constraints.ts";
import { makeArray } from "../lib/dtype.ts";
import type { Value } from "../lib/ir/value.ts";
import { Input } from "../lib/layers/input.ts";
import * as layers from "../lib/layers/layers.ts";
import * as losses from "../lib/losses/losses.ts";
import { multiply, power, sum, tanh } from "../lib/ops/primitives.ts";
import * as optimizers from "../lib/optimizers/optimizers.ts";
import * as regularizers from "../lib/regularizers.ts";
import { Sequential, type SequentialItem } from "../lib/models/sequential.ts";
import { Tensor } from "../lib/tensor/tensor.ts";

/** A table of JSON, read as what the caller knows it to be. */
// deno-lint-ignore no-explicit-any
export type Table = any;

/** An array as the golden files hold it. */
export interface GoldenArray {
  shape: number[];
  dtype: "float32" | "int32" | "uint8" | "bool";
  data: (number | string | boolean)[];
}

/** An object as the golden files hold it. */
export interface GoldenObject {
  class_name: string;
  config: Record<string, Table>;
}

/** The content of `tests/keras/golden/<name>.json`. */
export function golden(name: string): Table {
  return JSON.parse(readFileSync(new URL(`keras/golden/${name}.json`, import.meta.url), "utf8"));
}

/** The golden files of layers, each alone. */
export const layerFiles = [
  "layers",
  "merging",
  "pooling",
  "spatial",
  "normalization",
  "convolutional",
  "convolutional_jax",
  "preprocessing",
];

/** A golden array as a tensor. */
export function toTensor({ shape, dtype, data }: GoldenArray): Tensor {
  return new Tensor(shape, dtype, makeArray(dtype, data.map(Number)));
}

/** Keras's argument names as ours. */
export function camelCased(config: Record<string, Table>): Record<string, Table> {
  return Object.fromEntries(
    Object.entries(config).map((
      [key, value],
    ) => [key.replace(/_([a-z0-9])/g, (_, c: string) => c.toUpperCase()), value]),
  );
}

/** The arguments that stand before the options, by class. */
const positional: Record<string, string[]> = {
  Activation: ["activation"],
  AlphaDropout: ["rate"],
  Conv1D: ["filters", "kernelSize"],
  Conv1DTranspose: ["filters", "kernelSize"],
  Conv2D: ["filters", "kernelSize"],
  Conv2DTranspose: ["filters", "kernelSize"],
  Conv3D: ["filters", "kernelSize"],
  Conv3DTranspose: ["filters", "kernelSize"],
  CenterCrop: ["height", "width"],
  RandomBrightness: ["factor"],
  RandomContrast: ["factor"],
  RandomCrop: ["height", "width"],
  RandomFlip: ["mode"],
  RandomRotation: ["factor"],
  RandomTranslation: ["heightFactor", "widthFactor"],
  RandomZoom: ["heightFactor"],
  Resizing: ["height", "width"],
  Dense: ["units"],
  DepthwiseConv1D: ["kernelSize"],
  DepthwiseConv2D: ["kernelSize"],
  Dot: ["axes"],
  Dropout: ["rate"],
  Embedding: ["inputDim", "outputDim"],
  GaussianDropout: ["rate"],
  GaussianNoise: ["stddev"],
  Lambda: ["function"],
  AveragePooling1D: ["poolSize"],
  AveragePooling2D: ["poolSize"],
  AveragePooling3D: ["poolSize"],
  MaxPooling1D: ["poolSize"],
  MaxPooling2D: ["poolSize"],
  MaxPooling3D: ["poolSize"],
  Cropping1D: ["cropping"],
  Cropping2D: ["cropping"],
  Cropping3D: ["cropping"],
  UpSampling1D: ["size"],
  UpSampling2D: ["size"],
  UpSampling3D: ["size"],
  ZeroPadding1D: ["padding"],
  ZeroPadding2D: ["padding"],
  ZeroPadding3D: ["padding"],
  Permute: ["dims"],
  RepeatVector: ["n"],
  Rescaling: ["scale"],
  Reshape: ["targetShape"],
  SeparableConv1D: ["filters", "kernelSize"],
  SeparableConv2D: ["filters", "kernelSize"],
  SpatialDropout1D: ["rate"],
  SpatialDropout2D: ["rate"],
  SpatialDropout3D: ["rate"],
};

/** A regularizer or constraint where a table stands for one. */
function makeNested(key: string, value: Table): Table {
  if (!value?.class_name) return value;
  const { class_name, config } = value;
  if (class_name === "L1" || class_name === "L2") {
    return new regularizers[class_name as "L1"](config[class_name.toLowerCase()]);
  }
  if (class_name === "MaxNorm") return new constraints.MaxNorm(config.max_value, { axis: config.axis });
  const module: Table = key.endsWith("Constraint") ? constraints : regularizers;
  return new module[class_name](camelCased(config));
}

/** The functions of golden Lambdas; a config has only their names. */
export const lambdas = {
  softened: (x: Value) => tanh(x),
  scaled_sum: (x: Value, { factor, power: exponent }: Table) => multiply(sum(power(x, exponent), -1), factor),
  kept: (_x: Value, mask: Value) => mask,
};

/** A layer (or input) from its golden table. */
export function makeLayer({ class_name, config }: GoldenObject): SequentialItem {
  const options = camelCased(config);
  if (class_name === "Lambda") {
    for (const [key, value] of Object.entries(options)) options[key] = lambdas[value as "kept"] ?? value;
  }
  if (class_name === "InputLayer") {
    const { shape, batchShape, ...rest } = options;
    return Input({ shape: shape ?? batchShape.slice(1), batchSize: batchShape?.[0] ?? null, ...rest });
  }
  const first = (positional[class_name] ?? []).map((name) => options[name]);
  const rest = Object.entries(options).filter(([name]) => !positional[class_name]?.includes(name));
  const Class = (layers as Table)[class_name];
  return new Class(...first, Object.fromEntries(rest.map(([name, value]) => [name, makeNested(name, value)])));
}

/** A model of golden layers. */
export function makeModel(items: readonly GoldenObject[], name = "sequential"): Sequential {
  return new Sequential(items.map(makeLayer), { name });
}

/** An optimizer from its golden table; a name stays a name. */
export function makeOptimizer(spec: GoldenObject | optimizers.OptimizerName): optimizers.OptimizerIdentifier {
  if (typeof spec === "string") return spec;
  const Class = optimizers[spec.class_name as "SGD" | "RMSprop" | "Adam" | "AdamW"];
  return new Class(camelCased(spec.config));
}

/** A loss from its golden table; a name stays a name. */
export function makeLoss(spec: GoldenObject | losses.LossName): losses.LossIdentifier {
  if (typeof spec === "string") return spec;
  const Class = losses[spec.class_name as "MeanSquaredError"];
  return new Class(camelCased(spec.config));
}
