// loadModel: a model with its weights, from a file.
import { type FilesSource, nameOfSource, openSource } from "../files/source.ts";
import { describe, ValueError } from "../errors.ts";
import type { ConfigValue } from "../json_config.ts";
import { withContext } from "../ir/context.ts";
import { weightsWillBeRead } from "../layers/context.ts";
import { boolean } from "../option_kinds.ts";
import { type KeptOptions, option, type OptionPlace, optionTable, readMethodOptions } from "../options.ts";
import { type CustomObject, customObjectScope } from "../registry.ts";
import type { ModelFile, WeightsFile } from "../saving/file_formats.ts";
import { isNamed } from "../structure.ts";
import { modelFromConfig } from "./from_config.ts";
import type { Model } from "./model.ts";

/** Options of {@linkcode loadModel}. */
export interface LoadModelOptions {
  /** The user's own classes and functions by the names that the file has for them. */
  customObjects?: Readonly<Record<string, CustomObject>>;
  /** Whether the model is compiled as it was when it was saved, with the optimizer's state; true by default. */
  compile?: boolean;
}

const loadModelOptions = optionTable<LoadModelOptions>()({
  customObjects: option<Readonly<Record<string, CustomObject>>>({ fallback: {}, read: readCustomObjects }),
  compile: boolean(true),
});

function readCustomObjects(given: unknown, { what }: OptionPlace): Readonly<Record<string, CustomObject>> {
  if (isNamed(given) && Object.values(given).every((item) => typeof item === "function")) {
    return given as Readonly<Record<string, CustomObject>>;
  }
  throw new ValueError({
    what,
    rule: "customObjects must be an object of classes and functions by name",
    received: describe(given),
    hint: "write it as in customObjects: { MyLayer }",
  });
}

/**
 * The model in a `.keras` file, as Ceratops or Python Keras 3 saved it, or in an `.h5` file of Keras 2 or 3: with its
 * weights, and compiled as it was, so that training goes on where it stopped. As `keras.models.load_model`. Code in a
 * file is never run: a `Lambda` of Python is refused, with the way to give its function a name.
 *
 * The `model.json` of a model of TensorFlow.js's layers is read too, as it saves them or its converter writes them, with
 * the files of weights that it names; the optimizer starts from scratch. A `graph-model` has no layers and is refused.
 *
 * @param source a path, a URL, bytes, a `Blob` or a stream; for several files that the user picked, a list of them
 * @param options the user's own classes, and whether to compile
 * @returns the model
 * @throws {FileError} for a file that is missing, damaged or of another format, or whose weights are not the model's
 * @throws {ValueError} for a config that cannot be read, such as an unknown class, with its place
 *
 * @example A model from a file
 * ```ts
 * import { Input, layers, loadModel, Sequential } from "./mod.ts";
 * const path = `${await Deno.makeTempDir()}/small.keras`;
 * await new Sequential([Input({ shape: [4] }), new layers.Dense(3)]).save(path);
 * const model = await loadModel(path);
 * console.log(model.outputShape); // [ null, 3 ]
 * ```
 */
export async function loadModel(source: FilesSource, options: LoadModelOptions = {}): Promise<Model> {
  const what = `Cannot load ${nameOfSource(source)}`;
  const kept = readMethodOptions("loadModel", loadModelOptions, options, what);
  const { readModelFile } = await import("../saving/file_formats.ts");
  return await modelOf(await readModelFile(await openSource(source, what), what), kept, what);
}

/** A file of a whole model or of weights alone, as it was read. */
export interface LoadedFile extends WeightsFile {
  /** The model; undefined if the file is of weights alone. */
  readonly model: Model | undefined;
}

/** Reads a file of a whole model, as {@linkcode loadModel} does, or of weights alone. */
export async function loadFile(source: FilesSource, options: LoadModelOptions = {}): Promise<LoadedFile> {
  const what = `Cannot load ${nameOfSource(source)}`;
  const kept = readMethodOptions("loadModel", loadModelOptions, options, what);
  const { readFileOfAnyKind } = await import("../saving/file_formats.ts");
  const file = await readFileOfAnyKind(await openSource(source, what), what);
  return { ...file, model: "config" in file ? await modelOf(file, kept, what) : undefined };
}

async function modelOf(
  file: ModelFile,
  { customObjects, compile }: KeptOptions<typeof loadModelOptions>,
  what: string,
): Promise<Model> {
  const make = () => modelFromConfig(compile ? file.config : withoutCompile(file.config));
  const model = withContext([weightsWillBeRead.of(true)], () => customObjectScope(customObjects, make));
  const { restore } = await import("./keras_file.ts");
  await restore(model, file, what);
  return model;
}

function withoutCompile(config: ConfigValue): ConfigValue {
  if (config === null || typeof config !== "object" || Array.isArray(config)) return config;
  return { ...config as { [key: string]: ConfigValue }, compile_config: null };
}
