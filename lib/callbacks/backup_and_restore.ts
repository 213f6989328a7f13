// BackupAndRestore: resumes a training that was killed. https://keras.io/api/callbacks/backup_and_restore/
import { isFirst } from "../communicator.ts";
import { FileError, ValueError } from "../errors.ts";
import { boolean } from "../option_kinds.ts";
import { declareOptions, describe, option, type OptionFields, optionTable, positional } from "../options.ts";
import { Callback, type SavedTraining, type TrainingRun } from "./callback.ts";
import { BatchCounter, type SaveFrequency, saveFrequencyOption } from "./batch_counter.ts";
import { makeFolder, readIfThere, removeFolder, requireFiles, writeSafely } from "../files/system.ts";
import { decodeTraining, encodeTraining } from "./training_file.ts";

/** Options of {@linkcode BackupAndRestore}. */
export interface BackupAndRestoreOptions {
  /** When to save: `epoch`, or a number of batches; `epoch` by default. */
  saveFreq?: SaveFrequency;
  /** Whether to keep the previous file too; false by default. */
  doubleCheckpoint?: boolean;
  /** Whether to remove the folder when training is done; true by default. */
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
 * Saves the state of training to a folder. If the program was killed and is started again, `fit` resumes and ends with
 * the same weights and history as without the interruption: weights, the optimizer's slots, the epoch, the order of
 * samples, random numbers and metrics are restored bit for bit. The state of other callbacks, such as the patience of
 * `EarlyStopping`, starts over.
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

  /**
   * Takes the folder, which is created, and removed at the end. Throws {@linkcode ValueError} for an invalid name.
   * Defaults: `saveFreq: "epoch"`, `doubleCheckpoint: false`, `deleteCheckpoint: true`.
   */
  constructor(backupDir: string, options: BackupAndRestoreOptions = {}) {
    super(options, { backupDir });
    this.#batches = new BatchCounter(this.saveFreq);
  }

  /** Only saving by batches needs every batch. */
  override get everyBatch(): boolean {
    return this.#batches.frequency !== "epoch";
  }

  /** The file with the newest state. */
  get path(): string {
    return `${this.backupDir}/latest.training`;
  }

  /** Takes the training that starts. */
  override setTraining(training: TrainingRun): void {
    this.#training = training;
  }

  /**
   * Resumes from what an earlier run saved, if anything. Throws {@linkcode FileError} for a damaged file, one of
   * another model, or one that cannot be read.
   */
  override async onTrainBegin(): Promise<void> {
    requireFiles(`keep the training of "${this.model.name}" in "${this.backupDir}"`);
    // Of several processes the first one resumes, and the others take over what it has.
    const saved = isFirst() ? await this.#load() : undefined;
    if (saved) await this.#training!.restore(saved);
    this.#firstEpoch = this.#training!.epoch;
  }

  /** Saves the state after the previous epoch, once all callbacks have seen its end. */
  override async onEpochBegin(epoch: number): Promise<void> {
    this.#batches.beginEpoch();
    if (this.#batches.frequency === "epoch" && epoch !== this.#firstEpoch) await this.#save();
  }

  /** Saves if it is due. */
  override async onTrainBatchEnd(batch: number): Promise<void> {
    if (this.#batches.isDue(batch)) await this.#save();
  }

  /** Removes the folder, or saves the final state. */
  override async onTrainEnd(): Promise<void> {
    if (!this.deleteCheckpoint) return await this.#save();
    if (isFirst()) await removeFolder(this.backupDir);
  }

  async #save(): Promise<void> {
    const bytes = encodeTraining(await this.#training!.save());
    await makeFolder(this.backupDir);
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
      console.warn(`${error.message}; training resumes from the previous file, "${this.path}.bkp"`);
      return decodeTraining(last, `${this.path}.bkp`);
    }
  }
}
