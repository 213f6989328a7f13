// LearningRateScheduler: a learning rate for each epoch. https://keras.io/api/callbacks/learning_rate_scheduler/
import { describe, StateError, ValueError } from "../errors.ts";
import { callable } from "../option_kinds.ts";
import { declareOptions, type OptionFields, optionTable, positional } from "../options.ts";
import { Callback, type CallbackModel, type Logs } from "./callback.ts";
import { verboseOption } from "./monitor.ts";
import { formatFloat } from "../terminal/python_format.ts";
import { printBelowBar } from "../terminal/terminal.ts";

/** Throws {@linkcode StateError} if a callback cannot set the learning rate because it follows a schedule. */
export function requireFreeRate({ name, optimizer }: CallbackModel, owner: string): void {
  if (!optimizer?.schedule) return;
  throw new StateError({
    what: `Cannot train "${name}" with ${owner}`,
    rule: "it sets the learning rate, so that must be a number",
    received: `the schedule ${optimizer.schedule.constructor.name}`,
    hint: "make the optimizer with a number, or leave the callback out",
  });
}

/** Returns the learning rate of an epoch, counted from 0, given the current rate. */
export type EpochSchedule = (epoch: number, rate: number) => number;

/** Options of {@linkcode LearningRateScheduler}. */
export interface LearningRateSchedulerOptions {
  /** 1 prints each rate; 0 by default. */
  verbose?: 0 | 1;
}

const schedulerOptions = optionTable<LearningRateSchedulerOptions>()({
  /** The function. */
  schedule: positional(callable<EpochSchedule>(
    "must be a function of the epoch and the rate",
    "write it as in (epoch, rate) => rate * 0.9; give an object of schedules to the optimizer",
  )),
  verbose: verboseOption,
});

/** The options, checked and completed. */
export interface LearningRateScheduler extends OptionFields<LearningRateSchedulerOptions, typeof schedulerOptions> {}

/**
 * Sets the learning rate before each epoch by a function, and adds `learning_rate` to the logs.
 *
 * @example A lower rate from the tenth epoch on
 * ```ts
 * import { callbacks } from "./mod.ts";
 * const scheduler = new callbacks.LearningRateScheduler((epoch, rate) => epoch < 10 ? rate : rate * Math.exp(-0.1));
 * console.log(scheduler.schedule(0, 0.01)); // 0.01
 * ```
 */
export class LearningRateScheduler extends Callback {
  static {
    declareOptions(this, schedulerOptions);
  }

  /**
   * Takes the function; `verbose` 1 prints each rate. Throws {@linkcode ValueError} for anything but a function.
   * Defaults: `verbose: 0`.
   */
  constructor(schedule: EpochSchedule, options: LearningRateSchedulerOptions = {}) {
    super(options, { schedule });
  }

  /** Throws {@linkcode StateError} if the optimizer's rate follows a schedule. */
  override onTrainBegin(): void {
    requireFreeRate(this.model, "LearningRateScheduler");
  }

  /** Sets the epoch's rate. Throws {@linkcode ValueError} if the function does not return a number. */
  override onEpochBegin(epoch: number): void {
    const optimizer = this.model.optimizer!;
    const rate = this.schedule(epoch, optimizer.learningRate);
    if (typeof rate !== "number" || !Number.isFinite(rate)) {
      throw new ValueError({
        what: `Cannot set the learning rate of epoch ${epoch + 1}`,
        rule: "the schedule of LearningRateScheduler must return a number",
        received: describe(rate),
        hint: "return the rate in every case",
      });
    }
    optimizer.learningRate = rate;
    if (this.verbose) {
      printBelowBar(`Epoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${formatFloat(rate)}.`);
    }
  }

  /** Adds the rate to the logs. */
  override onEpochEnd(_epoch: number, logs: Logs = {}): void {
    logs.learning_rate = this.model.optimizer!.learningRate;
  }
}
