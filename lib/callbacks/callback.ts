// Callback: hooks that fit, evaluate and predict call. https://keras.io/api/callbacks/base_callback/
import { finite, object, optional } from "../argument_kinds.ts";
import { type Argument, declareMethods } from "../checked_methods.ts";
import { StateError } from "../errors.ts";
import { assignOptions, readOptions } from "../options.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import type { Tensor, TensorLike } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";

/** The numbers of a batch or an epoch by name, such as `loss` and `val_accuracy`. */
export type Logs = Record<string, number>;

/** What a hook may return: nothing, or a promise that is awaited. */
export type HookResult = void | Promise<void>;

/** What callbacks can do with their model. */
export interface CallbackModel {
  /** The model's name. */
  readonly name: string;
  /** Set it to true to end training after the current batch. */
  stopTraining: boolean;
  /** The optimizer; undefined before `compile`. */
  readonly optimizer: Optimizer | undefined;
  /** The metrics by name, with the direction of improvement, if known. */
  readonly metricDirections: ReadonlyMap<string, "up" | "down" | undefined>;
  /** The weights that optimizers change. */
  readonly trainableWeights: readonly Variable[];
  /** All weights. */
  readonly weights: readonly Variable[];
  /** The values of all weights. */
  getWeights(): Promise<Tensor[]>;
  /** Sets all weights. */
  setWeights(values: readonly TensorLike[]): void;
  /** The model's config as JSON, if it has one. */
  toJson?(): string;
  /** Writes the whole model to a file, if the model can. */
  save?(path: string): Promise<void>;
  /** Writes the weights to a file, if the model can. */
  saveWeights?(path: string): Promise<void>;
}

/** Everything needed to resume a training with bitwise equal results. */
export interface SavedTraining {
  /** Weights, the optimizer's slots and the sums of metrics, by name. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The number of its finished batches. */
  readonly batch: number;
  /** The position in the pass over the data: when it started, and its next row or batch. */
  readonly pass: { readonly epoch: number; readonly batches: number; readonly row: number } | undefined;
  /** The number of batches the optimizer has seen. */
  readonly batches: number;
  /** The number of these that it applied, where it leaves some out; as many unless given. */
  readonly applied?: number;
  /** The learning rate of the optimizer, or of each inside of it; null for one that follows a schedule. */
  readonly learningRates: readonly (number | null)[];
  /** The seed of everything random. */
  readonly seed: number;
  /** The earlier epochs and their logs. */
  readonly history: { readonly epoch: number[]; readonly logs: Record<string, number[]> };
}

/** A running training, for callbacks that save it. */
export interface TrainingRun {
  /** The epoch, from 0. */
  readonly epoch: number;
  /** The number of its finished batches. */
  readonly batch: number;
  /** The current state. */
  save(): Promise<SavedTraining>;
  /** Resumes from a state; for use in `onTrainBegin`. */
  restore(saved: SavedTraining): Promise<void>;
}

/** What a run was started with. */
export interface RunParams {
  /** How much is printed. */
  verbose?: number;
  /** The number of epochs, in training. */
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
  /** Before an evaluation, including validation. */
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
 * The base of callbacks: override the hooks you need. A hook for batches makes training report after every batch, which
 * is slower than running many batches at once.
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
  /** Whether the batch hooks need every batch; if false they are called for the batches of {@linkcode watches} only. */
  get everyBatch(): boolean {
    return true;
  }
  /**
   * Whether the batch hooks of a kind of run are called where no hook needs every batch: after the last batch of each call
   * to the device, which takes about 75 ms, with the logs read at that time. False by default.
   */
  watches(_kind: "Train" | "Test" | "Predict"): boolean {
    return false;
  }
  static {
    const hook = (takes: Record<string, Argument>) => ({ verb: "call", takes: { ...takes, logs: optional(object) } });
    const begins = ["Train", "Test", "Predict"].flatMap((run) => [`on${run}Begin`, `on${run}End`]);
    const counted = ["Train", "Test", "Predict"].flatMap((run) => [`on${run}BatchBegin`, `on${run}BatchEnd`]);
    declareMethods(this, {
      ...Object.fromEntries(begins.map((name) => [name, hook({})])),
      ...Object.fromEntries(counted.map((name) => [name, hook({ batch: finite })])),
      onEpochBegin: hook({ epoch: finite }),
      onEpochEnd: hook({ epoch: finite }),
    });
  }

  /** What the run was started with. */
  params: RunParams = { steps: null };
  #model: CallbackModel | undefined;

  /**
   * Takes the options, and the positional arguments by name. Throws {@linkcode ValueError} for values that the class's
   * declaration does not allow.
   */
  constructor(options: object = {}, byPosition: object = {}) {
    assignOptions(this, readOptions(new.target, options, byPosition, { className: new.target.name }));
  }

  /** The model; set before the first hook. Throws {@linkcode StateError} where there is none yet. */
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
   * Takes the training that starts, before the first hook: for callbacks that save its state, or restore it in
   * `onTrainBegin`. Not called for evaluations and predictions.
   */
  setTraining?(training: TrainingRun): void;

  /** Frees what it holds open, such as a server: called after a training, also one that failed or was interrupted. */
  release?(): HookResult;

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
  /** Before an evaluation, including validation. */
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

/** Whether a callback overrides a hook. */
export function overrides(callback: Callback, hook: (typeof hookNames)[number]): boolean {
  return callback[hook] !== Callback.prototype[hook];
}
