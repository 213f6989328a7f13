// Running the batches of an epoch, an evaluation or a prediction: many at once, with the callbacks between.
import type { Logs } from "../callbacks/callback.ts";
import type { CallbackList, RunKind } from "../callbacks/list.ts";
import type { Chunk, Feeder } from "./feeders.ts";
import { yieldIfDue } from "./interrupt.ts";
import { withLock } from "./lock.ts";
import type { StepsPerCall } from "./steps_per_call.ts";
import type { Program } from "./programs.ts";
import type { Trainer } from "./trainer.ts";

/** What a run over batches needs. */
export interface BatchRun {
  /** Which hooks are called. */
  readonly kind: RunKind;
  /** Where the batches come from. */
  readonly feeder: Feeder;
  /** How many batches are taken at most; null for all there are. */
  readonly limit: number | null;
  /** The number of the first batch; 0 unless an epoch goes on. */
  readonly first?: number;
  /** How many steps are run at once. */
  readonly stepsPerCall: StepsPerCall;
  /** How many batches lie between two calls of hooks that need every batch. */
  readonly stepsPerExecution: number;
  /** What is called between. */
  readonly callbacks: CallbackList;
  /** Whether the logs are wanted between chunks, though no hook needs every batch. */
  readonly watched: boolean;
  /** Called before `steps` steps are run. */
  prepare?(steps: number): void;
  /** Called after each chunk. */
  done?(chunk: Chunk): void | Promise<void>;
  /** Asked between chunks; true ends the run. */
  stopped?(): boolean;
  /** The running numbers. */
  logs(program: Program): Promise<Logs>;
}

/** What a run over batches came to. */
export interface BatchesRun {
  /** The last program that ran; undefined where there were no batches. */
  readonly program: Program | undefined;
  /** The number of batches up to the end, those before `first` counted too. */
  readonly batches: number;
  /** Whether the data ended before `limit`. */
  readonly ranOut: boolean;
}

/** Runs batches up to the limit, or to the end of the data. */
export async function runBatches(run: BatchRun): Promise<BatchesRun> {
  const { kind, feeder, limit, callbacks, stepsPerCall } = run;
  const everyBatch = callbacks.needsEveryBatch(kind);
  let program: Program | undefined;
  let batches = run.first ?? 0;
  while (limit === null || batches < limit) {
    const left = limit === null ? Infinity : limit - batches;
    const wanted = everyBatch ? Math.min(run.stepsPerExecution, left) : stepsPerCall.begin(left);
    let chunk = await feeder.next(wanted);
    if (!chunk) return { program, batches, ranOut: limit !== null };
    if (everyBatch) await callbacks.batchBegin(kind, batches);
    for (let ran = 0; chunk; chunk = everyBatch && ran < wanted ? await feeder.next(wanted - ran) : undefined) {
      const { steps, program: { executable } } = chunk;
      program = chunk.program;
      await withLock(async () => {
        chunk!.write();
        run.prepare?.(steps);
        const running = executable.run(steps);
        chunk!.meanwhile?.();
        await running;
      });
      ran += steps;
      batches += steps;
      if (!everyBatch) stepsPerCall.end(steps);
      await run.done?.(chunk);
    }
    if (everyBatch || run.watched) await callbacks.batchEnd(kind, batches - 1, await run.logs(program!));
    await yieldIfDue();
    if (run.stopped?.()) break;
  }
  return { program, batches, ranOut: false };
}

/**
 * The running numbers of a model and of its own step, sorted by name. Metrics that the program does not change
 * say nothing of it.
 */
export async function readLogs(trainer: Trainer, program: Program | undefined): Promise<Logs> {
  const changed = trainer.metrics.filter(([, { variables }]) =>
    !program || variables.length === 0 || variables.some((variable) => program.changed.has(variable))
  );
  // Where an epoch was resumed at its end nothing ran: a step of the user's own may not have tracked the loss.
  const untracked = !program && await trainer.compiled!.lossTracker.isEmpty();
  // All at once, since on a GPU each read is a wait, but those asked for together are one.
  const [results, logs] = await Promise.all([
    Promise.all(changed.map(async ([name, metric]) => [name, await metric.result()] as const)),
    Promise.all([...program?.logs ?? []].map(async ([name, held]) => [name, (await held.read()).item()] as const)),
  ]);
  const found = Object.fromEntries([...results, ...logs]);
  if (untracked) delete found.loss;
  return sortedLogs(found);
}

/** Logs sorted by name, as Keras gives them to callbacks. */
export function sortedLogs(logs: Logs): Logs {
  return Object.fromEntries(Object.entries(logs).sort(([a], [b]) => (a < b ? -1 : 1)));
}
