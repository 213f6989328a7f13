// `ceratops inspect`: what a file of a model or of weights holds.
import { type Config, type ConfigValue, type Layer, Model } from "../mod.ts";
import { type LoadedFile, loadFile } from "../lib/models/load_model.ts";
import { formatShape, type Shape, sizeOf, type SymbolicShape } from "../lib/shape.ts";
import { flatten, type Structure } from "../lib/structure.ts";
import { type Session, type SharedOptions, withShared } from "./command.ts";
import type { Command } from "./deps.ts";
import type { Streams } from "./streams.ts";
import { jsonText, shortest, sizeText, textTable } from "./text.ts";

/** Adds the command. */
export function addInspect(program: Command, { streams, end }: Session): void {
  const command = program.command("inspect")
    .description("print the layers, shapes, parameters, optimizer and versions of a model file")
    .argument("<file>", ".keras, .h5, .weights.h5, .weights.json, .safetensors, or model.json of TensorFlow.js");
  withShared(command, ["inspect model.keras", "inspect --json model.keras", "inspect model.weights.h5"])
    .action(async (file: string, options: SharedOptions) => end(await inspect(file, options, streams)));
}

/** Prints what a file holds. */
export async function inspect(path: string, { json }: SharedOptions, { write }: Streams): Promise<number> {
  const file = await loadFile(path);
  const { size } = await sizeOfFile(path);
  const { model } = file;
  const about = { file: path, bytes: size, ...file.origin };
  if (json) write(jsonText({ ...about, ...model ? describeModel(model) : describeArrays(file) }));
  else write(`${headOf(path, size, file)}\n${model ? await modelText(model) : arraysText(file)}`);
  return 0;
}

/** What is known of a file's size: nothing of a URL's. */
async function sizeOfFile(path: string): Promise<{ size: number | undefined }> {
  if (/^(https?|data|blob):/.test(path)) return { size: undefined };
  return await Deno.stat(path);
}

function headOf(path: string, size: number | undefined, { origin: { format, writer, savedAt } }: LoadedFile): string {
  const facts = [
    format,
    ...size === undefined ? [] : [sizeText(size)],
    ...writer ? [`by ${writer}`] : [],
    ...savedAt ? [savedAt.replace("@", " ")] : [],
  ];
  return `${path}: ${facts.join(", ")}\n`;
}

function describeModel(model: Model) {
  const { weights, trainableWeights, nonTrainableWeights } = model;
  return {
    name: model.name,
    class: model.className,
    inputs: inputsOf(model),
    outputs: outputsOf(model),
    layers: model.layers.map((layer) => describeLayer(layer, model)),
    parameters: {
      total: countOf(weights),
      trainable: countOf(trainableWeights),
      nonTrainable: countOf(nonTrainableWeights),
    },
    compiled: describeTraining(model) ?? null,
  };
}

/** An input or output of a model. */
interface Port {
  readonly name: string;
  readonly shape: SymbolicShape;
  readonly dtype?: string;
}

function portsOf(names: readonly string[], shapes: Structure<SymbolicShape> | undefined): Port[] {
  return shapes === undefined ? [] : flatten(shapes).map((shape, i) => ({ name: names[i], shape }));
}

function inputsOf(model: Model): Port[] {
  const dtypes = model.inputDType === undefined ? [] : flatten(model.inputDType);
  return portsOf(model.inputNames, model.inputShape).map((port, i) => ({ ...port, dtype: dtypes[i] }));
}

const outputsOf = (model: Model): Port[] => portsOf(model.outputNames, model.outputShape);

const countOf = (weights: readonly { readonly shape: Shape }[]) =>
  weights.reduce((total, { shape }) => total + sizeOf(shape), 0);

/** A layer as JSON has it. */
interface LayerFacts {
  readonly name: string;
  readonly class: string;
  /** The shapes of its outputs; null if they are not known. */
  readonly outputShapes: readonly SymbolicShape[] | null;
  readonly parameters: number;
  readonly trainable: boolean;
  readonly weights: readonly { readonly name: string; readonly shape: Shape; readonly dtype: string }[];
  /** The layers of a model within the model. */
  readonly layers?: readonly LayerFacts[];
}

function describeLayer(layer: Layer, model: Model): LayerFacts {
  const { name, className, trainable, weights } = layer;
  const shapes = model.outputShapeOf(layer);
  return {
    name,
    class: className,
    outputShapes: shapes === undefined ? null : flatten(shapes),
    parameters: countOf(weights),
    trainable,
    weights: weights.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    ...layer instanceof Model && { layers: layer.layers.map((inner) => describeLayer(inner, layer)) },
  };
}

/** How a model was compiled, and how far its training is. */
function describeTraining(model: Model) {
  const { optimizer } = model;
  const config = model.getCompileConfig();
  if (!optimizer || !config) return undefined;
  return {
    loss: config.loss ?? null,
    metrics: config.metrics ?? null,
    optimizer: {
      class: namesIn(config.optimizer),
      steps: optimizer.iterations,
      learningRate: shortest(optimizer.learningRate),
      config: optimizer.getConfig(),
    },
  };
}

function modelText(model: Model): string {
  let summary = "";
  model.summary({ printFn: (text) => summary = text });
  const lines = (label: string, ports: readonly Port[]) =>
    ports.map(({ name, shape, dtype }) => [label, `${name} ${formatShape(shape)}${dtype ? ` ${dtype}` : ""}`]);
  const training = describeTraining(model);
  const facts = [
    ...lines("Input", inputsOf(model)),
    ...lines("Output", outputsOf(model)),
    ...training
      ? [
        ["Optimizer", optimizerText(training.optimizer)],
        ["Loss", namesIn(training.loss)],
        ...training.metrics === null ? [] : [["Metrics", namesIn(training.metrics)]],
      ]
      : [["Compiled", "no"]],
  ];
  return `${summary}\n\n${textTable(facts)}`;
}

function optimizerText(facts: { class: string; steps: number; learningRate: number }): string {
  return `${facts.class}, learning rate ${facts.learningRate}, after ${facts.steps} step${
    facts.steps === 1 ? "" : "s"
  }`;
}

/** The names of losses or metrics in a config: texts, objects with a class, or lists and objects of these. */
function namesIn(value: ConfigValue): string {
  if (value === null || typeof value !== "object") return String(value ?? "none");
  if (Array.isArray(value)) return value.map(namesIn).join(", ");
  const { class_name: className, config, ...others } = value as Config;
  if (typeof className === "string") return typeof config === "string" ? config : className;
  return Object.entries(others).map(([name, of]) => `${name}: ${namesIn(of)}`).join(", ");
}

function describeArrays({ weights }: LoadedFile) {
  const arrays = [...weights.arrays].map(([name, { shape, dtype }]) => ({ name, shape, dtype }));
  return { weights: arrays, parameters: { total: countOf(arrays) } };
}

function arraysText(file: LoadedFile): string {
  const { weights, parameters } = describeArrays(file);
  const rows = weights.map(({ name, shape, dtype }) => [name, formatShape(shape), dtype, `${sizeOf(shape)}`]);
  const table = textTable([["weight", "shape", "dtype", "elements"], ...rows], [3]);
  return `${table}\n${weights.length} arrays of ${parameters.total} elements\n`;
}
