// MonitorCallback: the base of callbacks that monitor one value of the logs.
import { describe, didYouMean, ValueError } from "../errors.ts";
import { choice, number } from "../option_kinds.ts";
import { type Option, option, type OptionFields, optionTable } from "../options.ts";
import { Callback, type Logs } from "./callback.ts";

/** Options of callbacks that monitor a log. */
export interface MonitorOptions {
  /** The log to monitor; `val_loss` by default. */
  monitor?: string;
  /** Whether smaller or larger is better; `auto`, which depends on the metric, by default. */
  mode?: "auto" | "min" | "max";
  /** The smallest change that counts as an improvement. */
  minDelta?: number;
  /** 1 prints what happens; 0 by default. */
  verbose?: 0 | 1;
}

/** Whether to print, as an option: 0 or 1. */
export const verboseOption: Option<boolean> = option<boolean>({
  fallback: 0,
  read: (given, { what }) => {
    if (typeof given === "number" || typeof given === "boolean") return Boolean(given);
    throw new ValueError({
      what,
      rule: "verbose must be 0 or 1",
      received: describe(given),
      hint: "leave it out to say nothing",
    });
  },
});

/** A number of epochs, as an option. */
export const epochsOption = (fallback: number): Option<number> =>
  option<number>({
    fallback,
    read: (given, { what, option }) => {
      if (typeof given === "number" && Number.isInteger(given) && given >= 0) return given;
      throw new ValueError({
        what,
        rule: `${option} must be an integer of at least 0`,
        received: describe(given),
        hint: "give a number of epochs",
      });
    },
  });

/** The smallest change that counts as an improvement, as an option. */
export const minDeltaOption = (fallback: number): Option<number> =>
  option<number>({ fallback, read: (given, place) => Math.abs(number().read(given, place)) });

/** The options of every callback that monitors a log. */
export const monitorOptions = optionTable<MonitorOptions>()({
  monitor: option<string>({
    fallback: "val_loss",
    read: (given, { what }) => {
      if (typeof given === "string") return given;
      throw new ValueError({
        what,
        rule: "monitor must be the name of a log",
        received: describe(given),
        hint: 'write it as in monitor: "val_loss"',
      });
    },
  }),
  mode: choice(["auto", "min", "max"]),
  minDelta: minDeltaOption(0),
  verbose: verboseOption,
});

/** The fields of a callback's own options, besides those of every monitoring callback. */
export type MonitorFields<O, T> = OptionFields<Omit<O, keyof MonitorOptions>, Omit<T, keyof MonitorOptions>>;

/** The options, checked and completed. */
export interface MonitorCallback extends OptionFields<MonitorOptions, typeof monitorOptions> {}

/** The base of callbacks that monitor a log. */
export abstract class MonitorCallback extends Callback {
  /** The best value so far. */
  best: number | undefined;
  /** Whether the warning about a missing log was printed. */
  warned = false;

  /** The monitored value; if it is not in the logs, undefined and a warning, once. */
  protected watched(logs: Logs): number | undefined {
    const current = logs[this.monitor];
    if (current === undefined && !this.warned) {
      this.warned = true;
      console.warn(
        `${this.constructor.name} watches "${this.monitor}", which is not among the logs: ${
          Object.keys(logs).join(", ")
        }`,
      );
    }
    return current;
  }

  /** Whether `value` is better than `than` by more than `minDelta`; any value is better than none. */
  protected improves(value: number, than: number | undefined | null): boolean {
    return than === undefined || than === null || this.direction() * (value - than) > this.minDelta;
  }

  /** 1 if larger is better, -1 if smaller is. Throws {@linkcode ValueError} if that is unknown. */
  protected direction(): 1 | -1 {
    if (this.mode !== "auto") return this.mode === "max" ? 1 : -1;
    const name = this.monitor.replace(/^val_/, "");
    const directions = this.model.metricDirections;
    const direction = name === "loss" ? "down" : directions.get(name);
    if (direction) return direction === "up" ? 1 : -1;
    const near = directions.has(name) ? undefined : didYouMean(name, directions.keys());
    throw new ValueError({
      what: `Cannot watch "${this.monitor}" with ${this.constructor.name}`,
      rule: directions.has(name)
        ? "it is not known whether smaller or larger is better"
        : `the logs of this model are ${[...directions.keys()].map((key) => `"${key}"`).join(", ")}, and val_ of each`,
      received: `"${this.monitor}"`,
      hint: near
        ? `did you mean "${this.monitor.slice(0, -name.length)}${near}"?`
        : 'give mode: "min" or mode: "max"' + (directions.has(name) ? "" : " if a callback of yours adds it"),
    });
  }
}
