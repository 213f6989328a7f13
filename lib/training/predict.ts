// predict: the outputs for samples, in order.
import type { CallbackLike } from "../callbacks/list.ts";
import { terminal } from "../callbacks/terminal.ts";
import { makeArray, type TypedArray } from "../dtype.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { getExecutor, markBusy } from "../exec/select.ts";
import { checkOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import { mapStructure, packLike, type Structure } from "../structure.ts";
import { Tensor, type TensorLike } from "../tensor/tensor.ts";
import { runBatches } from "./batches.ts";
import { rowsOf } from "./data.ts";
import { requireBatches } from "./evaluate.ts";
import { RowFeeder, StreamFeeder } from "./feeders.ts";
import { looksUp } from "./indices.ts";
import { withLock } from "./lock.ts";
import { StepsPerCall } from "./steps_per_call.ts";
import type { Program } from "./programs.ts";
import { toInputs } from "./samples.ts";
import type { Predicted } from "./step.ts";
import { type Batches, BatchStream, isBatches } from "./stream.ts";
import type { Trainer, Verbose } from "./trainer.ts";
import { checkInteger, refuseForBatches, verbosity } from "./validation.ts";
import { warnOfShortData } from "./warnings.ts";

/** Options of `predict`. */
export interface PredictOptions {
  /** How many samples are computed at once; 32 by default. */
  batchSize?: number;
  /** How much is printed; `auto` by default. */
  verbose?: Verbose;
  /** After how many batches to end; with all samples by default. */
  steps?: number | null;
  /** What is called between batches. */
  callbacks?: readonly CallbackLike[];
}

/** See `Model.predict`. */
export async function predict(
  trainer: Trainer,
  x: Structure<TensorLike> | Batches,
  options: PredictOptions,
): Promise<Structure<Tensor>> {
  const last = trainer.lastPrediction;
  if (last && x instanceof Tensor && options.verbose === 0 && !options.callbacks && !options.steps) {
    // A prediction of the same shape as the last one, when nothing changed since.
    const [held, ...others] = last.program.data.x;
    const { batchSize = 32 } = options;
    if (
      last.version === trainer.programs.version && others.length === 0 && held.dtype === x.dtype &&
      sameExtents(held.shape, x.shape) && x.shape[0] <= batchSize && await getExecutor() === last.program.executor
    ) {
      if (last.looksUp) toInputs(trainer.model, x, `predict with "${trainer.model.name}"`);
      return predictWhole(last.program, x);
    }
  }
  return predictChecked(trainer, x, options);
}

async function predictChecked(
  trainer: Trainer,
  x: Structure<TensorLike> | Batches,
  options: PredictOptions,
): Promise<Structure<Tensor>> {
  const { model, programs } = trainer;
  const where = `predict with "${model.name}"`;
  checkOptions("predict", options, ["batchSize", "verbose", "steps", "callbacks"]);
  const { batchSize = 32, steps = null } = options;
  checkInteger("batchSize", batchSize, 1, where);
  if (steps !== null) checkInteger("steps", steps, 1, where);
  const verbose = verbosity(options.verbose, where);
  if (isBatches(x)) return predictStream(trainer, x, options, verbose, where);
  const samples = toInputs(model, x, where);
  const rows = rowsOf(samples);
  const all = Math.ceil(rows / batchSize);
  const callbacks = trainer.callbacks(options.callbacks, verbose, { steps: steps ?? all }, where);
  using _held = markBusy(where);
  const executor = await getExecutor();
  const whole = rows <= batchSize;
  const data = await withLock(() => programs.load(executor, samples, whole ? "batch" : "predict"));
  try {
    using _kept = programs.hold(data);
    await callbacks.begin("Predict");
    let done = 0;
    const { program, ranOut } = await runBatches({
      kind: "Predict",
      feeder: new RowFeeder(programs, executor, "predict", data, { start: 0, rows, batchSize }),
      limit: steps ?? all,
      stepsPerCall: new StepsPerCall(),
      stepsPerExecution: 1,
      callbacks,
      watched: verbose === 1 && terminal().isTerminal,
      done: (chunk) => void (done += chunk.rows),
      logs: () => Promise.resolve({}),
    });
    if (ranOut) warnOfShortData(where, "steps");
    if (whole) trainer.lastPrediction = { program: program!, version: programs.version, looksUp: looksUp(model) };
    const outputs: Tensor[] = [];
    for (const variable of program!.output!.variables) {
      const read = await variable.read();
      outputs.push(done < rows ? read.rows(0, done) : read);
    }
    await callbacks.end("Predict", {});
    return packLike(program!.output!.like, outputs);
  } finally {
    programs.settle();
  }
}

/** The outputs for a stream's batches, each read when its batch is done. */
async function predictStream(
  trainer: Trainer,
  source: Batches,
  options: PredictOptions,
  verbose: 0 | 1 | 2,
  where: string,
): Promise<Structure<Tensor>> {
  const { model, programs } = trainer;
  const { steps = null } = options;
  refuseForBatches({ batchSize: options.batchSize }, where);
  // Targets may come along: what fit takes is good for predict too.
  const stream = new BatchStream(source, ({ x }, index) => toInputs(model, x, `${where}, batch ${index}`), where);
  using _held = markBusy(where);
  const callbacks = trainer.callbacks(options.callbacks, verbose, { steps }, where);
  const parts: Tensor[][] = [];
  let output: Predicted | undefined;
  stream.begin();
  try {
    await callbacks.begin("Predict");
    const { program, ranOut } = await runBatches({
      kind: "Predict",
      feeder: new StreamFeeder(programs, await getExecutor(), "predict", stream, steps),
      limit: steps,
      stepsPerCall: new StepsPerCall(),
      stepsPerExecution: 1,
      callbacks,
      watched: verbose === 1 && terminal().isTerminal,
      done: async (chunk) => {
        output = chunk.program.output!;
        const read: Tensor[] = [];
        for (const variable of output.variables) read.push(await variable.read());
        parts.push(read);
      },
      logs: () => Promise.resolve({}),
    });
    requireBatches(program, where);
    if (ranOut) warnOfShortData(where, "steps");
  } finally {
    await stream.close();
  }
  await callbacks.end("Predict", {});
  return packLike(output!.like, output!.variables.map((_, i) => joinRows(parts.map((read) => read[i]), where)));
}

function joinRows(parts: readonly Tensor[], where: string): Tensor {
  const [first] = parts;
  const rows = parts.reduce((total, part) => total + part.shape[0], 0);
  const data = makeArray(first.dtype, rows * first.size / first.shape[0]);
  let at = 0;
  parts.forEach((part, i) => {
    if (!sameExtents(part.shape.slice(1), first.shape.slice(1))) {
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

function predictWhole({ executor, executable, data, output }: Program, x: Tensor): Promise<Structure<Tensor>> {
  return withLock(async () => {
    executor.write(data.x[0], x.data);
    await executable.run(1);
    const tensors: Tensor[] = [];
    for (const variable of output!.variables) {
      tensors.push(new Tensor(variable.shape, variable.dtype, await executor.read(variable)));
    }
    return packLike(output!.like, tensors);
  });
}

/** The classes of outputs: the place of the largest of each row, or for one sigmoid unit 1 above a half, else 0. */
export function classesOf(outputs: Structure<Tensor>, where: string): Structure<Tensor> {
  return mapStructure(outputs, (output: Tensor) => {
    if (output.dtype !== "float32" || output.rank < 2) {
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

function sameExtents(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
