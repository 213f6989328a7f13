// The formats that models are exported to, and the options of `Model.export`.
import { addressOf, type FileTarget, nameOfTarget, writeTarget } from "../files/target.ts";
import { ValueError } from "../errors.ts";
import { boolean, choice, integer, positiveInteger } from "../option_kinds.ts";
import { type KeptOptions, nullable, optionTable, readMethodOptions } from "../options.ts";
import { requireBuilt } from "../saving/weights_file.ts";
import type { ExportedModel } from "./inference.ts";
import { onnxFile } from "./onnx.ts";

/** A format that models are exported to. */
interface Format {
  /** The ending of its files. */
  readonly ending: string;
  /** The bytes of a model's file. */
  write(model: ExportedModel, options: Kept, what: string): Promise<Uint8Array<ArrayBuffer>>;
}

/** The name of a format that models are exported to. */
export type ExportFormat = "onnx";

/** The formats by name. */
const formats: Readonly<Record<ExportFormat, Format>> = {
  onnx: { ending: ".onnx", write: onnxFile },
};

/** Options of `Model.export`. */
export interface ExportOptions {
  /** The format; that of the target's ending by default. */
  format?: ExportFormat | null;
  /** The batch size of the file; by default it takes batches of any size, if the model does. */
  batchSize?: number | null;
  /** The version of ONNX's operators, from 18 to 22; 18 by default. */
  opsetVersion?: number;
  /** Whether to print where the file is; true by default. */
  verbose?: boolean;
}

const formatNames = Object.keys(formats) as ExportFormat[];

/** The options of `Model.export`. */
const exportOptions = optionTable<ExportOptions>()({
  format: nullable(choice(formatNames)),
  batchSize: nullable(positiveInteger()),
  opsetVersion: integer(18, { min: 18, max: 22 }),
  verbose: boolean(true),
});

type Kept = KeptOptions<typeof exportOptions>;

/** See `Model.export`. */
export async function exportModel(model: ExportedModel, target: FileTarget, options: ExportOptions): Promise<void> {
  const what = `Cannot export "${model.name}" to ${nameOfTarget(target)}`;
  const kept = readMethodOptions("export", exportOptions, options, what);
  const format = formats[formatOf(target, kept.format, what)];
  requireBuilt(model, what);
  await writeTarget(target, await format.write(model, kept, what), what);
  if (kept.verbose) console.log(`Exported "${model.name}" to ${nameOfTarget(target)}.`);
}

/** The format that is asked for, or that the target's ending names; throws {@linkcode ValueError} if they differ. */
function formatOf(target: FileTarget, asked: ExportFormat | null, what: string): ExportFormat {
  const address = addressOf(target);
  const known = formatNames.filter((name) => asked === null || asked === name);
  const named = address === undefined ? asked : known.find((name) => address.endsWith(formats[name].ending));
  if (named) return named;
  const endings = known.map((name) => formats[name].ending).join(" or ");
  throw new ValueError({
    what,
    rule: address === undefined
      ? "a stream has no ending that says which format it is"
      : `its name must end in ${endings}`,
    received: nameOfTarget(target),
    hint: address === undefined
      ? `give the format, as in { format: "${known[0]}" }`
      : `write it as in "model${formats[known[0]].ending}"`,
  });
}
