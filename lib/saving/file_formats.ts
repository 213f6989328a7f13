// Which format a file has, and what it holds: a model's config, and arrays.
import { FileError } from "../errors.ts";
import { type H5Group, readHdf5 } from "../files/hdf5.ts";
import { readSafetensors } from "../files/safetensors.ts";
import type { OpenFile } from "../files/source.ts";
import { readZip } from "../files/zip.ts";
import type { Config, ConfigValue } from "../json_config.ts";
import { isNamed } from "../structure.ts";
import { fromKeras2 } from "./keras2_config.ts";
import { isLegacy, legacyConfig, storedInLegacy } from "./legacy_h5.ts";
import { isSharded, storedInShards } from "./sharded_weights.ts";
import { assetsIn } from "./assets.ts";
import { isTfjs, storedInTfjs, tfjsConfig } from "./tfjs_file.ts";
import { type WeightGroup, weightGroups } from "./weight_groups.ts";
import { nameOfEntry, storedInHdf5, type StoredWeights } from "./weights_file.ts";

/** Where a file comes from. */
export interface FileOrigin {
  /** The name of its format. */
  readonly format: string;
  /** What wrote it, with its version, as far as the file says that. */
  readonly writer?: string;
  /** When it was written, as the file says that. */
  readonly savedAt?: string;
}

/** What a file of weights holds. */
export interface WeightsFile {
  /** Where it comes from. */
  readonly origin: FileOrigin;
  /** Its weights, and the state of its optimizer. */
  readonly weights: StoredWeights;
  /** The files of its layers, by path. */
  readonly assets?: ReadonlyMap<string, Uint8Array>;
}

/** What the file of a whole model holds. */
export interface ModelFile extends WeightsFile {
  /** The model's node in a config. */
  readonly config: ConfigValue;
}

/** HDF5 files begin with this. */
const hdf5Signature = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

const isHdf5 = (bytes: Uint8Array): boolean => hdf5Signature.every((byte, i) => bytes[i] === byte);

/** Zip archives begin with the letters PK. */
const isZip = ([first, second]: Uint8Array) => first === 0x50 && second === 0x4b;

const openingBrace = "{".charCodeAt(0);

/** Files of JSON may begin with spaces and line ends. */
const isJson = (bytes: Uint8Array) => bytes.find((byte) => byte > 0x20) === openingBrace;

const isSafetensors = (bytes: Uint8Array) => bytes[8] === openingBrace && !isJson(bytes);

/**
 * What the file of a whole model holds: a `.keras` file, an `.h5` file as Keras 2 wrote them, or a `model.json` of
 * TensorFlow.js. Throws {@linkcode FileError} for others.
 */
export async function readModelFile(file: OpenFile, what: string): Promise<ModelFile> {
  const { bytes } = file;
  if (isHdf5(bytes)) return modelInHdf5(await readHdf5(bytes, what), what);
  if (isJson(bytes)) {
    const json = parseJson(bytes, "text", what);
    if (isTfjs(json)) {
      const origin = { format: "TensorFlow.js model.json", ...writtenBy("", json.generatedBy) };
      return { origin, config: tfjsConfig(json, what), weights: await storedInTfjs(json, file, what) };
    }
    throw new FileError({
      what,
      rule: "JSON of a whole model with its weights is the model.json of TensorFlow.js",
      received: `an object of ${Object.keys(json).slice(0, 5).join(", ") || "nothing"}`,
      hint: "give the text of a config to modelFromJson(), and weights to model.loadWeights()",
    });
  }
  if (!isZip(bytes)) {
    throw new FileError({
      what,
      rule: "it must be a .keras file, which is a zip archive, an .h5 file, or a model.json of TensorFlow.js",
      received: `${bytes.length} bytes of another format`,
      hint: "save it again with model.save() of Keras 3 or of Ceratops",
    });
  }
  const members = await readZip(bytes, what);
  const [metadata, config] = ["metadata.json", "config.json"].map((name) =>
    parseJson(member(members, name, what), name, what)
  );
  const { keras_version: version, date_saved: savedAt } = metadata;
  return {
    origin: {
      format: ".keras",
      ...writtenBy("Keras", version),
      ...typeof savedAt === "string" && { savedAt },
    },
    config: typeof version === "string" && version.startsWith("2.") ? fromKeras2(config) : config,
    weights: storedInHdf5(await readHdf5(member(members, "model.weights.h5", what), what)),
    assets: assetsIn(members),
  };
}

function modelInHdf5(root: H5Group, what: string): ModelFile {
  return { origin: originOfHdf5(root), config: legacyConfig(root, what), weights: storedInLegacy(root, what) };
}

const originOfHdf5 = ({ attributes }: H5Group): FileOrigin => ({
  format: "Keras .h5",
  ...writtenBy("Keras", attributes.get("keras_version")),
});

/** What a file holds that is a whole model's or of weights alone. Throws {@linkcode FileError} for others. */
export async function readFileOfAnyKind(file: OpenFile, what: string): Promise<ModelFile | WeightsFile> {
  const { bytes } = file;
  if (isSafetensors(bytes)) return { origin: { format: "safetensors" }, weights: await readWeights(file, what) };
  if (isJson(bytes) && isSharded(parseJson(bytes, "text", what))) {
    return { origin: { format: ".weights.json" }, weights: await readWeights(file, what) };
  }
  if (!isHdf5(bytes)) return await readModelFile(file, what);
  const root = await readHdf5(bytes, what);
  if (root.attributes.has("model_config")) return modelInHdf5(root, what);
  if (isLegacy(root)) return { origin: originOfHdf5(root), weights: storedInLegacy(root, what) };
  return { origin: { format: ".weights.h5" }, weights: storedInHdf5(root) };
}

function writtenBy(program: string, version: unknown): Pick<FileOrigin, "writer"> {
  return typeof version === "string" ? { writer: `${program} ${version}`.trim() } : {};
}

/** The arrays of a file of weights, or of a whole model. Throws {@linkcode FileError} for other files. */
export async function readWeights(file: OpenFile, what: string): Promise<StoredWeights> {
  const { bytes } = file;
  if (isSafetensors(bytes)) {
    const placeOf = ({ namePath }: WeightGroup) => namePath;
    return { arrays: readSafetensors(bytes, what), groupsOf: weightGroups, keyOf: nameOfEntry, placeOf };
  }
  if (isJson(bytes)) {
    const json = parseJson(bytes, "text", what);
    return await (isSharded(json) ? storedInShards(json, file, what) : storedInTfjs(json, file, what));
  }
  const weights = isZip(bytes) ? member(await readZip(bytes, what), "model.weights.h5", what) : bytes;
  const root = await readHdf5(weights, what);
  return isLegacy(root) ? storedInLegacy(root, what) : storedInHdf5(root);
}

function parseJson(bytes: Uint8Array, name: string, what: string): Config {
  let received: string;
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes));
    if (isNamed(value)) return value as Config;
    received = "another value";
  } catch (error) {
    received = (error as Error).message;
  }
  throw new FileError({ what, rule: `its ${name} must be JSON of an object`, received });
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
