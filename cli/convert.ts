// `ceratops convert`: a model from one format to another.
import { FileError, loadModel, type Model, modelFromJson } from "../mod.ts";
import { readSource } from "../lib/files/source.ts";
import { writeTarget } from "../lib/files/target.ts";
import { loadFile } from "../lib/models/load_model.ts";
import type { SymbolicShape } from "../lib/shape.ts";
import { mapStructure, type Structure } from "../lib/structure.ts";
import { countOf, endingOf, type Session, type SharedOptions, withShared } from "./command.ts";
import type { Command } from "./deps.ts";
import type { Streams } from "./streams.ts";
import { jsonText, sizeText } from "./text.ts";

/** Options of the command. */
export interface ConvertOptions extends SharedOptions {
  /** The file of the model that weights alone belong to. */
  readonly model?: string;
  /** Whether what `compile` was given is kept, with the state of the optimizer. */
  readonly compile?: boolean;
  /** The extent of axes that vary, for a module. */
  readonly length?: number;
}

type Write = (model: Model, path: string, options: ConvertOptions) => Promise<void>;

const save: Write = (model, path) => model.save(path);
const saveWeights: Write = (model, path) => model.saveWeights(path);
const saveConfig: Write = (model, path) =>
  writeTarget(path, new TextEncoder().encode(model.toJson()), `Cannot write "${path}"`);
const exportOnnx: Write = (model, path) => model.export(path, { verbose: false });
const exportModule: Write = (model, path, { length }) =>
  model.export(path, { verbose: false, inputShape: length === undefined ? null : fixedShapes(model, length) });

/** How each format is written, by its ending; longer endings come first. */
const writers: Readonly<Record<string, Write>> = {
  ".weights.h5": saveWeights,
  ".safetensors": saveWeights,
  ".keras": save,
  ".h5": save,
  ".json": saveConfig,
  ".onnx": exportOnnx,
  ".ts": exportModule,
  ".js": exportModule,
  ".mjs": exportModule,
};

/** The shapes of a model's inputs with an extent for each axis that varies, but for the batch axis. */
function fixedShapes({ inputShape }: Model, length: number): Structure<SymbolicShape> | null {
  if (inputShape === undefined) return null;
  return mapStructure(inputShape, ([batch, ...sample]) => [batch, ...sample.map((extent) => extent ?? length)]);
}

/** Adds the command. */
export function addConvert(program: Command, { streams, end }: Session): void {
  const command = program.command("convert")
    .description("write a model in another format")
    .argument("<in>", ".keras, .h5, or model.json of TensorFlow.js; with --model also .weights.h5 and .safetensors")
    .argument("<out>", `its ending says the format: ${Object.keys(writers).join(", ")}`)
    .option("--model <file>", "the model that weights alone belong to: a model file, or Keras's JSON of its config")
    .option("--no-compile", "leave out optimizer, loss and metrics")
    .option("--length <n>", "for .ts and .js: the extent of axes that vary, such as the length of texts", countOf);
  withShared(command, [
    "convert model.h5 model.keras",
    "convert tfjs/model.json model.keras",
    "convert model.keras model.onnx",
    "convert model.weights.h5 model.keras --model config.json",
  ]).action(async (from: string, to: string, options: ConvertOptions) =>
    end(await convert(from, to, options, streams))
  );
}

/** Writes what is in one file in the format of another. */
export async function convert(from: string, to: string, options: ConvertOptions, { write }: Streams): Promise<number> {
  const ending = endingOf(to, Object.keys(writers), `Cannot convert "${from}"`);
  const { model: base, compile = true, json } = options;
  const model = base ? await withWeights(base, from, compile) : await wholeModel(from, compile);
  await writers[ending](model, to, options);
  const { size } = await Deno.stat(to);
  write(json ? jsonText({ from, to, bytes: size }) : `${to}: ${sizeText(size)}\n`);
  return 0;
}

async function wholeModel(from: string, compile: boolean): Promise<Model> {
  const { model } = await loadFile(from, { compile });
  if (model) return model;
  throw new FileError({
    what: `Cannot convert "${from}"`,
    rule: "it must hold a whole model",
    received: "weights alone",
    hint: "name the model that they belong to, as in --model model.keras or --model config.json",
  });
}

async function withWeights(base: string, from: string, compile: boolean): Promise<Model> {
  const model = base.toLowerCase().endsWith(".json") ? await modelOfConfig(base) : await loadModel(base, { compile });
  await model.loadWeights(from);
  return model;
}

async function modelOfConfig(path: string): Promise<Model> {
  return modelFromJson(new TextDecoder().decode(await readSource(path, `Cannot load "${path}"`)));
}
