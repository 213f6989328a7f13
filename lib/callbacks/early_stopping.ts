// EarlyStopping: ends training when a value no longer improves. https://keras.io/api/callbacks/early_stopping/
import { boolean, number } from "../option_kinds.ts";
import { declareOptions, nullable, optionTable } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Logs } from "./callback.ts";
import { epochsOption, MonitorCallback, type MonitorFields, type MonitorOptions, monitorOptions } from "./monitor.ts";
import { printLine } from "../terminal/terminal.ts";

/** Options of {@linkcode EarlyStopping}; `minDelta` is 0 by default. */
export interface EarlyStoppingOptions extends MonitorOptions {
  /** The number of epochs without an improvement after which training ends; 0 by default. */
  patience?: number;
  /** A value that must also be beaten to reset the patience; none by default. */
  baseline?: number | null;
  /** Whether to restore the weights of the best epoch at the end; false by default. */
  restoreBestWeights?: boolean;
  /** The first epoch that is monitored, from 0; 0 by default. */
  startFromEpoch?: number;
}

const earlyStoppingOptions = optionTable<EarlyStoppingOptions>()({
  ...monitorOptions,
  patience: epochsOption(0),
  baseline: nullable(number()),
  restoreBestWeights: boolean(false),
  startFromEpoch: epochsOption(0),
});

/** The options, checked and completed. */
export interface EarlyStopping extends MonitorFields<EarlyStoppingOptions, typeof earlyStoppingOptions> {}

/**
 * Ends training when a log has not improved for `patience` epochs.
 *
 * @example Restoring the best weights
 * ```ts
 * import { callbacks } from "./mod.ts";
 * const stopping = new callbacks.EarlyStopping({ patience: 3, restoreBestWeights: true });
 * console.log(stopping.monitor); // val_loss
 * ```
 */
export class EarlyStopping extends MonitorCallback {
  /** The epoch of the best value, from 0. */
  bestEpoch = 0;
  /** The epoch after which training ended, from 0; 0 if it did not end early. */
  stoppedEpoch = 0;
  #wait = 0;
  #bestWeights: Tensor[] | undefined;

  static {
    declareOptions(this, earlyStoppingOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for values out of range. Defaults: `monitor: "val_loss"`,
   * `mode: "auto"`, `minDelta: 0`, `verbose: 0`, `patience: 0`, `baseline: null`, `restoreBestWeights: false`,
   * `startFromEpoch: 0`.
   */
  constructor(options: EarlyStoppingOptions = {}) {
    super(options);
  }

  /** Starts over. Throws {@linkcode ValueError} if it cannot tell whether smaller or larger is better. */
  override onTrainBegin(): void {
    this.direction();
    this.#wait = 0;
    this.best = undefined;
    this.bestEpoch = 0;
    this.stoppedEpoch = 0;
    this.#bestWeights = undefined;
  }

  /** Checks the epoch's value. */
  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    const current = this.watched(logs);
    if (current === undefined || epoch < this.startFromEpoch) return;
    const improved = this.improves(current, this.best);
    if (this.restoreBestWeights && (improved || !this.#bestWeights)) {
      this.#bestWeights = await this.model.getWeights();
      this.bestEpoch = epoch;
    }
    this.#wait++;
    if (improved) {
      this.best = current;
      this.bestEpoch = epoch;
      if (this.improves(current, this.baseline)) this.#wait = 0;
    } else if (this.#wait >= this.patience && epoch > 0) {
      this.stoppedEpoch = epoch;
      this.model.stopTraining = true;
    }
  }

  /** Restores the best weights, if requested. */
  override onTrainEnd(): void {
    if (this.stoppedEpoch > 0 && this.verbose) printLine(`Epoch ${this.stoppedEpoch + 1}: early stopping`);
    if (!this.#bestWeights) return;
    if (this.verbose) {
      printLine(`Restoring model weights from the end of the best epoch: ${this.bestEpoch + 1}.`);
    }
    this.model.setWeights(this.#bestWeights);
  }
}
