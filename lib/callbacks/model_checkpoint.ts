// ModelCheckpoint: saves the model after epochs or batches. https://keras.io/api/callbacks/model_checkpoint/
import { describe, didYouMean, ValueError } from "../errors.ts";
import { boolean, number } from "../option_kinds.ts";
import { declareOptions, fixed, nullable, option, optionTable, positional } from "../options.ts";
import type { Logs } from "./callback.ts";
import { type CheckpointStore, files } from "./checkpoint_store.ts";
import { BatchCounter, type SaveFrequency, saveFrequencyOption } from "./batch_counter.ts";
import { MonitorCallback, type MonitorFields, type MonitorOptions, monitorOptions } from "./monitor.ts";
import { formatFixed, formatTemplate } from "../terminal/python_format.ts";
import { printBelowBar } from "../terminal/terminal.ts";

/** Options of {@linkcode ModelCheckpoint}. */
export interface ModelCheckpointOptions extends Omit<MonitorOptions, "minDelta"> {
  /** Whether to save only a model that is better than the earlier ones; false by default. */
  saveBestOnly?: boolean;
  /** Whether to save only weights, not the whole model; false by default. */
  saveWeightsOnly?: boolean;
  /** When to save: `epoch`, or a number of batches; `epoch` by default. */
  saveFreq?: SaveFrequency;
  /** The value that the first saved model must beat; none by default. */
  initialValueThreshold?: number | null;
  /** Where models are saved: by default in files, if the model can write them. */
  store?: CheckpointStore;
}

const checkpointOptions = optionTable<ModelCheckpointOptions>()({
  ...monitorOptions,
  minDelta: fixed(0),
  /** The path; its extension is checked together with `saveWeightsOnly`. */
  filepath: positional(option<string>({ read: (given) => given as string })),
  saveBestOnly: boolean(false),
  saveWeightsOnly: boolean(false),
  saveFreq: saveFrequencyOption,
  initialValueThreshold: nullable(number()),
  store: option<CheckpointStore>({
    fallback: files,
    read: (given, { what }) => {
      if (typeof (given as Partial<CheckpointStore> | null)?.save === "function") return given as CheckpointStore;
      throw new ValueError({
        what,
        rule: "store must be an object with a method save",
        received: describe(given),
        hint: "write it as in store: new callbacks.MemoryCheckpoints()",
      });
    },
  }),
});

/** The options, checked and completed. */
export interface ModelCheckpoint extends MonitorFields<ModelCheckpointOptions, typeof checkpointOptions> {}

/**
 * Saves the model after each epoch, or every few batches. The path may have placeholders for `epoch` and `batch`, both
 * counted from 1, and for logs, such as `{epoch:02d}-{val_loss:.2f}.keras`; it ends in `.keras`, or in `.weights.h5` if
 * only weights are saved.
 *
 * @example The best model by validation accuracy
 * ```ts
 * import { callbacks } from "./mod.ts";
 * const best = new callbacks.ModelCheckpoint("best.keras", { monitor: "val_accuracy", saveBestOnly: true });
 * console.log(best.filepath); // best.keras
 * ```
 */
export class ModelCheckpoint extends MonitorCallback {
  readonly #batches: BatchCounter;
  #epoch = 0;

  static {
    declareOptions(this, checkpointOptions);
  }

  /**
   * Takes the path and options. Throws {@linkcode ValueError} for another extension. Defaults: `monitor: "val_loss"`,
   * `mode: "auto"`, `verbose: 0`, `saveBestOnly: false`, `saveWeightsOnly: false`, `saveFreq: "epoch"`,
   * `initialValueThreshold: null`.
   */
  constructor(filepath: string, options: ModelCheckpointOptions = {}) {
    super(options, { filepath });
    const { saveWeightsOnly } = this;
    const endings = saveWeightsOnly ? [".weights.h5"] : [".keras", ".h5"];
    if (typeof filepath !== "string" || !endings.some((ending) => filepath.endsWith(ending))) {
      throw new ValueError({
        what: "Cannot make ModelCheckpoint",
        rule: `the path must end in ${endings[0]}${saveWeightsOnly ? " where saveWeightsOnly is set" : ""}`,
        received: describe(filepath),
        hint: `write it as in "model-{epoch:02d}${endings[0]}"`,
      });
    }
    this.#batches = new BatchCounter(this.saveFreq);
    this.best = this.initialValueThreshold ?? undefined;
  }

  /** Only saving by batches needs every batch. */
  override get everyBatch(): boolean {
    return this.#batches.frequency !== "epoch";
  }

  /** Throws {@linkcode ValueError} if it cannot tell whether smaller or larger is better. */
  override onTrainBegin(): void {
    if (this.saveBestOnly) this.direction();
  }

  /** Remembers the epoch. */
  override onEpochBegin(epoch: number): void {
    this.#epoch = epoch;
    this.#batches.beginEpoch();
  }

  /** Saves if it is due. */
  override async onTrainBatchEnd(batch: number, logs: Logs = {}): Promise<void> {
    if (this.#batches.isDue(batch)) await this.#save({ ...logs, epoch: this.#epoch + 1, batch: batch + 1 }, logs);
  }

  /** Saves if it is due. */
  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    if (this.#batches.frequency === "epoch") await this.#save({ ...logs, epoch: epoch + 1 }, logs);
  }

  async #save(names: Logs, logs: Logs): Promise<void> {
    const path = formatTemplate(this.filepath, names, ["epoch", "batch"], (name, format) => {
      const near = didYouMean(name, Object.keys(names));
      return new ValueError({
        what: `Cannot make a file name of "${this.filepath}"`,
        rule: name in names
          ? "places are written as {name}, {name:02d}, {name:.4f} or {name:.2e}"
          : `its places may be ${Object.keys(names).join(", ")}`,
        received: `{${name}${format ? `:${format}` : ""}}`,
        hint: name in names ? "use one of these forms" : near ? `did you mean "${near}"?` : "use one of these names",
      });
    });
    if (!this.#isWanted(path, logs)) return;
    await this.store.save(path, this.model, this.saveWeightsOnly);
    this.#say(`finished saving model to ${path}`);
  }

  #isWanted(path: string, logs: Logs): boolean {
    if (!this.saveBestOnly) {
      this.#say(`saving model to ${path}`);
      return true;
    }
    const current = this.watched(logs);
    if (current === undefined) return true;
    const best = this.best === undefined ? "None" : formatFixed(this.best, 5);
    if (!this.improves(current, this.best)) {
      this.#say(`${this.monitor} did not improve from ${best}`);
      return false;
    }
    this.#say(`${this.monitor} improved from ${best} to ${formatFixed(current, 5)}, saving model to ${path}`);
    this.best = current;
    return true;
  }

  #say(text: string): void {
    if (this.verbose) printBelowBar(`Epoch ${this.#epoch + 1}: ${text}`);
  }
}
