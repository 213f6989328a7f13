// Where a search keeps its trials and the weights of their best epochs: in memory, or in a folder that a later search resumes.
import { FileError } from "../errors.ts";
import { fileSystem, makeFolder, readIfThere, removeFolder, writeSafely } from "../files/system.ts";
import type { Model } from "../models/model.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Trial } from "./trial.ts";

/** Where a search keeps its trials. */
export interface TrialStore {
  /** A trial that ended; undefined if there is none. */
  read(id: number): Promise<Trial | undefined>;
  /** Keeps a trial that ended. */
  write(trial: Trial): Promise<void>;
  /** Keeps the weights of a trial's model, if it has any. */
  saveWeights(id: number, model: Model): Promise<void>;
  /** Gives a model the weights that were kept of a trial. */
  loadWeights(id: number, model: Model): Promise<void>;
}

/** Keeps trials in memory. */
export class MemoryTrials implements TrialStore {
  readonly #trials = new Map<number, Trial>();
  readonly #weights = new Map<number, Tensor[]>();

  read(id: number): Promise<Trial | undefined> {
    return Promise.resolve(this.#trials.get(id));
  }

  write(trial: Trial): Promise<void> {
    this.#trials.set(trial.id, trial);
    return Promise.resolve();
  }

  async saveWeights(id: number, model: Model): Promise<void> {
    if (model.weights.length > 0) this.#weights.set(id, await model.getWeights());
  }

  loadWeights(id: number, model: Model): Promise<void> {
    const weights = this.#weights.get(id);
    if (weights) model.setWeights(weights);
    return Promise.resolve();
  }
}

/** Keeps each trial in a folder of its own: `trial.json`, `best.weights.h5`, and what its process printed. */
export class FolderTrials implements TrialStore {
  /** Takes the folder of the search. */
  constructor(readonly directory: string) {}

  /** The folder of a trial. */
  folderOf(id: number): string {
    return `${this.directory}/trial_${String(id).padStart(4, "0")}`;
  }

  read(id: number): Promise<Trial | undefined> {
    return readJson<Trial>(`${this.folderOf(id)}/trial.json`);
  }

  async write(trial: Trial): Promise<void> {
    await makeFolder(this.folderOf(trial.id));
    await writeJson(`${this.folderOf(trial.id)}/trial.json`, trial);
  }

  /** Empties the folder of a trial that is run again. */
  async clear(id: number): Promise<void> {
    await removeFolder(this.folderOf(id));
    await makeFolder(this.folderOf(id));
  }

  #weightsOf(id: number): string {
    return `${this.folderOf(id)}/best.weights.h5`;
  }

  async saveWeights(id: number, model: Model): Promise<void> {
    if (model.weights.length === 0) return;
    await makeFolder(this.folderOf(id));
    await model.saveWeights(this.#weightsOf(id));
  }

  async loadWeights(id: number, model: Model): Promise<void> {
    const { existsSync } = fileSystem("Cannot load the weights of a trial");
    if (existsSync(this.#weightsOf(id))) await model.loadWeights(this.#weightsOf(id));
  }
}

/** What a JSON file holds; undefined if there is none. Throws {@linkcode FileError} for a damaged one. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  const bytes = await readIfThere(path);
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new FileError({
      what: `Cannot read "${path}"`,
      rule: "it must be the JSON that a search wrote",
      received: (error as Error).message,
      hint: "remove the file: its trial is then run again",
    });
  }
}

/** Writes a value as a JSON file. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeSafely(path, new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`));
}
