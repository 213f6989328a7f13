// What runs of fit, evaluate and predict record for a profile: sums of times by op, and a timeline.
import type { Executable, NodeTime, RunOptions } from "../exec/executor.ts";
import { OpTimes } from "../exec/op_times.ts";
import type { Span } from "./chrome_trace.ts";

/** What a program does with a batch: a step of training, of evaluation or validation, or of prediction. */
export type ProfileMode = "train" | "test" | "predict";

/** Everything that was measured for a profile. */
export class Recording {
  /** The times of ops, by what programs do. */
  readonly times = new Map<ProfileMode, OpTimes>();
  /** The timeline, in the order in which spans began. */
  readonly spans: Span[] = [];
  /** What ran: `fit "model" on eigen`. */
  readonly runs: string[] = [];
  /** Milliseconds of all runs, of running programs, and of waiting for batches and compiled programs. */
  readonly milliseconds = { runs: 0, programs: 0, batches: 0 };
  #began: number | undefined;

  /** Takes which steps the timeline has, from the first and before the second. */
  constructor(readonly traceSteps: readonly [number, number]) {}

  /** The number of steps that ran. */
  get steps(): number {
    let steps = 0;
    for (const times of this.times.values()) steps += times.steps;
    return steps;
  }

  /** Milliseconds since the start of the first run. */
  now(): number {
    this.#began ??= performance.now();
    return performance.now() - this.#began;
  }

  /** Adds what steps of a program took. */
  timesOf(mode: ProfileMode): OpTimes {
    let times = this.times.get(mode);
    if (!times) this.times.set(mode, times = new OpTimes());
    return times;
  }
}

/** A run that is recorded until it is disposed of. */
export class RecordedRun implements Disposable {
  readonly #recording: Recording;
  readonly #root: string;
  readonly #number: number;
  readonly #whole: Disposable;
  readonly #start: number;

  /** Starts recording; `where` is what runs, `backend` on what, and `root` the name of the model. */
  constructor(recording: Recording, where: string, backend: string, root: string) {
    this.#recording = recording;
    this.#root = root;
    this.#number = recording.runs.push(`${where} on ${backend}`);
    this.#start = recording.now();
    this.#whole = this.span(where, "run");
  }

  /** Records a stretch of time, until what it returns is disposed of. */
  span(name: string, category: string): Disposable {
    const { spans, traceSteps } = this.#recording;
    const span: Span = { name, category, run: this.#number, start: this.#recording.now() };
    // Without steps in it a span would say nothing. It is added when it begins, since a page's clock is too coarse to
    // tell the order.
    if (this.#recording.steps < traceSteps[1]) spans.push(span);
    return {
      [Symbol.dispose]: () => {
        span.milliseconds = this.#recording.now() - span.start;
      },
    };
  }

  /** Counts the time until the next batch, with its program, is there. */
  async waiting<T>(body: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await body();
    } finally {
      this.#recording.milliseconds.batches += performance.now() - start;
    }
  }

  /** Runs steps of a program and measures its ops: one step at a time where the timeline has them. */
  async run(mode: ProfileMode, executable: Executable, count: number, options: RunOptions): Promise<void> {
    const { traceSteps: [from, to] } = this.#recording;
    for (let done = 0; done < count;) {
      const { steps } = this.#recording;
      const isTraced = steps >= from && steps < to;
      const some = isTraced ? 1 : Math.min(count - done, steps < from ? from - steps : Infinity);
      const start = this.#recording.now();
      const times = await executable.measure(some, options);
      this.#add(mode, times, some, start, isTraced ? `step ${steps}` : undefined);
      done += some;
    }
  }

  #add(mode: ProfileMode, times: readonly NodeTime[], count: number, start: number, name: string | undefined): void {
    const recording = this.#recording;
    const milliseconds = recording.now() - start;
    recording.milliseconds.programs += milliseconds;
    const names = recording.timesOf(mode).add(times, count, this.#root);
    if (name === undefined) return;
    const ops = { names, nanoseconds: Float64Array.from(times, ({ nanoseconds }) => nanoseconds) };
    recording.spans.push({ name, category: "step", run: this.#number, start, milliseconds, ops });
  }

  /** Ends the recording. */
  [Symbol.dispose](): void {
    this.#recording.milliseconds.runs += this.#recording.now() - this.#start;
    this.#whole[Symbol.dispose]();
  }
}
