// evaluate, trainOnBatch and testOnBatch: loss and metrics of samples.
import type { Logs } from "../callbacks/callback.ts";
import type { CallbackLike, CallbackList } from "../callbacks/list.ts";
import { terminal } from "../callbacks/terminal.ts";
import { ValueError } from "../errors.ts";
import { getExecutor, markBusy } from "../exec/select.ts";
import { checkOptions } from "../options.ts";
import type { Structure } from "../structure.ts";
import type { TensorLike } from "../tensor/tensor.ts";
import { readLogs, runBatches } from "./batches.ts";
import { rowsOf } from "./data.ts";
import { type Feeder, RowFeeder, StreamFeeder } from "./feeders.ts";
import { withLock } from "./lock.ts";
import { StepsPerCall } from "./steps_per_call.ts";
import { type SampleWeightOptions, toSamples } from "./samples.ts";
import { type Batches, BatchStream, isBatches } from "./stream.ts";
import type { Trainer, Verbose } from "./trainer.ts";
import { checkInteger, refuseForBatches, verbosity } from "./validation.ts";
import { warnOfNumbers, warnOfShortData } from "./warnings.ts";

/** Options of `evaluate`. */
export interface EvaluateOptions<W = Structure<TensorLike>> {
  /** How many samples are computed at once; 32 by default. */
  batchSize?: number;
  /** How much is printed; `auto` by default. */
  verbose?: Verbose;
  /** A weight for each sample. */
  sampleWeight?: W;
  /** After how many batches to end; with all samples by default. */
  steps?: number | null;
  /** What is called between batches. */
  callbacks?: readonly CallbackLike[];
}

/** Options of `trainOnBatch` and `testOnBatch`. */
export type BatchOptions<W = Structure<TensorLike>> = SampleWeightOptions<W>;

/** Evaluates the batches of a feeder. */
export async function evaluateBatches(
  trainer: Trainer,
  feeder: Feeder,
  limit: number | null,
  callbacks: CallbackList,
  watched: boolean,
  where: string,
): Promise<Logs> {
  const compiled = trainer.requireCompiled("evaluate");
  trainer.resetMetrics();
  await callbacks.begin("Test");
  const { program, ranOut } = await runBatches({
    kind: "Test",
    feeder,
    limit,
    stepsPerCall: new StepsPerCall(),
    stepsPerExecution: compiled.stepsPerExecution,
    callbacks,
    watched,
    logs: (ran) => readLogs(trainer, ran),
  });
  requireBatches(program, where);
  if (ranOut) warnOfShortData(where, "steps");
  const logs = await readLogs(trainer, program);
  await callbacks.end("Test", logs);
  return logs;
}

/** Throws {@linkcode ValueError} where nothing ran. */
export function requireBatches(program: unknown, where: string): void {
  if (program !== undefined) return;
  throw new ValueError({
    what: `Cannot ${where}`,
    rule: "there must be at least one batch",
    received: "none",
    hint: "check the iterable; what was iterated over once may be at its end: give a function that makes a new one",
  });
}

/** See `Model.evaluate`. */
export async function evaluate(
  trainer: Trainer,
  x: Structure<TensorLike> | Batches | undefined,
  y: Structure<TensorLike> | undefined,
  options: EvaluateOptions,
): Promise<Logs> {
  const { model, programs } = trainer;
  const where = `evaluate "${model.name}"`;
  checkOptions("evaluate", options, ["batchSize", "verbose", "sampleWeight", "steps", "callbacks"]);
  const { batchSize = 32, sampleWeight, steps = null } = options;
  checkInteger("batchSize", batchSize, 1, where);
  if (steps !== null) checkInteger("steps", steps, 1, where);
  const verbose = verbosity(options.verbose, where);
  const compiled = trainer.requireCompiled("evaluate");
  const watched = verbose === 1 && terminal().isTerminal;
  if (isBatches(x)) {
    refuseForBatches({ y, batchSize: options.batchSize, sampleWeight }, where);
    const stream = batchStream(trainer, x, {}, where);
    using _held = markBusy(where);
    const callbacks = trainer.callbacks(options.callbacks, verbose, { steps }, where);
    stream.begin();
    try {
      const feeder = new StreamFeeder(programs, await getExecutor(), "test", stream, steps);
      return await evaluateBatches(trainer, feeder, steps, callbacks, watched, where);
    } finally {
      await stream.close();
    }
  }
  const samples = toSamples(model, compiled, x, y, { sampleWeight }, where);
  warnOfNumbers(samples, model, where);
  using _held = markBusy(where);
  const rows = rowsOf(samples);
  const all = Math.ceil(rows / batchSize);
  const callbacks = trainer.callbacks(options.callbacks, verbose, { steps: steps ?? all }, where);
  const executor = await getExecutor();
  const data = await withLock(() => programs.load(executor, samples, rows <= batchSize ? "batch" : "evaluate"));
  try {
    using _kept = programs.hold(data);
    const feeder = new RowFeeder(programs, executor, "test", data, { start: 0, rows, batchSize });
    return await evaluateBatches(trainer, feeder, steps ?? all, callbacks, watched, where);
  } finally {
    programs.settle();
  }
}

/** The stream of an iterable of batches, each checked as data given at once is, and warned of once. */
export function batchStream(
  trainer: Trainer,
  source: Batches,
  options: Pick<SampleWeightOptions, "classWeight">,
  where: string,
): BatchStream {
  const compiled = trainer.requireCompiled(where);
  let warned = false;
  return new BatchStream(source, ({ x, y, sampleWeight }, index) => {
    const place = `${where}, batch ${index}`;
    const samples = toSamples(trainer.model, compiled, x, y, { ...options, sampleWeight }, place);
    warned ||= warnOfNumbers(samples, trainer.model, place);
    return samples;
  }, where);
}

/** See `Model.trainOnBatch` and `Model.testOnBatch`. */
export async function onBatch(
  trainer: Trainer,
  mode: "train" | "test",
  x: Structure<TensorLike>,
  y: Structure<TensorLike> | undefined,
  options: BatchOptions,
): Promise<Logs> {
  const { model, programs } = trainer;
  const method = `${mode}OnBatch`;
  checkOptions(method, options, mode === "train" ? ["sampleWeight", "classWeight"] : ["sampleWeight"]);
  const compiled = trainer.requireCompiled(method);
  const samples = toSamples(model, compiled, x, y, options, `${method} with "${model.name}"`);
  const executor = await getExecutor();
  return withLock(async () => {
    const data = await programs.load(executor, samples, "batch");
    const program = await programs.get(executor, mode, { kind: "whole" }, data);
    trainer.resetMetrics();
    if (mode === "train") {
      programs.seek(executor, 0);
      programs.prepare(executor, 1);
    }
    await program.executable.run(1);
    if (mode === "train") compiled.optimizer.batches++;
    return readLogs(trainer, program);
  });
}
