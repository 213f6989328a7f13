// Tuner: the base of searches: runs the trials of each round, keeps them, and tells the best. https://keras.io/keras_tuner/api/tuners/base_tuner/
import { checkMethodsOf, declareMethods } from "../checked_methods.ts";
import { count, optional } from "../argument_kinds.ts";
import { describe, FileError, StateError, ValueError } from "../errors.ts";
import { getBackend } from "../exec/select.ts";
import { makeFolder, removeFolder, requireFiles } from "../files/system.ts";
import type { Model } from "../models/model.ts";
import { boolean, integer, integerAtLeast, isList, text } from "../option_kinds.ts";
import {
  assignOptions,
  declareBase,
  nullable,
  type Option,
  option,
  type OptionFields,
  optionTable,
  positional,
  readOptions,
} from "../options.ts";
import { keepRandomState, randomSeed } from "../random_stream.ts";
import type { Structure } from "../structure.ts";
import type { TensorLike } from "../tensor/tensor.ts";
import type { Batches } from "../training/batches.ts";
import { factsOfGiven } from "../training/fingerprint.ts";
import type { FitOptions } from "../training/options.ts";
import {
  checkSource,
  type HyperModel,
  type HyperModelSource,
  moduleOf,
  openHyperModel,
  type TrialFunctions,
} from "./hyper_model.ts";
import { checkValues, HyperParameters, type HyperValue } from "./hyper_parameters.ts";
import type { Job } from "./run_trial.ts";
import { isFirstRank, Ranks } from "./ranks.ts";
import { OwnProcess, RankProcesses, type TrialRunner, WorkerProcesses } from "./runners.ts";
import { type CompletedTrial, type Objective, objectiveOption, type Proposal, ranked, type Trial } from "./trial.ts";
import { FolderTrials, MemoryTrials, readJson, type TrialStore, writeJson } from "./trial_store.ts";
import { requireProcesses, runInProcess } from "./worker_process.ts";
import { workersOption } from "./workers.ts";

/** Options of every search. */
export interface TunerOptions {
  /**
   * The log to optimize, such as `val_accuracy`, of which a trial has the best of its epochs; or that and its direction,
   * `min` or `max`. By default the number that `fit` returns, which is minimized.
   */
  objective?: string | Objective | null;
  /** How often the model of a trial is made and trained, each time with another seed; scores are averaged. 1 by default. */
  executionsPerTrial?: number;
  /** The number of trials in a row whose failure ends the search; 3 by default. */
  maxConsecutiveFailedTrials?: number;
  /** The seed of all that is drawn, in the search and in its trials; that of the session by default. */
  seed?: number | null;
  /** Values by name that are not searched for; none by default. */
  hyperparameters?: Readonly<Record<string, HyperValue>>;
  /** The folder that keeps the trials, from which an interrupted search goes on; by default they are kept in memory. */
  directory?: string | null;
  /** Whether to start over where the folder has trials; false by default. */
  overwrite?: boolean;
  /**
   * The number of worker processes, which share the processor's cores. Each trial has a process of its own, so that one
   * which dies is only a failed trial. `"mpi"` divides trials among the processes that `mpirun`, `srun` or another
   * launcher of MPI started, on one machine or several; all run this program, and see one `directory`. 0, which runs
   * trials in this process, by default.
   */
  workers?: number | "mpi";
  /** Flags of `deno run` for worker processes, such as permissions; `["-A"]` by default. */
  denoFlags?: readonly string[];
  /** 1 prints a line for each trial, 0 nothing; 1 by default. */
  verbose?: 0 | 1;
}

const seedOption: Option<number | null> = nullable(integer(undefined, { min: 0, max: 2 ** 32 - 1 }));

/** The options of every search. */
export const tunerOptions = optionTable<TunerOptions>()({
  hyperModel: positional(option<HyperModelSource>({ read: (given, { what }) => checkSource(given, what) })),
  objective: objectiveOption,
  executionsPerTrial: integerAtLeast(1, 1),
  maxConsecutiveFailedTrials: integerAtLeast(1, 3),
  seed: seedOption,
  hyperparameters: option<Readonly<Record<string, HyperValue>>>({
    fallback: {},
    read: (given, { what }) => checkValues(given, what),
  }),
  directory: nullable(text()),
  overwrite: boolean(false),
  workers: workersOption,
  denoFlags: option<readonly string[]>({
    fallback: ["-A"],
    read: (given, { what, option }) => {
      if (isList(given, (item) => typeof item === "string")) return given;
      throw new ValueError({
        what,
        rule: `${option} must be a list of texts`,
        received: describe(given),
        hint: 'write it as in ["--allow-read", "--allow-ffi"]',
      });
    },
  }),
  verbose: option<0 | 1>({
    fallback: 1,
    read: (given, { what }) => {
      if (given === 0 || given === 1) return given;
      throw new ValueError({
        what,
        rule: "verbose must be 0 or 1",
        received: describe(given),
        hint: "0 prints nothing",
      });
    },
  }),
});

/** The fields of a search's own options, besides those of every search. */
export type TunerFields<O, T> = OptionFields<Omit<O, keyof TunerOptions>, Omit<T, keyof TunerOptions>>;

/** The options, checked and completed. */
export interface Tuner extends OptionFields<TunerOptions, typeof tunerOptions> {}

/** The file in a search's folder that tells what kind of search it is. */
const searchFile = "search.json";

/** What it has. */
interface SearchFile {
  readonly seed: number;
  readonly search: unknown;
}

/**
 * The base of searches: `RandomSearch`, `Hyperband` and `BayesianOptimization`.
 *
 * A search proposes trials in rounds, each of which depends only on what came of those before. So the trials of a seed,
 * and their results, are the same for any number of workers, and a search that was interrupted and is started again
 * with its folder goes on where it was.
 */
export abstract class Tuner {
  readonly #trials = new Map<number, Trial>();
  #store: TrialStore | undefined;
  #hyperModel: HyperModel | undefined;
  #searching = false;

  static {
    declareBase(this);
    declareMethods(this, {
      getBestHyperparameters: { verb: "get hyperparameters of", takes: { numTrials: optional(count) } },
      getBestModels: { verb: "get models of", takes: { numModels: optional(count) } },
      resultsSummary: { verb: "tell the results of", takes: { numTrials: optional(count) } },
    });
    checkMethodsOf(this);
  }

  /** Takes what makes models, and options. Throws {@linkcode ValueError} for values that the class does not allow. */
  constructor(hyperModel: HyperModelSource, options: TunerOptions) {
    const className = new.target.name;
    assignOptions(this, readOptions(new.target, options, { hyperModel }, { className }));
    const what = `Cannot make ${className}`;
    if (this.workers === 0) return;
    if (this.workers === "mpi") {
      if (this.directory !== null) return;
      throw new ValueError({
        what,
        rule: "processes that divide trials need a folder that all of them see",
        received: "no directory",
        hint: 'write it as in { workers: "mpi", directory: "search" }',
      });
    }
    requireProcesses(what);
    const module = moduleOf(hyperModel);
    if (module && this.directory !== null) return;
    throw new ValueError({
      what,
      rule: "worker processes need a module that builds and trains models, and a folder for what they find",
      received: module ? "no directory" : "functions of this program",
      hint: 'write it as in (new URL("./trial.ts", import.meta.url), { directory: "search", workers: 2 })',
    });
  }

  /** The trials that ended, in the order of their numbers. */
  get trials(): readonly Trial[] {
    return [...this.#trials.values()].sort((a, b) => a.id - b.id);
  }

  /**
   * The rounds of a search: each yields what to try next, and receives the trials that came of it. All that it yields
   * must follow from what it received and the seed.
   */
  protected abstract rounds(seed: number): Generator<readonly Proposal[], void, readonly Trial[]>;

  /**
   * Runs the search. Data and options are those of `model.fit`, and each trial is trained with them; where the trials have
   * a `fit` of their own, as those in modules do, there must be none.
   *
   * A trial that throws, or whose process dies, or whose objective is never a finite number, is kept as failed, and the
   * search goes on. A search with a folder that has trials of the same search goes on from there; those that failed are
   * tried again.
   *
   * With `workers: "mpi"` all processes call this alike, with the same data. Process r of n runs every n-th trial, and
   * keeps it and its weights in the folder; all of them have all trials then, and the first one prints. A process that
   * dies ends all.
   *
   * @param x inputs, as for `fit`
   * @param y targets, as for `fit`
   * @param options options of `fit`
   * @throws {StateError} after too many failures in a row, and while the search runs already; with `workers: "mpi"` also
   *   if a distribution is set, and if processes differ in what they search for, in data or in options of `fit`
   * @throws {ValueError} for a folder of another search
   */
  async search(
    x?: Structure<TensorLike> | Batches,
    y?: Structure<TensorLike> | null,
    options: FitOptions = {},
  ): Promise<void> {
    const what = `Cannot search with ${this.constructor.name}`;
    if (this.#searching) {
      throw new StateError({ what, rule: "one search at a time", received: "a second call", hint: "await the first" });
    }
    this.#searching = true;
    using _seed = keepRandomState();
    try {
      const hyperModel = this.#hyperModel = await openHyperModel(this.hyperModel);
      if (hyperModel.fit ? x !== undefined : x === undefined) {
        throw new ValueError({
          what,
          rule: hyperModel.fit ? "trials with a fit of their own take no data" : "there must be data to train with",
          received: hyperModel.fit ? describe(x) : "none",
          hint: hyperModel.fit ? "call search()" : "write it as in search(x, y), or give { build, fit }",
        });
      }
      const fit = hyperModel.fit ??
        ((_hp, model, wanted) =>
          model.fit(x as TensorLike, y as TensorLike, {
            ...options,
            ...wanted,
            callbacks: [...options?.callbacks ?? [], ...wanted.callbacks],
          }));
      using ranks = this.workers === "mpi" ? await Ranks.open(what) : undefined;
      const own = this.seed ?? randomSeed() >>> 0;
      const search = JSON.stringify({ class: this.constructor.name, ...this, directory: null });
      const facts = ranks ? { search, ...factsOfGiven(x, y, options ?? {}, what) } : {};
      const seed = await this.#open(await ranks?.agree(facts, own) ?? own, what, ranks);
      await this.#runRounds(seed, await this.#runner({ build: hyperModel.build, fit }, ranks), ranks);
    } finally {
      this.#searching = false;
    }
  }

  async #runner(hyperModel: TrialFunctions, ranks: Ranks | undefined): Promise<TrialRunner> {
    const { workers, directory, denoFlags } = this;
    const store = this.#store!;
    if (ranks) return new RankProcesses(ranks, hyperModel, store);
    const module = moduleOf(this.hyperModel);
    if (workers === 0 || workers === "mpi" || directory === null || !module) return new OwnProcess(hyperModel, store);
    const backend = await getBackend();
    return new WorkerProcesses(
      workers,
      store,
      (job) => runInProcess(job, { module, directory, workers, flags: denoFlags, backend }),
    );
  }

  /** Opens the folder. Gives the seed, which is that of the search which the folder has, if it has one. */
  async #open(seed: number, what: string, ranks: Ranks | undefined): Promise<number> {
    const { directory } = this;
    this.#trials.clear();
    if (directory === null) {
      this.#store = new MemoryTrials();
      return seed;
    }
    requireFiles("keep the trials of a search");
    this.#store = new FolderTrials(directory);
    if (!ranks) return await this.#openFolder(directory, seed, what);
    const found = await ranks.fromFirst(() => this.#openFolder(directory, seed, what));
    await ranks.exchange(async () => {
      const seen = await readJson<SearchFile>(`${directory}/${searchFile}`);
      if (seen?.seed === found) return;
      throw new FileError({
        what,
        rule: `all processes must see one folder "${directory}"`,
        received: "another, or none",
        hint: "give the path of a folder that the machines share",
      });
    });
    return found;
  }

  async #openFolder(directory: string, seed: number, what: string): Promise<number> {
    if (this.overwrite) await removeFolder(directory);
    await makeFolder(directory);
    const path = `${directory}/${searchFile}`;
    const earlier = await readJson<SearchFile>(path);
    const search = { class: this.constructor.name, ...this.settings };
    if (!earlier) await writeJson(path, { seed, search });
    else if (
      JSON.stringify(earlier.search) !== JSON.stringify(search) || (this.seed !== null && this.seed !== earlier.seed)
    ) {
      throw new ValueError({
        what,
        rule: `"${directory}" must be empty, or have trials of the same search`,
        received: `those of ${JSON.stringify({ ...earlier.search as object, seed: earlier.seed })}`,
        hint: "give another directory, or overwrite: true to remove them",
      });
    }
    return earlier?.seed ?? seed;
  }

  /** What decides which trials there are and how they are rated, besides the seed. */
  protected get settings(): Readonly<Record<string, unknown>> {
    const { objective, executionsPerTrial, hyperparameters } = this;
    return { objective, executionsPerTrial, hyperparameters };
  }

  async #runRounds(seed: number, runner: TrialRunner, ranks: Ranks | undefined): Promise<void> {
    const rounds = this.rounds(seed);
    let first = 0;
    for (let next = rounds.next(); !next.done;) {
      const jobs = next.value.map((proposal, i): Job => ({
        id: first + i,
        proposal: { ...proposal, values: { ...proposal.values, ...this.hyperparameters } },
        seed,
        objective: this.objective,
        executions: this.executionsPerTrial,
      }));
      first += jobs.length;
      for (const trial of await (ranks?.fromFirst(() => this.#earlier(jobs)) ?? this.#earlier(jobs))) {
        this.#trials.set(trial.id, trial);
      }
      await runner.run(jobs.filter(({ id }) => !this.#trials.has(id)), (trial) => {
        this.#trials.set(trial.id, trial);
        if (this.verbose && this.#prints) console.log(this.#lineOf(trial));
        this.#endIfFailing(trial.id);
      });
      next = rounds.next(jobs.map(({ id }) => this.#trials.get(id)!));
    }
  }

  /** The trials of jobs that ended in an earlier search. */
  async #earlier(jobs: readonly Job[]): Promise<Trial[]> {
    const ended: Trial[] = [];
    for (const { id, proposal } of jobs) {
      const earlier = await this.#store!.read(id);
      const isDone = earlier?.status === "completed" && JSON.stringify(earlier.proposal) === JSON.stringify(proposal);
      if (isDone) ended.push(earlier);
    }
    return ended;
  }

  get #prints(): boolean {
    return this.workers !== "mpi" || isFirstRank();
  }

  /** Throws {@linkcode StateError} if the last of too many trials in a row has failed. */
  #endIfFailing(id: number): void {
    const limit = this.maxConsecutiveFailedTrials;
    const failed = (of: number) => this.#trials.get(of)?.status === "failed";
    let [begin, end] = [id, id];
    while (failed(begin - 1)) begin--;
    while (failed(end + 1)) end++;
    const trial = this.#trials.get(id)!;
    if (trial.status !== "failed" || end - begin + 1 < limit) return;
    throw new StateError({
      what: `Cannot go on with the search of ${this.constructor.name}`,
      rule: `fewer than ${limit} trials in a row may fail`,
      received: `trials ${begin} to ${end}, of which trial ${id} failed by: ${trial.error}`,
      hint: "mend the trial, or raise maxConsecutiveFailedTrials",
    });
  }

  #lineOf(trial: Trial): string {
    const text = valuesText(trial.values);
    const values = text === "" ? "" : ` (${text})`;
    if (trial.status === "failed") return `Trial ${trial.id} failed: ${trial.error}${values}`;
    const [best] = ranked(this.trials);
    const isNew = best.id === trial.id;
    return `Trial ${trial.id}: ${this.#nameOfScore} ${format(trial.score)}${
      isNew ? ", the best so far" : ` (best ${format(best.score)} of trial ${best.id})`
    }${values}`;
  }

  get #nameOfScore(): string {
    return this.objective?.name ?? "score";
  }

  /** The best completed trials, at most so many. */
  #best(count: number): CompletedTrial[] {
    const best = ranked(this.trials).slice(0, count);
    if (best.length > 0) return best;
    throw new StateError({
      what: `Cannot tell the results of ${this.constructor.name}`,
      rule: "a trial must have ended without failing",
      received: `${this.trials.length} trial${this.trials.length === 1 ? "" : "s"}, all of which failed`,
      hint: "call search first",
    });
  }

  /**
   * The hyperparameters of the best trials, the best first.
   *
   * @param numTrials how many; 1 by default
   * @throws {StateError} before a trial has ended
   */
  getBestHyperparameters(numTrials: number = 1): HyperParameters[] {
    return this.#best(numTrials ?? 1).map(({ values }) => new HyperParameters(values));
  }

  /**
   * The models of the best trials, the best first, with the weights of their best epochs. For a model for use, one of the
   * best hyperparameters is better trained again with all data.
   *
   * @param numModels how many; 1 by default
   * @throws {StateError} before a trial has ended
   */
  async getBestModels(numModels: number = 1): Promise<Model[]> {
    const models: Model[] = [];
    for (const { id, values } of this.#best(numModels ?? 1)) {
      const model = await this.#hyperModel!.build(new HyperParameters(values));
      await this.#store!.loadWeights(id, model);
      models.push(model);
    }
    return models;
  }

  /**
   * Prints the best trials: their scores and values. With `workers: "mpi"` the first process does.
   *
   * @param numTrials how many; 10 by default
   * @throws {StateError} before a trial has ended
   */
  resultsSummary(numTrials: number = 10): void {
    const best = this.#best(numTrials ?? 10);
    if (!this.#prints) return;
    const failed = this.trials.filter(({ status }) => status === "failed").length;
    console.log(`${this.trials.length} trials${failed ? `, of which ${failed} failed` : ""}. The best:`);
    for (const { id, score, values } of best) {
      console.log(`  trial ${id}: ${this.#nameOfScore} ${format(score)} (${valuesText(values)})`);
    }
  }

  /** Prints the hyperparameters that trials asked for, and the values that they can have. With `workers: "mpi"` the first process does. */
  searchSpaceSummary(): void {
    if (!this.#prints) return;
    const space = new Map(this.trials.flatMap((trial) => trial.space.map((of) => [of.name, of] as const)));
    console.log(`${space.size} hyperparameter${space.size === 1 ? "" : "s"}${space.size ? ":" : ""}`);
    for (const [name, of] of space) {
      const values = "sampling" in of
        ? `${of.minValue} to ${of.maxValue}${of.step === null ? "" : `, step ${of.step}`}, ${of.sampling}`
        : of.values.join(", ");
      console.log(`  ${name} (${of.kind}): ${values}`);
    }
  }
}

const format = (score: number) => String(Number(score.toPrecision(6)));

const valuesText = (values: Readonly<Record<string, HyperValue>>) =>
  Object.entries(values).map(([name, value]) =>
    `${name} ${typeof value === "number" ? Number(value.toPrecision(6)) : value}`
  ).join(", ");
