// Keras's `.keras` files: a zip of the model's config, its weights and the state of its optimizer.
import { FileError } from "../errors.ts";
import { type FileSource, nameOfSource, readSource } from "../files/source.ts";
import { addressOf, type FileTarget, nameOfTarget, requireEnding, writeTarget } from "../files/target.ts";
import { readHdf5 } from "../files/hdf5.ts";
import { readZip, writeZip } from "../files/zip.ts";
import type { ConfigValue, ObjectNode } from "../json_config.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { pythonJson } from "../saving/json.ts";
import { fromKeras2 } from "../saving/keras2_config.ts";
import { legacyConfig, storedInLegacy } from "../saving/legacy_h5.ts";
import { optimizerGroup, type Part, type WeightGroup, weightGroups } from "../saving/weight_groups.ts";
import {
  assignWeights,
  isHdf5,
  parseWeights,
  type ReadWeightsOptions,
  requireBuilt,
  storedInHdf5,
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

/** Sets the weights of a model to those of a `.weights.h5` file, or of a `.keras` file. */
export async function loadWeights(model: SavedModel, source: FileSource, options: ReadWeightsOptions): Promise<void> {
  const what = `Cannot load the weights of "${model.name}" from ${nameOfSource(source)}`;
  requireBuilt(model, what);
  const bytes = await readSource(source, what);
  const weights = isZip(bytes) ? member(await readZip(bytes, what), "model.weights.h5", what) : bytes;
  assignWeights(await parseWeights(weights, what), model, undefined, what, options);
}

/** What the file of a whole model holds. */
export interface ModelFile {
  /** The model's node in a config. */
  readonly config: ConfigValue;
  /** Its weights, and the state of its optimizer. */
  readonly weights: StoredWeights;
}

/** What a `.keras` file, or an `.h5` file of Keras 2, holds. Throws {@linkcode FileError} for bytes that are neither. */
export async function readModelFile(source: FileSource, what: string): Promise<ModelFile> {
  const bytes = await readSource(source, what);
  if (isHdf5(bytes)) {
    const root = await readHdf5(bytes, what);
    return { config: legacyConfig(root, what), weights: storedInLegacy(root, what) };
  }
  if (!isZip(bytes)) {
    throw new FileError({
      what,
      rule: "it must be a .keras file, which is a zip archive, or an .h5 file",
      received: `${bytes.length} bytes of another format`,
      hint: "save it again with model.save() of Keras 3 or of Ceratops",
    });
  }
  const members = await readZip(bytes, what);
  const read = (name: string): ConfigValue => {
    try {
      return JSON.parse(new TextDecoder().decode(member(members, name, what)));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new FileError({ what, rule: `its ${name} must be JSON`, received: error.message });
    }
  };
  const { keras_version: version } = Object(read("metadata.json"));
  const config = read("config.json");
  return {
    config: typeof version === "string" && version.startsWith("2.") ? fromKeras2(config) : config,
    weights: storedInHdf5(await readHdf5(member(members, "model.weights.h5", what), what)),
  };
}

function member(
  members: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  name: string,
  what: string,
): Uint8Array<ArrayBuffer> {
  const found = members.get(name);
  if (found) return found;
  throw new FileError({
    what,
    rule: `the archive must have ${name}`,
    received: [...members.keys()].join(", ") || "no members",
    hint: "give a file that model.save() wrote",
  });
}

/** Zip archives begin with the letters PK. */
const isZip = ([first, second]: Uint8Array) => first === 0x50 && second === 0x4b;

/** Sets weights, and the state of the optimizer if the file has it, to those of a file. */
export function restore(model: SavedModel, weights: StoredWeights, what: string): void {
  requireBuilt(model, what);
  const { optimizer } = model;
  optimizer?.build(model.trainableWeights);
  assignWeights(weights, model, optimizer, what);
}
