// The formats that models are exported to, and the options of `Model.export`.
import { describe, ValueError } from "../errors.ts";
import type { FileContent } from "../files/system.ts";
import { addressOf, fileNameOf, type FileTarget, nameOfTarget, writeTarget } from "../files/target.ts";
import { boolean, choice, integer, positiveInteger, uncheckedHere } from "../option_kinds.ts";
import { type KeptOptions, nullable, optionTable, readMethodOptions } from "../options.ts";
import { requireBuilt } from "../saving/weight_groups.ts";
import type { SymbolicShape } from "../shape.ts";
import type { Structure } from "../structure.ts";
import { defaultBatchSize } from "../training/options.ts";
import type { TrainableModel } from "../training/trainer.ts";
import type { ExportedModel } from "./inference.ts";
import { onnxFile } from "./onnx.ts";
import { formatBytes, standaloneModule } from "./standalone.ts";

/** A file that was made. */
interface ExportedFile {
  readonly content: FileContent;
  /** Its size, in words. */
  readonly size: string;
}

/** A format that models are exported to. */
interface Format {
  /** The endings of its files. */
  readonly endings: readonly string[];
  /** The options that it has besides those of all formats. */
  readonly options: readonly (keyof ExportOptions)[];
  /** A model's file of a name. */
  make(model: ExportedModel & TrainableModel, name: string, options: Kept, what: string): Promise<ExportedFile>;
}

/** The name of a format that models are exported to. */
export type ExportFormat = "onnx" | "typescript";

/** The formats by name. */
const formats: Readonly<Record<ExportFormat, Format>> = {
  onnx: {
    endings: [".onnx"],
    options: ["batchSize", "inputShape", "opsetVersion"],
    async make(model, _name, options, what) {
      const content = await onnxFile(model, options, what);
      return { content, size: formatBytes(content.reduce((sum, { length }) => sum + length, 0)) };
    },
  },
  typescript: {
    endings: [".ts", ".js", ".mjs"],
    options: ["batchSize", "inputShape", "dtype"],
    async make(model, fileName, { batchSize, inputShape, dtype }, what) {
      const isTyped = !/\.m?js$/.test(fileName);
      const options = { fileName, isTyped, dtype, inputShape, batchSize: batchSize ?? defaultBatchSize };
      const { text, size } = await standaloneModule(model, options, what);
      return { content: new TextEncoder().encode(text), size };
    },
  },
};

/** Options of `Model.export`. */
export interface ExportOptions {
  /** The format; that of the target's ending by default. */
  format?: ExportFormat | null;
  /**
   * The only batch size of an ONNX file; by default it takes batches of any size, if the model does. A module takes any
   * number of rows: here it is how many it computes at once while there are as many, 32 by default.
   */
  batchSize?: number | null;
  /**
   * The shapes of the inputs, such as `[null, 100]`, where the model's have unknown axes besides the rows: a module needs
   * them, an ONNX file does if the model's graph depends on them. One, a list, or some by name, as the inputs are.
   */
  inputShape?: Structure<SymbolicShape> | null;
  /** The version of ONNX's operators, from 18 to 22; 18 by default. */
  opsetVersion?: number;
  /**
   * How a module stores weights: `float32`, the default, or `float16`, which makes the file smaller by half of them. They
   * are rounded then; what is computed stays float32.
   */
  dtype?: "float32" | "float16";
  /** Whether to print what was written, and its size; true by default. */
  verbose?: boolean;
}

const formatNames = Object.keys(formats) as ExportFormat[];

/** The options of `Model.export`. */
const exportOptions = optionTable<ExportOptions>()({
  format: nullable(choice(formatNames)),
  batchSize: nullable(positiveInteger()),
  inputShape: nullable(uncheckedHere<Structure<SymbolicShape> | null>(null)),
  opsetVersion: integer(18, { min: 18, max: 22 }),
  dtype: choice(["float32", "float16"]),
  verbose: boolean(true),
});

type Kept = KeptOptions<typeof exportOptions>;

/** See `Model.export`. */
export async function exportModel(
  model: ExportedModel & TrainableModel,
  target: FileTarget,
  options: ExportOptions,
): Promise<void> {
  const what = `Cannot export "${model.name}" to ${nameOfTarget(target)}`;
  const kept = readMethodOptions("export", exportOptions, options, what);
  const address = addressOf(target);
  const format = formatOf(address, kept.format, what);
  refuseOthers(options, format, what);
  requireBuilt(model, what);
  const name = address === undefined ? `model${format.endings[0]}` : fileNameOf(address);
  const { content, size } = await format.make(model, name, kept, what);
  await writeTarget(target, content, what);
  if (kept.verbose) console.log(`Saved ${address === undefined ? "the model" : `"${address}"`}: ${size}`);
}

/** The format that is asked for, which an address must end in, or that it ends in. */
function formatOf(address: string | undefined, asked: ExportFormat | null, what: string): Format {
  const possible = asked === null ? Object.values(formats) : [formats[asked]];
  const found = address === undefined
    ? asked && formats[asked]
    : possible.find(({ endings }) => endings.some((ending) => address.endsWith(ending)));
  if (found) return found;
  const endings = possible.flatMap((format) => format.endings);
  throw new ValueError({
    what,
    rule: address === undefined
      ? "a stream has no ending that says which format it is"
      : `its name must end in ${endings.join(" or ")}`,
    received: address === undefined ? "no format" : describe(address),
    hint: address === undefined
      ? `give the format, as in { format: "${formatNames[0]}" }`
      : `write it as in "model${endings[0]}"`,
  });
}

/** Throws {@linkcode ValueError} for an option that only other formats have. */
function refuseOthers(given: ExportOptions, { options: own, endings }: Format, what: string): void {
  const others = Object.values(formats).flatMap(({ options }) => options).filter((option) => !own.includes(option));
  const wrong = others.find((option) => given[option] !== undefined);
  if (wrong === undefined) return;
  throw new ValueError({
    what,
    rule: `a ${endings[0]} file has the options ${own.map((option) => `"${option}"`).join(", ")}`,
    received: `"${wrong}"`,
    hint: "leave it out, or export to another format",
  });
}
