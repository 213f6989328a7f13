// Running means of losses as metrics. https://keras.io/api/metrics/
import type { Value } from "../ir/value.ts";
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  type CrossentropyOptions,
  sparseCategoricalCrossentropy,
  type SparseCrossentropyOptions,
} from "../losses/crossentropy.ts";
import { klDivergence, poisson } from "../losses/divergence.ts";
import { categoricalHinge, hinge, squaredHinge } from "../losses/hinge.ts";
import { matchRanks } from "../losses/loss.ts";
import {
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
} from "../losses/regression.ts";
import { logCosh } from "../losses/robust.ts";
import { cosine } from "../losses/similarity.ts";
import { cast, multiply, notEqual, reshape } from "../ops/primitives.ts";
import { boolean, integer, number } from "../option_kinds.ts";
import { declareOptions, fixed, nullable, optionTable, withFacts } from "../options.ts";
import { MeanOfValues } from "./mean.ts";
import { type Direction, type MetricFields, metricName, type MetricOptions, metricOptions } from "./metric.ts";

/** The running mean of a loss. */
abstract class MeanLoss extends MeanOfValues {
  /** It falls as outputs get better. */
  override readonly direction: Direction = "down";
}

/** The running mean of {@linkcode meanSquaredError}. */
export class MeanSquaredError extends MeanLoss {
  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return meanSquaredError(yTrue, yPred);
  }
}

/** The running mean of {@linkcode meanAbsoluteError}. */
export class MeanAbsoluteError extends MeanLoss {
  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return meanAbsoluteError(yTrue, yPred);
  }
}

/** The running mean of {@linkcode meanAbsolutePercentageError}. */
export class MeanAbsolutePercentageError extends MeanLoss {
  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return meanAbsolutePercentageError(yTrue, yPred);
  }
}

/** The running mean of {@linkcode meanSquaredLogarithmicError}. */
export class MeanSquaredLogarithmicError extends MeanLoss {
  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return meanSquaredLogarithmicError(yTrue, yPred);
  }
}

/** The running mean of {@linkcode logCosh}. */
export class LogCoshError extends MeanLoss {
  static {
    declareOptions(this, { ...metricOptions, name: metricName("logcosh") });
  }

  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return logCosh(yTrue, yPred);
  }
}

/** The running mean of {@linkcode hinge}. */
export class Hinge extends MeanLoss {
  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return hinge(yTrue, yPred);
  }
}

/** The running mean of {@linkcode squaredHinge}. */
export class SquaredHinge extends MeanLoss {
  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return squaredHinge(yTrue, yPred);
  }
}

/** The running mean of {@linkcode categoricalHinge}. */
export class CategoricalHinge extends MeanLoss {
  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return categoricalHinge(yTrue, yPred);
  }
}

/** The running mean of {@linkcode klDivergence}. */
export class KLDivergence extends MeanLoss {
  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return klDivergence(yTrue, yPred);
  }
}

/** The running mean of {@linkcode poisson}. */
export class Poisson extends MeanLoss {
  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return poisson(yTrue, yPred);
  }
}

/** Options of {@linkcode CosineSimilarity}. */
export interface CosineSimilarityOptions extends MetricOptions {
  /** The axis of the vectors; the last by default. */
  axis?: number;
}

const cosineOptions = optionTable<CosineSimilarityOptions>()({
  ...metricOptions,
  // Keras writes no axis, so files always give -1.
  axis: withFacts(integer(-1), { written: "never" }),
});

/** The options, checked and completed. */
export interface CosineSimilarity extends MetricFields<CosineSimilarityOptions, typeof cosineOptions> {}

/** The running mean of the cosine of the angle between targets and outputs: 1 if they point the same way. */
export class CosineSimilarity extends MeanOfValues {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";

  static {
    declareOptions(this, cosineOptions);
  }

  /** Takes axis (the last by default) and name. Defaults: `axis: -1`. */
  constructor(options: CosineSimilarityOptions = {}) {
    super(options);
  }
  /** The cosines of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return cosine(yTrue, yPred, this.axis);
  }
}

const binaryCrossentropyOptions = optionTable<MetricOptions & Omit<CrossentropyOptions, "axis">>()({
  ...metricOptions,
  fromLogits: boolean(false),
  labelSmoothing: number(0, { min: 0, max: 1 }),
});
const categoricalCrossentropyOptions = optionTable<MetricOptions & CrossentropyOptions>()({
  ...binaryCrossentropyOptions,
  axis: integer(-1),
});
const sparseCrossentropyOptions = optionTable<MetricOptions & SparseCrossentropyOptions>()({
  ...metricOptions,
  fromLogits: boolean(false),
  ignoreClass: nullable(integer()),
  axis: fixed(-1),
});

/** The options, checked and completed. */
export interface BinaryCrossentropy
  extends MetricFields<Omit<CrossentropyOptions, "axis">, typeof binaryCrossentropyOptions> {}
/** The options, checked and completed. */
export interface CategoricalCrossentropy
  extends MetricFields<CrossentropyOptions, typeof categoricalCrossentropyOptions> {}
/** The options, checked and completed. */
export interface SparseCategoricalCrossentropy
  extends MetricFields<SparseCrossentropyOptions, typeof sparseCrossentropyOptions> {}

/** The running mean of {@linkcode binaryCrossentropy}. */
export class BinaryCrossentropy extends MeanLoss {
  static {
    declareOptions(this, binaryCrossentropyOptions);
  }

  /**
   * Takes name and options. Throws {@linkcode ValueError} for a smoothing outside of 0 to 1. Defaults:
   * `fromLogits: false`, `labelSmoothing: 0`.
   */
  constructor(options: MetricOptions & Omit<CrossentropyOptions, "axis"> = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return binaryCrossentropy(yTrue, yPred, this);
  }
}

/** The running mean of {@linkcode categoricalCrossentropy}. */
export class CategoricalCrossentropy extends MeanLoss {
  static {
    declareOptions(this, categoricalCrossentropyOptions);
  }

  /**
   * Takes name and options. Throws {@linkcode ValueError} for a smoothing outside of 0 to 1. Defaults:
   * `fromLogits: false`, `labelSmoothing: 0`, `axis: -1`.
   */
  constructor(options: MetricOptions & CrossentropyOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return categoricalCrossentropy(yTrue, yPred, this);
  }
}

/** The running mean of {@linkcode sparseCategoricalCrossentropy}. */
export class SparseCategoricalCrossentropy extends MeanLoss {
  static {
    declareOptions(this, sparseCrossentropyOptions);
  }

  /**
   * Takes name, whether outputs are logits (false by default), and a class whose samples give 0. Defaults:
   * `fromLogits: false`, `ignoreClass: null`.
   */
  constructor(options: MetricOptions & SparseCrossentropyOptions = {}) {
    super(options);
  }
  /** The losses of a batch. */
  protected values(yTrue: Value, yPred: Value): Value {
    return sparseCategoricalCrossentropy(yTrue, yPred, this);
  }
  /** Adds the values of a batch; if weights are given, samples of the ignored class have weight 0. */
  override updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    if (this.ignoreClass === null || !sampleWeight) return super.updateState(yTrue, yPred, sampleWeight);
    const counted = cast(notEqual(reshape(yTrue, yPred.shape.slice(0, -1)), this.ignoreClass), "float32");
    const [weights, mask] = matchRanks(cast(sampleWeight, "float32"), counted);
    super.updateState(yTrue, yPred, multiply(weights, mask));
  }
}

/** The named classes of this family by their names in snake case; each is also known by its class name. */
export const lossMetrics = {
  // As a metric it rises with similarity, as a loss it falls.
  cosine_similarity: { CosineSimilarity },
  log_cosh_error: { LogCoshError },
} as const;
