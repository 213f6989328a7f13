// Metrics of numbers: root mean squared error and R2. https://keras.io/api/metrics/regression_metrics/
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { matched } from "../losses/loss.ts";
import { add, broadcastTo, cast, full, multiply, reshape, square, subtract, sum } from "../ops/primitives.ts";
import { choice, integer } from "../option_kinds.ts";
import { declareOptions, nullable, optionTable } from "../options.ts";
import { formatShape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { MeanOfValues } from "./mean.ts";
import { type Direction, type MetricFields, metricName, type MetricOptions, metricOptions } from "./metric.ts";
import { VectorMetric } from "./averaged.ts";

/**
 * The square root of the mean squared difference.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.RootMeanSquaredError().name); // root_mean_squared_error
 * ```
 */
export class RootMeanSquaredError extends MeanOfValues {
  /** It falls as outputs get better. */
  override readonly direction: Direction = "down";

  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** The squared differences of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    const [targets, outputs] = matched(yTrue, yPred, "root_mean_squared_error");
    return square(subtract(outputs, targets));
  }
  /** The root of the mean. */
  override compute(state: readonly Tensor[]): number {
    return Math.fround(Math.sqrt(super.compute(state)));
  }
}

/** How the scores of several outputs are combined. */
export type ClassAggregation = null | "uniform_average" | "variance_weighted_average";

/** Options of {@linkcode R2Score}. */
export interface R2ScoreOptions extends MetricOptions {
  /** How the scores of outputs are combined: `uniform_average` by default; with null `results()` has one per output. */
  classAggregation?: ClassAggregation;
  /** The number of independent variables that the score is adjusted for; 0 by default. */
  numRegressors?: number;
}

const r2ScoreOptions = optionTable<R2ScoreOptions>()({
  ...metricOptions,
  name: metricName("r2_score"),
  classAggregation: nullable(choice(["uniform_average", "variance_weighted_average"]), "uniform_average"),
  numRegressors: integer(0, { min: 0 }),
});

/** The options, checked and completed. */
export interface R2Score extends MetricFields<R2ScoreOptions, typeof r2ScoreOptions> {}

/**
 * The fraction of the targets' variance that outputs explain: 1 for all of it, below 0 if predicting the mean is
 * better.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.R2Score().name); // r2_score
 * ```
 */
export class R2Score extends VectorMetric {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";
  /** The number of targets so far. */
  readonly numSamples: Variable;
  #sums: Variable[] | undefined;

  static {
    declareOptions(this, r2ScoreOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for an unknown aggregation. Defaults:
   * `classAggregation: "uniform_average"`, `numRegressors: 0`.
   */
  constructor(options: R2ScoreOptions = {}) {
    super(options);
    this.numSamples = this.addVariable("num_samples");
  }

  /** Adds a batch to the sums. Throws {@linkcode ShapeError} unless there are two axes. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const [targets, outputs] = matched(yTrue, yPred, "r2_score");
    const { shape } = targets;
    if (shape.length !== 2) {
      throw new ShapeError({
        what: `Cannot update "${this.name}"`,
        rule: "targets and outputs must have the shape [batch, outputs]",
        received: formatShape(shape),
        hint: "reshape them to [batch, 1]",
      });
    }
    const names = ["squared_sum", "sum", "residual", "count"];
    const sums = this.#sums ??= names.map((name) => this.addVariable(name, [shape[1]]));
    const weights = sampleWeight
      ? broadcastTo(reshape(cast(sampleWeight, "float32"), [shape[0], -1]), shape)
      : full(shape, 1);
    const weighted = multiply(targets, weights);
    const errors = multiply(square(subtract(targets, outputs)), weights);
    [multiply(targets, weighted), weighted, errors, weights].forEach((value, i) =>
      sums[i].assign(add(sums[i], sum(value, 0)))
    );
    this.numSamples.assign(add(this.numSamples, shape[0] * shape[1]));
  }

  /** The score of each output, or the combined one. */
  computeAll([samples, ...state]: readonly Tensor[]): number[] {
    if (state.length === 0) return [0];
    const [squares, sums, errors, counts] = state.map(({ data }) => [...data]);
    const totals = squares.map((value, i) => value - sums[i] * (sums[i] / counts[i]));
    const scores = totals.map((total, i) => 1 - errors[i] / total).map((x) => (Math.abs(x) === Infinity ? 0 : x));
    const all = totals.reduce((a, b) => a + b, 0);
    const merged = this.classAggregation === null
      ? scores
      : this.classAggregation === "uniform_average"
      ? [scores.reduce((a, b) => a + b, 0) / scores.length]
      : [scores.reduce((a, score, i) => a + score * totals[i], 0) / all];
    const [n, p] = [samples.data[0], this.numRegressors];
    return p === 0 || p >= n - 1 ? merged : merged.map((score) => 1 - (1 - score) * (n - 1) / (n - p - 1));
  }
}

/** The named classes of this family by their names in snake case; each is also known by its class name. */
export const regressionMetrics = {
  r2_score: { R2Score },
  root_mean_squared_error: { RootMeanSquaredError },
} as const;
