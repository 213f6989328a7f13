// Epochs: the loop of a training, how Ctrl-C ends it, and from where it goes on where the device was lost.
import type { Logs } from "../callbacks/callback.ts";
import type { CallbackList } from "../callbacks/list.ts";
import { printLine, terminal } from "../callbacks/terminal.ts";
import { CeratopsError, DeviceLostError } from "../errors.ts";
import type { BatchPlan } from "./batch_plan.ts";
import { Loop, requireBatches } from "./loop.ts";
import type { TrainingProgress } from "./progress.ts";
import { sortedLogs, type Trainer } from "./trainer.ts";
import { warnOfLoss, warnOfShortData } from "./warnings.ts";

/** Training that Ctrl-C ended; the weights are those of the last step. */
export class InterruptedError extends CeratopsError {}

/** How many epochs a training has, and of which length. */
export interface EpochOptions {
  /** What is trained, as messages say it. */
  readonly where: string;
  /** The epoch that is not trained any more. */
  readonly epochs: number;
  /** How many batches an epoch has; null for all there are. */
  readonly stepsPerEpoch: number | null;
  /** How much is printed. */
  readonly verbose: 0 | 1 | 2;
  /** Where the state of each epoch is kept for the case that the device is lost. */
  readonly recovery: RecoveryPoint;
  /** Evaluates after an epoch, where that is due. */
  validate?(epoch: number): Promise<Logs | undefined>;
}

/** Trains the epochs that `progress` has before it, by the plan, and calls the callbacks. */
export async function runEpochs(
  trainer: Trainer,
  plan: BatchPlan,
  progress: TrainingProgress,
  callbacks: CallbackList,
  { where, epochs, stepsPerEpoch, verbose, recovery, validate }: EpochOptions,
): Promise<void> {
  const { model } = trainer;
  const { optimizer, lossTracker } = trainer.compiled!;
  using interrupt = new Interrupt();
  const loop = new Loop(trainer, "Train", callbacks, verbose);
  const warned = { shortData: false, loss: false };
  model.stopTraining = false;
  let logs: Logs = {};
  await callbacks.begin("Train");
  progress.begin();
  const { epoch: first } = progress;
  for (; progress.epoch < epochs && !model.stopTraining; progress.endEpoch()) {
    const { epoch } = progress;
    if (progress.batch === 0) trainer.resetMetrics();
    if (!await plan.beginEpoch(epoch, optimizer.batches)) {
      if (epoch === first) requireBatches(undefined, where);
      warnOfShortData(where, "epochs");
      break;
    }
    await callbacks.epochBegin(epoch);
    const { step, ranOut } = await loop.run(plan, {
      limit: stepsPerEpoch,
      first: progress.batch,
      done: ({ count }) => {
        optimizer.batches += count;
        progress.batch += count;
      },
      stopped: () => interrupt.requested || model.stopTraining,
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
    [logs] = await Promise.all([trainer.readLogs(step), recovery.take(epoch + 1)]);
    if (Number.isNaN(logs.loss) && !warned.loss) {
      warned.loss = true;
      const rows = (await lossTracker.count.read()).item();
      warnOfLoss(model.name, epoch, plan.batchAfter(rows), progress.batch);
    }
    const results = await validate?.(epoch);
    if (results) {
      const named = Object.entries(results).map(([name, value]) => [`val_${name}`, value]);
      logs = sortedLogs({ ...logs, ...Object.fromEntries(named) });
    }
    await callbacks.epochEnd(epoch, logs);
  }
  await optimizer.finalizeVariableValues(model.trainableWeights);
  await callbacks.end("Train", logs);
}

/** Listens for Ctrl-C while training runs, where that is possible. */
class Interrupt {
  /** Whether Ctrl-C was pressed. */
  requested = false;
  readonly #listener = () => {
    this.requested = true;
  };
  readonly #listening: boolean;

  /** Starts to listen. */
  constructor() {
    this.#listening = typeof Deno !== "undefined" && this.#listen();
  }

  /** Ends listening. */
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

/** The last state of a training that outlives its device: weights, slots, and the number of steps that made them. */
export class RecoveryPoint {
  #epochs: number | undefined;
  #batches: number;

  /** Starts with what the host knows now. */
  constructor(readonly trainer: Trainer) {
    this.#batches = trainer.compiled!.optimizer.batches;
  }

  /** Lets the host know the state after so many epochs. */
  async take(epochs: number): Promise<void> {
    const { model, compiled, steps } = this.trainer;
    const { optimizer } = compiled!;
    const { batches } = optimizer;
    await steps.executor.syncToHost([...model.weights, ...optimizer.slots]);
    this.#batches = batches;
    this.#epochs = epochs;
  }

  /** What to throw for `error`; where a device was lost, the optimizer counts from the recovery point on. */
  explain(error: unknown): unknown {
    if (!(error instanceof DeviceLostError)) return error;
    const { model, compiled } = this.trainer;
    compiled!.optimizer.batches = this.#batches;
    const [state, option] = this.#epochs === undefined
      ? ["what was last read of them", ""]
      : [`those after epoch ${this.#epochs}`, ` with initialEpoch: ${this.#epochs}`];
    const again = 'call setBackend("auto") for another one, or setBackend("eigen")';
    return new DeviceLostError({
      what: `Cannot go on with fit "${model.name}"`,
      rule: "the GPU device was lost",
      received: error.message,
      hint: `the weights are ${state}: ${again}, then fit again${option}`,
    });
  }
}
