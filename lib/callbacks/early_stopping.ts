// EarlyStopping: ends the training when a number no longer improves. https://keras.io/api/callbacks/early_stopping/
import { describe, unknownIdentifier, ValueError } from "../errors.ts";
import { checkOptions, checkRange } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Callback, type Logs } from "./callback.ts";
import { printLine } from "./terminal.ts";

/** Options of {@linkcode EarlyStopping}. */
export interface EarlyStoppingOptions {
  /** The log that is watched; `val_loss` by default. */
  monitor?: string;
  /** The least change that counts as an improvement; 0 by default. */
  minDelta?: number;
  /** After how many epochs without an improvement training ends; 0 by default. */
  patience?: number;
  /** 1 prints when training ends; 0 by default. */
  verbose?: 0 | 1;
  /** Whether smaller or larger is better; `auto`, by the metric, by default. */
  mode?: "auto" | "min" | "max";
  /** A value that must be beaten for patience to begin anew; none by default. */
  baseline?: number | null;
  /** Whether the weights of the best epoch are put back at the end; false by default. */
  restoreBestWeights?: boolean;
  /** The first epoch that is watched, from 0; 0 by default. */
  startFromEpoch?: number;
}

const optionNames = [
  "monitor",
  "minDelta",
  "patience",
  "verbose",
  "mode",
  "baseline",
  "restoreBestWeights",
  "startFromEpoch",
];

/**
 * Ends the training when a log has not improved for `patience` epochs.
 *
 * @example With the best weights put back
 * ```ts
 * import { callbacks } from "./mod.ts";
 * const stopping = new callbacks.EarlyStopping({ patience: 3, restoreBestWeights: true });
 * console.log(stopping.monitor); // val_loss
 * ```
 */
export class EarlyStopping extends Callback {
  /** The log that is watched. */
  readonly monitor: string;
  /** The best value so far. */
  best: number | undefined;
  /** The epoch of the best value, from 0. */
  bestEpoch = 0;
  /** The epoch after which training ended, from 0; 0 where it did not. */
  stoppedEpoch = 0;
  readonly #options: Required<EarlyStoppingOptions>;
  #sign = 0;
  #wait = 0;
  #warned = false;
  #bestWeights: Tensor[] | undefined;

  /** Takes the options. Throws {@linkcode ValueError} for a mode that is none. */
  constructor(options: EarlyStoppingOptions = {}) {
    super();
    checkOptions("EarlyStopping", options, optionNames);
    this.#options = {
      monitor: "val_loss",
      minDelta: 0,
      patience: 0,
      verbose: 0,
      mode: "auto",
      baseline: null,
      restoreBestWeights: false,
      startFromEpoch: 0,
      ...options,
    };
    this.monitor = this.#options.monitor;
    const { patience, startFromEpoch, minDelta } = this.#options;
    for (const [name, value] of Object.entries({ patience, startFromEpoch })) {
      if (Number.isInteger(value) && value >= 0) continue;
      throw new ValueError({
        what: "Cannot make EarlyStopping",
        rule: `${name} must be an integer of at least 0`,
        received: describe(value),
        mend: "give a number of epochs",
      });
    }
    checkRange("EarlyStopping", "minDelta", Math.abs(minDelta), 0, Infinity);
    const modes = ["auto", "min", "max"];
    if (!modes.includes(this.#options.mode)) {
      throw unknownIdentifier("mode", String(this.#options.mode), modes, "Cannot make EarlyStopping");
    }
  }

  /** Begins anew. Throws {@linkcode ValueError} where it cannot tell whether smaller or larger is better. */
  override onTrainBegin(): void {
    this.#sign = this.#direction();
    this.#warned = false;
    this.#wait = 0;
    this.best = undefined;
    this.bestEpoch = 0;
    this.stoppedEpoch = 0;
    this.#bestWeights = undefined;
  }

  /** Looks at the epoch's value. */
  override async onEpochEnd(epoch: number, logs: Logs = {}): Promise<void> {
    const current = logs[this.monitor];
    if (current === undefined) {
      if (!this.#warned) {
        console.warn(
          `EarlyStopping watches "${this.monitor}", which is not among the logs: ${Object.keys(logs).join(", ")}`,
        );
      }
      this.#warned = true;
      return;
    }
    const { startFromEpoch, restoreBestWeights, baseline, patience } = this.#options;
    if (epoch < startFromEpoch) return;
    const improved = this.#improves(current, this.best);
    if (restoreBestWeights && (improved || !this.#bestWeights)) {
      this.#bestWeights = await this.model.getWeights();
      this.bestEpoch = epoch;
    }
    this.#wait++;
    if (improved) {
      this.best = current;
      this.bestEpoch = epoch;
      if (baseline === null || this.#improves(current, baseline)) this.#wait = 0;
    } else if (this.#wait >= patience && epoch > 0) {
      this.stoppedEpoch = epoch;
      this.model.stopTraining = true;
    }
  }

  /** Puts the best weights back, if asked to. */
  override onTrainEnd(): void {
    const { verbose } = this.#options;
    if (this.stoppedEpoch > 0 && verbose) printLine(`Epoch ${this.stoppedEpoch + 1}: early stopping`);
    if (!this.#bestWeights) return;
    if (verbose) printLine(`Restoring model weights from the end of the best epoch: ${this.bestEpoch + 1}.`);
    this.model.setWeights(this.#bestWeights);
  }

  #improves(value: number, than: number | undefined): boolean {
    return than === undefined || this.#sign * (value - than) > Math.abs(this.#options.minDelta);
  }

  /** 1 where larger is better, -1 where smaller is. */
  #direction(): 1 | -1 {
    const { mode } = this.#options;
    if (mode !== "auto") return mode === "max" ? 1 : -1;
    const name = this.monitor.replace(/^val_/, "");
    const directions = this.model.metricDirections;
    const direction = directions.get(name);
    if (direction) return direction === "up" ? 1 : -1;
    throw new ValueError({
      what: `Cannot watch "${this.monitor}" with EarlyStopping`,
      rule: directions.has(name)
        ? "it is not known whether smaller or larger is better"
        : `the logs of this model are ${[...directions.keys()].map((key) => `"${key}"`).join(", ")}, and val_ of each`,
      received: `"${this.monitor}"`,
      mend: 'give mode: "min" or mode: "max"' + (directions.has(name) ? "" : " if a callback of yours adds it"),
    });
  }
}
