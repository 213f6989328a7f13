// Trials: what a search tries, and what came of it.
import type { Logs } from "../callbacks/callback.ts";
import { describe, ValueError } from "../errors.ts";
import { option } from "../options.ts";
import type { HyperParameter, HyperValue } from "./hyper_parameters.ts";

/** Whether a smaller or a larger objective is better. */
export type ObjectiveDirection = "min" | "max";

/** What a search optimizes: a log, such as `val_accuracy`, and which of its values are better. */
export interface Objective {
  /** The name of the log. */
  readonly name: string;
  /** Whether smaller or larger values are better; by default what the metric says. */
  readonly direction?: ObjectiveDirection;
}

/** What is to be tried. */
export interface Proposal {
  /** The values by name. What a trial asks for beyond them is drawn at random. */
  readonly values: Readonly<Record<string, HyperValue>>;
  /** The number of epochs to train to; by default what `fit` says. */
  readonly epochs?: number;
  /** The number of the first epoch, from 0; 0 by default. */
  readonly initialEpoch?: number;
  /** The trial whose weights this one continues with. */
  readonly from?: number;
}

/** What came of a trial. */
export type Outcome =
  & {
    /** The hyperparameters that it asked for. */
    readonly space: readonly HyperParameter[];
    /** Their values, by name. */
    readonly values: Readonly<Record<string, HyperValue>>;
  }
  & ({
    /** It ended. */
    readonly status: "completed";
    /** Its objective: the best of its epochs, averaged over executions. */
    readonly score: number;
    /** Whether smaller or larger scores are better. */
    readonly direction: ObjectiveDirection;
    /** All logs of the epoch with the best objective, averaged over executions. */
    readonly metrics: Logs;
  } | {
    /** It failed. */
    readonly status: "failed";
    /** Why. */
    readonly error: string;
  });

/** A trial that ended. */
export type Trial = {
  /** Its number in the search, from 0. */
  readonly id: number;
  /** What was to be tried. */
  readonly proposal: Proposal;
} & Outcome;

/** A trial that did not fail. */
export type CompletedTrial = Extract<Trial, { readonly status: "completed" }>;

/** The objective, as an option. */
export const objectiveOption = option<Objective | null>({
  fallback: null,
  nullable: true,
  read: (given, { what }) => {
    if (given === null) return null;
    if (typeof given === "string" && given !== "") return { name: given };
    const { name, direction } = (typeof given === "object" ? given : {}) as Partial<Objective>;
    if (typeof name === "string" && name !== "" && [undefined, "min", "max"].includes(direction)) {
      return direction ? { name, direction } : { name };
    }
    throw new ValueError({
      what,
      rule: "objective must be the name of a log, or that and its direction, min or max",
      received: describe(given),
      hint: 'write it as in "val_accuracy" or { name: "val_f1", direction: "max" }',
    });
  },
});

/** Whether a score is better than another; any is better than none. */
export function isBetter(score: number, than: number | undefined, direction: ObjectiveDirection): boolean {
  return than === undefined || (direction === "max" ? score > than : score < than);
}

/** The completed trials, the best first; of equal ones the earlier. */
export function ranked(trials: readonly Trial[]): CompletedTrial[] {
  return trials.filter((trial): trial is CompletedTrial => trial.status === "completed")
    .sort((a, b) => (a.direction === "max" ? b.score - a.score : a.score - b.score) || a.id - b.id);
}
