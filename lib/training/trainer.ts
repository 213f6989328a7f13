// Trainer: what a model does its training, evaluation and prediction with.
import type { History } from "../callbacks/history.ts";
import { type CallbackLike, CallbackList, toCallbacks } from "../callbacks/list.ts";
import { ProgbarLogger } from "../callbacks/progbar_logger.ts";
import { terminal } from "../callbacks/terminal.ts";
import type { Callback, Logs, RunParams } from "../callbacks/callback.ts";
import { StateError, ValueError } from "../errors.ts";
import type { Executor } from "../exec/executor.ts";
import { getExecutor, occupy } from "../exec/select.ts";
import { checkOptions } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import { Tensor, type TensorLike } from "../tensor/tensor.ts";
import { readLogs, runBatches } from "./batches.ts";
import { checkInteger, checkRows, checkTargets, checkWeights, verbosity, weighClasses } from "./checks.ts";
import type { Compiled } from "./compiled.ts";
import { fitShape, type ResidentData, type Samples, toRows } from "./data.ts";
import { exclusively } from "./lock.ts";
import { Pace } from "./pace.ts";
import { type Program, Programs } from "./programs.ts";
import type { TrainableModel } from "./trainable.ts";

/** How much is printed: 1 a progress bar, 2 a line for each epoch, 0 nothing; `auto` is 1. */
export type Verbose = "auto" | 0 | 1 | 2;

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** How many samples are computed at once; 32 by default. */
  batchSize?: number;
  /** How much is printed; `auto` by default. */
  verbose?: Verbose;
  /** A weight for each sample. */
  sampleWeight?: TensorLike;
  /** What is called between batches. */
  callbacks?: readonly CallbackLike[];
}

/** Options of `predict`. */
export interface PredictOptions {
  /** How many samples are computed at once; 32 by default. */
  batchSize?: number;
  /** How much is printed; `auto` by default. */
  verbose?: Verbose;
  /** What is called between batches. */
  callbacks?: readonly CallbackLike[];
}

/** Options of `trainOnBatch` and `testOnBatch`. */
export interface BatchOptions {
  /** A weight for each sample. */
  sampleWeight?: TensorLike;
  /** A weight for each class, by its number; for training only. */
  classWeight?: Readonly<Record<number, number>>;
}

/** The programs of one model and what runs them. */
export class Trainer {
  /** The model's programs. */
  readonly programs: Programs;
  #compiled: Compiled | undefined;
  #fitting = false;
  #lastPrediction: { readonly program: Program; readonly version: number } | undefined;

  /** Takes the model. */
  constructor(readonly model: TrainableModel) {
    this.programs = new Programs(model);
  }

  /**
   * Says that `fit` runs until it is disposed. Throws {@linkcode StateError} where it runs already: both would count in
   * the same metrics.
   */
  begin(): Disposable {
    this.#requireIdle("fit");
    this.#fitting = true;
    const held = occupy(`fit of "${this.model.name}"`);
    return {
      [Symbol.dispose]: () => {
        this.#fitting = false;
        held[Symbol.dispose]();
      },
    };
  }

  #requireIdle(what: string): void {
    if (!this.#fitting) return;
    throw new StateError({
      what: `Cannot ${what} "${this.model.name}" now`,
      rule: "a model is trained by one fit at a time",
      received: "a call before that fit was done",
      mend: "await the first fit; a callback cannot do this",
    });
  }

  /** Throws the programs away, since the model changed. Throws {@linkcode StateError} while `fit` runs. */
  clear(): void {
    this.#requireIdle("change");
    this.programs.clear();
    this.#lastPrediction = undefined;
  }

  /** Trains and evaluates by what compile made from now on. */
  use(compiled: Compiled): void {
    this.#requireIdle("compile");
    this.#compiled = compiled;
    this.clear();
  }

  /** What compile made; throws {@linkcode StateError} naming `method` where it was not called. */
  compiled(method: string): Compiled {
    if (this.#compiled) return this.#compiled;
    throw new StateError({
      what: `Cannot ${method} "${this.model.name}"`,
      rule: "it is not compiled",
      mend: `call model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] })`,
    });
  }

  /** The user's data, checked against the model, which is built from it where it is not yet. */
  samples(
    x: TensorLike,
    y: TensorLike | undefined,
    { sampleWeight, classWeight }: BatchOptions,
    where: string,
  ): Samples {
    if (sampleWeight !== undefined && classWeight !== undefined) {
      throw new ValueError({
        what: `Cannot ${where}`,
        rule: "only one of sampleWeight and classWeight may be given",
        received: "both",
        mend: "multiply the weights of the classes into those of the samples",
      });
    }
    let inputs = toRows(x, "x", where);
    if (this.model.inputShape) inputs = fitShape(inputs, this.model.inputShape as SymbolicShape, where);
    if (isOptions(y)) {
      throw new ValueError({
        what: `Cannot ${where}`,
        rule: "y must be the targets",
        received: "an object of options",
        mend: `give the targets before the options, as in ${where.split(" ")[0]}(x, y, { ... })`,
      });
    }
    const targets = y === undefined ? undefined : toRows(y, "y", where);
    let weight = sampleWeight === undefined ? undefined : toRows(sampleWeight, "sampleWeight", where);
    checkRows({ x: inputs, y: targets, weight }, where);
    const output = this.model.buildFor(this.model.inputShape ?? [null, ...inputs.shape.slice(1)]) as SymbolicShape;
    this.#checkLoss(targets, output, where);
    if (weight) checkWeights(weight, output, where);
    if (classWeight !== undefined && targets) {
      weight = new Tensor(
        [targets.shape[0]],
        "float32",
        weighClasses(targets, classWeight, where) as Float32Array<ArrayBuffer>,
      );
    }
    return { x: inputs, y: targets, weight };
  }

  #checkLoss(y: Tensor | undefined, output: SymbolicShape, where: string): void {
    const loss = this.#compiled?.loss;
    if (!loss) return;
    if (!y) {
      throw new ValueError({
        what: `Cannot ${where}`,
        rule: `the loss ${loss.name} needs targets y`,
        received: "none",
        mend: `call ${where.split(" ")[0]}(x, y)`,
      });
    }
    checkTargets(y, output, loss, where);
  }

  /** The callbacks of a run, with the bar and the history that belong to it. */
  callbacks(
    own: readonly CallbackLike[] | undefined,
    verbose: 0 | 1 | 2,
    params: RunParams,
    where: string,
    history?: History,
  ): CallbackList {
    const list: Callback[] = toCallbacks(own, where);
    if (verbose) list.push(new ProgbarLogger(verbose));
    if (history) list.push(history);
    return new CallbackList(list, this.model, params);
  }

  /** Evaluates rows of resident data: see `Model.evaluate`. */
  async evaluateRows(
    executor: Executor,
    data: ResidentData,
    { start, rows, batchSize }: { start: number; rows: number; batchSize: number },
    callbacks: CallbackList,
    watched: boolean,
  ): Promise<Logs> {
    const compiled = this.#compiled!;
    for (const metric of compiled.byName.values()) metric.resetState();
    await callbacks.begin("Test");
    const whole = start === 0 && rows === data.rows && rows <= batchSize;
    const last = await runBatches({
      kind: "Test",
      rows,
      batchSize,
      pace: new Pace(),
      callbacks,
      watched,
      program: (size) =>
        this.programs.get(executor, "test", whole ? { kind: "whole" } : { kind: "sliced", batch: size }, data),
      prepare: (row) => !whole && this.programs.seek(executor, start + row),
      logs: (program) => readLogs(compiled, program.logs),
    });
    const logs = await readLogs(compiled, last!.logs);
    await callbacks.end("Test", logs);
    return logs;
  }

  /** See `Model.evaluate`. */
  async evaluate(x: TensorLike, y: TensorLike | undefined, options: EvaluateOptions): Promise<Logs> {
    const where = `evaluate "${this.model.name}"`;
    checkOptions("evaluate", options, ["batchSize", "verbose", "sampleWeight", "callbacks"]);
    const { batchSize = 32, sampleWeight } = options;
    checkInteger("batchSize", batchSize, 1, where);
    const verbose = verbosity(options.verbose, where);
    this.compiled("evaluate");
    const samples = this.samples(x, y, { sampleWeight }, where);
    using _held = occupy(where);
    const rows = samples.x.shape[0];
    const callbacks = this.callbacks(options.callbacks, verbose, { steps: Math.ceil(rows / batchSize) }, where);
    const executor = await getExecutor();
    const data = await exclusively(() =>
      this.programs.load(executor, samples, rows <= batchSize ? "batch" : "evaluate")
    );
    const watched = verbose === 1 && terminal().isTerminal;
    const logs = await this.evaluateRows(executor, data, { start: 0, rows, batchSize }, callbacks, watched);
    this.programs.settle();
    return logs;
  }

  /** See `Model.predict`. */
  async predict(x: TensorLike, options: PredictOptions): Promise<Tensor> {
    const last = this.#lastPrediction;
    if (last && x instanceof Tensor && options.verbose === 0 && !options.callbacks) {
      // A prediction of the same shape as the last one, when nothing changed since.
      const { x: held } = last.program.data;
      const { batchSize = 32 } = options;
      if (
        last.version === this.programs.version && held.dtype === x.dtype && sameExtents(held.shape, x.shape) &&
        x.shape[0] <= batchSize && await getExecutor() === last.program.executor
      ) return this.#predictWhole(last.program, x);
    }
    return this.#predictChecked(x, options);
  }

  async #predictChecked(x: TensorLike, options: PredictOptions): Promise<Tensor> {
    const { model, programs } = this;
    const where = `predict with "${model.name}"`;
    checkOptions("predict", options, ["batchSize", "verbose", "callbacks"]);
    const { batchSize = 32 } = options;
    checkInteger("batchSize", batchSize, 1, where);
    const verbose = verbosity(options.verbose, where);
    let inputs = toRows(x, "x", where);
    if (model.inputShape) inputs = fitShape(inputs, model.inputShape as SymbolicShape, where);
    model.buildFor(model.inputShape ?? [null, ...inputs.shape.slice(1)]);
    const rows = inputs.shape[0];
    const callbacks = this.callbacks(options.callbacks, verbose, { steps: Math.ceil(rows / batchSize) }, where);
    using _held = occupy(where);
    const executor = await getExecutor();
    const whole = rows <= batchSize;
    const data = await exclusively(() => programs.load(executor, { x: inputs }, whole ? "batch" : "predict"));
    await callbacks.begin("Predict");
    let output: Program["output"];
    const last = await runBatches({
      kind: "Predict",
      rows,
      batchSize,
      pace: new Pace(),
      callbacks,
      watched: verbose === 1 && terminal().isTerminal,
      program: async (size) => {
        const program = await programs.get(
          executor,
          "predict",
          whole ? { kind: "whole" } : { kind: "sliced", batch: size },
          data,
        );
        output ??= program.output;
        return program;
      },
      prepare: (row) => !whole && programs.seek(executor, row),
      logs: () => Promise.resolve({}),
    });
    if (whole) this.#lastPrediction = { program: last!, version: programs.version };
    const result = await output!.read();
    programs.settle();
    await callbacks.end("Predict", {});
    return result;
  }

  #predictWhole({ executor, executable, data, output }: Program, x: Tensor): Promise<Tensor> {
    return exclusively(async () => {
      executor.write(data.x, x.data);
      await executable.run(1);
      return new Tensor(output!.shape, output!.dtype, await executor.read(output!));
    });
  }

  /** See `Model.trainOnBatch` and `Model.testOnBatch`. */
  async onBatch(
    mode: "train" | "test",
    x: TensorLike,
    y: TensorLike | undefined,
    options: BatchOptions,
  ): Promise<Logs> {
    const method = `${mode}OnBatch`;
    checkOptions(method, options, mode === "train" ? ["sampleWeight", "classWeight"] : ["sampleWeight"]);
    const compiled = this.compiled(method);
    const samples = this.samples(x, y, options, `${method} with "${this.model.name}"`);
    const executor = await getExecutor();
    return exclusively(async () => {
      const data = await this.programs.load(executor, samples, "batch");
      const program = await this.programs.get(executor, mode, { kind: "whole" }, data);
      for (const metric of compiled.byName.values()) metric.resetState();
      if (mode === "train") {
        this.programs.seek(executor, 0);
        this.programs.prepare(executor, 1);
      }
      await program.executable.run(1);
      if (mode === "train") compiled.optimizer.batches++;
      return readLogs(compiled, program.logs);
    });
  }
}

function isOptions(value: unknown): boolean {
  return value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
}

function sameExtents(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
