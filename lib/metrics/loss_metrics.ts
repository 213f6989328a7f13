// Running means of losses as metrics. https://keras.io/api/metrics/
import type { Config } from "../json_config.ts";
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
import { checkOptions } from "../options.ts";
import { MeanMetricWrapper } from "./mean.ts";
import type { MetricOptions } from "./metric.ts";

/** The running mean of {@linkcode meanSquaredError}. */
export class MeanSquaredError extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "mean_squared_error", ...rest }: MetricOptions = {}) {
    checkOptions("MeanSquaredError", rest, ["name"]);
    super((yTrue, yPred) => meanSquaredError(yTrue, yPred), { name, direction: "down" });
  }
}

/** The running mean of {@linkcode meanAbsoluteError}. */
export class MeanAbsoluteError extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "mean_absolute_error", ...rest }: MetricOptions = {}) {
    checkOptions("MeanAbsoluteError", rest, ["name"]);
    super((yTrue, yPred) => meanAbsoluteError(yTrue, yPred), { name, direction: "down" });
  }
}

/** The running mean of {@linkcode meanAbsolutePercentageError}. */
export class MeanAbsolutePercentageError extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "mean_absolute_percentage_error", ...rest }: MetricOptions = {}) {
    checkOptions("MeanAbsolutePercentageError", rest, ["name"]);
    super((yTrue, yPred) => meanAbsolutePercentageError(yTrue, yPred), { name, direction: "down" });
  }
}

/** The running mean of {@linkcode meanSquaredLogarithmicError}. */
export class MeanSquaredLogarithmicError extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "mean_squared_logarithmic_error", ...rest }: MetricOptions = {}) {
    checkOptions("MeanSquaredLogarithmicError", rest, ["name"]);
    super((yTrue, yPred) => meanSquaredLogarithmicError(yTrue, yPred), { name, direction: "down" });
  }
}

/** The running mean of {@linkcode logCosh}. */
export class LogCoshError extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "logcosh", ...rest }: MetricOptions = {}) {
    checkOptions("LogCoshError", rest, ["name"]);
    super((yTrue, yPred) => logCosh(yTrue, yPred), { name, direction: "down" });
  }
}

/** The running mean of {@linkcode hinge}. */
export class Hinge extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "hinge", ...rest }: MetricOptions = {}) {
    checkOptions("Hinge", rest, ["name"]);
    super((yTrue, yPred) => hinge(yTrue, yPred), { name, direction: "down" });
  }
}

/** The running mean of {@linkcode squaredHinge}. */
export class SquaredHinge extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "squared_hinge", ...rest }: MetricOptions = {}) {
    checkOptions("SquaredHinge", rest, ["name"]);
    super((yTrue, yPred) => squaredHinge(yTrue, yPred), { name, direction: "down" });
  }
}

/** The running mean of {@linkcode categoricalHinge}. */
export class CategoricalHinge extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "categorical_hinge", ...rest }: MetricOptions = {}) {
    checkOptions("CategoricalHinge", rest, ["name"]);
    super((yTrue, yPred) => categoricalHinge(yTrue, yPred), { name, direction: "down" });
  }
}

/** The running mean of {@linkcode klDivergence}. */
export class KLDivergence extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "kl_divergence", ...rest }: MetricOptions = {}) {
    checkOptions("KLDivergence", rest, ["name"]);
    super((yTrue, yPred) => klDivergence(yTrue, yPred), { name, direction: "down" });
  }
}

/** The running mean of {@linkcode poisson}. */
export class Poisson extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "poisson", ...rest }: MetricOptions = {}) {
    checkOptions("Poisson", rest, ["name"]);
    super((yTrue, yPred) => poisson(yTrue, yPred), { name, direction: "down" });
  }
}

/** The running mean of the cosine of the angle between targets and outputs: 1 where they point the same way. */
export class CosineSimilarity extends MeanMetricWrapper {
  /** Takes axis (the last by default) and name. */
  constructor({ name = "cosine_similarity", axis = -1, ...rest }: MetricOptions & { axis?: number } = {}) {
    checkOptions("CosineSimilarity", rest, ["name", "axis"]);
    super((yTrue, yPred) => cosine(yTrue, yPred, axis), { name, direction: "up" });
  }
}

/** The running mean of {@linkcode binaryCrossentropy}. */
export class BinaryCrossentropy extends MeanMetricWrapper {
  readonly #config: Config;
  /** Takes name and options. */
  constructor({ name = "binary_crossentropy", ...options }: MetricOptions & Omit<CrossentropyOptions, "axis"> = {}) {
    checkOptions("BinaryCrossentropy", options, ["name", "fromLogits", "labelSmoothing"]);
    super((yTrue, yPred) => binaryCrossentropy(yTrue, yPred, options), { name, direction: "down" });
    const { fromLogits = false, labelSmoothing = 0 } = options;
    this.#config = { from_logits: fromLogits, label_smoothing: labelSmoothing };
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), ...this.#config };
  }
}

/** The running mean of {@linkcode categoricalCrossentropy}. */
export class CategoricalCrossentropy extends MeanMetricWrapper {
  readonly #config: Config;
  /** Takes name and options. */
  constructor({ name = "categorical_crossentropy", ...options }: MetricOptions & CrossentropyOptions = {}) {
    checkOptions("CategoricalCrossentropy", options, ["name", "fromLogits", "labelSmoothing", "axis"]);
    super((yTrue, yPred) => categoricalCrossentropy(yTrue, yPred, options), { name, direction: "down" });
    const { fromLogits = false, labelSmoothing = 0, axis = -1 } = options;
    this.#config = { from_logits: fromLogits, label_smoothing: labelSmoothing, axis };
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), ...this.#config };
  }
}

/** The running mean of {@linkcode sparseCategoricalCrossentropy}. */
export class SparseCategoricalCrossentropy extends MeanMetricWrapper {
  readonly #fromLogits: boolean;
  readonly #ignoreClass: number | null;
  /** Takes name, whether outputs are logits (false by default), and a class whose samples give 0. */
  constructor(
    { name = "sparse_categorical_crossentropy", ...options }: MetricOptions & SparseCrossentropyOptions = {},
  ) {
    checkOptions("SparseCategoricalCrossentropy", options, ["name", "fromLogits", "ignoreClass"]);
    super((yTrue, yPred) => sparseCategoricalCrossentropy(yTrue, yPred, options), { name, direction: "down" });
    this.#fromLogits = options.fromLogits ?? false;
    this.#ignoreClass = options.ignoreClass ?? null;
  }
  /** Takes the values of a batch; samples of the ignored class have no weight, where weights are given. */
  override updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    if (this.#ignoreClass === null || !sampleWeight) return super.updateState(yTrue, yPred, sampleWeight);
    const counted = cast(notEqual(reshape(yTrue, yPred.shape.slice(0, -1)), this.#ignoreClass), "float32");
    const [weights, mask] = matchRanks(cast(sampleWeight, "float32"), counted);
    super.updateState(yTrue, yPred, multiply(weights, mask));
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), from_logits: this.#fromLogits, ignore_class: this.#ignoreClass, axis: -1 };
  }
}
