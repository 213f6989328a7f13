// Loop: runs the batches of a plan, many per call, and the epochs of a training, with the callbacks in between.
import type { Logs } from "../callbacks/callback.ts";
import type { CallbackList, RunKind } from "../callbacks/list.ts";
import { printLine, terminal } from "../terminal/terminal.ts";
import { CeratopsError, ValueError } from "../errors.ts";
import { yieldIfDue } from "../exec/event_loop.ts";
import type { BatchPlan, StepRange } from "./batch_plan.ts";
import type { RecoveryPoint, TrainingProgress } from "./progress.ts";
import { agreeOnBatches, agreeOnSteps, agreeOnStop, shareStart } from "./agreement.ts";
import { type Run, withLock } from "./run.ts";
import { maxSteps, type Step } from "./step.ts";
import { sortedLogs, type Trainer } from "./trainer.ts";
import { warnOfLoss, warnOfShortData } from "./warnings.ts";

/** What happens between the calls of a loop. */
interface LoopOptions {
  /** The most batches to run; null for all. */
  readonly limit: number | null;
  /** The number of the first batch; not 0 if an epoch is resumed. */
  readonly first?: number;
  /** Called after each range, before another program runs. */
  done?(range: StepRange): void | Promise<void>;
  /** Called between ranges; true ends the run. */
  stopped?(): boolean | Promise<boolean>;
}

/** The result of running batches. */
interface LoopResult {
  /** The last step that ran; undefined if there were no batches. */
  readonly step: Step | undefined;
  /** Whether the data ended before the limit. */
  readonly ranOut: boolean;
}

/** Runs batches of one kind of run, with its callbacks. */
export class Loop {
  readonly #stepsPerCall = new StepsPerCall();

  /** Takes what runs, and the callbacks. */
  constructor(
    readonly trainer: Trainer,
    readonly kind: RunKind,
    readonly callbacks: CallbackList,
    readonly run: Run,
  ) {}

  /** Runs batches up to the limit, or to the end of the pass. */
  async runBatches(plan: BatchPlan, { limit, first = 0, done, stopped }: LoopOptions): Promise<LoopResult> {
    const { trainer, kind, callbacks } = this;
    const { stepsPerExecution = 1 } = kind === "Predict" ? {} : trainer.compiled!;
    const everyBatch = callbacks.needsEveryBatch(kind);
    const { profile } = this.run;
    const next = (count: number) => (profile ? profile.waiting(() => plan.next(count)) : plan.next(count));
    const watched = everyBatch || callbacks.watches(kind);
    let step: Step | undefined;
    let batches = first;
    while (limit === null || batches < limit) {
      const left = limit === null ? Infinity : limit - batches;
      const wanted = await agreeOnSteps(
        `${kind} "${trainer.model.name}" from batch ${batches} on`,
        everyBatch ? Math.min(stepsPerExecution, left) : this.#stepsPerCall.begin(left),
      );
      let range = await next(wanted);
      if (!range) return { step, ranOut: limit !== null };
      if (everyBatch) await callbacks.batchBegin(kind, batches);
      for (let ran = 0; range; range = everyBatch && ran < wanted ? await next(wanted - ran) : undefined) {
        const { count } = range;
        step = range.step;
        ran += count;
        batches += count;
        await this.#inTurn(async () => {
          this.run.step = step;
          await agreeOnBatches(`run "${trainer.model.name}"`, `batches: ${count} of ${range!.rows / count} rows`);
          range!.write();
          const { mode, executable } = range!.step;
          // A batch beyond the limit would be fetched and lost.
          const aside = plan.prefetch !== undefined && (limit === null || batches < limit);
          const running = profile ? profile.run(mode, executable, count, { aside }) : executable.run(count, { aside });
          if (aside) plan.prefetch?.();
          await running;
          await done?.(range!);
        });
        range.release();
        if (!everyBatch) this.#stepsPerCall.end(count);
      }
      if (watched) await callbacks.batchEnd(kind, batches - 1, await this.#logs());
      await yieldIfDue();
      if (await stopped?.()) break;
    }
    return { step, ranOut: false };
  }

  /** Predictions do not use the metrics, so they need no turn. */
  #inTurn(body: () => Promise<void>): Promise<void> {
    return this.kind === "Predict" ? withLock(body) : this.trainer.inTurn(this.run, body);
  }

  #logs(): Promise<Logs> {
    const { trainer, kind, run } = this;
    return kind === "Predict" ? Promise.resolve({}) : trainer.inTurn(run, () => trainer.readLogs(run.step));
  }
}

/** Throws {@linkcode ValueError} if nothing ran. */
export function requireBatches(step: Step | undefined, where: string): asserts step is Step {
  if (step !== undefined) return;
  throw new ValueError({
    what: `Cannot ${where}`,
    rule: "there must be at least one batch",
    received: "none",
    hint:
      "check the iterable; an iterator that was used before may be at its end: give a function that makes a new one",
  });
}

/** Training was ended by Ctrl-C; the weights are those of the last step. */
export class InterruptedError extends CeratopsError {}

/** The number and the length of a training's epochs. */
interface EpochOptions {
  /** What is trained, in messages. */
  readonly where: string;
  /** The epoch before which training ends. */
  readonly epochs: number;
  /** The number of batches per epoch; null for all. */
  readonly stepsPerEpoch: number | null;
  /** How much to print. */
  readonly verbose: 0 | 1 | 2;
  /** Keeps the state after each epoch in case the device is lost. */
  readonly recovery: RecoveryPoint;
  /** Evaluates after an epoch, if that is due. */
  validate?(epoch: number): Promise<Logs | undefined>;
}

/** Trains the remaining epochs of `progress` with the plan, and calls the callbacks. */
export async function runEpochs(
  trainer: Trainer,
  plan: BatchPlan,
  progress: TrainingProgress,
  callbacks: CallbackList,
  run: Run,
  { where, epochs, stepsPerEpoch, verbose, recovery, validate }: EpochOptions,
): Promise<void> {
  const { model } = trainer;
  const { optimizer, lossTracker } = trainer.compiled!;
  using interrupt = new Interrupt();
  const loop = new Loop(trainer, "Train", callbacks, run);
  const warned = { shortData: false, loss: false };
  model.stopTraining = false;
  let logs: Logs = {};
  await callbacks.begin("Train");
  await shareStart(progress);
  progress.begin();
  const { epoch: first } = progress;
  // Any process may be told to stop: by a callback that looks at the time, or by Ctrl-C.
  const stops = async () => {
    interrupt.requested = await agreeOnStop(where, interrupt.requested);
    model.stopTraining = await agreeOnStop(where, model.stopTraining);
    return interrupt.requested || model.stopTraining;
  };
  for (; progress.epoch < epochs && !model.stopTraining; progress.endEpoch()) {
    const { epoch } = progress;
    using _epoch = run.profile?.span(`epoch ${epoch + 1}`, "epoch");
    if (progress.batch === 0) await trainer.inTurn(run, () => trainer.resetMetrics());
    if (!await plan.beginEpoch(epoch, optimizer.batches)) {
      if (epoch === first) requireBatches(undefined, where);
      warnOfShortData(where, "epochs");
      break;
    }
    await callbacks.epochBegin(epoch);
    const { step, ranOut } = await loop.runBatches(plan, {
      limit: stepsPerEpoch,
      first: progress.batch,
      done: async ({ count }) => {
        await optimizer.countBatches(count);
        progress.batch += count;
      },
      stopped: () => stops(),
    });
    if (interrupt.requested) {
      if (verbose === 1 && terminal().isTerminal) printLine("");
      throw new InterruptedError(
        `Training of "${model.name}" was ended by Ctrl-C in epoch ${epoch + 1} of ${epochs}, after ` +
          `${optimizer.iterations} steps: the weights are those of the last step, call fit again to go on`,
      );
    }
    if (ranOut && !warned.shortData) {
      warned.shortData = true;
      warnOfShortData(where, "stepsPerEpoch");
    }
    await plan.endEpoch();
    [logs] = await trainer.inTurn(run, () => Promise.all([trainer.readLogs(step), recovery.take(epoch + 1)]));
    if (Number.isNaN(logs.loss) && !warned.loss) {
      warned.loss = true;
      const rows = (await trainer.inTurn(run, () => lossTracker.count.read())).item();
      warnOfLoss(model.name, epoch, plan.batchAfter(rows), progress.batch);
    }
    const results = await validate?.(epoch);
    if (results) {
      const named = Object.entries(results).map(([name, value]) => [`val_${name}`, value]);
      logs = sortedLogs({ ...logs, ...Object.fromEntries(named) });
    }
    await callbacks.epochEnd(epoch, logs);
    await stops();
  }
  if (progress.epoch >= epochs) await plan.end();
  await optimizer.finalizeVariableValues(model.trainableWeights);
  await callbacks.end("Train", logs);
}

/** The target time of one call in milliseconds, so that timers, the progress bar and Ctrl-C still respond. */
const target = 75;

/** Measures steps and decides how many to run per call. */
class StepsPerCall {
  #steps = 1;
  #began = 0;

  /** The number of steps to run now, at most `remaining`. */
  begin(remaining: number): number {
    this.#began = performance.now();
    return Math.min(this.#steps, remaining);
  }

  /** Measures the steps that `begin` started. */
  end(steps: number): void {
    const perStep = (performance.now() - this.#began) / steps;
    const wanted = perStep > 0 ? Math.floor(target / perStep) : maxSteps;
    // Grows gradually, since the first measurement may be of a fast part, and shrinks at once.
    this.#steps = Math.max(1, Math.min(wanted, this.#steps * 8, maxSteps));
  }
}

/** Listens for Ctrl-C while training runs, if possible. */
class Interrupt {
  /** Whether Ctrl-C was pressed. */
  requested = false;
  readonly #listener = () => {
    this.requested = true;
  };
  readonly #listening: boolean;

  /** Starts listening. */
  constructor() {
    this.#listening = typeof Deno !== "undefined" && this.#listen();
  }

  /** Stops listening. */
  [Symbol.dispose](): void {
    if (this.#listening) Deno.removeSignalListener("SIGINT", this.#listener);
  }

  #listen(): boolean {
    try {
      Deno.addSignalListener("SIGINT", this.#listener);
      return true;
    } catch {
      return false;
    }
  }
}
