// How well outputs follow targets: Pearson and concordance correlation.
// https://keras.io/api/metrics/regression_metrics/
import { epsilon } from "../config.ts";
import { matched } from "../losses/loss.ts";
import { std, variance } from "../ops/composed.ts";
import { add, divide, mean, multiply, square, subtract } from "../ops/primitives.ts";
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { isListOf } from "../shape.ts";
import { declareOptions, option, optionTable } from "../options.ts";
import type { Operand, ResultOf } from "../tensor/apply.ts";
import { MeanOfValues } from "./mean.ts";
import { type Direction, type MetricFields, type MetricOptions, metricOptions } from "./metric.ts";

/** Axes along which a correlation is taken. */
export type CorrelationAxes = number | readonly number[];

/** Options of the correlations. */
export interface CorrelationOptions extends MetricOptions {
  /** The axis or axes along which the correlation is taken; the last by default. */
  axis?: CorrelationAxes;
}

const correlationOptions = optionTable<CorrelationOptions>()({
  ...metricOptions,
  axis: option<CorrelationAxes>({
    fallback: -1,
    read: (given, { what }) => {
      if (typeof given === "number" && Number.isInteger(given)) return given;
      if (isListOf(given, (axis): axis is number => Number.isInteger(axis))) return given;
      throw new ValueError({
        what,
        rule: "axis must be a whole number or a list of them",
        received: describe(given),
        hint: "leave it out for the last axis",
      });
    },
    write: (axis) => (typeof axis === "number" ? axis : [...axis]),
  }),
});

/** The options, checked and completed. */
export interface PearsonCorrelation extends MetricFields<CorrelationOptions, typeof correlationOptions> {}
/** The options, checked and completed. */
export interface ConcordanceCorrelation extends MetricFields<CorrelationOptions, typeof correlationOptions> {}

/** Pearson's correlation of targets and outputs along `axis`, from -1 to 1. */
export function pearsonCorrelation<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  axis?: CorrelationAxes,
): ResultOf<A | B>;
export function pearsonCorrelation(yTrue: Operand, yPred: Operand, axis: CorrelationAxes = -1): Operand {
  const [targets, outputs] = matched(yTrue, yPred, "pearson_correlation").map((x) => {
    const centred = subtract(x, mean(x, axis, true));
    return divide(centred, std(centred, axis, true));
  });
  return mean(multiply(targets, outputs), axis);
}

/**
 * The concordance of targets and outputs along `axis`, 1 if they are equal. As in Keras 3, targets are compared with
 * the mean of the outputs, not with their own. Lin, 1989.
 */
export function concordanceCorrelation<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  axis?: CorrelationAxes,
): ResultOf<A | B>;
export function concordanceCorrelation(yTrue: Operand, yPred: Operand, axis: CorrelationAxes = -1): Operand {
  const [targets, outputs] = matched(yTrue, yPred, "concordance_correlation");
  const [ofTargets, ofOutputs] = [targets, outputs].map((x) => mean(x, axis, true));
  const both = multiply(subtract(targets, ofOutputs), subtract(outputs, ofOutputs));
  const totalVariance = add(variance(targets, axis, true), variance(outputs, axis, true));
  const norm = add(totalVariance, square(subtract(ofTargets, ofOutputs)));
  return mean(divide(multiply(both, 2), add(norm, epsilon())), axis);
}

/**
 * The running mean of Pearson's correlation.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.PearsonCorrelation().name); // pearson_correlation
 * ```
 */
export class PearsonCorrelation extends MeanOfValues {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";

  static {
    declareOptions(this, correlationOptions);
  }

  /** Takes axis and name. Defaults: `axis: -1`. */
  constructor(options: CorrelationOptions = {}) {
    super(options);
  }
  /** The correlations of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return pearsonCorrelation(yTrue, yPred, this.axis);
  }
}

/**
 * The running mean of the concordance correlation.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.ConcordanceCorrelation().name); // concordance_correlation
 * ```
 */
export class ConcordanceCorrelation extends MeanOfValues {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";

  static {
    declareOptions(this, correlationOptions);
  }

  /** Takes axis and name. Defaults: `axis: -1`. */
  constructor(options: CorrelationOptions = {}) {
    super(options);
  }
  /** The correlations of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return concordanceCorrelation(yTrue, yPred, this.axis);
  }
}

/** The named classes of this family by their names in snake case; each is also known by its class name. */
export const correlationMetrics = {
  concordance_correlation: { ConcordanceCorrelation },
  pearson_correlation: { PearsonCorrelation },
} as const;
