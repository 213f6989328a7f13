// Folds: rows divided into parts, each of which is once for testing. https://scikit-learn.org/stable/modules/cross_validation.html
import { ValueError } from "../errors.ts";
import { boolean, integer, integerAtLeast } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions, readOption } from "../options.ts";
import { NumpyRandom } from "../python_shuffles.ts";
import { randomSeed } from "../random_stream.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";

/** Options of {@linkcode kFold} and {@linkcode stratifiedKFold}. */
export interface KFoldOptions {
  /** The number of folds; 5 by default. */
  nSplits?: number;
  /** Whether to shuffle the rows first; false by default. */
  shuffle?: boolean;
  /** The seed of the shuffle, scikit-learn's `random_state`; that of `setRandomSeed` by default. */
  seed?: number | null;
}

/** A fold: the numbers of the rows, from 0, in ascending order. */
export interface Fold {
  /** The rows to train on. */
  readonly train: Int32Array;
  /** The rows to test on. */
  readonly test: Int32Array;
}

/** The options of folds. */
export const foldOptions = optionTable<KFoldOptions>()({
  nSplits: integerAtLeast(2, 5),
  shuffle: boolean(false),
  seed: nullable(integer(undefined, { min: 0, max: 2 ** 32 - 1 })),
});

/**
 * Divides rows into folds of as many rows, or one more for the first of them. Each row is in the test part of one fold.
 * The folds are those of scikit-learn, shuffled ones for the same seed too.
 *
 * Source: `sklearn.model_selection.KFold`.
 *
 * @param rows the number of rows
 * @throws {ValueError} for fewer rows than folds
 *
 * @example Two folds of five rows
 * ```ts
 * import { tuning } from "./mod.ts";
 * for (const { train, test } of tuning.kFold(5, { nSplits: 2 })) console.log([...train], [...test]);
 * // [ 3, 4 ] [ 0, 1, 2 ]
 * // [ 0, 1, 2 ] [ 3, 4 ]
 * ```
 */
export function kFold(rows: number, options: KFoldOptions = {}): Fold[] {
  const what = "Cannot make folds";
  const { nSplits, shuffle, seed } = readMethodOptions("kFold", foldOptions, options, what);
  const count = Number(
    readOption("rows", integer(undefined, { min: 1, max: maxRows }), rows, { what, whatNamed: what }),
  );
  requireRows(count, nSplits, what);
  const inOrder = Array.from({ length: count }, (_, row) => row);
  const order = shuffle ? generator(seed).shuffled(inOrder) : inOrder;
  const foldOf = new Int32Array(count);
  let begin = 0;
  for (let fold = 0; fold < nSplits; fold++) {
    const end = begin + Math.floor(count / nSplits) + (fold < count % nSplits ? 1 : 0);
    for (; begin < end; begin++) foldOf[order[begin]] = fold;
  }
  return foldsFrom(foldOf, nSplits);
}

/**
 * Divides rows into folds with about the same share of each class. The folds are those of scikit-learn, shuffled ones for
 * the same seed too.
 *
 * Source: `sklearn.model_selection.StratifiedKFold`.
 *
 * @param labels the class of each row: `[rows]` or `[rows, 1]`
 * @throws {ValueError} for fewer rows than folds, and if each class has fewer rows than there are folds
 *
 * @example Each fold has a row of class 1
 * ```ts
 * import { tuning } from "./mod.ts";
 * const folds = tuning.stratifiedKFold([0, 0, 0, 0, 1, 1], { nSplits: 2 });
 * console.log(folds.map(({ test }) => [...test])); // [ [ 0, 1, 4 ], [ 2, 3, 5 ] ]
 * ```
 */
export function stratifiedKFold(labels: TensorLike, options: KFoldOptions = {}): Fold[] {
  const what = "Cannot make folds";
  const { nSplits, shuffle, seed } = readMethodOptions("stratifiedKFold", foldOptions, options, what);
  const given = labels instanceof Tensor ? labels : toTensor(labels, what, "labels");
  if (given.size !== given.shape[0]) {
    throw new ValueError({
      what,
      rule: "labels must be one class for each row",
      received: `shape [${given.shape.join(", ")}]`,
      hint: "one-hot rows become classes by ops.argmax(labels, { axis: -1 })",
    });
  }
  const classes = Array.from(given.data, Number);
  requireRows(classes.length, nSplits, what);
  // Classes are numbered in the order in which they come up.
  const rowsOf = Map.groupBy(classes.keys(), (row) => classes[row]);
  const largest = Math.max(...[...rowsOf.values()].map((rows) => rows.length));
  if (largest < nSplits) {
    throw new ValueError({
      what,
      rule: `a class must have at least as many rows as the ${nSplits} folds`,
      received: `${largest} in the largest`,
      hint: "use fewer folds, or kFold",
    });
  }
  const random = shuffle ? generator(seed) : undefined;
  const foldOf = new Int32Array(classes.length);
  let begin = 0;
  for (const rows of rowsOf.values()) {
    // The rows of the classes in a line are dealt out to the folds in turn: so many of this class come to each.
    const counts = Array.from({ length: nSplits }, () => 0);
    for (let i = begin; i < begin + rows.length; i++) counts[i % nSplits]++;
    begin += rows.length;
    const folds = counts.flatMap((count, fold) => Array.from({ length: count }, () => fold));
    const dealt = random?.shuffled(folds) ?? folds;
    rows.forEach((row, i) => foldOf[row] = dealt[i]);
  }
  return foldsFrom(foldOf, nSplits);
}

/** The most rows. */
const maxRows = 2 ** 26;

const generator = (seed: number | null) => new NumpyRandom(seed ?? randomSeed() >>> 0);

function requireRows(rows: number, nSplits: number, what: string): void {
  if (rows >= nSplits) return;
  throw new ValueError({
    what,
    rule: `there must be a row for each of the ${nSplits} folds`,
    received: `${rows}`,
    hint: "use fewer folds",
  });
}

function foldsFrom(foldOf: Int32Array, nSplits: number): Fold[] {
  const rows = foldOf.map((_, row) => row);
  return Array.from({ length: nSplits }, (_, fold) => ({
    train: rows.filter((row) => foldOf[row] !== fold),
    test: rows.filter((row) => foldOf[row] === fold),
  }));
}
