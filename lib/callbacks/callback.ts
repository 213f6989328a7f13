// Callback: hooks that fit, evaluate and predict call. https://keras.io/api/callbacks/base_callback/
import { StateError } from "../errors.ts";
import { assignOptions, readOptions } from "../options.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";

/** The numbers of a batch or an epoch by name, such as `loss` and `val_accuracy`. */
export type Logs = Record<string, number>;

/** What a hook may return: nothing, or a promise that is waited for. */
export type HookResult = void | Promise<void>;

/** What callbacks can do with the model that they watch. */
export interface CallbackModel {
  /** The model's name. */
  readonly name: string;
  /** Whether training ends after the current batch. */
  stopTraining: boolean;
  /** What changes the weights; undefined before `compile`. */
  readonly optimizer: Optimizer | undefined;
  /** The metrics by name, with the direction in which each improves, where that is known. */
  readonly metricDirections: ReadonlyMap<string, "up" | "down" | undefined>;
  /** The weights that optimizers change. */
  readonly trainableWeights: readonly Variable[];
  /** The values of all weights. */
  getWeights(): Promise<Tensor[]>;
  /** Sets all weights. */
  setWeights(values: readonly TensorLike[]): void;
  /** Writes the whole model to a file, where the model can. */
  save?(path: string): Promise<void>;
  /** Writes the weights to a file, where the model can. */
  saveWeights?(path: string): Promise<void>;
}

/** All that it takes to go on with a training with equal bits. */
export interface SavedTraining {
  /** Weights, the optimizer's slots and the sums of metrics, by name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The epoch, from 0. */
  readonly epoch: number;
  /** How many of its batches are done. */
  readonly batch: number;
  /** Where the pass over the data stands: when it began, and its next row or batch. */
  readonly pass: { readonly epoch: number; readonly batches: number; readonly row: number } | undefined;
  /** How many batches the optimizer took. */
  readonly batches: number;
  /** The learning rate, unless a schedule rules it. */
  readonly learningRate: number | undefined;
  /** The seed of everything random. */
  readonly seed: number;
  /** The epochs before, and their logs. */
  readonly history: { readonly epoch: number[]; readonly logs: Record<string, number[]> };
}

/** A training that runs, for callbacks that keep it safe. */
export interface TrainingRun {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** How many of its batches are done. */
  readonly batch: number;
  /** The state now. */
  save(): Promise<SavedTraining>;
  /** Goes on from a state; for use in `onTrainBegin`. */
  restore(saved: SavedTraining): Promise<void>;
}

/** What a run was started with. */
export interface RunParams {
  /** How much is printed. */
  verbose?: number;
  /** The number of epochs, where it is a training. */
  epochs?: number;
  /** The number of batches in an epoch. */
  steps: number | null;
}

/** The hooks. Batches and epochs are counted from 0; a batch's logs are running means over the epoch so far. */
export interface CallbackHooks {
  /** Before training. */
  onTrainBegin?(logs?: Logs): HookResult;
  /** After training, with the last epoch's logs. */
  onTrainEnd?(logs?: Logs): HookResult;
  /** Before an epoch. */
  onEpochBegin?(epoch: number, logs?: Logs): HookResult;
  /** After an epoch, with its logs; keys that a hook adds are kept in the history. */
  onEpochEnd?(epoch: number, logs?: Logs): HookResult;
  /** Before a batch of training. */
  onTrainBatchBegin?(batch: number, logs?: Logs): HookResult;
  /** After a batch of training. */
  onTrainBatchEnd?(batch: number, logs?: Logs): HookResult;
  /** Before an evaluation, also that of validation data. */
  onTestBegin?(logs?: Logs): HookResult;
  /** After an evaluation, with its results. */
  onTestEnd?(logs?: Logs): HookResult;
  /** Before a batch of an evaluation. */
  onTestBatchBegin?(batch: number, logs?: Logs): HookResult;
  /** After a batch of an evaluation. */
  onTestBatchEnd?(batch: number, logs?: Logs): HookResult;
  /** Before a prediction. */
  onPredictBegin?(logs?: Logs): HookResult;
  /** After a prediction. */
  onPredictEnd?(logs?: Logs): HookResult;
  /** Before a batch of a prediction. */
  onPredictBatchBegin?(batch: number, logs?: Logs): HookResult;
  /** After a batch of a prediction. */
  onPredictBatchEnd?(batch: number, logs?: Logs): HookResult;
}

/**
 * The base of callbacks: override the hooks you need. A hook of a batch makes training report after every batch, which
 * is slower than the many batches at once that run without.
 *
 * @example Stop at an accuracy
 * ```ts
 * import { callbacks } from "./mod.ts";
 * class StopAt extends callbacks.Callback {
 *   override onEpochEnd(_epoch: number, logs: callbacks.Logs = {}) {
 *     if (logs.accuracy > 0.98) this.model.stopTraining = true;
 *   }
 * }
 * console.log(new StopAt());
 * ```
 */
export abstract class Callback implements CallbackHooks {
  /** Whether the hooks of batches need every batch; false calls them now and then. */
  get everyBatch(): boolean {
    return true;
  }
  /** What the run was started with. */
  params: RunParams = { steps: null };
  #model: CallbackModel | undefined;

  /**
   * Takes the options, and the arguments that came by position, by name. Throws {@linkcode ValueError} where one does not
   * suit what the class declares.
   */
  constructor(options: object = {}, byPosition: object = {}) {
    assignOptions(this, readOptions(new.target, options, byPosition, { className: new.target.name }));
  }

  /** The model that is watched; set before the first hook. Throws {@linkcode StateError} where there is none yet. */
  get model(): CallbackModel {
    if (this.#model) return this.#model;
    throw new StateError({
      what: `Cannot use ${this.constructor.name}`,
      rule: "it watches no model yet",
      hint: "give it to fit, evaluate or predict, or call setModel(model) first",
    });
  }

  /** Sets the model; called before the first hook. */
  setModel(model: CallbackModel): void {
    this.#model = model;
  }

  /** Sets what the run was started with; called before the first hook. */
  setParams(params: RunParams): void {
    this.params = params;
  }

  /**
   * Takes the training that begins, before the first hook: for callbacks that save its state, or set it in
   * `onTrainBegin`. Not called for evaluations and predictions.
   */
  setTraining?(training: TrainingRun): void;

  /** Before training. */
  onTrainBegin(_logs?: Logs): HookResult {}
  /** After training, with the last epoch's logs. */
  onTrainEnd(_logs?: Logs): HookResult {}
  /** Before an epoch. */
  onEpochBegin(_epoch: number, _logs?: Logs): HookResult {}
  /** After an epoch, with its logs. */
  onEpochEnd(_epoch: number, _logs?: Logs): HookResult {}
  /** Before a batch of training. */
  onTrainBatchBegin(_batch: number, _logs?: Logs): HookResult {}
  /** After a batch of training. */
  onTrainBatchEnd(_batch: number, _logs?: Logs): HookResult {}
  /** Before an evaluation, also that of validation data. */
  onTestBegin(_logs?: Logs): HookResult {}
  /** After an evaluation, with its results. */
  onTestEnd(_logs?: Logs): HookResult {}
  /** Before a batch of an evaluation. */
  onTestBatchBegin(_batch: number, _logs?: Logs): HookResult {}
  /** After a batch of an evaluation. */
  onTestBatchEnd(_batch: number, _logs?: Logs): HookResult {}
  /** Before a prediction. */
  onPredictBegin(_logs?: Logs): HookResult {}
  /** After a prediction. */
  onPredictEnd(_logs?: Logs): HookResult {}
  /** Before a batch of a prediction. */
  onPredictBatchBegin(_batch: number, _logs?: Logs): HookResult {}
  /** After a batch of a prediction. */
  onPredictBatchEnd(_batch: number, _logs?: Logs): HookResult {}
}

/** The names of the hooks. */
export const hookNames = [
  "onTrainBegin",
  "onTrainEnd",
  "onEpochBegin",
  "onEpochEnd",
  "onTrainBatchBegin",
  "onTrainBatchEnd",
  "onTestBegin",
  "onTestEnd",
  "onTestBatchBegin",
  "onTestBatchEnd",
  "onPredictBegin",
  "onPredictEnd",
  "onPredictBatchBegin",
  "onPredictBatchEnd",
] as const satisfies readonly (keyof CallbackHooks)[];

/** Whether a callback has a hook of its own. */
export function overrides(callback: Callback, hook: (typeof hookNames)[number]): boolean {
  return callback[hook] !== Callback.prototype[hook];
}
