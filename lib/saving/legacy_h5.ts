// The `.h5` files of Keras 2, which Keras 3 also writes: a whole model, or weights alone, layer by layer.
import { FileError } from "../errors.ts";
import type { H5Group } from "../files/hdf5.ts";
import type { Config, ConfigValue } from "../json_config.ts";
import { isNamed } from "../structure.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { fromKeras2 } from "./keras2_config.ts";
import { legacyGroups, type WeightGroup } from "./weight_groups.ts";
import type { StoredWeights } from "./weights_file.ts";

/** Whether a file lists its layers by name, as these do. */
export function isLegacy(root: H5Group): boolean {
  return listOf(weightsOf(root), "layer_names").length > 0;
}

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

/** The config of a model with what `compile` was given, in the form of Keras 3. */
export function withTraining(config: ConfigValue, training: ConfigValue | undefined): ConfigValue {
  if (!isNamed(config) || !isNamed(training)) return config;
  const { optimizer_config: optimizer, ...others } = training as Config;
  return { ...config as Config, ...optimizer === undefined ? {} : { compile_config: { optimizer, ...others } } };
}
