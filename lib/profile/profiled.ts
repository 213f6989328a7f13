// The option `profile` of fit, evaluate and predict: what it takes, and what happens at the start and the end of a run.
import { ValueError } from "../errors.ts";
import type { Executor } from "../exec/executor.ts";
import { requireEnding, requireWritable } from "../files/target.ts";
import { describe, type Option, option } from "../options.ts";
import { printLine } from "../terminal/terminal.ts";
import { Profile, recordingOf } from "./profile.ts";
import { RecordedRun } from "./recording.ts";

/** What the option `profile` takes: whether to, the file for the timeline, or the profile to add to. */
export type ProfileLike = boolean | string | Profile;

/** A profile that was asked for. */
interface AskedProfile {
  readonly profile: Profile;
  /** Whether its table is printed at the end. */
  readonly prints: boolean;
  /** The file that its timeline is written to. */
  readonly path?: string;
}

/** The option `profile`. */
export const profileOption: Option<AskedProfile | null> = option<AskedProfile | null>({
  fallback: false,
  nullable: true,
  read: (given, { what }) => {
    if (given === false || given === null) return null;
    if (given === true) return { profile: new Profile(), prints: true };
    if (given instanceof Profile) return { profile: given, prints: false };
    if (typeof given === "string") {
      requireEnding(given, [".json"], what);
      return { profile: new Profile(), prints: true, path: given };
    }
    throw new ValueError({
      what,
      rule: "profile must be true, false, the name of a file or a Profile",
      received: describe(given),
      hint: 'true prints a table, "trace.json" also writes a timeline, new Profile() keeps both for you',
    });
  },
});

/** A run that is profiled; at its end it prints and writes what was asked for. */
export class ProfiledRun extends RecordedRun implements AsyncDisposable {
  /** The profile that it adds to. */
  readonly profile: Profile;
  readonly #asked: AskedProfile;

  private constructor(asked: AskedProfile, where: string, backend: string, root: string) {
    super(recordingOf(asked.profile), where, backend, root);
    this.profile = asked.profile;
    this.#asked = asked;
  }

  /**
   * Starts it, if a profile is asked for. Throws {@linkcode BackendError} if ops cannot be measured, and
   * {@linkcode FileError} if the file cannot be written.
   */
  static async start(
    asked: AskedProfile | null,
    executor: Executor,
    where: string,
    root: string,
  ): Promise<ProfiledRun | undefined> {
    if (!asked) return undefined;
    const what = `Cannot ${where} with a profile`;
    executor.requireClock(what);
    if (asked.path !== undefined) await requireWritable(asked.path, what);
    return new ProfiledRun(asked, where, executor.name, root);
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    const { profile, prints, path } = this.#asked;
    if (prints && profile.steps > 0) printLine(`\n${profile.table()}`);
    if (path !== undefined) await profile.save(path);
  }
}
