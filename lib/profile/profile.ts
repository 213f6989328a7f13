// Profile: where the time of fit, evaluate and predict goes, by layer and op, as rows, a table and a timeline.
import { ValueError } from "../errors.ts";
import { type OpRow, phasesOf, tableOf } from "../exec/op_times.ts";
import { type FileTarget, requireEnding, writeTarget } from "../files/target.ts";
import { isInteger } from "../option_kinds.ts";
import { describe, option, optionTable, readMethodOptions } from "../options.ts";
import { type ChromeTrace, chromeTrace } from "./chrome_trace.ts";
import { type ProfileMode, Recording } from "./recording.ts";

/** Options of {@linkcode Profile}. */
export interface ProfileOptions {
  /**
   * The steps that the timeline has, counted from 0 over all runs: that many from the first, or from one up to but not
   * including another; 100 by default. Rows and table have all steps. Steps of the timeline are run one by one, which makes
   * short ops a little slower, since threads fall asleep in between; the others are run many at once, as without a profile.
   */
  traceSteps?: number | readonly [from: number, to: number];
}

const isCount = (given: unknown): given is number => isInteger(given) && given >= 0;

const profileOptions = optionTable<ProfileOptions>()({
  traceSteps: option<readonly [number, number]>({
    fallback: 100,
    read: (given, { what }) => {
      if (isCount(given)) return [0, given];
      if (Array.isArray(given) && given.length === 2 && given.every(isCount) && given[0] <= given[1]) {
        return [given[0], given[1]];
      }
      throw new ValueError({
        what,
        rule: "traceSteps must be a number of steps, or the first one and the one before which to end",
        received: describe(given),
        hint: "write it as in traceSteps: [10, 20], which leaves out the first ten",
      });
    },
  }),
});

/** The time of an op in all steps of training, evaluation or prediction. */
export interface ProfileRow extends OpRow {
  /** What the steps did: `train`, `test` for evaluations and validations, or `predict`. */
  readonly mode: ProfileMode;
}

const titles: { readonly [K in ProfileMode]: string } = {
  train: "training",
  test: "evaluation",
  predict: "prediction",
};

/** Gives what was measured for a profile. */
export let recordingOf: (profile: Profile) => Recording;

/**
 * Where the time of `fit`, `evaluate` and `predict` goes: give it to them as the option `profile`, to several to add them
 * up. Measured are the ops that the backend runs, with the layers that they belong to: on `eigen`, `wasm` and `reference`
 * by the clock of the processor, on `webgpu` by that of the GPU. The numbers that are computed are the same, bit for bit.
 *
 * @example The slowest op of a prediction
 * ```ts
 * import { Input, layers, Profile, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [4] }), new layers.Dense(3, { activation: "relu", name: "hidden" })]);
 * const profile = new Profile();
 * await model.predict([[1, 2, 3, 4]], { profile, verbose: 0 });
 * console.log(profile.steps); // 1
 * console.log(profile.rows.some(({ owners }) => owners.includes("hidden"))); // true
 * console.log(profile.chromeTrace().displayTimeUnit); // ms
 * ```
 */
export class Profile {
  readonly #recording: Recording;

  static {
    recordingOf = (profile) => profile.#recording;
  }

  /** Takes which steps the timeline has. Throws {@linkcode ValueError} for options that do not suit. */
  constructor(options: ProfileOptions = {}) {
    const { traceSteps } = readMethodOptions("Profile", profileOptions, options, "Cannot make Profile");
    this.#recording = new Recording(traceSteps);
  }

  /** The number of steps that were measured. */
  get steps(): number {
    return this.#recording.steps;
  }

  /** The time of the runs, in milliseconds: more than that of the ops, which the rows have. */
  get milliseconds(): number {
    return this.#recording.milliseconds.runs;
  }

  /** The ops, the slowest first. */
  get rows(): readonly ProfileRow[] {
    return [...this.#recording.times].flatMap(([mode, times]) => times.rows.map((row) => ({ ...row, mode })))
      .sort((a, b) => b.milliseconds - a.milliseconds);
  }

  /**
   * The rows as a text, grouped by layer: how often each op ran, its time in all and in each step, and its part of the time
   * of all ops; for products and the like also billions of floating-point operations a second. In front stands what part of the run's time the ops are, and what they are parts of.
   */
  table(): string {
    const { milliseconds: { runs, programs, batches }, times, runs: names, steps } = this.#recording;
    const ops = [...times.values()].reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    const part = (milliseconds: number) => `${(runs > 0 ? 100 * milliseconds / runs : 0).toFixed(1)} %`;
    const head = [
      `Profile of ${names.join(", ")}: ${steps} steps in ${runs.toFixed(1)} ms`,
      `ops ${part(ops)}, calling programs ${part(programs - ops)}, batches and compiling ${part(batches)}, ` +
      `callbacks and the rest ${part(Math.max(0, runs - programs - batches))}`,
    ];
    const tables = [...times].flatMap(([mode, times]) => [
      "",
      `${titles[mode]}, ${times.steps} steps: ${phasesOf(times.rows)}`,
      ...tableOf(times),
    ]);
    return [...head, ...tables].join("\n");
  }

  /** The table. */
  toString(): string {
    return this.table();
  }

  /**
   * The timeline in the format of `chrome://tracing` and https://ui.perfetto.dev: runs, in them epochs and validations,
   * then steps, layers and ops. The ops of a step follow each other from its start; what is left of it is the call.
   */
  chromeTrace(): ChromeTrace {
    const { spans, runs } = this.#recording;
    return chromeTrace(spans, runs);
  }

  /**
   * Writes the timeline as a file whose name ends in `.json`. In a browser the user downloads it.
   *
   * @throws {ValueError} for another ending
   * @throws {FileError} if it cannot be written
   */
  async save(target: FileTarget): Promise<void> {
    const what = "Cannot save the profile";
    requireEnding(target, [".json"], what);
    await writeTarget(target, new TextEncoder().encode(JSON.stringify(this.chromeTrace())), what);
  }
}
