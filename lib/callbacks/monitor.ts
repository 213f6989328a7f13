// MonitorCallback: what callbacks that watch one number of the logs have in common.
import { describe, didYouMean, unknownIdentifier, ValueError } from "../errors.ts";
import { checkRange } from "../option_kinds.ts";
import { checkOptions } from "../options.ts";
import { Callback, type Logs } from "./callback.ts";

/** Options of callbacks that watch a log. */
export interface MonitorOptions {
  /** The log that is watched; `val_loss` by default. */
  monitor?: string;
  /** Whether smaller or larger is better; `auto`, by the metric, by default. */
  mode?: "auto" | "min" | "max";
  /** The least change that counts as an improvement. */
  minDelta?: number;
  /** 1 prints what is done; 0 by default. */
  verbose?: 0 | 1;
}

/** The names of the options of every callback that watches a log. */
export const monitorOptionNames = ["monitor", "mode", "minDelta", "verbose"] as const;

/** The base of callbacks that watch a log. */
export abstract class MonitorCallback extends Callback {
  /** The log that is watched. */
  readonly monitor: string;
  /** Whether smaller or larger is better. */
  readonly mode: "auto" | "min" | "max";
  /** The least change that counts as an improvement. */
  readonly minDelta: number;
  /** Whether it prints what it does. */
  readonly verbose: boolean;
  /** The best value so far. */
  best: number | undefined;
  /** Whether it was said that the watched log is missing. */
  warned = false;

  /** Takes the options. Throws {@linkcode ValueError} for a mode that is none. */
  constructor(options: MonitorOptions, ownOptions: readonly string[]) {
    super();
    const className = new.target.name;
    checkOptions(className, options, [...monitorOptionNames, ...ownOptions]);
    const { monitor = "val_loss", mode = "auto", minDelta = 0, verbose = 0 } = options;
    if (typeof monitor !== "string") {
      throw new ValueError({
        what: `Cannot make ${className}`,
        rule: "monitor must be the name of a log",
        received: describe(monitor),
        hint: 'write it as in monitor: "val_loss"',
      });
    }
    const modes = ["auto", "min", "max"];
    if (!modes.includes(mode)) throw unknownIdentifier("mode", String(mode), modes, `Cannot make ${className}`);
    checkRange(className, "minDelta", Math.abs(minDelta), 0, Infinity);
    this.monitor = monitor;
    this.mode = mode;
    this.minDelta = Math.abs(minDelta);
    this.verbose = Boolean(verbose);
  }

  /** The watched number; where it is not among the logs, undefined and a warning, once. */
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

  /** Whether `value` is better than `than`, by more than `minDelta`; anything is better than nothing. */
  protected improves(value: number, than: number | undefined | null): boolean {
    return than === undefined || than === null || this.direction() * (value - than) > this.minDelta;
  }

  /** 1 where larger is better, -1 where smaller is. Throws {@linkcode ValueError} where that cannot be told. */
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

/** Throws {@linkcode ValueError} where an option of `owner` is not a whole number of at least 0. */
export function checkEpochs(owner: string, counts: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(counts)) {
    if (Number.isInteger(value) && (value as number) >= 0) continue;
    throw new ValueError({
      what: `Cannot make ${owner}`,
      rule: `${name} must be an integer of at least 0`,
      received: describe(value),
      hint: "give a number of epochs",
    });
  }
}
