// Mean: a running mean over samples, and the mean of a function of targets and outputs.
import type { Value } from "../ir/value.ts";
import { add, cast, mean, multiply, reshape, sum } from "../ops/primitives.ts";
import { checkOptions } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type Direction, Metric, type MetricOptions } from "./metric.ts";

/** A function of targets and outputs that gives a number for each sample, or more to take the mean of. */
export type MetricFunction = (yTrue: Value, yPred: Value) => Value;

/** A running mean: state `total` and `count`, both scalars. */
abstract class RunningMean extends Metric {
  /** The weighted sum so far. */
  readonly total: Variable = this.addVariable("total");
  /** The sum of the weights so far. */
  readonly count: Variable = this.addVariable("count");

  /** Takes `values` (scalar or `[batch, ...]`) with a weight for each sample, or one number for all. */
  protected accumulate(values: Value, weight?: Value | number): void {
    let samples: Value = cast(values, "float32");
    if (samples.shape.length > 1) samples = mean(samples, samples.shape.map((_, axis) => axis).slice(1));
    let counted: Value | number = samples.shape[0] ?? 1;
    if (weight !== undefined) {
      let perSample = weight;
      if (typeof perSample !== "number") {
        perSample = cast(perSample, "float32");
        if (perSample.shape.length > 1) perSample = mean(perSample, perSample.shape.map((_, axis) => axis).slice(1));
        if (samples.shape.length === 0) perSample = reshape(perSample, []);
      }
      samples = multiply(samples, perSample);
      counted = typeof perSample === "number" ? perSample * (values.shape[0] ?? 1) : sum(perSample);
    }
    this.total.assign(add(this.total, sum(samples)));
    this.count.assign(add(this.count, counted));
  }

  /** Total over count; 0 where nothing was counted. */
  compute([total, count]: readonly Tensor[]): number {
    return count.data[0] === 0 ? 0 : Math.fround(total.data[0] / count.data[0]);
  }
}

/** The weighted running mean of values, such as the loss of each batch. */
export class Mean extends RunningMean {
  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    checkOptions("Mean", options, ["name"]);
    super(options);
  }

  /** Takes values, and a weight for each or one number for all. */
  update(values: Value, weight?: Value | number): void {
    this.accumulate(values, weight);
  }

  /** Takes the outputs as values. */
  updateState(_yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    this.accumulate(yPred, sampleWeight);
  }
}

/**
 * The running mean of a function of targets and outputs.
 *
 * @example The mean error
 * ```ts
 * import { metrics, ops } from "./mod.ts";
 * const bias = new metrics.MeanMetricWrapper((yTrue, yPred) => ops.subtract(yPred, yTrue), { name: "bias" });
 * console.log(bias.name); // bias
 * ```
 */
export class MeanMetricWrapper extends RunningMean {
  /** Whether the mean gets better by rising or by falling. */
  override readonly direction: Direction;

  /** Takes the function; its name is the metric's where there is none. */
  constructor(readonly fn: MetricFunction, options: MetricOptions & { direction?: Direction } = {}) {
    checkOptions("MeanMetricWrapper", options, ["name", "direction"]);
    super({ name: options.name ?? (fn.name || "metric") });
    this.direction = options.direction;
  }

  /** Takes the function's values for a batch. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    this.accumulate(this.fn(yTrue, yPred), sampleWeight);
  }
}
