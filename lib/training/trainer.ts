// Trainer: runs a model's training, evaluation and prediction; and the interface that training needs of a model.
import type { Callback, CallbackModel, Logs, RunParams } from "../callbacks/callback.ts";
import { CallbackList } from "../callbacks/list.ts";
import { NotebookProgress } from "../callbacks/notebook_progress.ts";
import { ProgbarLogger } from "../callbacks/progbar_logger.ts";
import { notebookKernel } from "../terminal/notebook.ts";
import { type Communicator, isFirst } from "../communicator.ts";
import type { DType } from "../dtype.ts";
import { StateError } from "../errors.ts";
import { getExecutor } from "../exec/select.ts";
import { markBusy } from "../session.ts";
import type { Value } from "../ir/value.ts";
import type { HostStage } from "../layers/host_stage.ts";
import type { Layer } from "../layers/layer.ts";
import type { Weight } from "../layers/weight.ts";
import { Metric } from "../metrics/metric.ts";
import type { SymbolicShape } from "../shape.ts";
import { heldBy, type Structure } from "../structure.ts";
import type { Compiled, NamedMetric } from "./compiled.ts";
import type { TrainingProgress } from "./progress.ts";
import { type Results, resultsOf } from "./results.ts";
import { type Run, withLock } from "./run.ts";
import { type Step, Steps } from "./step.ts";

/** A batch in a step: symbolic values, one for each input and target. */
export interface StepData<X = Value, Y = Value> {
  /** Inputs, `[batch, ...]`. */
  readonly x: X;
  /** Targets, `[batch, ...]`, if there are any. */
  readonly y?: Y;
  /** Weights, `[batch]`, if there are any; structured like the targets, or one for all. */
  readonly sampleWeight?: Y;
}

/** A batch of a model with any inputs and outputs. */
export type AnyStepData = StepData<Structure<Value>, Structure<Value>>;

/** Scalars of a step by name, reported as of the last step. */
export type StepLogs = Record<string, Value>;

/** What training needs of a model. */
export interface TrainableModel extends CallbackModel {
  /** The names of the inputs, in the order in which structures are flattened. */
  readonly inputNames: readonly string[];
  /** The names of the outputs, in the order in which structures are flattened. */
  readonly outputNames: readonly string[];
  /** What runs on the host before the model's programs, where there is such a part. */
  readonly stage: HostStage | undefined;
  /** The dtypes that inputs are cast to, structured like the input, or a list for what `stage` gives; undefined for no cast. */
  readonly inputDType: Structure<DType> | undefined;
  /** The shape that the model was built for, structured like the input, if it is built. */
  readonly inputShape: Structure<SymbolicShape> | undefined;
  /** The layers inside. */
  readonly sublayers: readonly Layer[];
  /** All weights. */
  readonly weights: Weight[];
  /** The weights that optimizers change. */
  readonly trainableWeights: Weight[];
  /** Builds the model for inputs of this shape, and returns the shape of its output. */
  buildFor(inputShape: Structure<SymbolicShape>): Structure<SymbolicShape>;
  /** One training step, traced. */
  trainStep(data: AnyStepData): StepLogs | void;
  /** One evaluation step, traced. */
  testStep(data: AnyStepData): StepLogs | void;
  /** The outputs for a batch, traced. */
  predictStep(data: AnyStepData): Structure<Value>;
}

/** The step of a prediction, and the version of the model's steps it belongs to. */
export interface Prediction {
  readonly step: Step;
  readonly version: number;
}

/** The steps of one model, the result of compile, and whether it is being trained. */
export class Trainer {
  /** The model's steps. */
  readonly steps: Steps;
  #compiled: Compiled | undefined;
  #fitting = false;
  /** The run whose values the metrics hold. */
  #run: Run | undefined;
  /** The processes whose weights are the same as this one's. */
  shared: Communicator | undefined;
  /** The step of the last prediction of one batch, while it is good for another. */
  lastPrediction: Prediction | undefined;

  /** Takes the model. */
  constructor(readonly model: TrainableModel) {
    this.steps = new Steps(model);
  }

  /** The model's steps, on the backend in use. */
  async open(): Promise<Steps> {
    this.steps.use(await getExecutor());
    return this.steps;
  }

  /**
   * Marks `fit` as running until disposed. Throws {@linkcode StateError} if it runs already: both would update the same
   * metrics.
   */
  begin(): Disposable {
    this.requireIdle("fit");
    this.#fitting = true;
    const held = markBusy(`fit of "${this.model.name}"`);
    return {
      [Symbol.dispose]: () => {
        this.#fitting = false;
        held[Symbol.dispose]();
        this.steps.freeLargeData();
      },
    };
  }

  /** Throws {@linkcode StateError} if `fit` runs. */
  requireIdle(what: string): void {
    if (!this.#fitting) return;
    throw new StateError({
      what: `Cannot ${what} "${this.model.name}" now`,
      rule: "a model is trained by one fit at a time",
      received: "a call before that fit was done",
      hint: "await the first fit; a callback cannot do this",
    });
  }

  /** Discards the steps, since the model changed. Throws {@linkcode StateError} while `fit` runs. */
  clear(): void {
    this.requireIdle("change");
    this.steps.clear();
  }

  /** Uses a new result of compile from now on. */
  use(compiled: Compiled): void {
    this.requireIdle("compile");
    this.#compiled = compiled;
    this.clear();
  }

  /** The result of compile; undefined before. */
  get compiled(): Compiled | undefined {
    return this.#compiled;
  }

  /**
   * Every metric with its name in the logs: the loss first, those in properties of the model and its layers last; if
   * names are equal, the last one is reported. Empty before compile.
   */
  get metrics(): readonly NamedMetric[] {
    if (!this.#compiled) return [];
    const compiled = this.#compiled.metrics;
    const own = metricsWithin(this.model).filter((metric) => !compiled.some(([, other]) => other === metric));
    return [...compiled, ...own.map((metric): NamedMetric => [metric.name, metric])];
  }

  /** Resets all metrics; call it in the turn of the run that starts. */
  resetMetrics(): void {
    for (const [, metric] of this.metrics) metric.resetState();
  }

  /** Runs `body` while no other program runs, with this run's values in the metrics. */
  inTurn<T>(run: Run, body: () => T | Promise<T>): Promise<T> {
    return withLock(async () => {
      if (this.#run !== run) await this.#giveTurn(run);
      return await body();
    });
  }

  async #giveTurn(run: Run): Promise<void> {
    const before = this.#run;
    if (before && !before.isOver) {
      const variables = [
        ...this.metrics.flatMap(([, metric]) => metric.variables),
        ...before.step?.logs.values() ?? [],
      ];
      before.kept = new Map(
        await Promise.all(variables.map(async (variable) => [variable, await variable.read()] as const)),
      );
    }
    this.#run = run;
    run.kept?.forEach((value, variable) => variable.assign(value));
    run.kept = undefined;
  }

  /**
   * The current logs after a step, sorted by name; without metrics that the step does not update. Call it in the turn
   * of its run.
   */
  async readLogs(step: Step | undefined): Promise<Logs> {
    const changed = this.metrics.filter(([, { variables }]) =>
      !step || variables.length === 0 || variables.some((variable) => step.changed.has(variable))
    );
    // An epoch resumed at its end ran nothing: a custom step may not have tracked the loss.
    const untracked = !step && await this.#compiled!.lossTracker.isEmpty();
    // In parallel: on a GPU, reads requested together cost one wait.
    const [results, logs] = await Promise.all([
      Promise.all(changed.map(async ([name, metric]) => [name, await metric.result()] as const)),
      Promise.all([...step?.logs ?? []].map(async ([name, held]) => [name, (await held.read()).item()] as const)),
    ]);
    const found = Object.fromEntries([...results, ...logs]);
    if (untracked) delete found.loss;
    return sortedLogs(found);
  }

  /** Logs of an evaluation as its results. */
  resultsOf(logs: Logs): Results {
    return resultsOf(logs, this.metrics.map(([name]) => name), this.#compiled?.losses.length ?? 1);
  }

  /** The result of compile; throws {@linkcode StateError} naming `method` if there is none. */
  requireCompiled(method: string): Compiled {
    if (this.#compiled) return this.#compiled;
    throw new StateError({
      what: `Cannot ${method} "${this.model.name}"`,
      rule: "it is not compiled",
      hint: `call model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] })`,
    });
  }

  /** The callbacks of a run, with its progress bar and history; `progress` is set for training. */
  callbacks(
    own: readonly Callback[],
    verbose: 0 | 1 | 2,
    params: RunParams,
    progress?: TrainingProgress,
  ): CallbackList {
    const list: Callback[] = [...own];
    const kernel = notebookKernel();
    if (verbose && isFirst()) {
      list.push(kernel && verbose === 1 ? new NotebookProgress(kernel) : new ProgbarLogger(verbose));
    }
    if (progress) {
      for (const callback of list) callback.setTraining?.(progress);
      list.push(progress.history);
    }
    return new CallbackList(list, this.model, params);
  }
}

/** The metrics in the properties of a model or a layer, and of the layers inside. */
function metricsWithin(owner: TrainableModel | Layer): Metric[] {
  return [...new Set([...heldBy<Metric>(owner, Metric), ...owner.sublayers.flatMap(metricsWithin)])];
}

/** Logs sorted by name, as Keras passes them to callbacks. */
export function sortedLogs(logs: Logs): Logs {
  return Object.fromEntries(Object.entries(logs).sort(([a], [b]) => (a < b ? -1 : 1)));
}
