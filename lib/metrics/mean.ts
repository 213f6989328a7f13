// Mean: a running mean over samples, and the mean of a function of targets and outputs.
import { array, operand, optional } from "../argument_kinds.ts";
import { type CheckedMethod, declareMethods } from "../checked_methods.ts";
import type { Config } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { matchRanks } from "../losses/loss.ts";
import { expandDims } from "../ops/composed.ts";
import { add, broadcastTo, cast, mean, multiply, reshape, sum } from "../ops/primitives.ts";
import { callable, choice } from "../option_kinds.ts";
import { declareOptions, option, optionTable, positional, withFacts } from "../options.ts";
import { functionNode } from "../registry.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type Direction, Metric, type MetricFields, type MetricOptions, metricOptions } from "./metric.ts";

/** A function of targets and outputs that returns a number per sample, or several to average. */
export type MetricFunction = (yTrue: Value, yPred: Value) => Value;

/** The mean over the axes from `rank` on. */
function meanFrom(x: Value, rank: number): Value {
  const axes = x.shape.map((_, axis) => axis).slice(rank);
  return axes.length > 0 ? mean(x, axes) : x;
}

/** What `updateState` takes where the values themselves are added. */
const updateOfValues: CheckedMethod = {
  verb: "update",
  takes: { values: array, yPred: optional(array), sampleWeight: optional(operand) },
};

/** A running mean: state `total` and `count`, both scalars. */
abstract class RunningMean extends Metric {
  /** The weighted sum so far. */
  readonly total: Variable = this.addVariable("total");
  /** The sum of the weights so far. */
  readonly count: Variable = this.addVariable("count");

  /** Adds `values` (scalar or `[batch, ...]`), weighted per sample or by one number. */
  protected accumulate(values: Value, weight?: Value | number): void {
    let samples: Value = cast(values, "float32");
    let counted: Value | number = samples.shape[0] ?? 1;
    if (typeof weight === "number") {
      samples = multiply(samples, weight);
      counted = weight * counted;
    } else if (weight !== undefined) {
      let perSample = cast(weight, "float32");
      if (samples.shape.length === 0) perSample = reshape(perSample, []);
      [samples, perSample] = matchRanks(samples, perSample);
      // Weights may have more axes than the batch axis: average the values down to the rank of the weights.
      samples = meanFrom(samples, perSample.shape.length);
      perSample = broadcastTo(perSample, samples.shape);
      samples = multiply(samples, perSample);
      counted = sum(meanFrom(perSample, 1));
    }
    samples = meanFrom(samples, 1);
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
  static {
    declareOptions(this, metricOptions);
    declareMethods(this, { updateState: updateOfValues });
  }

  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }

  /** Adds values, weighted per value or by one number. */
  update(values: Value, weight?: Value | number): void {
    this.accumulate(values, weight);
  }

  /** Adds values; of targets and outputs, as compiled metrics get them, the outputs. */
  updateState(values: Value, yPred: Value = values, sampleWeight?: Value): void {
    this.accumulate(yPred, sampleWeight);
  }
}

/** The running mean of `values` of targets and outputs. */
export abstract class MeanOfValues extends RunningMean {
  static {
    declareOptions(this, metricOptions);
  }

  /** Takes the name. */
  constructor(options: MetricOptions = {}, byPosition: object = {}) {
    super(options, byPosition);
  }

  /** A number per sample, or several to average. */
  protected abstract values(yTrue: Value, yPred: Value): Value;

  /** Adds the values of a batch. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const values = this.values(yTrue, yPred);
    if (!yPred.mask) return this.accumulate(values, sampleWeight);
    // Masked time steps do not count.
    let counted = cast(yPred.mask, "float32");
    if (sampleWeight) {
      let weights = cast(sampleWeight, "float32");
      while (weights.shape.length < counted.shape.length) weights = expandDims(weights, -1);
      counted = multiply(counted, weights);
    }
    this.accumulate(values, counted);
  }
}

/** Options of {@linkcode MeanMetricWrapper}. */
export interface MeanMetricWrapperOptions extends MetricOptions {
  /** Whether a better mean is higher or lower; unknown by default. */
  direction?: Direction;
}

const wrapperOptions = optionTable<MeanMetricWrapperOptions>()({
  ...metricOptions,
  /** The function. */
  // The class writes it: those that extend it have functions of their own.
  fn: positional(withFacts(
    callable<MetricFunction>(
      "must be a function of targets and outputs",
      "write it as in new metrics.MeanMetricWrapper((yTrue, yPred) => ...)",
    ),
    { written: "never" },
  )),
  direction: option<Direction>({
    fallback: undefined,
    written: "never",
    read: (given, place) => (given === undefined ? undefined : choice(["up", "down"]).read(given, place)),
  }),
});

/** The options, checked and completed. */
export interface MeanMetricWrapper extends MetricFields<object, Pick<typeof wrapperOptions, "fn">> {}

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
export class MeanMetricWrapper extends MeanOfValues {
  static {
    declareOptions(this, wrapperOptions);
  }

  /** Takes the function, whose name is the metric's by default. Throws {@linkcode ValueError} for anything else. */
  constructor(fn: MetricFunction, options: MeanMetricWrapperOptions = {}) {
    super(options, { fn, name: options?.name ?? (typeof fn === "function" && fn.name || "metric") });
  }

  /** The function's result. */
  protected values(yTrue: Value, yPred: Value): Value {
    return this.fn(yTrue, yPred);
  }

  /** The arguments as Keras's config, with the function by name. */
  override getConfig(): Config {
    return { ...super.getConfig(), ...(this.constructor === MeanMetricWrapper && { fn: functionNode(this.fn) }) };
  }
}

/**
 * The weighted sum of values.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.Sum().name); // sum
 * ```
 */
export class Sum extends Metric {
  /** The sum so far. */
  readonly total: Variable = this.addVariable("total");

  static {
    declareOptions(this, metricOptions);
    declareMethods(this, { updateState: updateOfValues });
  }

  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }

  /** Adds values, weighted per sample; of targets and outputs, as compiled metrics get them, the outputs. */
  updateState(given: Value, yPred: Value = given, sampleWeight?: Value): void {
    let values = cast(yPred, "float32");
    if (sampleWeight) {
      let weights = cast(sampleWeight, "float32");
      [values, weights] = matchRanks(values, weights);
      const axes = values.shape.map((_, axis) => axis).slice(weights.shape.length);
      if (axes.length > 0) values = sum(values, axes);
      values = multiply(values, broadcastTo(weights, values.shape));
    }
    this.total.assign(add(this.total, sum(values)));
  }

  /** The sum. */
  compute([total]: readonly Tensor[]): number {
    return total.data[0];
  }
}

/** The named classes of this family by their names in snake case; each is also known by its class name. */
export const meanMetrics = {
  mean: { Mean },
  sum: { Sum },
} as const;
