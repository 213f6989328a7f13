// BackupAndRestore: a training that was killed goes on where it was. https://keras.io/api/callbacks/backup_and_restore/
import { FileError, ValueError } from "../errors.ts";
import { boolean } from "../option_kinds.ts";
import { declareOptions, describe, option, type OptionFields, optionTable, positional } from "../options.ts";
import { Callback, type SavedTraining, type TrainingRun } from "./callback.ts";
import { BatchCounter, type SaveFrequency, saveFrequencyOption } from "./batch_counter.ts";
import { readIfThere, requireFiles, writeSafely } from "../files/system.ts";
import { decodeTraining, encodeTraining } from "./training_file.ts";

/** Options of {@linkcode BackupAndRestore}. */
export interface BackupAndRestoreOptions {
  /** `epoch`, or after how many batches the training is saved; `epoch` by default. */
  saveFreq?: SaveFrequency;
  /** Whether the file before the last one is kept too; false by default. */
  doubleCheckpoint?: boolean;
  /** Whether the folder is removed when the training is done; true by default. */
  deleteCheckpoint?: boolean;
}

const backupOptions = optionTable<BackupAndRestoreOptions>()({
  /** The folder. */
  backupDir: positional(option<string>({
    read: (given, { what }) => {
      if (typeof given === "string" && given !== "") return given;
      throw new ValueError({
        what,
        rule: "it takes the name of a folder",
        received: describe(given),
        hint: 'write it as in new callbacks.BackupAndRestore("backup")',
      });
    },
  })),
  saveFreq: saveFrequencyOption,
  doubleCheckpoint: boolean(false),
  deleteCheckpoint: boolean(true),
});

/** The options, checked and completed. */
export interface BackupAndRestore extends OptionFields<BackupAndRestoreOptions, typeof backupOptions> {}

/**
 * Saves the training to a folder as it goes on. When the same program is started again after it was killed, `fit` goes
 * on from there, and ends with the weights and the history that it would have had: weights, the optimizer's slots, the
 * epoch, the order of the samples, random numbers and metrics are all taken up, bit for bit. What other callbacks
 * remember, such as the patience of `EarlyStopping`, begins anew.
 *
 * @example A training that may be killed
 * ```ts
 * import { callbacks } from "./mod.ts";
 * const backup = new callbacks.BackupAndRestore("backup", { saveFreq: 100 });
 * console.log(backup.backupDir); // backup
 * ```
 */
export class BackupAndRestore extends Callback {
  readonly #batches: BatchCounter;
  #training: TrainingRun | undefined;
  #firstEpoch: number | undefined;

  static {
    declareOptions(this, backupOptions);
  }

  /** Takes the folder, which is made, and removed at the end. Throws {@linkcode ValueError} for a name that is none. */
  constructor(backupDir: string, options: BackupAndRestoreOptions = {}) {
    super(options, { backupDir });
    this.#batches = new BatchCounter(this.saveFreq);
  }

  /** Only a count of batches needs to see each. */
  override get everyBatch(): boolean {
    return this.#batches.frequency !== "epoch";
  }

  /** The file that holds the newest state. */
  get path(): string {
    return `${this.backupDir}/latest.training`;
  }

  /** Takes the training that begins. */
  override setTraining(training: TrainingRun): void {
    this.#training = training;
  }

  /**
   * Goes on with what an earlier run saved, if there is any. Throws {@linkcode FileError} for a file that is damaged,
   * or that of another model.
   */
  override async onTrainBegin(): Promise<void> {
    requireFiles(`keep the training of "${this.model.name}" in "${this.backupDir}"`);
    const saved = await this.#load();
    if (saved) await this.#training!.restore(saved);
    this.#firstEpoch = this.#training!.epoch;
  }

  /** Saves what the epochs before came to, when all callbacks have seen their end. */
  override async onEpochBegin(epoch: number): Promise<void> {
    this.#batches.beginEpoch();
    if (this.#batches.frequency === "epoch" && epoch !== this.#firstEpoch) await this.#save();
  }

  /** Saves where it is due. */
  override async onTrainBatchEnd(batch: number): Promise<void> {
    if (this.#batches.isDue(batch)) await this.#save();
  }

  /** Removes the folder, or saves the end. */
  override async onTrainEnd(): Promise<void> {
    if (!this.deleteCheckpoint) return await this.#save();
    await Deno.remove(this.backupDir, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }

  async #save(): Promise<void> {
    const bytes = encodeTraining(await this.#training!.save());
    await Deno.mkdir(this.backupDir, { recursive: true });
    if (this.doubleCheckpoint) {
      const last = await readIfThere(this.path);
      if (last) await writeSafely(`${this.path}.bkp`, last);
    }
    await writeSafely(this.path, bytes);
  }

  async #load(): Promise<SavedTraining | undefined> {
    const bytes = await readIfThere(this.path);
    try {
      return bytes && decodeTraining(bytes, this.path);
    } catch (error) {
      const last = await readIfThere(`${this.path}.bkp`);
      if (!(error instanceof FileError) || !last) throw error;
      console.warn(`${error.message}; the training goes on from the file before, "${this.path}.bkp"`);
      return decodeTraining(last, `${this.path}.bkp`);
    }
  }
}
