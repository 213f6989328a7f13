// fit: the epochs of a training, from the checks of the data to the history.
import type { Logs } from "../callbacks/callback.ts";
import { History } from "../callbacks/history.ts";
import type { CallbackLike } from "../callbacks/list.ts";
import { printLine, terminal } from "../callbacks/terminal.ts";
import type { DType } from "../dtype.ts";
import { ValueError } from "../errors.ts";
import { getExecutor } from "../exec/select.ts";
import { checkOptions, describe } from "../options.ts";
import { shuffledOrder } from "../random.ts";
import type { TensorLike } from "../tensor/tensor.ts";
import { readLogs, runBatches } from "./batches.ts";
import { checkInteger, splitRows, verbosity, warnOfFractions, warnOfNaN } from "./checks.ts";
import type { ResidentData, Samples } from "./data.ts";
import { Interrupt, InterruptedError } from "./interrupt.ts";
import { exclusively } from "./lock.ts";
import { Pace } from "./pace.ts";
import { Secured } from "./secured.ts";
import type { Trainer, Verbose } from "./trainer.ts";

/** Options of `fit`. */
export interface FitOptions {
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
  /** Samples to evaluate after each epoch: inputs, targets, and a weight for each if wanted. */
  validationData?: readonly [x: TensorLike, y: TensorLike, sampleWeight?: TensorLike] | null;
  /** Whether the samples come in another order in each epoch; true by default. */
  shuffle?: boolean;
  /** A weight for each class, by its number; classes not named weigh 1. */
  classWeight?: Readonly<Record<number, number>>;
  /** A weight for each sample. */
  sampleWeight?: TensorLike;
  /** The number of the first epoch, from 0, to go on with a training; 0 by default. */
  initialEpoch?: number;
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
  "validationBatchSize",
  "validationFreq",
];

/** What is evaluated after epochs. */
interface Validation {
  readonly data: ResidentData;
  readonly start: number;
  readonly rows: number;
}

/** Trains the trainer's model: see `Model.fit`. */
export async function fit(
  trainer: Trainer,
  x: TensorLike,
  y: TensorLike | undefined,
  options: FitOptions,
): Promise<History> {
  const secured = new Secured(trainer.model);
  try {
    return await train(trainer, x, y, options, secured);
  } catch (error) {
    throw secured.explain(error);
  }
}

async function train(
  trainer: Trainer,
  x: TensorLike,
  y: TensorLike | undefined,
  options: FitOptions,
  secured: Secured,
): Promise<History> {
  const { model, programs } = trainer;
  const where = `fit "${model.name}"`;
  checkOptions("fit", options, optionNames);
  const { batchSize = 32, epochs = 1, initialEpoch = 0, shuffle = true, validationSplit = 0 } = options;
  const validationBatchSize = options.validationBatchSize ?? batchSize;
  checkInteger("batchSize", batchSize, 1, where);
  checkInteger("epochs", epochs, 1, where);
  checkInteger("initialEpoch", initialEpoch, 0, where);
  checkInteger("validationBatchSize", validationBatchSize, 1, where);
  const verbose = verbosity(options.verbose, where);
  const compiled = trainer.compiled("fit");

  const samples = trainer.samples(x, y, options, where);
  const rows = options.validationData ? samples.x.shape[0] : splitRows(samples.x.shape[0], validationSplit, where);
  const held = checkedValidation(trainer, options, where);
  warnOfNaN(samples, where);
  warnOfFractions(samples, model.inputDType as DType | undefined, where);

  using _running = trainer.begin();
  const steps = Math.ceil(rows / batchSize);
  const history = new History();
  const params = { verbose, epochs, steps };
  const callbacks = trainer.callbacks(options.callbacks, verbose, params, where, history);
  if (!held && rows === samples.x.shape[0]) warnOfMonitors(options.callbacks, model.metricDirections.keys());
  const executor = await getExecutor();
  const data = await exclusively(() => programs.load(executor, samples, "fit"));
  const order = await exclusively(() => programs.orderOf(executor, rows));
  const validation: Validation | undefined = held
    ? {
      data: await exclusively(() => programs.load(executor, held, "validation")),
      start: 0,
      rows: held.x.shape[0],
    }
    : rows < samples.x.shape[0]
    ? { data, start: rows, rows: samples.x.shape[0] - rows }
    : undefined;

  using interrupt = new Interrupt();
  const pace = new Pace();
  model.stopTraining = false;
  let warned = false;
  let logs: Logs = {};
  await callbacks.begin("Train");
  for (let epoch = initialEpoch; epoch < epochs; epoch++) {
    for (const metric of compiled.byName.values()) metric.resetState();
    await callbacks.epochBegin(epoch);
    const sequence = shuffle
      ? shuffledOrder(rows, epoch, compiled.optimizer.batches)
      : Int32Array.from({ length: rows }, (_, row) => row);
    await exclusively(() => Promise.resolve(executor.write(order, sequence)));
    const last = await runBatches({
      kind: "Train",
      rows,
      batchSize,
      pace,
      callbacks,
      watched: verbose === 1 && terminal().isTerminal,
      program: (size) => programs.get(executor, "train", { kind: "ordered", batch: size, order }, data),
      prepare: (row, steps) => {
        programs.seek(executor, row);
        programs.prepare(executor, steps);
      },
      done: (steps) => {
        compiled.optimizer.batches += steps;
      },
      stopped: () => interrupt.requested || model.stopTraining,
      logs: (program) => readLogs(compiled, program.logs),
    });
    if (interrupt.requested) {
      if (verbose === 1 && terminal().isTerminal) printLine("");
      throw new InterruptedError(
        `Training of "${model.name}" was ended by Ctrl-C in epoch ${epoch + 1} of ${epochs}, after ` +
          `${compiled.optimizer.iterations} steps: the weights are those of the last step, call fit again to go on`,
      );
    }
    [logs] = await Promise.all([readLogs(compiled, last!.logs), secured.take(executor, epoch + 1)]);
    if (!warned && Number.isNaN(logs.loss)) {
      warned = true;
      console.warn(
        `The loss of "${model.name}" is NaN in epoch ${epoch + 1}: lower the learning rate, or check the data`,
      );
    }
    if (validation && isDue(epoch, options.validationFreq ?? 1)) {
      const span = { ...validation, batchSize: validationBatchSize };
      const results = await trainer.evaluateRows(executor, validation.data, span, callbacks, false);
      for (const [name, value] of Object.entries(results)) logs[`val_${name}`] = value;
    }
    await callbacks.epochEnd(epoch, logs);
    if (model.stopTraining) break;
  }
  await compiled.optimizer.finalizeVariableValues(model.trainableWeights);
  await callbacks.end("Train", logs);
  programs.settle();
  return history;
}

function checkedValidation(trainer: Trainer, options: FitOptions, where: string): Samples | undefined {
  const { validationData, validationFreq = 1 } = options;
  if (typeof validationFreq === "number") checkInteger("validationFreq", validationFreq, 1, where);
  if (!validationData) return undefined;
  if (!Array.isArray(validationData) || validationData.length < 2 || validationData.length > 3) {
    throw new ValueError({
      what: `Cannot ${where}`,
      rule: "validationData must be [x, y] or [x, y, sampleWeight]",
      received: Array.isArray(validationData) ? `a list of ${validationData.length}` : describe(validationData),
      mend: "write it as in validationData: [xTest, yTest]",
    });
  }
  const [x, y, sampleWeight] = validationData as [TensorLike, TensorLike, TensorLike?];
  return trainer.samples(x, y, { sampleWeight }, `${where} with validationData`);
}

/** Warns of callbacks that watch a number of a validation where there is none. */
function warnOfMonitors(callbacks: readonly CallbackLike[] = [], logs: Iterable<string>): void {
  for (const callback of callbacks) {
    const { monitor } = callback as { monitor?: unknown };
    if (typeof monitor !== "string" || !monitor.startsWith("val_")) continue;
    console.warn(
      `${callback.constructor.name} watches "${monitor}", but fit validates nothing and logs ${
        [...logs].join(", ")
      }: ` +
        "give fit validationSplit or validationData, or watch one of these",
    );
  }
}

function isDue(epoch: number, frequency: number | readonly number[]): boolean {
  return typeof frequency === "number" ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1);
}
