// Reads the golden values from Python Keras, and makes layers, optimizers and losses of their configs.
import { readFileSync } from "node:fs";
import { makeArray } from "../lib/dtype.ts";
import { Input } from "../lib/layers/input.ts";
import { Activation } from "../lib/layers/activations.ts";
import { Dense, type DenseOptions } from "../lib/layers/core.ts";
import { Rescaling } from "../lib/layers/preprocessing.ts";
import { Dropout } from "../lib/layers/regularization.ts";
import { Flatten, Reshape } from "../lib/layers/reshaping.ts";
import type { ActivationName } from "../lib/activations.ts";
import * as losses from "../lib/losses/losses.ts";
import * as optimizers from "../lib/optimizers/optimizers.ts";
import { Sequential, type SequentialItem } from "../lib/models/sequential.ts";
import { Tensor } from "../lib/tensor/tensor.ts";

/** A table of JSON, read as what the caller knows it to be. */
// deno-lint-ignore no-explicit-any
export type Table = any;

/** An array as the golden files hold it. */
export interface GoldenArray {
  shape: number[];
  dtype: "float32" | "int32" | "uint8";
  data: (number | string)[];
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

/** A layer (or input) from its golden table. */
export function makeLayer({ class_name, config }: GoldenObject): SequentialItem {
  const { units, rate, scale, activation, targetShape, batchShape, shape, ...rest } = camelCased(config);
  switch (class_name) {
    case "InputLayer":
      return Input({ shape: shape ?? batchShape.slice(1), batchSize: batchShape?.[0] ?? null, ...rest });
    case "Dense":
      return new Dense(units, { activation: activation as ActivationName, ...rest } as DenseOptions);
    case "Activation":
      return new Activation(activation, rest);
    case "Dropout":
      return new Dropout(rate, rest);
    case "Flatten":
      return new Flatten(rest);
    case "Reshape":
      return new Reshape(targetShape, rest);
    case "Rescaling":
      return new Rescaling(scale, rest);
  }
  throw new Error(`no layer for ${class_name}`);
}

/** A model of golden layers. */
export function makeModel(layers: readonly GoldenObject[], name = "sequential"): Sequential {
  return new Sequential(layers.map(makeLayer), { name });
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
