// ReduceLROnPlateau: lowers the learning rate when a value no longer improves.
// https://keras.io/api/callbacks/reduce_lr_on_plateau/
import { ValueError } from "../errors.ts";
import { number } from "../option_kinds.ts";
import { declareOptions, describe, option, optionTable } from "../options.ts";
import type { Logs } from "./callback.ts";
import { requireFreeRate } from "./learning_rate_scheduler.ts";
import {
  epochsOption,
  minDeltaOption,
  MonitorCallback,
  type MonitorFields,
  type MonitorOptions,
  monitorOptions,
} from "./monitor.ts";
import { formatFloat } from "../terminal/python_format.ts";
import { printBelowBar } from "../terminal/terminal.ts";

/** Options of {@linkcode ReduceLROnPlateau}; `minDelta` is 1e-4 by default. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** The factor of the rate, less than 1; 0.1 by default. */
  factor?: number;
  /** The number of epochs without an improvement after which the rate is lowered; 10 by default. */
  patience?: number;
  /** The number of epochs after that in which nothing is counted; 0 by default. */
  cooldown?: number;
  /** The lowest rate; 0 by default. */
  minLr?: number;
}

const plateauOptions = optionTable<ReduceLROnPlateauOptions>()({
  ...monitorOptions,
  minDelta: minDeltaOption(1e-4),
  factor: option<number>({
    fallback: 0.1,
    read: (given, { what }) => {
      if (typeof given === "number" && given >= 0 && given < 1) return given;
      throw new ValueError({
        what,
        rule: "factor must be a number of at least 0 and less than 1",
        received: describe(given),
        hint: "0.1 makes the rate a tenth",
      });
    },
  }),
  patience: epochsOption(10),
  cooldown: epochsOption(0),
  minLr: number(0, { min: 0 }),
});

/** The options, checked and completed. */
export interface ReduceLROnPlateau extends MonitorFields<ReduceLROnPlateauOptions, typeof plateauOptions> {}

/**
 * Multiplies the learning rate by `factor` when a log has not improved for `patience` epochs, and adds
 * `learning_rate` to the logs.
 *
 * @example A fifth of the rate after 5 epochs, but never less than 0.001
 * ```ts
 * import { callbacks } from "./mod.ts";
 * const plateau = new callbacks.ReduceLROnPlateau({ monitor: "val_loss", factor: 0.2, patience: 5, minLr: 0.001 });
 * console.log(plateau.factor); // 0.2
 * ```
 */
export class ReduceLROnPlateau extends MonitorCallback {
  #cooling = 0;
  #wait = 0;

  static {
    declareOptions(this, plateauOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for values out of range, such as a factor of 1 or more. Defaults:
   * `monitor: "val_loss"`, `mode: "auto"`, `minDelta: 0.0001`, `verbose: 0`, `factor: 0.1`, `patience: 10`,
   * `cooldown: 0`, `minLr: 0`.
   */
  constructor(options: ReduceLROnPlateauOptions = {}) {
    super(options);
  }

  /**
   * Starts over. Throws {@linkcode ValueError} if it cannot tell whether smaller or larger is better, and {@linkcode
   * StateError} if the optimizer's rate follows a schedule.
   */
  override onTrainBegin(): void {
    requireFreeRate(this.model, "ReduceLROnPlateau");
    this.direction();
    this.best = undefined;
    this.#cooling = 0;
    this.#wait = 0;
  }

  /** Checks the epoch's value, and lowers the rate if it is due. */
  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    const rate = logs.learning_rate = this.model.optimizer!.learningRate;
    const current = this.watched(logs);
    if (current === undefined) return;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#wait = 0;
    }
    if (this.improves(current, this.best)) {
      this.best = current;
      this.#wait = 0;
      return;
    }
    if (this.#cooling > 0 || ++this.#wait < this.patience || rate <= Math.fround(this.minLr)) return;
    const lowered = Math.max(rate * this.factor, this.minLr);
    this.model.optimizer!.learningRate = lowered;
    if (this.verbose) {
      printBelowBar(`Epoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${formatFloat(lowered)}.`);
    }
    this.#cooling = this.cooldown;
    this.#wait = 0;
  }
}
