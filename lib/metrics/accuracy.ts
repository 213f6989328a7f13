// Accuracies: how often outputs name the right class. https://keras.io/api/metrics/accuracy_metrics/
import type { Config } from "../json_config.ts";
import { Value } from "../ir/value.ts";
import { crossentropyKind } from "../losses/resolve.ts";
import { matchRanks } from "../losses/loss.ts";
import { squeeze } from "../ops/composed.ts";
import { argMax, cast, equal, greater } from "../ops/primitives.ts";
import { checkOptions } from "../options.ts";
import { type Operand, type ResultOf, shapeOf } from "../tensor/apply.ts";
import { MeanMetricWrapper } from "./mean.ts";
import type { MetricOptions } from "./metric.ts";

/** 1 where output and target are equal, else 0; elementwise, float32. */
export function accuracy<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function accuracy(yTrue: Operand, yPred: Operand): Operand {
  const [targets, outputs] = matchRanks(cast(yTrue, "float32"), cast(yPred, "float32"));
  return cast(equal(targets, outputs), "float32");
}

/** 1 where the output is above `threshold` and the target 1, or neither; elementwise, float32. */
export function binaryAccuracy<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  threshold?: number,
): ResultOf<A | B>;
export function binaryAccuracy(yTrue: Operand, yPred: Operand, threshold = 0.5): Operand {
  const [targets, outputs] = matchRanks(cast(yTrue, "float32"), yPred);
  return cast(equal(targets, cast(greater(outputs, threshold), "float32")), "float32");
}

/**
 * What ranks the classes as the outputs do: for a softmax its logits. It keeps their order, so the largest is at the
 * same place, and a step whose loss uses the logits too needs no softmax at all.
 */
function ranked(outputs: Operand): Operand {
  return outputs instanceof Value && outputs.logits?.activation === "softmax" ? outputs.logits.value : outputs;
}

/** 1 where the largest output is at the largest target; `[batch, ..., classes]` gives `[batch, ...]`. */
export function categoricalAccuracy<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function categoricalAccuracy(yTrue: Operand, yPred: Operand): Operand {
  return cast(equal(argMax(yTrue), argMax(ranked(yPred))), "float32");
}

/** 1 where the largest output is at the class that the label names; `[batch, ..., classes]` gives `[batch, ...]`. */
export function sparseCategoricalAccuracy<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function sparseCategoricalAccuracy(yTrue: Operand, yPred: Operand): Operand {
  let labels = cast(yTrue, "int32");
  if (labels.shape.length === shapeOf(yPred).length && labels.shape.at(-1) === 1) labels = squeeze(labels, -1);
  return cast(equal(labels, argMax(ranked(yPred))), "float32");
}

/**
 * How often outputs equal targets, as numbers.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.Accuracy().name); // accuracy
 * ```
 */
export class Accuracy extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "accuracy", ...rest }: MetricOptions = {}) {
    checkOptions("Accuracy", rest, ["name"]);
    super(accuracy, { name, direction: "up" });
  }
}

/** Options of {@linkcode BinaryAccuracy}. */
export interface BinaryAccuracyOptions extends MetricOptions {
  /** Outputs above it stand for 1; 0.5 by default. */
  threshold?: number;
}

/**
 * How often outputs on the right side of a threshold.
 *
 * @example A threshold for logits
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.BinaryAccuracy({ threshold: 0 }).name); // binary_accuracy
 * ```
 */
export class BinaryAccuracy extends MeanMetricWrapper {
  /** Outputs above it stand for 1. */
  readonly threshold: number;
  /** Takes name and threshold. */
  constructor({ name = "binary_accuracy", threshold = 0.5, ...rest }: BinaryAccuracyOptions = {}) {
    checkOptions("BinaryAccuracy", rest, ["name", "threshold"]);
    super((yTrue, yPred) => binaryAccuracy(yTrue, yPred, threshold), { name, direction: "up" });
    this.threshold = threshold;
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), threshold: this.threshold };
  }
}

/**
 * How often the largest output is at the class of a one-hot target.
 *
 * @example By class instead of by name
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.CategoricalAccuracy().name); // categorical_accuracy
 * ```
 */
export class CategoricalAccuracy extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "categorical_accuracy", ...rest }: MetricOptions = {}) {
    checkOptions("CategoricalAccuracy", rest, ["name"]);
    super(categoricalAccuracy, { name, direction: "up" });
  }
}

/**
 * How often the largest output is at the class that the label names.
 *
 * @example By class instead of by name
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.SparseCategoricalAccuracy().name); // sparse_categorical_accuracy
 * ```
 */
export class SparseCategoricalAccuracy extends MeanMetricWrapper {
  /** Takes the name. */
  constructor({ name = "sparse_categorical_accuracy", ...rest }: MetricOptions = {}) {
    checkOptions("SparseCategoricalAccuracy", rest, ["name"]);
    super(sparseCategoricalAccuracy, { name, direction: "up" });
  }
}

/** The accuracy that the shapes call for: binary for one output, sparse for labels without a class axis. */
export class ShapedAccuracy extends MeanMetricWrapper {
  /** Takes the name as the user typed it. */
  constructor(name: string) {
    super((yTrue, yPred) => {
      const kind = crossentropyKind(yTrue.shape, yPred.shape);
      if (kind === "binary") return binaryAccuracy(yTrue, yPred);
      return kind === "categorical" ? categoricalAccuracy(yTrue, yPred) : sparseCategoricalAccuracy(yTrue, yPred);
    }, { name, direction: "up" });
  }
}
