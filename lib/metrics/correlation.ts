// How far outputs follow targets: the correlations of Pearson and of concordance. https://keras.io/api/metrics/regression_metrics/
import { type Config, epsilon } from "../json_config.ts";
import { matched } from "../losses/loss.ts";
import { std, variance } from "../ops/composed.ts";
import { add, divide, mean, multiply, square, subtract } from "../ops/primitives.ts";
import { checkOptions } from "../options.ts";
import type { Operand, ResultOf } from "../tensor/apply.ts";
import { MeanMetricWrapper } from "./mean.ts";
import type { MetricOptions } from "./metric.ts";

/** Axes along which a correlation is taken. */
export type CorrelationAxes = number | readonly number[];

/** Options of the correlations. */
export interface CorrelationOptions extends MetricOptions {
  /** The axis or axes along which the correlation is taken; the last by default. */
  axis?: CorrelationAxes;
}

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
 * The concordance of targets and outputs along `axis`, 1 where they are equal. As Keras 3 computes it, targets are
 * compared with the mean of the outputs, not with their own. Lin, 1989.
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
export class PearsonCorrelation extends MeanMetricWrapper {
  /** The axes along which the correlation is taken. */
  readonly axis: CorrelationAxes;
  /** Takes axis and name. */
  constructor({ name = "pearson_correlation", axis = -1, ...rest }: CorrelationOptions = {}) {
    checkOptions("PearsonCorrelation", rest, ["name", "axis"]);
    super((yTrue, yPred) => pearsonCorrelation(yTrue, yPred, axis), { name, direction: "up" });
    this.axis = axis;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
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
export class ConcordanceCorrelation extends MeanMetricWrapper {
  /** The axes along which the correlation is taken. */
  readonly axis: CorrelationAxes;
  /** Takes axis and name. */
  constructor({ name = "concordance_correlation", axis = -1, ...rest }: CorrelationOptions = {}) {
    checkOptions("ConcordanceCorrelation", rest, ["name", "axis"]);
    super((yTrue, yPred) => concordanceCorrelation(yTrue, yPred, axis), { name, direction: "up" });
    this.axis = axis;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), axis: this.axis };
  }
}
