// Trainer: what a model does its training, evaluation and prediction with: its programs, and what compile made.
import type { Callback, RunParams } from "../callbacks/callback.ts";
import { type CallbackLike, CallbackList, toCallbacks } from "../callbacks/list.ts";
import { ProgbarLogger } from "../callbacks/progbar_logger.ts";
import { StateError } from "../errors.ts";
import { markBusy } from "../exec/select.ts";
import type { Layer } from "../layers/layer.ts";
import { Metric } from "../metrics/metric.ts";
import { heldBy } from "../structure.ts";
import type { Compiled, NamedMetric } from "./compiled.ts";
import { type Program, Programs } from "./programs.ts";
import type { TrainingProgress } from "./progress.ts";
import type { TrainableModel } from "./trainable.ts";

/** How much is printed: 1 a progress bar, 2 a line for each epoch, 0 nothing; `auto` is 1. */
export type Verbose = "auto" | 0 | 1 | 2;

/** The programs of one model and what runs them. */
export class Trainer {
  /** The model's programs. */
  readonly programs: Programs;
  #compiled: Compiled | undefined;
  #fitting = false;
  /** The program of the last prediction of one batch, while it is good for another. */
  lastPrediction:
    | { readonly program: Program; readonly version: number; readonly looksUp: boolean }
    | undefined;

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
    const held = markBusy(`fit of "${this.model.name}"`);
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
      hint: "await the first fit; a callback cannot do this",
    });
  }

  /** Throws the programs away, since the model changed. Throws {@linkcode StateError} while `fit` runs. */
  clear(): void {
    this.#requireIdle("change");
    this.programs.clear();
    this.lastPrediction = undefined;
  }

  /** Trains and evaluates by what compile made from now on. */
  use(compiled: Compiled): void {
    this.#requireIdle("compile");
    this.#compiled = compiled;
    this.clear();
  }

  /** What compile made; undefined before. */
  get compiled(): Compiled | undefined {
    return this.#compiled;
  }

  /**
   * Every metric with its name in the logs, the loss first, those in properties of the model and of its layers last: of
   * one name, the last is reported. Empty before compile.
   */
  get metrics(): readonly NamedMetric[] {
    if (!this.#compiled) return [];
    const compiled = this.#compiled.metrics;
    const own = metricsWithin(this.model).filter((metric) => !compiled.some(([, other]) => other === metric));
    return [...compiled, ...own.map((metric): NamedMetric => [metric.name, metric])];
  }

  /** Begins all metrics anew. */
  resetMetrics(): void {
    for (const [, metric] of this.metrics) metric.resetState();
  }

  /** What compile made; throws {@linkcode StateError} naming `method` where it was not called. */
  requireCompiled(method: string): Compiled {
    if (this.#compiled) return this.#compiled;
    throw new StateError({
      what: `Cannot ${method} "${this.model.name}"`,
      rule: "it is not compiled",
      hint: `call model.compile({ optimizer: "adam", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] })`,
    });
  }

  /** The callbacks of a run, with the bar and the history that belong to it; `progress` is that of a training. */
  callbacks(
    own: readonly CallbackLike[] | undefined,
    verbose: 0 | 1 | 2,
    params: RunParams,
    where: string,
    progress?: TrainingProgress,
  ): CallbackList {
    const list: Callback[] = toCallbacks(own, where);
    if (verbose) list.push(new ProgbarLogger(verbose));
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
