// The `.h5` files of Keras 2, which Keras 3 also writes: a whole model, or weights alone, layer by layer.
import { FileError, ValueError } from "../errors.ts";
import { type H5Group, writeHdf5 } from "../files/hdf5.ts";
import type { Config, ConfigValue, ObjectNode } from "../json_config.ts";
import { isNamed } from "../structure.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { pythonJson } from "./json.ts";
import { fromKeras2 } from "./keras2_config.ts";
import { toKeras2, trainingToKeras2 } from "./keras2_writer.ts";
import {
  legacyEntries,
  legacyGroups,
  type Part,
  type SavedModel,
  type WeightEntry,
  type WeightGroup,
} from "./weight_groups.ts";
import { inside, type NewGroup, newGroup, type StoredWeights } from "./weights_file.ts";

/** Whether a file lists its layers by name, as these do. */
export function isLegacy(root: H5Group): boolean {
  return listOf(weightsOf(root), "layer_names").length > 0;
}

/** The group of what a model has beside its layers. */
const topLevel = "top_level_model_weights";

/** The group of weights: the file itself where it has nothing else. */
const weightsOf = (root: H5Group) => root.groups.get("model_weights") ?? root;

/** A list of texts in attributes; long ones are cut into `name0`, `name1`, ... */
function listOf({ attributes }: H5Group, name: string): string[] {
  const parts = attributes.has(name) ? [name] : [];
  for (let i = 0; attributes.has(`${name}${i}`); i++) parts.push(`${name}${i}`);
  return parts.flatMap((part) => {
    const value = attributes.get(part);
    return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
  });
}

/** The arrays that a group lists as its weights, in that order. */
function arraysOf(group: H5Group, place: string, what: string): Tensor[] {
  return listOf(group, "weight_names").map((path) => {
    const names = path.split("/");
    const inside = names.slice(0, -1).reduce<H5Group | undefined>((at, name) => at?.groups.get(name), group);
    const array = inside?.arrays.get(names.at(-1)!);
    if (array) return array;
    throw new FileError({
      what,
      rule: `"${place}" must have the arrays that it lists`,
      received: `none at "${path}"`,
      hint: "the file is damaged: save or fetch it again",
    });
  });
}

/** The arrays of a file by the places of their layers among those that have weights. */
export function storedInLegacy(root: H5Group, what: string): StoredWeights {
  const weights = weightsOf(root);
  const arrays = new Map<string, Tensor>();
  let place = 0;
  for (const name of listOf(weights, "layer_names")) {
    const group = weights.groups.get(name);
    const own = group ? arraysOf(group, name, what) : [];
    if (own.length === 0) continue;
    own.forEach((array, i) => arrays.set(`layer ${place}/${i}`, array));
    place++;
  }
  const top = weights.groups.get(topLevel);
  if (top) arraysOf(top, topLevel, what).forEach((array, i) => arrays.set(`${topLevel}/${i}`, array));
  const optimizer = root.groups.get("optimizer_weights");
  if (optimizer) {
    arraysOf(optimizer, "optimizer_weights", what).forEach((array, i) => arrays.set(`optimizer/${i}`, array));
  }
  return { arrays, groupsOf: legacyGroups, keyOf: ({ path }: WeightGroup, index) => `${path}/${index}` };
}

/** The config of the model in a file, with what `compile` was given as Keras 3 has it. */
export function legacyConfig({ attributes }: H5Group, what: string): ConfigValue {
  const read = (name: string): Config | undefined => {
    const text = attributes.get(name);
    if (typeof text !== "string") return undefined;
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new FileError({ what, rule: `its ${name} must be JSON`, received: (error as Error).message });
    }
  };
  const config = read("model_config");
  if (!config) {
    throw new FileError({
      what,
      rule: "it must hold a whole model, with its config",
      received: "weights alone",
      hint: "make the model, and give the file to model.loadWeights()",
    });
  }
  const node = withTraining(config, read("training_config"));
  const version = attributes.get("keras_version");
  return typeof version === "string" && version.startsWith("2.") ? fromKeras2(node) : node;
}

/** What Keras 2.15 notes in such files; those that are written here have its form. */
const origin: readonly (readonly [string, string])[] = [["backend", "tensorflow"], ["keras_version", "2.15.0"]];

/** The bytes of a file of a whole model. */
export function writeLegacyModel(model: SavedModel, what: string): Promise<Uint8Array<ArrayBuffer>> {
  const { compile_config: compiled, ...node } = model.serialize() as ObjectNode & { compile_config?: Config };
  const root = newGroup();
  const texts = [...origin, ["model_config", pythonJson(toKeras2(node, trainingDefaults(model), what))]];
  const { optimizer } = model;
  if (optimizer && compiled) {
    texts.push(["training_config", pythonJson(trainingToKeras2(compiled, what))]);
    if (optimizer.built) fillGroup(inside(root, "optimizer_weights"), legacyEntries(optimizer.applied), what);
  }
  for (const [name, text] of texts) root.attributes.set(name, text);
  root.groups.set("model_weights", weightsGroup(model, what));
  return writeHdf5(root, what);
}

/** By the classes of the layers inside, whether their calls are for training if they do not say so. */
function trainingDefaults(part: Part, found: Map<string, boolean> = new Map()): ReadonlyMap<string, boolean> {
  const training = part.callDefaults?.training;
  if (training !== undefined) found.set(part.className, training);
  for (const inside of part.sublayers) trainingDefaults(inside, found);
  return found;
}

/** The bytes of a file of a model's weights alone. */
export function writeLegacyWeights(model: Part, what: string): Promise<Uint8Array<ArrayBuffer>> {
  return writeHdf5(weightsGroup(model, what), what);
}

/** The group of a model's weights: a group of each layer that has some, and a list of these. */
function weightsGroup(model: Part, what: string): NewGroup {
  const root = newGroup();
  const groups = legacyGroups(model);
  for (const { path, name, entries } of groups) {
    fillGroup(inside(root, path === topLevel ? topLevel : name), entries, what);
  }
  const layers = groups.filter(({ path }) => path !== topLevel).map(({ name }) => name);
  for (const [name, value] of [...origin, ...listed("layer_names", layers)]) root.attributes.set(name, value);
  // Keras looks for it without asking whether it is there.
  inside(root, topLevel);
  return root;
}

/** Puts arrays into a group, at the paths that are their names, and a list of them. */
function fillGroup(group: NewGroup, entries: readonly WeightEntry[], what: string): void {
  const paths = entries.map(({ name }) => `${name}:0`);
  for (const [i, path] of paths.entries()) {
    const names = path.split("/");
    const { arrays } = inside(group, names.slice(0, -1).join("/"));
    const name = names.at(-1)!;
    if (arrays.has(name)) {
      throw new ValueError({
        what,
        rule: "the weights of a layer must differ in their names in an .h5 file",
        received: `"${path}" twice`,
        hint: "give the layers inside names of their own, or save it as .keras",
      });
    }
    arrays.set(name, entries[i]);
  }
  for (const [name, value] of listed("weight_names", paths)) group.attributes.set(name, value);
}

/** So many texts fit into an attribute, which holds 64 KiB with 16 bytes for each. */
const maxListed = 4000;

/** A list of texts as attributes: none for an empty one, several for a long one. */
function listed(name: string, texts: readonly string[]): [string, readonly string[]][] {
  if (texts.length <= maxListed) return texts.length === 0 ? [] : [[name, texts]];
  return Array.from({ length: Math.ceil(texts.length / maxListed) }, (_, i) => [
    `${name}${i}`,
    texts.slice(i * maxListed, (i + 1) * maxListed),
  ]);
}

/** The config of a model with what `compile` was given, in the form of Keras 3. */
export function withTraining(config: ConfigValue, training: ConfigValue | undefined): ConfigValue {
  if (!isNamed(config) || !isNamed(training)) return config;
  const { optimizer_config: optimizer, ...others } = training as Config;
  return { ...config as Config, ...optimizer === undefined ? {} : { compile_config: { optimizer, ...others } } };
}
