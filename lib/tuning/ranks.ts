// Ranks: the processes of a launcher of MPI, which divide the trials of a search, or folds.
import { type Communicator, launched } from "../communicator.ts";
import { connect, markDivided, requireUndivided } from "../distribution/connection.ts";
import { distribution } from "../distribution/distribution.ts";
import { StateError } from "../errors.ts";
import { getExecutor } from "../exec/select.ts";
import { factsOf, meet } from "../training/agreement.ts";
import { textOfError } from "./hyper_model.ts";

/** What a process tells of its part: what it made, nothing where it had no part, or why it failed. */
type Answer<T> = { readonly made?: T } | { readonly error: string };

/** What processes that divide trials need of a communicator. */
type Others = Pick<Communicator, "rank" | "size" | "gather" | "gatherTexts">;

/** The only process, where no launcher started it. */
const alone: Others = {
  rank: 0,
  size: 1,
  gather: (numbers) => Promise.resolve([[...numbers]]),
  gatherTexts: (text) => Promise.resolve([text]),
};

/** The processes of a launcher, each of which runs whole trainings of its own. They do so until this is disposed. */
export class Ranks implements Disposable {
  readonly #others: Others;
  readonly #what: string;
  readonly #mark: Disposable;

  private constructor(others: Others, what: string) {
    this.#others = others;
    this.#what = what;
    this.#mark = markDivided("trials");
  }

  /**
   * Connects the processes; alone, this one is all of them. Throws {@linkcode StateError} if they train together, and
   * within a trial.
   */
  static async open(what: string): Promise<Ranks> {
    requireUndivided("divide trials");
    if (distribution()) {
      throw new StateError({
        what,
        rule: "processes that divide trials cannot divide the batches of each, too",
        received: "a distribution that is set",
        hint: 'leave out distribution.set, or workers: "mpi"',
      });
    }
    return new Ranks(await connect() ?? alone, what);
  }

  /** Ends the division. */
  [Symbol.dispose](): void {
    this.#mark[Symbol.dispose]();
  }

  /** Throws {@linkcode StateError} in all processes if their facts differ. Gives the number of the first one. */
  async agree(facts: Readonly<Record<string, string>>, number: number): Promise<number> {
    const own = { call: this.#what, ...factsOf(await getExecutor()), ...facts };
    const [[first]] = await meet(this.#others, this.#what.replace(/^Cannot /, ""), own, [number]);
    return first;
  }

  /** Gives all processes what each of them makes, by rank. If one fails, all throw. */
  async exchange<T>(make: () => Promise<T> | T): Promise<T[]> {
    const own = await this.#attempt(make);
    return (await this.#gather(own)).map(({ made }) => made as T);
  }

  /** Gives all processes what the first one makes. */
  async fromFirst<T>(make: () => Promise<T>): Promise<T> {
    const [first] = await this.exchange<T | null>(() => (this.#others.rank === 0 ? make() : null));
    return first as T;
  }

  /**
   * Runs jobs, the first one in the first process, the next one in the next, and so on in turn. Calls `ended` in all
   * processes with what came of each, in the order of the jobs; no process waits for that before it goes on with its
   * next one. If `make` or `ended` throws, no further job is started, and all throw.
   */
  async divide<J, T>(
    jobs: readonly J[],
    make: (job: J) => Promise<T>,
    ended: (job: J, made: T) => void,
  ): Promise<void> {
    const { rank, size } = this.#others;
    let told: Promise<void> = Promise.resolve();
    let stopped = false;
    for (let first = 0; first < jobs.length && !stopped; first += size) {
      const turn = jobs.slice(first, first + size);
      const own = rank < turn.length ? await this.#attempt(() => make(turn[rank])) : { answer: {} };
      told = this.#tell(told, own, turn, ended);
      told.catch(() => stopped = true);
      if (size === 1) await told;
      if (own.error) break;
    }
    await told;
  }

  /** After what was told before, tells what came of this process's job of a turn, and hears of the others. */
  async #tell<J, T>(
    before: Promise<void>,
    own: Attempt<T>,
    turn: readonly J[],
    ended: (job: J, made: T) => void,
  ): Promise<void> {
    await before;
    const answers = await this.#gather(own);
    turn.forEach((job, i) => ended(job, answers[i].made as T));
  }

  async #attempt<T>(make: () => Promise<T> | T): Promise<Attempt<T>> {
    try {
      return { answer: { made: await make() } };
    } catch (error) {
      return { answer: { error: textOfError(error) }, error: { thrown: error } };
    }
  }

  async #gather<T>({ answer, error }: Attempt<T>): Promise<{ readonly made?: T }[]> {
    const texts = await this.#others.gatherTexts(JSON.stringify(answer, encodeNumber));
    if (error) throw error.thrown;
    return texts.map((text, rank) => {
      const answer: Answer<T> = JSON.parse(text, decodeNumber);
      if (!("error" in answer)) return answer;
      throw new StateError({
        what: this.#what,
        rule: "no process may fail",
        received: `process ${rank}, which failed by: ${answer.error}`,
        hint: "see the error of that process",
      });
    });
  }
}

/** What a process tells, and what it throws itself. */
interface Attempt<T> {
  readonly answer: Answer<T>;
  readonly error?: { readonly thrown: unknown };
}

/** Whether this process is the one that prints, of those that divide trials. */
export const isFirstRank = (): boolean => (launched()?.rank ?? 0) === 0;

/** The key of a number that JSON does not have. */
const numberKey = "\0number";

function encodeNumber(_key: string, value: unknown): unknown {
  if (typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0))) return value;
  return { [numberKey]: Object.is(value, -0) ? "-0" : String(value) };
}

function decodeNumber(_key: string, value: unknown): unknown {
  return typeof value === "object" && value !== null && numberKey in value ? Number(value[numberKey]) : value;
}
