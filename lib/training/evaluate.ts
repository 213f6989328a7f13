// evaluate, trainOnBatch and testOnBatch: loss and metrics of samples.
import type { Logs } from "../callbacks/callback.ts";
import type { CallbackLike, CallbackList } from "../callbacks/list.ts";
import { markBusy } from "../exec/select.ts";
import { checkOptions } from "../options.ts";
import type { Structure } from "../structure.ts";
import type { TensorLike } from "../tensor/tensor.ts";
import { type BatchPlan, openPlan, rangeOf } from "./batch_plan.ts";
import {
  type Batches,
  type BatchStream,
  checkedData,
  checkedStream,
  type Dataset,
  isBatches,
  type SampleWeightOptions,
} from "./dataset.ts";
import { Loop, requireBatches, withLock } from "./loop.ts";
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

/** See `Model.evaluate`. */
export async function evaluate(
  trainer: Trainer,
  x: Structure<TensorLike> | Batches | undefined,
  y: Structure<TensorLike> | undefined,
  options: EvaluateOptions,
): Promise<Logs> {
  const { model } = trainer;
  const where = `evaluate "${model.name}"`;
  checkOptions("evaluate", options, ["batchSize", "verbose", "sampleWeight", "steps", "callbacks"]);
  const { batchSize = 32, sampleWeight, steps = null } = options;
  checkInteger("batchSize", batchSize, 1, where);
  if (steps !== null) checkInteger("steps", steps, 1, where);
  const verbose = verbosity(options.verbose, where);
  const compiled = trainer.requireCompiled("evaluate");
  let data: Dataset | BatchStream;
  if (isBatches(x)) {
    refuseForBatches({ y, batchSize: options.batchSize, sampleWeight }, where);
    data = checkedStream(model, x, where, compiled);
  } else {
    data = checkedData(model, { x, y, sampleWeight }, where, compiled);
    warnOfNumbers(data, model);
  }
  using _busy = markBusy(where);
  await using plan = await openPlan(await trainer.open(), "test", data, { batchSize });
  const callbacks = trainer.callbacks(options.callbacks, verbose, { steps: steps ?? plan.length }, where);
  return await evaluatePlan(trainer, plan, steps, callbacks, verbose, where);
}

/** Loss and metrics over the batches of a plan, at most `limit`. */
export async function evaluatePlan(
  trainer: Trainer,
  plan: BatchPlan,
  limit: number | null,
  callbacks: CallbackList,
  verbose: 0 | 1 | 2,
  where: string,
): Promise<Logs> {
  trainer.resetMetrics();
  plan.begin();
  try {
    await callbacks.begin("Test");
    const { step, ranOut } = await new Loop(trainer, "Test", callbacks, verbose).run(plan, { limit });
    requireBatches(step, where);
    if (ranOut) warnOfShortData(where, "steps");
    const logs = await trainer.readLogs(step);
    await callbacks.end("Test", logs);
    return logs;
  } finally {
    await plan.end();
  }
}

/** See `Model.trainOnBatch` and `Model.testOnBatch`. */
export async function onBatch(
  trainer: Trainer,
  mode: "train" | "test",
  x: Structure<TensorLike>,
  y: Structure<TensorLike> | undefined,
  options: BatchOptions,
): Promise<Logs> {
  const method = `${mode}OnBatch`;
  checkOptions(method, options, mode === "train" ? ["sampleWeight", "classWeight"] : ["sampleWeight"]);
  const compiled = trainer.requireCompiled(method);
  const data = checkedData(trainer.model, { x, y, ...options }, `${method} with "${trainer.model.name}"`, compiled);
  const steps = await trainer.open();
  return withLock(async () => {
    const range = await rangeOf(steps, mode, data);
    trainer.resetMetrics();
    range.write();
    await range.step.executable.run(1);
    if (mode === "train") compiled.optimizer.batches++;
    return trainer.readLogs(range.step);
  });
}
