// `ceratops convert`: a model from one format to another.
import { FileError, loadModel, type Model, modelFromJson } from "../mod.ts";
import { readSource } from "../lib/files/source.ts";
import { writeTarget } from "../lib/files/target.ts";
import { loadFile } from "../lib/models/load_model.ts";
import { endingOf, type Session, type SharedOptions, withShared } from "./command.ts";
import type { Command } from "./deps.ts";
import type { Streams } from "./streams.ts";
import { jsonText, sizeText } from "./text.ts";

/** Options of the command. */
export interface ConvertOptions extends SharedOptions {
  /** The file of the model that weights alone belong to. */
  readonly model?: string;
  /** Whether what `compile` was given is kept, with the state of the optimizer. */
  readonly compile?: boolean;
}

/** How each format is written, by its ending; longer endings come first. */
const writers = {
  ".weights.h5": (model: Model, path: string) => model.saveWeights(path),
  ".safetensors": (model: Model, path: string) => model.saveWeights(path),
  ".keras": (model: Model, path: string) => model.save(path),
  ".h5": (model: Model, path: string) => model.save(path),
  ".json": (model: Model, path: string) =>
    writeTarget(path, new TextEncoder().encode(model.toJson()), `Cannot write "${path}"`),
} as const;

/** Adds the command. */
export function addConvert(program: Command, { streams, end }: Session): void {
  const endings = Object.keys(writers).join(", ");
  const command = program.command("convert")
    .description("write a model in another format")
    .argument("<in>", ".keras, .h5, or model.json of TensorFlow.js; with --model also .weights.h5 and .safetensors")
    .argument("<out>", `its ending says the format: ${endings}`)
    .option("--model <file>", "the model that weights alone belong to: a model file, or Keras's JSON of its config")
    .option("--no-compile", "leave out optimizer, loss and metrics");
  withShared(command, [
    "convert model.h5 model.keras",
    "convert model.keras model.safetensors",
    "convert tfjs/model.json model.keras",
    "convert model.weights.h5 model.keras --model config.json",
  ]).action(async (from: string, to: string, options: ConvertOptions) =>
    end(await convert(from, to, options, streams))
  );
}

/** Writes what is in one file in the format of another. */
export async function convert(
  from: string,
  to: string,
  { model: base, compile = true, json }: ConvertOptions,
  { write }: Streams,
): Promise<number> {
  const ending = endingOf(to, Object.keys(writers) as (keyof typeof writers)[], `Cannot convert "${from}"`);
  const model = base ? await withWeights(base, from, compile) : await wholeModel(from, compile);
  await writers[ending](model, to);
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
