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
  written_outputs: GoldenArray[];
}

/** Every model of the golden file. */
export const exchanged: ExchangedModel[] = golden("models").models;

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
