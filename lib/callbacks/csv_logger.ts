// CSVLogger: writes a line for each epoch to a file. https://keras.io/api/callbacks/csv_logger/
import { ValueError } from "../errors.ts";
import { boolean, text } from "../option_kinds.ts";
import { declareOptions, describe, type OptionFields, optionTable, positional } from "../options.ts";
import { Callback, type Logs } from "./callback.ts";
import { requireFiles, sizeOfFile, writeText } from "../files/system.ts";
import { formatFloat } from "../terminal/python_format.ts";

/** Options of {@linkcode CSVLogger}. */
export interface CSVLoggerOptions {
  /** The separator between columns; `,` by default. */
  separator?: string;
  /** Whether to append to an existing file; false by default. */
  append?: boolean;
}

const csvOptions = optionTable<CSVLoggerOptions>()({
  /** The file's name. */
  filename: positional(text()),
  separator: text(","),
  append: boolean(false),
});

/** The options, checked and completed. */
export interface CSVLogger extends OptionFields<CSVLoggerOptions, typeof csvOptions> {}

/**
 * Writes the logs of each epoch to a file, byte for byte as Keras does: the epoch from 0, then the logs sorted by name,
 * `NA` where one is missing.
 *
 * @example A file that each training appends to
 * ```ts
 * import { callbacks } from "./mod.ts";
 * const logger = new callbacks.CSVLogger("training.csv", { append: true });
 * console.log(logger.filename); // training.csv
 * ```
 */
export class CSVLogger extends Callback {
  #keys: string[] | undefined;
  #headed = false;

  static {
    declareOptions(this, csvOptions);
  }

  /**
   * Takes the file's name and options. Throws {@linkcode ValueError} for an invalid name or separator. Defaults:
   * `separator: ","`, `append: false`.
   */
  constructor(filename: string, options: CSVLoggerOptions = {}) {
    super(options, { filename });
    if (filename !== "" && [...this.separator].length === 1) return;
    throw new ValueError({
      what: "Cannot make CSVLogger",
      rule: "it takes the name of a file, and a separator of one character",
      received: `${describe(filename)} and ${describe(this.separator)}`,
      hint: 'write it as in new callbacks.CSVLogger("training.csv")',
    });
  }

  /**
   * Creates the file, or finds the one to append to. Throws {@linkcode StateError} if there is no file system, and
   * {@linkcode FileError} if the file cannot be written.
   */
  override onTrainBegin(): void {
    requireFiles(`write "${this.filename}"`);
    this.#keys = undefined;
    this.#headed = this.append && sizeOfFile(this.filename) > 0;
    if (!this.append) writeText(this.filename, "", { append: false });
  }

  /** Writes the epoch's line. */
  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    if (!this.#keys) {
      this.#keys = Object.keys(logs).sort();
      if (!this.#keys.some((key) => key.startsWith("val_"))) this.#keys.push(...this.#keys.map((key) => `val_${key}`));
      if (!this.#headed) this.#write(["epoch", ...this.#keys]);
    }
    this.#write([String(epoch), ...this.#keys.map((key) => (key in logs ? formatFloat(logs[key]) : "NA"))]);
  }

  #write(cells: readonly string[]): void {
    const special = new RegExp(`["\\r\\n]|\\${this.separator}`);
    const quoted = cells.map((cell) => (special.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell));
    writeText(this.filename, quoted.join(this.separator) + "\r\n", { append: true });
  }
}
