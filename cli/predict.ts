// `ceratops predict`: the outputs of a model for the data in files.
import { loadModel, type Model, type NestedArray, ops, ShapeError, Tensor, utils, ValueError } from "../mod.ts";
import { writeCsv } from "../lib/files/csv.ts";
import { writeTarget } from "../lib/files/target.ts";
import { formatShape } from "../lib/shape.ts";
import { flatten } from "../lib/structure.ts";
import { chooseBackend, endingOf, type RunOptions, type Session, withRun, withShared } from "./command.ts";
import { inputsFrom, type NamedArrays, readData } from "./data.ts";
import { type Command, Option } from "./deps.ts";
import type { Streams } from "./streams.ts";
import { shortest } from "./text.ts";

const formats = ["json", "csv", "npy", "npz"] as const;
type Format = typeof formats[number];

/** Options of the command. */
export interface PredictOptions extends RunOptions {
  /** The file to write. */
  readonly out?: string;
  /** The format of the output. */
  readonly format?: Format;
}

/** Adds the command. */
export function addPredict(program: Command, { streams, end }: Session): void {
  const command = program.command("predict")
    .description("print the outputs of a model for the samples in files")
    .argument("<model>", "a model file")
    .argument(
      "<input...>",
      ".npy, .csv, .json, .png or .jpg; .npz or JSON of an object for several inputs by name; of several files the " +
        "samples are joined",
    )
    .option("--out <file>", "where to write the outputs; its ending says the format: .json, .csv, .npy or .npz")
    .addOption(new Option("--format <name>", "the format of the output; json by default").choices(formats));
  withShared(withRun(command), [
    "predict model.keras x.npy",
    "predict model.keras cat.jpg dog.png",
    "predict model.keras data.npz --out outputs.npy",
    "predict model.keras table.csv --format csv --backend wasm",
  ]).action(async (model: string, inputs: string[], options: PredictOptions) =>
    end(await predict(model, inputs, options, streams))
  );
}

/** Writes the outputs of a model for the samples in files. */
export async function predict(
  path: string,
  inputs: readonly string[],
  options: PredictOptions,
  streams: Streams,
): Promise<number> {
  const format = formatOf(options);
  const model = await loadModel(path, { compile: false });
  const parts = [];
  for (const input of inputs) parts.push(inputsFrom(await readData(input), model, input, streams));
  const x = joined(parts);
  await chooseBackend(options);
  const outputs = flatten(await model.predict(x as Tensor, { verbose: 0, batchSize: options.batch })) as Tensor[];
  await writeOutputs(outputs, model, format, options.out, streams);
  return 0;
}

function formatOf({ out, format, json }: PredictOptions): Format {
  const asked = format ?? (json ? "json" : undefined);
  if (out === undefined) return asked ?? "json";
  const what = `Cannot write "${out}"`;
  const ending = endingOf(out, asked ? [`.${asked}`] as const : formats.map((name) => `.${name}` as const), what);
  return ending.slice(1) as Format;
}

/** The samples of several files, one after the other. */
function joined(parts: readonly (Tensor | NamedArrays)[]): Tensor | NamedArrays {
  const [first] = parts;
  if (parts.length === 1) return first;
  if (first instanceof Tensor) return concatenated(parts as readonly Tensor[]);
  return Object.fromEntries(
    Object.keys(first).map((name) => [name, concatenated((parts as readonly NamedArrays[]).map((part) => part[name]))]),
  );
}

function concatenated(parts: readonly Tensor[]): Tensor {
  const shapeOf = ({ shape }: Tensor) => formatShape(shape.slice(1));
  const odd = parts.find((part) => shapeOf(part) !== shapeOf(parts[0]));
  if (!odd) return ops.concatenate([...parts], 0);
  throw new ShapeError({
    what: "Cannot join the samples of several files",
    rule: "all must have one shape",
    received: `${shapeOf(parts[0])} and ${shapeOf(odd)}`,
    hint: "run the command once for each",
  });
}

async function writeOutputs(
  outputs: readonly Tensor[],
  model: Model,
  format: Format,
  out: string | undefined,
  { write, isTerminal }: Streams,
): Promise<void> {
  const names = outputs.map((_, i) => model.outputNames[i] ?? `output_${i}`);
  const what = out === undefined ? "Cannot write the outputs" : `Cannot write "${out}"`;
  if (format === "npy" || format === "npz") {
    if (format === "npy" && outputs.length > 1) {
      throw new ValueError({
        what,
        rule: "a .npy file has one array",
        received: `${outputs.length} outputs`,
        hint: "write .npz, which has several by name",
      });
    }
    if (out === undefined && isTerminal) {
      throw new ValueError({ what, rule: `${format} is no text for a terminal`, hint: `add --out outputs.${format}` });
    }
    const arrays = Object.fromEntries(outputs.map((output, i) => [names[i], output]));
    const save = (target: string | WritableStream<Uint8Array>) =>
      format === "npy" ? utils.saveNpy(target, outputs[0]) : utils.saveNpz(target, arrays);
    return await save(out ?? new WritableStream({ write: (bytes) => write(bytes) }));
  }
  const text = format === "json" ? jsonOf(outputs, names) : await csvOf(outputs, names, what);
  if (out === undefined) write(text);
  else await writeTarget(out, new TextEncoder().encode(text), what);
}

/** One array, or several by name. JSON has neither NaN nor infinity: they become null. */
function jsonOf(outputs: readonly Tensor[], names: readonly string[]): string {
  const nested = outputs.map((output) => short(output.toArray()));
  const value = outputs.length === 1 ? nested[0] : Object.fromEntries(names.map((name, i) => [name, nested[i]]));
  return `${JSON.stringify(value)}\n`;
}

function short(value: NestedArray): unknown {
  return typeof value === "number" ? shortest(value) : Array.isArray(value) ? value.map(short) : value;
}

/** A line for each sample, with the elements of all outputs. */
async function csvOf(outputs: readonly Tensor[], names: readonly string[], what: string): Promise<string> {
  const widths = outputs.map((output) => output.size / Math.max(1, output.shape[0]));
  const header = names.flatMap((name, k) =>
    widths[k] === 1 ? [name] : Array.from({ length: widths[k] }, (_, i) => `${name}_${i}`)
  );
  const rows = Array.from(
    { length: outputs[0].shape[0] },
    (_, i) => outputs.flatMap(({ data }, k) => Array.from(data.subarray(i * widths[k], (i + 1) * widths[k]), shortest)),
  );
  return await writeCsv(header, rows, what);
}
