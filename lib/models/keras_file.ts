// Keras's `.keras` files: a zip of the model's config, its weights and the state of its optimizer.
import { type FilesSource, nameOfSource, openSource } from "../files/source.ts";
import type { FileParts } from "../files/system.ts";
import { ValueError } from "../errors.ts";
import {
  addressOf,
  fileNameOf,
  type FileTarget,
  nameOfTarget,
  pathOfTarget,
  requireEnding,
  writeBeside,
  writeTarget,
} from "../files/target.ts";
import { writeZip } from "../files/zip.ts";
import type { ConfigValue } from "../json_config.ts";
import { nullable, optionTable, readMethodOptions, required } from "../options.ts";
import { number } from "../option_kinds.ts";
import { assetMembers, loadAssets } from "../saving/assets.ts";
import { type ModelFile, readWeights } from "../saving/file_formats.ts";
import { writeLegacyModel, writeLegacyWeights } from "../saving/legacy_h5.ts";
import { pythonJson } from "../saving/json.ts";
import { shardedFiles } from "../saving/sharded_weights.ts";
import {
  optimizerGroups,
  requireBuilt,
  type SavedModel,
  type WeightGroup,
  weightGroups,
} from "../saving/weight_groups.ts";
import { assignWeights, type ReadWeightsOptions, writeNamedWeights, writeWeights } from "../saving/weights_file.ts";

/** The version of Keras whose files these are. */
const kerasVersion = "3.15.1";

/** The endings of files in the form of Keras 2. */
const legacyEndings = [".h5", ".hdf5"];

const isLegacyTarget = (target: FileTarget): boolean =>
  legacyEndings.some((ending) => addressOf(target)?.endsWith(ending)) && !addressOf(target)?.endsWith(".weights.h5");

/** Writes a model to a `.keras` file, or to an `.h5` file of Keras 2: its config, its weights, and the optimizer's state. */
export async function saveModel(model: SavedModel, target: FileTarget): Promise<void> {
  const what = `Cannot save "${model.name}" to ${nameOfTarget(target)}`;
  requireEnding(target, [".keras", ...legacyEndings], what);
  if (addressOf(target)?.endsWith(".weights.h5")) {
    throw new ValueError({
      what,
      rule: "a .weights.h5 file has weights alone",
      received: `"${addressOf(target)}"`,
      hint: "call model.saveWeights(), or end the path in .keras",
    });
  }
  requireBuilt(model, what);
  const bytes = isLegacyTarget(target) ? await writeLegacyModel(model, what) : await kerasFile(model, what);
  await writeTarget(target, bytes, what);
}

/** The parts of a model's `.keras` file. */
async function kerasFile(model: SavedModel, what: string): Promise<FileParts> {
  const metadata = { keras_version: kerasVersion, date_saved: dateOf(new Date()) };
  const encode = (value: ConfigValue) => new TextEncoder().encode(pythonJson(value));
  return await writeZip(
    new Map([
      ["metadata.json", encode(metadata)],
      ["config.json", encode(model.serialize())],
      ["model.weights.h5", await writeWeights(stateOf(model), what)],
      ...await assetMembers(model),
    ]),
    what,
  );
}

/** The groups of a model's weights and of its optimizer's state. */
function stateOf(model: SavedModel): WeightGroup[] {
  const { optimizer } = model;
  return [...weightGroups(model), ...optimizer ? optimizerGroups(optimizer) : []];
}

/** `YYYY-MM-DD@HH:MM:SS`, in local time. */
function dateOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day}@${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":")}`;
}

/** How weights are saved. */
export interface SaveWeightsOptions {
  /**
   * The most that one file holds, in GiB, where the path ends in `.weights.json`: the weights are divided among files of
   * that size beside it. Null, the default, for one file.
   */
  maxShardSize?: number | null;
}

const saveWeightsOptions = optionTable<SaveWeightsOptions>()({
  maxShardSize: nullable(number(required, { min: 0 })),
});

/**
 * Writes the weights of a model: with the optimizer's state to a `.weights.h5` file, or to several and a `.weights.json`
 * that names them; the weights alone, by name, to a `.safetensors` file.
 */
export async function saveWeights(model: SavedModel, target: FileTarget, options: SaveWeightsOptions): Promise<void> {
  const what = `Cannot save the weights of "${model.name}" to ${nameOfTarget(target)}`;
  const { maxShardSize } = readMethodOptions("saveWeights", saveWeightsOptions, options, what);
  const endings = maxShardSize === null ? [".weights.h5", ".safetensors", ...legacyEndings] : [".weights.json"];
  if (maxShardSize === null && addressOf(target)?.endsWith(".weights.json")) {
    throw new ValueError({
      what,
      rule: "a .weights.json file names files of a limited size",
      received: "no size",
      hint: "give it in GiB, as in saveWeights(path, { maxShardSize: 2 })",
    });
  }
  requireEnding(target, endings, what);
  requireBuilt(model, what);
  if (maxShardSize !== null) {
    const path = pathOfTarget(target, what);
    const limits = { name: fileNameOf(path), maxBytes: maxShardSize * 2 ** 30, what };
    return await writeBeside(path, shardedFiles(stateOf(model), limits), what);
  }
  const bytes = addressOf(target)?.endsWith(".safetensors")
    ? await writeNamedWeights(weightGroups(model), what)
    : isLegacyTarget(target)
    ? await writeLegacyWeights(model, what)
    : await writeWeights(stateOf(model), what);
  await writeTarget(target, bytes, what);
}

/** Sets the weights of a model to those of a file. */
export async function loadWeights(model: SavedModel, source: FilesSource, options: ReadWeightsOptions): Promise<void> {
  const what = `Cannot load the weights of "${model.name}" from ${nameOfSource(source)}`;
  requireBuilt(model, what);
  assignWeights(await readWeights(await openSource(source, what), what), model, undefined, what, options);
}

/** Sets weights, the state of the optimizer if the file has it, and the files of layers to those of a file. */
export async function restore(model: SavedModel, { weights, assets }: ModelFile, what: string): Promise<void> {
  requireBuilt(model, what);
  const { optimizer } = model;
  optimizer?.build(model.trainableWeights);
  assignWeights(weights, model, optimizer, what);
  if (assets) await loadAssets(model, assets);
}
