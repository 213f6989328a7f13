// F scores: precision and recall in one number. https://keras.io/api/metrics/classification_metrics/#f1score-class
import { epsilon } from "../config.ts";
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import {
  abs,
  add,
  cast,
  greater,
  greaterEqual,
  logicalAnd,
  max,
  multiply,
  reshape,
  subtract,
  sum,
} from "../ops/primitives.ts";
import { choice, number } from "../option_kinds.ts";
import { declareOptions, fixed, nullable, optionTable, required, withFacts } from "../options.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type Direction, type MetricFields, metricName, type MetricOptions, metricOptions } from "./metric.ts";
import { VectorMetric } from "./averaged.ts";

/**
 * How the scores of classes are combined: not at all, from all counts together, by their mean, or weighted by class
 * size.
 */
export type ScoreAverage = null | "micro" | "macro" | "weighted";

/** Options of {@linkcode F1Score}. */
export interface F1ScoreOptions extends MetricOptions {
  /** How the scores of classes are combined; null by default: `results()` has one per class. */
  average?: ScoreAverage;
  /** Outputs above it are positive; by default the largest of each sample is. */
  threshold?: number | null;
}

/** Options of {@linkcode FBetaScore}. */
export interface FBetaScoreOptions extends F1ScoreOptions {
  /** How much more recall counts than precision; 1 by default. */
  beta?: number;
}

const fBetaScoreOptions = optionTable<FBetaScoreOptions>()({
  ...metricOptions,
  name: metricName("fbeta_score"),
  average: nullable(choice(["micro", "macro", "weighted"])),
  beta: number(1, { above: 0 }),
  threshold: nullable(number(required, { above: 0, max: 1 })),
});
const f1ScoreOptions = optionTable<F1ScoreOptions>()({
  ...fBetaScoreOptions,
  name: metricName("f1_score"),
  beta: withFacts(fixed(1), { written: "never" }),
});

/** The options, checked and completed. */
export interface FBetaScore extends MetricFields<FBetaScoreOptions, typeof fBetaScoreOptions> {}

/**
 * `(1 + beta^2) * precision * recall / (beta^2 * precision + recall)` of outputs `[batch, classes]`.
 *
 * @example Recall counts twice as much
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.FBetaScore({ beta: 2, average: "macro" }).name); // fbeta_score
 * ```
 */
export class FBetaScore extends VectorMetric {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";
  #counts: Variable[] | undefined;

  static {
    declareOptions(this, fBetaScoreOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for an unknown average or numbers out of range. Defaults:
   * `average: null`, `beta: 1`, `threshold: null`.
   */
  constructor(options: FBetaScoreOptions = {}) {
    super(options);
  }

  /** Adds a batch to the counts. Throws {@linkcode ShapeError} unless there are two axes. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    if (yTrue.shape.length !== 2 || yPred.shape.length !== 2) {
      throw new ShapeError({
        what: `Cannot update "${this.name}"`,
        rule: "targets and outputs must have the shape [batch, classes]",
        received: `${formatShape(yTrue.shape)} and ${formatShape(yPred.shape)}`,
        hint: "make targets one-hot with utils.toCategorical",
      });
    }
    const micro = this.average === "micro";
    const names = ["true_positives", "false_positives", "false_negatives", "intermediate_weights"];
    const variables = this.#counts ??= names.map((name) => this.addVariable(name, micro ? [] : [yPred.shape[1]]));
    const outputs = cast(yPred, "float32");
    const chosen = this.threshold === null
      ? logicalAnd(greaterEqual(outputs, max(outputs, -1, true)), greater(abs(outputs), 1e-9))
      : greater(outputs, this.threshold);
    const [p, t] = [cast(chosen, "float32"), cast(yTrue, "float32")];
    const weight = sampleWeight && reshape(cast(sampleWeight, "float32"), [-1, 1]);
    const counts = [multiply(p, t), multiply(p, subtract(1, t)), multiply(subtract(1, p), t), t];
    counts.forEach((count, i) => {
      const total = sum(weight ? multiply(count, weight) : count, micro ? [0, 1] : 0);
      variables[i].assign(add(variables[i], total));
    });
  }

  /** The score of each class, or the combined one. */
  computeAll(state: readonly Tensor[]): number[] {
    if (state.length === 0) return [0];
    const [tp, fp, fn, sizes] = state.map(({ data }) => [...data]);
    const square = this.beta ** 2;
    const scores = tp.map((right, i) => {
      const precision = right / (right + fp[i] + epsilon());
      const recall = right / (right + fn[i] + epsilon());
      return (1 + square) * precision * recall / (square * precision + recall + epsilon());
    });
    if (this.average === null) return scores;
    const total = sizes.reduce((a, b) => a + b, 0) + epsilon();
    const weights = this.average === "weighted"
      ? sizes.map((size) => size / total)
      : scores.map(() => 1 / scores.length);
    return [scores.reduce((sum, score, i) => sum + score * weights[i], 0)];
  }
}

/**
 * The harmonic mean of precision and recall, of outputs `[batch, classes]`.
 *
 * @example The mean over classes
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.F1Score({ average: "macro" }).name); // f1_score
 * ```
 */
export class F1Score extends FBetaScore {
  static {
    declareOptions(this, f1ScoreOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for an unknown average or a threshold out of range. Defaults:
   * `average: null`, `threshold: null`.
   */
  constructor(options: F1ScoreOptions = {}) {
    super(options);
  }
}

/** The named classes of this family by their names in snake case; each is also known by its class name. */
export const fScoreMetrics = {
  f1_score: { F1Score },
  f_beta_score: { FBetaScore },
} as const;
