// Reads the golden values from Python Keras, and makes layers, optimizers and losses from their configs.
import { readFileSync } from "node:fs";
import { makeArray } from "../lib/dtype.ts";
import type { Value } from "../lib/ir/value.ts";
import type { LossIdentifier, LossName } from "../lib/losses/losses.ts";
// Reads InputLayer.
import "../lib/models/from_config.ts";
import { Sequential, type SequentialItem } from "../lib/models/sequential.ts";
import { camelCase } from "../lib/names.ts";
import { multiply, power, sum, tanh } from "../lib/ops/primitives.ts";
import type { Optimizer, OptimizerIdentifier, OptimizerName } from "../lib/optimizers/optimizers.ts";
import { customObjectScope } from "../lib/registry.ts";
import { deserializeObject } from "../lib/saving/deserialize.ts";
import { sizeOf } from "../lib/shape.ts";
import { type HostArray, StringTensor } from "../lib/tensor/strings.ts";
import { Tensor } from "../lib/tensor/tensor.ts";
import { draw, type Recipe } from "./keras/drawn.ts";

/** A value of a JSON table, typed by its use. */
// deno-lint-ignore no-explicit-any
export type Table = any;

/** An array in the golden files. */
export interface GoldenArray {
  shape: number[];
  dtype: "float32" | "int32" | "uint8" | "bool" | "string";
  data: (number | string | boolean)[];
}

/** An object in the golden files. */
export interface GoldenObject {
  class_name: string;
  config: Record<string, Table>;
}

/** The content of `tests/keras/golden/<name>.json`, with the elements that arrays had before they were written. */
export function golden(name: string): Table {
  const text = readFileSync(new URL(`keras/golden/${name}.json`, import.meta.url), "utf8");
  return JSON.parse(text, (_key, value) => isWritten(value) ? read(value) : value);
}

/** An array as it is written: a drawn one by how it was drawn, float32 with the fewest digits that tell elements apart. */
type WrittenArray = Pick<GoldenArray, "shape" | "dtype"> & (Pick<GoldenArray, "data"> | { drawn: Recipe });

const isWritten = (value: Table): value is WrittenArray =>
  Array.isArray(value?.shape) && (Array.isArray(value.data) || "drawn" in value);

function read(array: WrittenArray): GoldenArray {
  const { shape, dtype } = array;
  if ("drawn" in array) return { shape, dtype, data: draw(array.drawn, sizeOf(shape)) };
  const isFloat = dtype === "float32";
  return {
    shape,
    dtype,
    data: array.data.map((item) => isFloat && typeof item === "number" ? Math.fround(item) : item),
  };
}

/** The golden files of single layers. */
export const layerFiles = [
  "layers",
  "merging",
  "pooling",
  "spatial",
  "normalization",
  "spectrograms",
  "convolutional",
  "convolutional_jax",
  "preprocessing",
  "augmentation",
  "recurrent",
  "attention",
];

/** The classes of a list of cases, and of the layers inside of these. */
export function classesOf(cases: readonly Table[]): string[] {
  return cases.flatMap(({ class_name, config }) => {
    const { cell, cells, layer } = config ?? {};
    return [class_name, ...classesOf([cell, layer, ...(cells ?? [])].filter((inner) => inner?.class_name))];
  });
}

/** A golden array of numbers as a tensor. */
export function toTensor({ shape, dtype, data }: GoldenArray): Tensor {
  if (dtype === "string") throw new Error("an array of texts");
  return new Tensor(shape, dtype, makeArray(dtype, data.map(Number)));
}

/** A golden array as a tensor of its numbers or texts. */
export function toArray(array: GoldenArray): HostArray {
  return array.dtype === "string" ? new StringTensor(array.shape, array.data.map(String)) : toTensor(array);
}

/** Keras's argument names in camelCase. */
export function camelCased(config: Record<string, Table>): Record<string, Table> {
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [camelCase(key), value]));
}

/** The functions of golden Lambdas; a config has only their names. */
export const lambdas = {
  softened: (x: Value) => tanh(x),
  scaled_sum: (x: Value, { factor, power: exponent }: Table) => multiply(sum(power(x, exponent), -1), factor),
  kept: (_x: Value, mask: Value) => mask,
};

/**
 * The object of a golden table, made by the reader of Keras's configs. The config key distinguishes classes with the
 * same name.
 */
export function makeObject<T>(spec: GoldenObject, key: string): T {
  return customObjectScope(lambdas, () => deserializeObject({ ...spec }, key)) as T;
}

/** A layer (or input) from its golden table. */
export function makeLayer({ class_name, config }: GoldenObject): SequentialItem {
  return makeObject({ class_name, config }, "layer");
}

/** A model of golden layers. */
export function makeModel(items: readonly GoldenObject[], name = "sequential"): Sequential {
  return new Sequential(items.map(makeLayer), { name });
}

/** An optimizer from its golden table, or its name. */
export function makeOptimizer(spec: GoldenObject | OptimizerName): OptimizerIdentifier {
  return typeof spec === "string" ? spec : makeObject<Optimizer>(spec, "optimizer");
}

/** A loss from its golden table, or its name. */
export function makeLoss(spec: GoldenObject | LossName): LossIdentifier {
  return typeof spec === "string" ? spec : makeObject(spec, "loss");
}
