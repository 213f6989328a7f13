// Running the batches of an epoch, an evaluation or a prediction: many at once, with the callbacks between.
import type { Logs } from "../callbacks/callback.ts";
import type { CallbackList, RunKind } from "../callbacks/list.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Compiled } from "./compiled.ts";
import { breathe } from "./interrupt.ts";
import { exclusively } from "./lock.ts";
import type { Pace } from "./pace.ts";
import type { Program } from "./programs.ts";

/** What a run over batches needs. */
export interface BatchRun {
  /** Which hooks are called. */
  readonly kind: RunKind;
  /** How many rows there are. */
  readonly rows: number;
  /** How many of them a batch has; the last may have fewer. */
  readonly batchSize: number;
  /** How many steps are run at once. */
  readonly pace: Pace;
  /** What is called between. */
  readonly callbacks: CallbackList;
  /** Whether the logs are wanted between chunks, though no hook needs every batch. */
  readonly watched: boolean;
  /** The program for batches of so many rows. */
  program(size: number): Promise<Program>;
  /** Called before `steps` steps from `row` on. */
  prepare(row: number, steps: number): void;
  /** Called after `steps` steps. */
  done?(steps: number): void;
  /** Asked between chunks; true ends the run. */
  stopped?(): boolean;
  /** The running numbers. */
  logs(program: Program): Promise<Logs>;
}

/** Runs all batches; resolves to the last program that ran. */
export async function runBatches(run: BatchRun): Promise<Program | undefined> {
  const { kind, rows, batchSize, callbacks, pace } = run;
  const everyBatch = callbacks.needsEveryBatch(kind);
  let program: Program | undefined;
  for (let row = 0, batch = 0; row < rows;) {
    const size = Math.min(batchSize, rows - row);
    const current = program = await run.program(size);
    if (everyBatch) await callbacks.batchBegin(kind, batch);
    const steps = everyBatch ? 1 : pace.begin(Math.floor((rows - row) / size));
    const from = row;
    await exclusively(() => {
      run.prepare(from, steps);
      return current.executable.run(steps);
    });
    if (!everyBatch) pace.end(steps);
    batch += steps;
    row += steps * size;
    run.done?.(steps);
    if (everyBatch || run.watched) await callbacks.batchEnd(kind, batch - 1, await run.logs(current));
    await breathe();
    if (run.stopped?.()) break;
  }
  return program;
}

/** The running numbers of a compiled model and of its own step, sorted by name. */
export async function readLogs(compiled: Compiled, own: ReadonlyMap<string, Variable>): Promise<Logs> {
  // All at once, since on a GPU each read is a wait, but those asked for together are one.
  const [results, logs, samples] = await Promise.all([
    Promise.all([...compiled.byName].map(async ([name, metric]) => [name, await metric.result()] as const)),
    Promise.all([...own].map(async ([name, variable]) => [name, (await variable.read()).item()] as const)),
    compiled.lossTracker.count.read(),
  ]);
  // A step of the user's own may not track the loss.
  const found = new Map(samples.item() === 0 ? results.filter(([name]) => name !== "loss") : results);
  for (const [name, value] of logs) found.set(name, value);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
