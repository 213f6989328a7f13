// Runs without epochs: evaluate and predict, and the methods for one batch.
import type { Logs } from "../callbacks/callback.ts";
import type { CallbackList } from "../callbacks/list.ts";
import { connected } from "../communicator.ts";
import { isFloat, makeArray, type TypedArray } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { getExecutor } from "../exec/select.ts";
import { markBusy } from "../session.ts";
import { readMethodOptions } from "../options.ts";
import { ProfiledRun } from "../profile/profiled.ts";
import { formatShape, sameShape } from "../shape.ts";
import { mapStructure, packLike, type Structure } from "../structure.ts";
import { Tensor, type TensorLike } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type BatchPlan, openPlan, rangeOf } from "./batch_plan.ts";
import { type Batches, isBatches } from "./batches.ts";
import { BatchStream } from "./batch_stream.ts";
import { agreeOnRun } from "./agreement.ts";
import { checkedData, checkedStream, type Dataset } from "./dataset.ts";
import { describedData } from "./fingerprint.ts";
import { checkIndices } from "./indices.ts";
import { Loop, requireBatches } from "./loop.ts";
import {
  type BatchOptions,
  defaultBatchSize,
  type EvaluateOptions,
  evaluateOptions,
  type PredictOptions,
  predictOptions,
  testOnBatchOptions,
  trainOnBatchOptions,
} from "./options.ts";
import type { Results } from "./results.ts";
import { Run, withLock } from "./run.ts";
import type { Step, Steps } from "./step.ts";
import type { Prediction, Trainer } from "./trainer.ts";
import { refuseForBatches, requireLimit } from "./validation.ts";
import { warnOfNumbers, warnOfShortData } from "./warnings.ts";

/** See `Model.evaluate`. */
export async function evaluate(
  trainer: Trainer,
  x: Structure<TensorLike> | Batches | undefined,
  y: Structure<TensorLike> | undefined,
  options: EvaluateOptions,
): Promise<Results> {
  const { model } = trainer;
  const where = `evaluate "${model.name}"`;
  const kept = readMethodOptions("evaluate", evaluateOptions, options, `Cannot ${where}`);
  const { sampleWeight, steps, verbose } = kept;
  const batchSize = kept.batchSize ?? defaultBatchSize;
  const compiled = trainer.requireCompiled("evaluate");
  let data: Dataset | BatchStream;
  if (isBatches(x)) {
    refuseForBatches({ y, batchSize: kept.batchSize, sampleWeight }, where);
    requireLimit(x, { steps }, where);
    data = checkedStream(model, x, where, compiled);
  } else {
    data = checkedData(model, { x, y, sampleWeight }, where, compiled);
    warnOfNumbers(data, model);
  }
  using _busy = markBusy(where);
  using run = new Run();
  const opened = await trainer.open();
  await agreeOnRun(
    trainer,
    run,
    where,
    () => ({ data: `data: ${describedData(data)}`, options: `options: ${batchSize}, ${steps}` }),
  );
  await using profile = await ProfiledRun.start(kept.profile, opened.executor, where, model.name);
  run.profile = profile;
  await using plan = await openPlan(opened, run, "test", data, { batchSize, verbose });
  const callbacks = trainer.callbacks(kept.callbacks, verbose, { steps: steps ?? plan.length });
  return trainer.resultsOf(await evaluatePlan(trainer, run, plan, steps, callbacks, where));
}

/** Loss and metrics over the batches of a plan, at most `limit`. */
export async function evaluatePlan(
  trainer: Trainer,
  run: Run,
  plan: BatchPlan,
  limit: number | null,
  callbacks: CallbackList,
  where: string,
): Promise<Logs> {
  await trainer.inTurn(run, () => trainer.resetMetrics());
  await plan.begin();
  await callbacks.begin("Test");
  const { step, ranOut } = await new Loop(trainer, "Test", callbacks, run).runBatches(plan, { limit });
  requireBatches(step, where);
  if (ranOut) warnOfShortData(where, "steps");
  const logs = await trainer.inTurn(run, () => trainer.readLogs(step));
  await callbacks.end("Test", logs);
  await plan.end();
  return logs;
}

/** See `Model.trainOnBatch` and `Model.testOnBatch`. */
export async function onBatch(
  trainer: Trainer,
  mode: "train" | "test",
  x: Structure<TensorLike>,
  y: Structure<TensorLike> | undefined,
  options: BatchOptions,
): Promise<Results> {
  const method = `${mode}OnBatch`;
  const where = `${method} with "${trainer.model.name}"`;
  const table = mode === "train" ? trainOnBatchOptions : testOnBatchOptions;
  const weights = readMethodOptions(method, table, options, `Cannot ${where}`);
  const compiled = trainer.requireCompiled(method);
  if (mode === "train") trainer.requireIdle(method);
  const data = checkedData(trainer.model, { x, y, ...weights }, where, compiled);
  const steps = await trainer.open();
  using run = new Run();
  await agreeOnRun(trainer, run, where, () => ({ data: `data: ${describedData(data)}` }));
  return await trainer.inTurn(run, async () => {
    trainer.resetMetrics();
    const range = await rangeOf(steps, run, mode, data);
    run.step = range.step;
    try {
      range.write();
      await range.step.executable.run(1);
    } finally {
      range.release();
    }
    if (mode === "train") await compiled.optimizer.countBatches(1);
    return trainer.resultsOf(await trainer.readLogs(range.step));
  });
}

/** See `Model.predict`. */
export async function predict(
  trainer: Trainer,
  x: Structure<TensorLike> | Batches,
  options: PredictOptions,
): Promise<Structure<Tensor>> {
  const last = lastFitting(trainer, x, options);
  if (last && await getExecutor() === trainer.steps.executor) {
    const outputs = await predictBy(last, trainer, x as Tensor);
    if (outputs) return outputs;
  }
  const { model } = trainer;
  const where = `predict with "${model.name}"`;
  const kept = readMethodOptions("predict", predictOptions, options, `Cannot ${where}`);
  const { steps: limit, verbose } = kept;
  const batchSize = kept.batchSize ?? defaultBatchSize;
  if (isBatches(x)) {
    refuseForBatches({ batchSize: kept.batchSize }, where);
    requireLimit(x, { steps: limit }, where);
  }
  const data = isBatches(x) ? checkedStream(model, x, where) : checkedData(model, { x }, where);
  using _busy = markBusy(where);
  const steps = await trainer.open();
  using run = new Run();
  await agreeOnRun(
    trainer,
    run,
    where,
    () => ({ data: `data: ${describedData(data)}`, options: `options: ${batchSize}, ${limit}` }),
  );
  await using profile = await ProfiledRun.start(kept.profile, steps.executor, where, model.name);
  run.profile = profile;
  await using plan = await openPlan(steps, run, "predict", data, { batchSize, verbose });
  const callbacks = trainer.callbacks(kept.callbacks, verbose, { steps: limit ?? plan.length });
  const parts: Tensor[][] = [];
  let rows = 0;
  await plan.begin();
  await callbacks.begin("Predict");
  const { step, ranOut } = await new Loop(trainer, "Predict", callbacks, run).runBatches(plan, {
    limit,
    async done(range) {
      rows += range.rows;
      // The next batch of a stream may write its outputs to the same variables.
      if (data instanceof BatchStream) parts.push(await outputsOf(steps, range.step));
    },
  });
  requireBatches(step, where);
  if (ranOut) warnOfShortData(where, "steps");
  if (!(data instanceof BatchStream)) {
    parts.push((await outputsOf(steps, step)).map((output) => (rows < data.rows ? output.rows(0, rows) : output)));
    if (step.indexing.kind === "whole" && !model.stage) trainer.lastPrediction = { step, version: steps.version };
  }
  await callbacks.end("Predict", {});
  await plan.end();
  const outputs = parts[0].map((_, i) => joinRows(parts.map((part) => part[i]), where));
  return packLike(step.output!.like, outputs);
}

/**
 * The last prediction, if its step can be used for `x`: one tensor of the same shape and dtype, with no warnings to
 * print.
 */
function lastFitting(
  { lastPrediction: last }: Trainer,
  x: unknown,
  options: PredictOptions,
): Prediction | undefined {
  if (
    !last || connected() || !(x instanceof Tensor) || options?.verbose !== 0 || options.callbacks || options.steps ||
    options.profile
  ) {
    return undefined;
  }
  const [held, ...others] = last.step.data.x;
  const fits = others.length === 0 && held.dtype === x.dtype && sameShape(held.shape, x.shape) &&
    x.shape[0] <= (options.batchSize ?? defaultBatchSize);
  return fits ? last : undefined;
}

/**
 * Predicts with the step of the last prediction; undefined if the model has changed since, or a run still uses its
 * data.
 */
function predictBy(
  { step, version }: Prediction,
  { model, steps }: Trainer,
  x: Tensor,
): Promise<Structure<Tensor> | undefined> {
  return withLock(async () => {
    if (version !== steps.version || steps.isRetained(step.data)) return undefined;
    if (step.lookups.length > 0) {
      checkIndices(step.lookups, { x: [x], rows: x.shape[0], where: `predict with "${model.name}"` });
    }
    steps.executor.write(step.data.x[0], x.data);
    await step.executable.run(1);
    const { like, variables } = step.output!;
    // A small model notices the promises of reading several outputs at once.
    const outputs = variables.length === 1
      ? [tensorOf(variables[0], await steps.executor.read(variables[0]))]
      : await outputsOf(steps, step);
    return packLike(like, outputs);
  });
}

/** The outputs of a step; reads that start together wait for the GPU once. */
function outputsOf({ executor }: Steps, { output }: Step): Promise<Tensor[]> {
  return Promise.all(output!.variables.map(async (variable) => tensorOf(variable, await executor.read(variable))));
}

function tensorOf({ shape, dtype }: Variable, data: TypedArray): Tensor {
  return new Tensor(shape, dtype, data);
}

function joinRows(parts: readonly Tensor[], where: string): Tensor {
  const [first] = parts;
  if (parts.length === 1) return first;
  const rows = parts.reduce((total, part) => total + part.shape[0], 0);
  const data = makeArray(first.dtype, rows * first.size / first.shape[0]);
  let at = 0;
  parts.forEach((part, i) => {
    if (!sameShape(part.shape.slice(1), first.shape.slice(1))) {
      throw new ShapeError({
        what: `Cannot ${where}`,
        rule: `the outputs of all batches must have the shape of the first, ${formatShape(first.shape.slice(1))}`,
        received: `${formatShape(part.shape.slice(1))} in batch ${i}`,
        hint: "give batches of inputs of one shape, or predict each with predictOnBatch",
      });
    }
    data.set(part.data, at);
    at += part.size;
  });
  return new Tensor([rows, ...first.shape.slice(1)], first.dtype, data as TypedArray);
}

/** The classes of outputs: the index of the largest in each row, or for one sigmoid unit 1 above a half, else 0. */
export function classesOf(outputs: Structure<Tensor>, where: string): Structure<Tensor> {
  return mapStructure(outputs, (output: Tensor) => {
    if (!isFloat(output.dtype) || output.rank < 2) {
      throw new DTypeError({
        what: `Cannot ${where}`,
        rule: "outputs must be float32 numbers for each class",
        received: `${output.dtype} ${formatShape(output.shape)}`,
        hint: "use predict",
      });
    }
    const width = output.shape[output.rank - 1];
    if (width === 1) return new Tensor(output.shape, "int32", Int32Array.from(output.data, (p) => (p > 0.5 ? 1 : 0)));
    const rows = output.size / width;
    const classes = new Int32Array(rows);
    for (let row = 0; row < rows; row++) {
      for (let j = 1; j < width; j++) {
        if (output.data[row * width + j] > output.data[row * width + classes[row]]) classes[row] = j;
      }
    }
    return new Tensor(output.shape.slice(0, -1), "int32", classes);
  });
}
