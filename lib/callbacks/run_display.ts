// RunDisplay: the base of callbacks that show how far a training, an evaluation or a prediction is.
import { finite, object } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { Callback, type HookResult, type Logs } from "./callback.ts";

/** Shows epochs, evaluations and predictions as they go; evaluations that are part of a training are not shown. */
export abstract class RunDisplay extends Callback {
  #isTraining = false;

  static {
    declareMethods(this, {
      move: { verb: "show", takes: { batch: finite, logs: object } },
      end: { verb: "show", takes: { logs: object } },
    });
  }

  /** Whether a training runs. */
  protected get isTraining(): boolean {
    return this.#isTraining;
  }
  /** False: it moves for some batches, not for every one. */
  override get everyBatch(): boolean {
    return false;
  }
  /** Whether batches of such a run are shown. */
  override watches(kind: "Train" | "Test" | "Predict"): boolean {
    return kind === "Train" || !this.#isTraining;
  }

  /** Shows the start of an epoch, an evaluation or a prediction. */
  protected abstract begin(): HookResult;
  /** Shows that a batch has ended, counted from 0. */
  protected abstract move(batch: number, logs: Logs): HookResult;
  /** Shows the end. */
  protected abstract end(logs: Logs): HookResult;

  /** Before training. */
  override onTrainBegin(): HookResult {
    this.#isTraining = true;
  }
  /** After training. */
  override onTrainEnd(): HookResult {
    this.#isTraining = false;
  }
  /** Begins to show an epoch. */
  override onEpochBegin(_epoch: number): HookResult {
    return this.begin();
  }
  /** Shows a batch. */
  override onTrainBatchEnd(batch: number, logs: Logs = {}): HookResult {
    return this.move(batch, logs);
  }
  /** Shows the end of an epoch. */
  override onEpochEnd(_epoch: number, logs: Logs = {}): HookResult {
    return this.end(logs);
  }
  /** Begins to show an evaluation, unless training. */
  override onTestBegin(): HookResult {
    if (!this.#isTraining) return this.begin();
  }
  /** Shows a batch, unless training. */
  override onTestBatchEnd(batch: number, logs: Logs = {}): HookResult {
    if (!this.#isTraining) return this.move(batch, logs);
  }
  /** Shows the end of an evaluation, unless training. */
  override onTestEnd(logs: Logs = {}): HookResult {
    if (!this.#isTraining) return this.end(logs);
  }
  /** Begins to show a prediction. */
  override onPredictBegin(): HookResult {
    return this.begin();
  }
  /** Shows a batch. */
  override onPredictBatchEnd(batch: number): HookResult {
    return this.move(batch, {});
  }
  /** Shows the end of a prediction. */
  override onPredictEnd(): HookResult {
    return this.end({});
  }
}
