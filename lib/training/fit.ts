// fit: the epochs of a training, from the checks of the data to the history.
import type { Logs } from "../callbacks/callback.ts";
import { History } from "../callbacks/history.ts";
import type { CallbackLike, CallbackList } from "../callbacks/list.ts";
import { printLine, terminal } from "../callbacks/terminal.ts";
import { ValueError } from "../errors.ts";
import type { Executor } from "../exec/executor.ts";
import { getExecutor } from "../exec/select.ts";
import { checkOptions, describe } from "../options.ts";
import type { Structure } from "../structure.ts";
import type { TensorLike } from "../tensor/tensor.ts";
import { readLogs, runBatches, sortedLogs } from "./batches.ts";
import { type DeviceDataset, rowsOf } from "./data.ts";
import { batchStream, evaluateBatches, requireBatches } from "./evaluate.ts";
import { type Feeder, RowFeeder, StreamFeeder } from "./feeders.ts";
import { Interrupt, InterruptedError } from "./interrupt.ts";
import { withLock } from "./lock.ts";
import { StepsPerCall } from "./steps_per_call.ts";
import { toSamples } from "./samples.ts";
import { type Batches, isBatches } from "./stream.ts";
import { TrainingProgress } from "./progress.ts";
import { RecoveryPoint } from "./recovery_point.ts";
import { ArrayTraining, StreamTraining, type TrainingSource } from "./sources.ts";
import type { Trainer, Verbose } from "./trainer.ts";
import { checkInteger, refuseForBatches, splitRows, verbosity } from "./validation.ts";
import { warnOfFractions, warnOfLoss, warnOfMonitors, warnOfNumbers, warnOfShortData } from "./warnings.ts";

/** Options of `fit` for a model of inputs `X`, targets `Y`, and weights of samples `W`. */
export interface FitOptions<X = Structure<TensorLike>, Y = Structure<TensorLike>, W = Structure<TensorLike>> {
  /** How many samples a step takes; 32 by default. */
  batchSize?: number;
  /** How often all samples are trained on; 1 by default. */
  epochs?: number;
  /** How much is printed; `auto` by default. */
  verbose?: Verbose;
  /** What is called between batches and epochs. */
  callbacks?: readonly CallbackLike[];
  /** The part of the samples, the last ones, that is not trained on but evaluated after each epoch; 0 by default. */
  validationSplit?: number;
  /** Samples to evaluate after each epoch: inputs, targets, and weights if wanted; or an iterable of batches of these. */
  validationData?:
    | readonly [x: X, y: Y, sampleWeight?: W]
    | Batches
    | null;
  /** Whether the samples come in another order in each epoch; true by default. Batches of an iterable keep theirs. */
  shuffle?: boolean;
  /** A weight for each class, by its number; classes not named weigh 1. For models of one output. */
  classWeight?: Readonly<Record<number, number>>;
  /** A weight for each sample; for several outputs one for all, or a list or an object by output. */
  sampleWeight?: W;
  /** The number of the first epoch, from 0, to go on with a training; 0 by default. */
  initialEpoch?: number;
  /** How many batches an epoch has; all there are by default. The next epoch goes on where one ended. */
  stepsPerEpoch?: number | null;
  /** How many batches of the validation data are evaluated, the first ones; all there are by default. */
  validationSteps?: number | null;
  /** How many validation samples are computed at once; `batchSize` by default. */
  validationBatchSize?: number | null;
  /** After how many epochs each validation comes, or the epochs, from 1, that it follows; 1 by default. */
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

/** What is evaluated after epochs. */
interface Validation {
  /** Evaluates it. */
  run(executor: Executor, callbacks: CallbackList): Promise<Logs>;
  /** Lets its data go. */
  close?(): void;
}

/** Trains the trainer's model: see `Model.fit`. */
export async function fit(
  trainer: Trainer,
  x: Structure<TensorLike> | Batches | undefined,
  y: Structure<TensorLike> | undefined,
  options: FitOptions,
): Promise<History> {
  const recovery = new RecoveryPoint(trainer.model);
  try {
    return await train(trainer, x, y, options, recovery);
  } catch (error) {
    throw recovery.explain(error);
  }
}

async function train(
  trainer: Trainer,
  x: Structure<TensorLike> | Batches | undefined,
  y: Structure<TensorLike> | undefined,
  options: FitOptions,
  recovery: RecoveryPoint,
): Promise<History> {
  const { model, programs } = trainer;
  const where = `fit "${model.name}"`;
  checkOptions("fit", options, optionNames);
  const { epochs = 1, initialEpoch = 0, stepsPerEpoch = null, validationFreq = 1 } = options;
  checkNumbers(options, where);
  const verbose = verbosity(options.verbose, where);
  const compiled = trainer.requireCompiled("fit");
  const source = isBatches(x) ? streamOf(trainer, x, y, options, where) : arraysOf(trainer, x, y, options, where);
  const validation = validationOf(trainer, source, options, where);

  using _running = trainer.begin();
  const history = new History();
  const params = { verbose, epochs, steps: stepsPerEpoch ?? source.steps };
  const progress = new TrainingProgress(trainer, source, history, initialEpoch);
  const callbacks = trainer.callbacks(options.callbacks, verbose, params, where, progress);
  if (!validation) warnOfMonitors(options.callbacks, [...model.metricDirections.keys()]);
  const executor = await getExecutor();
  await source.load(executor);

  using interrupt = new Interrupt();
  const stepsPerCall = new StepsPerCall();
  const warned = { shortData: false, loss: false };
  model.stopTraining = false;
  let logs: Logs = {};
  try {
    await callbacks.begin("Train");
    progress.begin();
    const { epoch: first } = progress;
    for (; progress.epoch < epochs && !model.stopTraining; progress.endEpoch()) {
      const { epoch } = progress;
      if (progress.batch === 0) trainer.resetMetrics();
      if (!await source.begin(epoch, compiled.optimizer.batches)) {
        if (epoch === first) requireBatches(undefined, where);
        warnOfShortData(where, "epochs");
        break;
      }
      await callbacks.epochBegin(epoch);
      const { program, ranOut } = await runBatches({
        kind: "Train",
        feeder: source.feeder(stepsPerEpoch === null ? null : stepsPerEpoch - progress.batch),
        limit: stepsPerEpoch ?? null,
        first: progress.batch,
        stepsPerCall,
        stepsPerExecution: compiled.stepsPerExecution,
        callbacks,
        watched: verbose === 1 && terminal().isTerminal,
        prepare: (steps) => programs.prepare(executor, steps),
        done: ({ steps }) => {
          compiled.optimizer.batches += steps;
          progress.batch += steps;
        },
        stopped: () => interrupt.requested || model.stopTraining,
        logs: (ran) => readLogs(trainer, ran),
      });
      if (interrupt.requested) {
        if (verbose === 1 && terminal().isTerminal) printLine("");
        throw new InterruptedError(
          `Training of "${model.name}" was ended by Ctrl-C in epoch ${epoch + 1} of ${epochs}, after ` +
            `${compiled.optimizer.iterations} steps: the weights are those of the last step, call fit again to go on`,
        );
      }
      if (ranOut && !warned.shortData) {
        warned.shortData = true;
        warnOfShortData(where, "stepsPerEpoch");
      }
      [logs] = await Promise.all([
        readLogs(trainer, program),
        recovery.take(executor, epoch + 1),
      ]);
      if (Number.isNaN(logs.loss) && !warned.loss) {
        warned.loss = true;
        const rows = (await compiled.lossTracker.count.read()).item();
        warnOfLoss(model.name, epoch, source.batchAfter(rows), progress.batch);
      }
      if (validation && isDue(epoch, validationFreq)) {
        const results = await validation.run(executor, callbacks);
        const named = Object.entries(results).map(([name, value]) => [`val_${name}`, value]);
        logs = sortedLogs({ ...logs, ...Object.fromEntries(named) });
      }
      await callbacks.epochEnd(epoch, logs);
    }
    await compiled.optimizer.finalizeVariableValues(model.trainableWeights);
    await callbacks.end("Train", logs);
  } finally {
    validation?.close?.();
    await source.close();
    programs.settle();
  }
  return history;
}

function checkNumbers(options: FitOptions, where: string): void {
  const { validationFreq = 1 } = options;
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
}

function arraysOf(
  trainer: Trainer,
  x: Structure<TensorLike> | undefined,
  y: Structure<TensorLike> | undefined,
  options: FitOptions,
  where: string,
): ArrayTraining {
  const { model } = trainer;
  const { batchSize = 32, shuffle = true, validationSplit = 0, validationData } = options;
  const samples = toSamples(model, trainer.requireCompiled("fit"), x, y, options, where);
  const all = rowsOf(samples);
  const rows = validationData ? all : splitRows(all, validationSplit, where);
  warnOfNumbers(samples, model, where);
  warnOfFractions(samples, model, where);
  return new ArrayTraining(trainer.programs, samples, { rows, batchSize, shuffle });
}

function streamOf(
  trainer: Trainer,
  x: Batches,
  y: Structure<TensorLike> | undefined,
  options: FitOptions,
  where: string,
): StreamTraining {
  const { batchSize, sampleWeight, validationSplit, classWeight } = options;
  refuseForBatches({ y, batchSize, sampleWeight, validationSplit: validationSplit || undefined }, where);
  const stream = batchStream(trainer, x, { classWeight }, where);
  return new StreamTraining(trainer.programs, stream);
}

function validationOf(
  trainer: Trainer,
  source: TrainingSource,
  options: FitOptions,
  where: string,
): Validation | undefined {
  const { model, programs } = trainer;
  const { validationData, batchSize = 32, validationSteps = null } = options;
  const size = options.validationBatchSize ?? batchSize;
  const place = `${where} with validationData`;
  const evaluateRows = (feeder: Feeder, rows: number, callbacks: CallbackList) =>
    evaluateBatches(trainer, feeder, validationSteps ?? Math.ceil(rows / size), callbacks, false, place);
  if (!validationData) {
    if (!(source instanceof ArrayTraining) || source.held === 0) return undefined;
    const span = { start: source.options.rows, rows: source.held, batchSize: size };
    return {
      run: (executor, callbacks) =>
        evaluateRows(new RowFeeder(programs, executor, "test", source.data!, span), span.rows, callbacks),
    };
  }
  if (isBatches(validationData)) {
    const stream = batchStream(trainer, validationData, {}, place);
    return {
      async run(executor, callbacks) {
        stream.begin();
        try {
          const feeder = new StreamFeeder(programs, executor, "test", stream, validationSteps);
          return await evaluateBatches(trainer, feeder, validationSteps, callbacks, false, place);
        } finally {
          await stream.close();
        }
      },
    };
  }
  if (!Array.isArray(validationData) || validationData.length < 2 || validationData.length > 3) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "validationData must be [x, y] or [x, y, sampleWeight]",
      received: Array.isArray(validationData) ? `a list of ${validationData.length}` : describe(validationData),
      hint: "write it as in validationData: [xTest, yTest]",
    });
  }
  const [x, y, sampleWeight] = validationData as [TensorLike, TensorLike, TensorLike?];
  const held = toSamples(model, trainer.requireCompiled("fit"), x, y, { sampleWeight }, place);
  warnOfNumbers(held, model, place);
  const rows = rowsOf(held);
  let data: DeviceDataset | undefined;
  let kept: Disposable | undefined;
  return {
    async run(executor, callbacks) {
      data ??= await withLock(() => programs.load(executor, held, "validation"));
      kept ??= programs.hold(data);
      const feeder = new RowFeeder(programs, executor, "test", data, { start: 0, rows, batchSize: size });
      return evaluateRows(feeder, rows, callbacks);
    },
    close: () => kept?.[Symbol.dispose](),
  };
}

function isDue(epoch: number, frequency: number | readonly number[]): boolean {
  return typeof frequency === "number" ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1);
}
