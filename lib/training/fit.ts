// fit: the epochs of a training, from checking the data to the history.
import { History } from "../callbacks/history.ts";
import { readMethodOptions } from "../options.ts";
import { ProfiledRun } from "../profile/profiled.ts";
import type { Structure } from "../structure.ts";
import type { TensorLike } from "../tensor/tensor.ts";
import { openPlan } from "./batch_plan.ts";
import { type Batches, isBatches } from "./batches.ts";
import type { BatchStream } from "./batch_stream.ts";
import { agreeOnRun, type Facts } from "./agreement.ts";
import { checkedData, checkedStream, type Dataset } from "./dataset.ts";
import { evaluatePlan } from "./evaluate.ts";
import { describedData } from "./fingerprint.ts";
import { runEpochs } from "./loop.ts";
import { defaultBatchSize, type FitOptions, fitOptions, refuseValidationData } from "./options.ts";
import { RecoveryPoint, TrainingProgress } from "./progress.ts";
import { Run } from "./run.ts";
import type { Trainer } from "./trainer.ts";
import { refuseForBatches, requireLimit, splitRows } from "./validation.ts";
import { warnOfMonitors, warnOfNumbers } from "./warnings.ts";

/** Trains the trainer's model: see `Model.fit`. */
export async function fit(
  trainer: Trainer,
  x: Structure<TensorLike> | Batches | undefined,
  y: Structure<TensorLike> | undefined,
  options: FitOptions,
): Promise<History> {
  const { model } = trainer;
  const where = `fit "${model.name}"`;
  const kept = readMethodOptions("fit", fitOptions, options, `Cannot ${where}`);
  const { epochs, initialEpoch, stepsPerEpoch, shuffle, verbose, sampleWeight, classWeight } = kept;
  const { validationData, validationSplit, validationSteps, validationFreq } = kept;
  const batchSize = kept.batchSize ?? defaultBatchSize;
  const compiled = trainer.requireCompiled("fit");
  let data: Dataset | BatchStream;
  let rows: number | undefined;
  if (isBatches(x)) {
    refuseForBatches(
      { y, batchSize: kept.batchSize, sampleWeight, validationSplit: validationSplit || undefined },
      where,
    );
    requireLimit(x, { stepsPerEpoch }, where);
    data = checkedStream(model, x, where, compiled, classWeight);
  } else {
    data = checkedData(model, { x, y, sampleWeight, classWeight }, where, compiled);
    rows = validationData ? data.rows : splitRows(data.rows, validationSplit, where);
    warnOfNumbers(data, model, true);
  }
  const place = `${where} with validationData`;
  const held = validationOf(trainer, kept, place);

  using _running = trainer.begin();
  using run = new Run();
  const recovery = new RecoveryPoint(trainer);
  try {
    const steps = await trainer.open();
    await using profile = await ProfiledRun.start(kept.profile, steps.executor, where, model.name);
    run.profile = profile;
    await using plan = await openPlan(steps, run, "train", data, { batchSize, rows, shuffle, verbose }, "fit");
    const size = kept.validationBatchSize ?? batchSize;
    await using evaluated = held
      ? await openPlan(steps, run, "test", held, { batchSize: size, verbose }, "validation")
      : plan.rest(size);
    await agreeOnRun(
      trainer,
      run,
      where,
      () => factsOfFit(data, held, { batchSize, epochs, stepsPerEpoch, shuffle, rows }),
    );
    const progress = new TrainingProgress(trainer, run, plan, new History(), initialEpoch);
    progress.history.profile = profile?.profile;
    const params = { verbose, epochs, steps: stepsPerEpoch ?? plan.length };
    const callbacks = trainer.callbacks(kept.callbacks, verbose, params, progress);
    if (!evaluated) warnOfMonitors(kept.callbacks, [...model.metricDirections.keys()]);
    const validate = async (epoch: number) => {
      if (!evaluated || !isDue(epoch, validationFreq)) return undefined;
      using _validation = profile?.span("validation", "validation");
      return await evaluatePlan(trainer, run, evaluated, validationSteps, callbacks, place);
    };
    try {
      await runEpochs(trainer, plan, progress, callbacks, run, {
        where,
        epochs,
        stepsPerEpoch,
        verbose,
        recovery,
        validate,
      });
    } finally {
      await callbacks.release();
    }
    return progress.history;
  } catch (error) {
    throw recovery.explain(error);
  }
}

/** What of a training must be the same in all processes that share it. */
function factsOfFit(data: Dataset | BatchStream, held: Dataset | BatchStream | undefined, options: object): Facts {
  return {
    data: `data: ${describedData(data)}`,
    validationData: `data for validation: ${held ? describedData(held) : "none"}`,
    options: `options: ${JSON.stringify(options)}`,
  };
}

function validationOf(
  { model, compiled }: Trainer,
  { validationData, validationSteps }: Pick<FitOptions, "validationData" | "validationSteps">,
  where: string,
): Dataset | BatchStream | undefined {
  if (!validationData) return undefined;
  if (isBatches(validationData)) {
    requireLimit(validationData, { validationSteps }, where);
    return checkedStream(model, validationData, where, compiled);
  }
  if (validationData.length === 1 && compiled?.losses.some((loss) => loss)) {
    refuseValidationData(validationData, `Cannot ${where}`);
  }
  const [x, y, sampleWeight] = validationData;
  const data = checkedData(model, { x, y, sampleWeight }, where, compiled);
  warnOfNumbers(data, model);
  return data;
}

function isDue(epoch: number, frequency: number | readonly number[]): boolean {
  return typeof frequency === "number" ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1);
}
