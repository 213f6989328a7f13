// Keras's `.keras` files: a zip of the model's config, its weights and the state of its optimizer.
import { type FilesSource, nameOfSource, openSource } from "../files/source.ts";
import { addressOf, type FileTarget, nameOfTarget, requireEnding, writeTarget } from "../files/target.ts";
import { writeZip } from "../files/zip.ts";
import type { ConfigValue, ObjectNode } from "../json_config.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { readWeights } from "../saving/file_formats.ts";
import { pythonJson } from "../saving/json.ts";
import { optimizerGroup, type Part, type WeightGroup, weightGroups } from "../saving/weight_groups.ts";
import {
  assignWeights,
  type ReadWeightsOptions,
  requireBuilt,
  type StoredWeights,
  writeNamedWeights,
  writeWeights,
} from "../saving/weights_file.ts";

/** The version of Keras whose files these are. */
const kerasVersion = "3.15.1";

/** What saving needs of a model. */
export interface SavedModel extends Part {
  /** What changes the weights; undefined before `compile`. */
  readonly optimizer: Optimizer | undefined;
  /** The model's node in a config. */
  serialize(): ObjectNode;
}

/** Writes a model to a `.keras` file: its config, its weights, and the optimizer's state. */
export async function saveModel(model: SavedModel, target: FileTarget): Promise<void> {
  const what = `Cannot save "${model.name}" to ${nameOfTarget(target)}`;
  requireEnding(target, [".keras"], what);
  requireBuilt(model, what);
  await writeTarget(target, await kerasFile(model, what), what);
}

/** The bytes of a model's `.keras` file. */
async function kerasFile(model: SavedModel, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const metadata = { keras_version: kerasVersion, date_saved: dateOf(new Date()) };
  const encode = (value: ConfigValue) => new TextEncoder().encode(pythonJson(value));
  return await writeZip(
    new Map([
      ["metadata.json", encode(metadata)],
      ["config.json", encode(model.serialize())],
      ["model.weights.h5", await writeWeights(stateOf(model), what)],
    ]),
    what,
  );
}

/** The groups of a model's weights and of its optimizer's state. */
function stateOf(model: SavedModel): WeightGroup[] {
  const { optimizer } = model;
  return [...weightGroups(model), ...optimizer ? [optimizerGroup(optimizer)] : []];
}

/** `YYYY-MM-DD@HH:MM:SS`, in local time. */
function dateOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day}@${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** Writes the weights of a model to a `.weights.h5` file, with the optimizer's state, or to a `.safetensors` file. */
export async function saveWeights(model: SavedModel, target: FileTarget): Promise<void> {
  const what = `Cannot save the weights of "${model.name}" to ${nameOfTarget(target)}`;
  requireEnding(target, [".weights.h5", ".safetensors"], what);
  requireBuilt(model, what);
  const bytes = addressOf(target)?.endsWith(".safetensors")
    ? await writeNamedWeights(weightGroups(model), what)
    : await writeWeights(stateOf(model), what);
  await writeTarget(target, bytes, what);
}

/** Sets the weights of a model to those of a file. */
export async function loadWeights(model: SavedModel, source: FilesSource, options: ReadWeightsOptions): Promise<void> {
  const what = `Cannot load the weights of "${model.name}" from ${nameOfSource(source)}`;
  requireBuilt(model, what);
  assignWeights(await readWeights(await openSource(source, what), what), model, undefined, what, options);
}

/** Sets weights, and the state of the optimizer if the file has it, to those of a file. */
export function restore(model: SavedModel, weights: StoredWeights, what: string): void {
  requireBuilt(model, what);
  const { optimizer } = model;
  optimizer?.build(model.trainableWeights);
  assignWeights(weights, model, optimizer, what);
}
