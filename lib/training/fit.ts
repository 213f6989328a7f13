// fit: the epochs of a training, from checking the data to the history.
import { History } from "../callbacks/history.ts";
import type { CallbackLike } from "../callbacks/list.ts";
import { ValueError } from "../errors.ts";
import { checkOptions, describe } from "../options.ts";
import type { Structure } from "../structure.ts";
import type { TensorLike } from "../tensor/tensor.ts";
import { openPlan } from "./batch_plan.ts";
import { type Batches, type BatchStream, checkedData, checkedStream, type Dataset, isBatches } from "./dataset.ts";
import { evaluatePlan } from "./evaluate.ts";
import { runEpochs } from "./loop.ts";
import { RecoveryPoint, TrainingProgress } from "./progress.ts";
import { Run } from "./run.ts";
import type { Trainer, Verbose } from "./trainer.ts";
import { checkInteger, refuseForBatches, splitRows, verbosity } from "./validation.ts";
import { warnOfMonitors, warnOfNumbers } from "./warnings.ts";

/** Options of `fit` for a model with inputs `X`, targets `Y`, and sample weights `W`. */
export interface FitOptions<X = Structure<TensorLike>, Y = Structure<TensorLike>, W = Structure<TensorLike>> {
  /** The number of samples per step; 32 by default. */
  batchSize?: number;
  /** The number of passes over all samples; 1 by default. */
  epochs?: number;
  /** How much to print; `auto` by default. */
  verbose?: Verbose;
  /** The callbacks. */
  callbacks?: readonly CallbackLike[];
  /**
   * The fraction of the samples, the last ones, to evaluate after each epoch instead of training on them; 0 by default.
   */
  validationSplit?: number;
  /**
   * Samples to evaluate after each epoch: inputs, targets, and optionally weights; or an iterable of batches of these.
   */
  validationData?:
    | readonly [x: X, y: Y, sampleWeight?: W]
    | Batches
    | null;
  /** Whether to shuffle the samples in each epoch; true by default. Batches of an iterable keep their order. */
  shuffle?: boolean;
  /** A weight for each class, by its number; other classes have weight 1. For models of one output. */
  classWeight?: Readonly<Record<number, number>>;
  /** A weight for each sample; for several outputs one for all, or a list or an object by output. */
  sampleWeight?: W;
  /** The number of the first epoch, from 0, to continue a training; 0 by default. */
  initialEpoch?: number;
  /** The number of batches per epoch; all by default. The next epoch continues where one ended. */
  stepsPerEpoch?: number | null;
  /** The number of batches of the validation data to evaluate, from the first; all by default. */
  validationSteps?: number | null;
  /** The number of validation samples per batch; `batchSize` by default. */
  validationBatchSize?: number | null;
  /** The number of epochs between validations, or the epochs, from 1, after which to validate; 1 by default. */
  validationFreq?: number | readonly number[];
}

const optionNames = [
  "batchSize",
  "epochs",
  "verbose",
  "callbacks",
  "validationSplit",
  "validationData",
  "shuffle",
  "classWeight",
  "sampleWeight",
  "initialEpoch",
  "stepsPerEpoch",
  "validationSteps",
  "validationBatchSize",
  "validationFreq",
];

/** Trains the trainer's model: see `Model.fit`. */
export async function fit(
  trainer: Trainer,
  x: Structure<TensorLike> | Batches | undefined,
  y: Structure<TensorLike> | undefined,
  options: FitOptions,
): Promise<History> {
  const { model } = trainer;
  const where = `fit "${model.name}"`;
  checkOptions("fit", options, optionNames);
  checkValues(options, where);
  const { batchSize = 32, epochs = 1, initialEpoch = 0, stepsPerEpoch = null, shuffle = true } = options;
  const { validationSplit = 0, validationSteps = null, validationFreq = 1, sampleWeight, classWeight } = options;
  const verbose = verbosity(options.verbose, where);
  const compiled = trainer.requireCompiled("fit");
  let data: Dataset | BatchStream;
  let rows: number | undefined;
  if (isBatches(x)) {
    refuseForBatches(
      { y, batchSize: options.batchSize, sampleWeight, validationSplit: validationSplit || undefined },
      where,
    );
    data = checkedStream(model, x, where, compiled, classWeight);
  } else {
    data = checkedData(model, { x, y, sampleWeight, classWeight }, where, compiled);
    rows = options.validationData ? data.rows : splitRows(data.rows, validationSplit, where);
    warnOfNumbers(data, model, true);
  }
  const place = `${where} with validationData`;
  const held = validationOf(trainer, options.validationData, place);

  using _running = trainer.begin();
  using run = new Run();
  const recovery = new RecoveryPoint(trainer);
  try {
    const steps = await trainer.open();
    await using plan = await openPlan(steps, run, "train", data, { batchSize, rows, shuffle }, "fit");
    const size = options.validationBatchSize ?? batchSize;
    await using evaluated = held
      ? await openPlan(steps, run, "test", held, { batchSize: size }, "validation")
      : plan.rest(size);
    const progress = new TrainingProgress(trainer, run, plan, new History(), initialEpoch);
    const params = { verbose, epochs, steps: stepsPerEpoch ?? plan.length };
    const callbacks = trainer.callbacks(options.callbacks, verbose, params, where, progress);
    if (!evaluated) warnOfMonitors(options.callbacks, [...model.metricDirections.keys()]);
    const validate = async (epoch: number) =>
      evaluated && isDue(epoch, validationFreq)
        ? await evaluatePlan(trainer, run, evaluated, validationSteps, callbacks, 0, place)
        : undefined;
    await runEpochs(trainer, plan, progress, callbacks, run, {
      where,
      epochs,
      stepsPerEpoch,
      verbose,
      recovery,
      validate,
    });
    return progress.history;
  } catch (error) {
    throw recovery.explain(error);
  }
}

function checkValues(options: FitOptions, where: string): void {
  const { validationData, validationFreq = 1 } = options;
  const least: [keyof FitOptions, number][] = [
    ["batchSize", 1],
    ["epochs", 1],
    ["initialEpoch", 0],
    ["stepsPerEpoch", 1],
    ["validationSteps", 1],
    ["validationBatchSize", 1],
  ];
  for (const [name, low] of least) {
    if (options[name] !== undefined && options[name] !== null) checkInteger(name, options[name], low, where);
  }
  if (typeof validationFreq === "number") checkInteger("validationFreq", validationFreq, 1, where);
  const isList = Array.isArray(validationData) && (validationData.length === 2 || validationData.length === 3);
  if (!validationData || isList || isBatches(validationData)) return;
  throw new ValueError({
    what: `Cannot ${where}`,
    rule: "validationData must be [x, y] or [x, y, sampleWeight]",
    received: Array.isArray(validationData) ? `a list of ${validationData.length}` : describe(validationData),
    hint: "write it as in validationData: [xTest, yTest]",
  });
}

function validationOf(
  { model, compiled }: Trainer,
  validationData: FitOptions["validationData"],
  where: string,
): Dataset | BatchStream | undefined {
  if (!validationData) return undefined;
  if (isBatches(validationData)) return checkedStream(model, validationData, where, compiled);
  const [x, y, sampleWeight] = validationData;
  const data = checkedData(model, { x, y, sampleWeight }, where, compiled);
  warnOfNumbers(data, model);
  return data;
}

function isDue(epoch: number, frequency: number | readonly number[]): boolean {
  return typeof frequency === "number" ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1);
}
