// The models that Keras and Ceratops exchange.
import { flatten, packLike } from "../../lib/structure.ts";
import type { Model } from "../../lib/models/model.ts";
import type { Tensor } from "../../lib/tensor/tensor.ts";
import { modelFromConfig } from "../../lib/models/from_config.ts";
import { golden, type GoldenArray, type Table, toTensor } from "../golden.ts";

/** A model of the golden file. */
export interface ExchangedModel {
  name: string;
  json: Table;
  weights: GoldenArray[];
  paths: string[];
  inputs: GoldenArray[];
  outputs: GoldenArray[];
  summary?: string[];
  summary_all?: string[];
  /** What our JSON of the model, as Keras read it, notes of the making of its objects: see {@linkcode buildsOf}. */
  written_builds: Table[];
}

/** Every model of the golden files. */
export const exchanged: ExchangedModel[] = ["models", "recurrent_models"].flatMap((file) => golden(file).models);

/** The model from Keras's JSON, with Keras's weights. */
export function readModel({ json, weights }: ExchangedModel): Model {
  const model = modelFromConfig(json);
  model.setWeights(weights.map(toTensor));
  return model;
}

/** A model's predictions for the inputs of its case. */
export async function predictions(model: Model, { inputs }: ExchangedModel): Promise<Tensor[]> {
  const y = await model.predict(packLike(model.input, inputs.map(toTensor)), { verbose: 0 });
  return flatten(y);
}

/** A config without Keras's build configs, which reading does not need. */
export const withoutBuilds = (value: Table): Table => {
  if (Array.isArray(value)) return value.map(withoutBuilds);
  if (value === null || typeof value !== "object") return value;
  const { build_config: _, ...rest } = value;
  return Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, withoutBuilds(item)]));
};

/** What a config notes of the making of each object, in order; null where it notes nothing. */
export function buildsOf(value: Table): Table[] {
  if (value === null || typeof value !== "object") return [];
  const own = "class_name" in value ? [value.build_config ?? null] : [];
  return [...own, ...Object.values(value).flatMap(buildsOf)];
}
