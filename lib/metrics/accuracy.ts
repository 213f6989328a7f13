// Accuracies: how often outputs give the right class. https://keras.io/api/metrics/accuracy_metrics/
import { Value } from "../ir/value.ts";
import { crossentropyKind } from "../losses/resolve.ts";
import { matchRanks } from "../losses/loss.ts";
import { squeeze } from "../ops/composed.ts";
import { argMax, cast, equal, greater } from "../ops/primitives.ts";
import { number } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import { type Operand, type ResultOf, shapeOf } from "../tensor/apply.ts";
import { MeanOfValues } from "./mean.ts";
import { type Direction, type MetricFields, type MetricOptions, metricOptions } from "./metric.ts";

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
 * Scores that rank the classes like the outputs: the logits of a softmax. They have the same order, and a step whose
 * loss uses the logits too then needs no softmax at all.
 */
export function ranked(outputs: Operand): Operand {
  return outputs instanceof Value && outputs.logits?.activation === "softmax" ? outputs.logits.value : outputs;
}

/** 1 where the largest output is at the largest target; `[batch, ..., classes]` gives `[batch, ...]`. */
export function categoricalAccuracy<A extends Operand, B extends Operand>(yTrue: A, yPred: B): ResultOf<A | B>;
export function categoricalAccuracy(yTrue: Operand, yPred: Operand): Operand {
  return cast(equal(argMax(yTrue), argMax(ranked(yPred))), "float32");
}

/** 1 where the largest output is at the label's class; `[batch, ..., classes]` gives `[batch, ...]`. */
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
export class Accuracy extends MeanOfValues {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";

  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** Whether each output is right. */
  protected values(yTrue: Value, yPred: Value): Value {
    return accuracy(yTrue, yPred);
  }
}

/** Options of {@linkcode BinaryAccuracy}. */
export interface BinaryAccuracyOptions extends MetricOptions {
  /** Outputs above it count as 1; 0.5 by default. */
  threshold?: number;
}

const binaryAccuracyOptions = optionTable<BinaryAccuracyOptions>()({ ...metricOptions, threshold: number(0.5) });

/** The options, checked and completed. */
export interface BinaryAccuracy extends MetricFields<BinaryAccuracyOptions, typeof binaryAccuracyOptions> {}

/**
 * How often outputs are on the right side of a threshold.
 *
 * @example A threshold for logits
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.BinaryAccuracy({ threshold: 0 }).name); // binary_accuracy
 * ```
 */
export class BinaryAccuracy extends MeanOfValues {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";

  static {
    declareOptions(this, binaryAccuracyOptions);
  }

  /** Takes name and threshold. Defaults: `threshold: 0.5`. */
  constructor(options: BinaryAccuracyOptions = {}) {
    super(options);
  }
  /** Whether each output is right. */
  protected values(yTrue: Value, yPred: Value): Value {
    return binaryAccuracy(yTrue, yPred, this.threshold);
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
export class CategoricalAccuracy extends MeanOfValues {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";

  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** Whether each output is right. */
  protected values(yTrue: Value, yPred: Value): Value {
    return categoricalAccuracy(yTrue, yPred);
  }
}

/**
 * How often the largest output is at the label's class.
 *
 * @example By class instead of by name
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.SparseCategoricalAccuracy().name); // sparse_categorical_accuracy
 * ```
 */
export class SparseCategoricalAccuracy extends MeanOfValues {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";

  /** Takes the name. */
  constructor(options: MetricOptions = {}) {
    super(options);
  }
  /** Whether each output is right. */
  protected values(yTrue: Value, yPred: Value): Value {
    return sparseCategoricalAccuracy(yTrue, yPred);
  }
}

/** The accuracy that fits the shapes: binary for one output, sparse for labels without a class axis. */
export class ShapedAccuracy extends MeanOfValues {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";

  /** Takes the name as the user wrote it. */
  constructor(options: MetricOptions) {
    super(options);
  }
  /** Whether each output is right. */
  protected values(yTrue: Value, yPred: Value): Value {
    const kind = crossentropyKind(yTrue.shape, yPred.shape);
    if (kind === "binary") return binaryAccuracy(yTrue, yPred);
    return kind === "categorical" ? categoricalAccuracy(yTrue, yPred) : sparseCategoricalAccuracy(yTrue, yPred);
  }
}

/** The named classes of this family by their names in snake case; each is also known by its class name. */
export const accuracyMetrics = {
  binary_accuracy: { BinaryAccuracy },
  categorical_accuracy: { CategoricalAccuracy },
  sparse_categorical_accuracy: { SparseCategoricalAccuracy },
} as const;
