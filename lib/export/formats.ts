// The formats that models are exported to, and the options of `Model.export`.
import { addressOf, type FileTarget, nameOfTarget, writeTarget } from "../files/target.ts";
import { ValueError } from "../errors.ts";
import type { FileSource } from "../files/source.ts";
import { boolean, choice, positiveInteger, uncheckedHere } from "../option_kinds.ts";
import { type KeptOptions, nullable, optionTable, readMethodOptions } from "../options.ts";
import { requireBuilt } from "../saving/weights_file.ts";
import type { SymbolicShape } from "../shape.ts";
import type { Structure } from "../structure.ts";
import { defaultBatchSize } from "../training/options.ts";
import type { TrainableModel } from "../training/trainer.ts";
import { standaloneModule } from "./standalone.ts";

/** What is written. */
interface Content {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Its size, in words. */
  readonly size: string;
}

/** What exporting needs of a model. */
interface ExportableModel extends TrainableModel {
  /** Whether it has its weights. */
  readonly built: boolean;
}

/** A format that models are exported to. */
interface Format {
  /** The endings of its files; the first for a file without a name. */
  readonly endings: readonly string[];
  /** The content of a model's file of that name. */
  make(model: ExportableModel, fileName: string, options: Kept, what: string): Promise<Content>;
}

/** The name of a format that models are exported to. */
export type ExportFormat = "typescript";

/** The formats by name. */
const formats: Readonly<Record<ExportFormat, Format>> = {
  typescript: {
    endings: [".ts", ".js", ".mjs"],
    async make(model, fileName, { dtype, engine, inputShape, batchSize }, what) {
      const isTyped = fileName.endsWith(".ts");
      const options = { fileName, isTyped, dtype, engine, inputShape, batchSize: batchSize ?? defaultBatchSize };
      const { text, size } = await standaloneModule(model, options, what);
      return { bytes: new TextEncoder().encode(text), size };
    },
  },
};

/** Options of `Model.export`. */
export interface ExportOptions {
  /** The format; that of the target's ending by default. */
  format?: ExportFormat | null;
  /** The number of rows that are computed at once, 32 by default; what is left is computed row by row. */
  batchSize?: number | null;
  /**
   * The shapes of its inputs, such as `[null, 100]`, if the model's have unknown axes besides the rows; one, a list, or
   * some by name, as the model's inputs are.
   */
  inputShape?: Structure<SymbolicShape> | null;
  /**
   * How weights are held: `float32`, the default, or `float16`, in half as many bytes. They are rounded
   * then; what is computed stays float32.
   */
  dtype?: "float32" | "float16";
  /**
   * The file `ffi/ceratops.wasm` of this library: for a page whose bundle has no such file beside it. By
   * default it is read from where this library is.
   */
  engine?: FileSource | null;
  /** Whether to print where the file is, and its size; true by default. */
  verbose?: boolean;
}

const formatNames = Object.keys(formats) as ExportFormat[];

/** The options of `Model.export`. */
const exportOptions = optionTable<ExportOptions>()({
  format: nullable(choice(formatNames)),
  batchSize: nullable(positiveInteger()),
  inputShape: nullable(uncheckedHere<Structure<SymbolicShape> | null>(null)),
  dtype: choice(["float32", "float16"]),
  engine: nullable(uncheckedHere<FileSource | null>(null)),
  verbose: boolean(true),
});

type Kept = KeptOptions<typeof exportOptions>;

/** See `Model.export`. */
export async function exportModel(
  model: ExportableModel,
  target: FileTarget,
  options: ExportOptions,
): Promise<void> {
  const what = `Cannot export "${model.name}" to ${nameOfTarget(target)}`;
  const kept = readMethodOptions("export", exportOptions, options, what);
  const name = formatOf(target, kept.format, what);
  requireBuilt(model, what);
  const { endings, make } = formats[name];
  const fileName = addressOf(target)?.split(/[/\\]/).pop() ?? `model${endings[0]}`;
  const { bytes, size } = await make(model, fileName, kept, what);
  await writeTarget(target, bytes, what);
  if (kept.verbose) console.log(`Saved ${nameOfTarget(target)}: ${size}`);
}

/** The format that is asked for, or that the target's ending names; throws {@linkcode ValueError} if they differ. */
function formatOf(target: FileTarget, asked: ExportFormat | null, what: string): ExportFormat {
  const address = addressOf(target);
  const known = formatNames.filter((name) => asked === null || asked === name);
  const hasEnding = (name: ExportFormat) => formats[name].endings.some((ending) => address?.endsWith(ending));
  const named = address === undefined ? asked : known.find(hasEnding);
  if (named) return named;
  const endings = known.flatMap((name) => formats[name].endings);
  throw new ValueError({
    what,
    rule: address === undefined
      ? "a stream has no ending that says which format it is"
      : `its name must end in ${endings.join(" or ")}`,
    received: nameOfTarget(target),
    hint: address === undefined
      ? `give the format, as in { format: "${known[0]}" }`
      : `write it as in "model${endings[0]}"`,
  });
}
