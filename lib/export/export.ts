// Model.export: a model as a file that predicts without Ceratops.
import { describe, ValueError } from "../errors.ts";
import type { FileSource } from "../files/source.ts";
import { addressOf, type FileTarget, nameOfTarget, writeTarget } from "../files/target.ts";
import { boolean, choice, integerAtLeast, uncheckedHere } from "../option_kinds.ts";
import { type KeptOptions, nullable, optionTable, readMethodOptions } from "../options.ts";
import type { TrainableModel } from "../training/trainer.ts";
import { standaloneModule } from "./standalone.ts";

/** The formats of {@linkcode Model.export}. */
export type ExportFormat = "typescript";

/** Options of `export`. */
export interface ExportOptions {
  /** The format; the one that the path ends in by default. */
  format?: ExportFormat | null;
  /** The number of rows that are computed at once, while there are as many; 32 by default. */
  batchSize?: number;
  /**
   * How weights are stored: `float32`, the default, or `float16`, which makes the file smaller by half of them. They are
   * rounded then; what is computed stays float32.
   */
  dtype?: "float32" | "float16";
  /**
   * The file `ffi/ceratops.wasm` of this library, for a page whose bundle has no such file beside it; by default it is
   * read from where the library is.
   */
  engine?: FileSource | null;
  /** Whether to print what was written, and its size; true by default. */
  verbose?: boolean;
}

/** A file that was made. */
interface Exported {
  readonly content: string;
  /** Its size, in words. */
  readonly size: string;
}

/** The options that formats use. */
type FormatOptions = Pick<KeptOptions<typeof exportOptions>, "batchSize" | "dtype" | "engine">;

/** A format: the endings of its files, and how one is made. */
interface Format {
  readonly endings: readonly string[];
  make(
    model: TrainableModel,
    fileName: string,
    options: FormatOptions,
    what: string,
  ): Promise<Exported>;
}

const formats: Readonly<Record<ExportFormat, Format>> = {
  typescript: {
    endings: [".ts", ".js", ".mjs"],
    async make(model, fileName, options, what) {
      const isTyped = !/\.m?js$/.test(fileName);
      const { text, size } = await standaloneModule(model, { fileName, isTyped, ...options }, what);
      return { content: text, size };
    },
  },
};

const names = Object.keys(formats) as ExportFormat[];

const exportOptions = optionTable<ExportOptions>()({
  format: nullable(choice(names)),
  batchSize: integerAtLeast(1, 32),
  dtype: choice(["float32", "float16"]),
  engine: nullable(uncheckedHere<FileSource | null>(null)),
  verbose: boolean(true),
});

/** See `Model.export`. */
export async function exportModel(model: TrainableModel, target: FileTarget, options: ExportOptions): Promise<void> {
  const what = `Cannot export "${model.name}" to ${nameOfTarget(target)}`;
  const { format, verbose, ...others } = readMethodOptions("export", exportOptions, options, what);
  const address = addressOf(target);
  const { endings, make } = formatOf(format, address, what);
  const fileName = address?.split(/[/\\]/).pop() ?? `model${endings[0]}`;
  const { content, size } = await make(model, fileName, others, what);
  await writeTarget(target, new TextEncoder().encode(content), what);
  if (verbose) console.log(`Saved ${address === undefined ? "the model" : `"${address}"`}: ${size}`);
}

/** The format that is asked for, which a path must end in; or the one that it ends in. */
function formatOf(asked: ExportFormat | null, address: string | undefined, what: string): Format {
  const fits = ({ endings }: Format) => address === undefined || endings.some((ending) => address.endsWith(ending));
  const possible = asked === null ? Object.values(formats) : [formats[asked]];
  const found = asked === null && address === undefined ? undefined : possible.find(fits);
  if (found) return found;
  const endings = possible.flatMap((format) => format.endings);
  throw new ValueError({
    what,
    rule: address === undefined
      ? `format must be given for a stream, as one of ${names.map((name) => `"${name}"`).join(", ")}`
      : `the path must end in ${endings.join(" or ")}`,
    received: address === undefined ? "none" : describe(address),
    hint: address === undefined ? `write it as in { format: "${names[0]}" }` : `write it as in "model${endings[0]}"`,
  });
}
