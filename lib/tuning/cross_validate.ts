// crossValidate: a model trained and tested on each fold. https://scikit-learn.org/stable/modules/cross_validation.html
import { History } from "../callbacks/history.ts";
import type { Logs } from "../callbacks/callback.ts";
import { describe, isClass, ShapeError, ValueError } from "../errors.ts";
import { Model } from "../models/model.ts";
import { boolean } from "../option_kinds.ts";
import { optionTable, readMethodOptions } from "../options.ts";
import { formatShape } from "../shape.ts";
import {
  hashPath,
  keepRandomState,
  purposes,
  randomSeed,
  RandomStream,
  restoreRandomSeed,
  setRandomSeed,
} from "../random_stream.ts";
import { flatten, isNamed, mapStructure, type Structure } from "../structure.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { describedArrays } from "../training/fingerprint.ts";
import type { FitOptions } from "../training/options.ts";
import { rowsAt } from "../utils/sample_dataset.ts";
import { type Fold, foldOptions, kFold, type KFoldOptions, stratifiedKFold } from "./folds.ts";
import { Ranks } from "./ranks.ts";
import { ranksOption } from "./workers.ts";

/** Options of {@linkcode crossValidate}: those of the folds, and those of `model.fit`. */
export interface CrossValidateOptions
  extends KFoldOptions, Omit<FitOptions, "validationData" | "validationSplit" | "shuffle"> {
  /** Whether folds have about the same share of each class of `y`; false by default. */
  stratified?: boolean;
  /**
   * `"mpi"` divides the folds among the processes that `mpirun`, `srun` or another launcher of MPI started; 0, which
   * trains all of them in this process, by default.
   */
  workers?: 0 | "mpi";
}

/** What {@linkcode crossValidate} found. */
export interface CrossValidation {
  /** The loss and the metrics of the test part of each fold. */
  readonly scores: readonly Logs[];
  /** Their means over the folds. */
  readonly mean: Logs;
  /** Their standard deviations over the folds, as NumPy's `std`. */
  readonly std: Logs;
  /** What the training of each fold gave; of folds that another process trained the logs alone. */
  readonly histories: readonly History[];
}

const ownOptions = optionTable<Pick<CrossValidateOptions, "stratified" | "workers"> & KFoldOptions>()({
  ...foldOptions,
  stratified: boolean(false),
  workers: ranksOption,
});

/**
 * Trains a new model on all folds but one, tests it on that one, and repeats that for each fold: how well models of a kind
 * do on data that they have not seen, and how much that varies. The random numbers of a fold follow from the seed of the
 * session and its number alone.
 *
 * With `workers: "mpi"` all processes call this alike: process r of n trains every n-th fold, and all of them have all
 * scores and histories.
 *
 * Source: `sklearn.model_selection.cross_validate`.
 *
 * @param build makes and compiles a model; called once for each fold
 * @param x inputs, `[rows, ...]`, for several inputs a list of tensors or an object by name
 * @param y targets, `[rows, ...]`, for several outputs a list of tensors or an object by name
 * @param options `nSplits`, `shuffle`, `seed` and `stratified` for the folds; the others are those of `model.fit`
 * @throws {ValueError} for fewer rows than folds, and where `build` gives no model
 * @throws {ShapeError} for arrays of different numbers of rows
 * @throws {StateError} with `workers: "mpi"` if a distribution is set, and if processes differ in data or folds
 *
 * @example The mean loss of three folds
 * ```ts
 * import { Input, layers, Sequential, tuning } from "./mod.ts";
 * const { scores, mean } = await tuning.crossValidate(() => {
 *   const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
 *   model.compile({ optimizer: "sgd", loss: "mse" });
 *   return model;
 * }, [[0], [1], [2], [3]], [[1], [3], [5], [7]], { nSplits: 2, epochs: 3 });
 * console.log(scores.length, mean.loss > 0); // 2 true
 * ```
 */
export async function crossValidate(
  build: () => Model | Promise<Model>,
  x: Structure<TensorLike>,
  y: Structure<TensorLike>,
  options: CrossValidateOptions = {},
): Promise<CrossValidation> {
  const what = "Cannot cross-validate";
  if (typeof build !== "function" || isClass(build)) {
    throw new ValueError({
      what,
      rule: "it takes a function that builds a model",
      received: describe(build),
      hint: "write it as in () => new Sequential([...])",
    });
  }
  const { nSplits, shuffle, seed, stratified, workers, sampleWeight, ...fitOptions } = { ...options };
  const own = readMethodOptions("crossValidate", ownOptions, { nSplits, shuffle, seed, stratified, workers }, what);
  const inputs = tensorsOf(x, what, "x");
  const targets = tensorsOf(y, what, "y");
  const weights = sampleWeight ? tensorsOf(sampleWeight, what, "sampleWeight") : undefined;
  const all = [inputs, targets, ...(weights ? [weights] : [])].flatMap((of) => flatten(of));
  const [rows] = all[0]?.shape ?? [];
  if (rows === undefined || all.some(({ shape }) => shape[0] !== rows)) {
    throw new ShapeError({
      what,
      rule: "all arrays must have as many rows",
      received: all.map(({ shape }) => formatShape(shape)).join(" and ") || "no arrays",
      hint: "give inputs and targets of the same samples",
    });
  }
  using _seed = keepRandomState();
  using ranks = own.workers === "mpi" ? await Ranks.open(what) : undefined;
  if (ranks) {
    const facts = { folds: JSON.stringify(own), data: `data: ${describedArrays(all)}` };
    restoreRandomSeed(await ranks.agree(facts, randomSeed()));
  }
  const sessionSeed = randomSeed();
  const foldsBy = { nSplits: own.nSplits, shuffle: own.shuffle, seed: own.seed };
  const folds = own.stratified ? stratifiedKFold(flatten(targets)[0], foldsBy) : kFold(rows, foldsBy);
  const scores: Logs[] = [];
  const histories: History[] = [];
  const run = async ({ train, test }: Fold, fold: number): Promise<FoldResult> => {
    setRandomSeed(new RandomStream(sessionSeed, hashPath("fold"), purposes.trials, fold).word());
    const model = await build();
    if (!(model instanceof Model)) {
      throw new ValueError({ what, rule: "build() must return a model", received: describe(model), hint: "return it" });
    }
    const part = (of: Structure<Tensor>, at: Int32Array) => mapStructure(of, (item) => rowsAt(item, at)) as Tensor;
    const weightsAt = (at: Int32Array) => (weights ? { sampleWeight: part(weights, at) } : {});
    const common = { verbose: 0, batchSize: fitOptions.batchSize } as const;
    const history = await model.fit(part(inputs, train), part(targets, train), {
      ...common,
      ...fitOptions,
      ...weightsAt(train),
    });
    histories[fold] = history;
    const results = await model.evaluate(part(inputs, test), part(targets, test), { ...common, ...weightsAt(test) });
    const logs = Object.fromEntries(Object.entries(results).filter(([, value]) => typeof value === "number"));
    return { logs, epoch: history.epoch, history: history.history };
  };
  const ended = (fold: number, { logs, epoch, history }: FoldResult) => {
    scores[fold] = logs;
    histories[fold] ??= Object.assign(new History(), { epoch, history });
  };
  const numbers = [...folds.keys()];
  if (ranks) await ranks.divide(numbers, (fold) => run(folds[fold], fold), ended);
  else for (const fold of numbers) ended(fold, await run(folds[fold], fold));
  const over = (of: (values: readonly number[]) => number): Logs =>
    Object.fromEntries(Object.keys(scores[0]).map((name) => [name, of(scores.map((logs) => logs[name]))]));
  return { scores, mean: over(meanOf), std: over(deviationOf), histories };
}

/** What came of a fold, as processes tell it. */
interface FoldResult {
  readonly logs: Logs;
  readonly epoch: readonly number[];
  readonly history: Readonly<Record<string, readonly number[]>>;
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function deviationOf(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}

/** Arrays as tensors: one, a list of tensors, or some by name. */
function tensorsOf(given: Structure<TensorLike>, what: string, name: string): Structure<Tensor> {
  const isOne = given instanceof Tensor || ArrayBuffer.isView(given);
  const isSeveral = !isOne &&
    (isNamed(given) || (Array.isArray(given) && given.some((item) => item instanceof Tensor)));
  return isSeveral
    ? mapStructure(given as Structure<TensorLike>, (item) => toTensor(item, what, name))
    : toTensor(given as TensorLike, what, name);
}
