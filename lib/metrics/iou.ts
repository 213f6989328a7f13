// Intersection over union, for segmentation. https://keras.io/api/metrics/segmentation_metrics/
import { epsilon } from "../config.ts";
import { describe, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { oneHot } from "../ops/composed.ts";
import {
  add,
  argMax,
  broadcastTo,
  cast,
  greaterEqual,
  matmul,
  multiply,
  notEqual,
  reshape,
} from "../ops/primitives.ts";
import { boolean, integer, number, positiveInteger } from "../option_kinds.ts";
import { declareOptions, fixed, nullable, option, optionTable, required, withFacts } from "../options.ts";
import type { Operand } from "../tensor/apply.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { ranked } from "./accuracy.ts";
import type { Variable } from "../tensor/variable.ts";
import { type Direction, Metric, metricDType, type MetricFields, metricName, type MetricOptions } from "./metric.ts";

/** Options of the intersections over union. */
export interface IoUOptions extends MetricOptions {
  /** The number of classes. */
  numClasses: number;
  /** A class whose elements do not count. */
  ignoreClass?: number | null;
  /** Whether targets are class numbers, not one-hot; true by default. */
  sparseYTrue?: boolean;
  /** Whether outputs are class numbers, not scores; true by default. */
  sparseYPred?: boolean;
  /** The axis of scores and one-hot targets; the last by default. */
  axis?: number;
}

/** The most classes: the state grows with their square. */
const maxClasses = 8192;

/** A list of class numbers; that they are below the number of classes is checked elsewhere. */
const classIdsOption = (fallback: readonly number[] | typeof required = required) =>
  option<readonly number[]>({
    fallback,
    read: (given, { what }) => {
      if (Array.isArray(given)) return given;
      throw new ValueError({
        what,
        rule: "targetClassIds must be a list of class numbers",
        received: describe(given),
        hint: "write it as in targetClassIds: [0]",
      });
    },
    write: (ids) => [...ids],
  });

const meanIoUOptions = optionTable<IoUOptions>()({
  name: metricName(),
  dtype: metricDType("int64"),
  numClasses: positiveInteger(required, maxClasses),
  ignoreClass: nullable(integer()),
  sparseYTrue: boolean(true),
  sparseYPred: boolean(true),
  axis: integer(-1),
});
const iouOptions = optionTable<IoUOptions & { targetClassIds: readonly number[] }>()({
  ...meanIoUOptions,
  targetClassIds: classIdsOption(),
});

const unwritten = { written: "never" } as const;

/** One-hot targets, and scores by default. */
const oneHotOptions = { sparseYTrue: withFacts(fixed(false), unwritten), sparseYPred: boolean(false) };

const binaryIoUOptions = optionTable<BinaryIoUOptions>()({
  targetClassIds: classIdsOption([0, 1]),
  threshold: number(0.5),
  name: metricName(),
  dtype: metricDType("int64"),
  numClasses: withFacts(fixed(2), unwritten),
  ignoreClass: withFacts(fixed(null), unwritten),
  sparseYTrue: withFacts(fixed(true), unwritten),
  sparseYPred: withFacts(fixed(true), unwritten),
  axis: withFacts(fixed(-1), unwritten),
});

/** The options, checked and completed. */
interface Overlap extends MetricFields<IoUOptions, typeof meanIoUOptions> {}

/** The mean over some classes of intersection over union. */
abstract class Overlap extends Metric {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";
  /** The classes to average over. */
  declare readonly targetClassIds: readonly number[];
  /** The confusion matrix: how often each target class met each output class, `[numClasses, numClasses]`. */
  readonly totalCm: Variable;

  constructor(options: MetricOptions) {
    super(options);
    const { numClasses } = this;
    this.targetClassIds ??= Array.from({ length: numClasses }, (_, id) => id);
    const wrong = this.targetClassIds.find((id) => !(Number.isInteger(id) && id >= 0 && id < numClasses));
    if (wrong !== undefined) {
      throw new ValueError({
        what: `Cannot make ${new.target.name}`,
        rule: `targetClassIds must be whole numbers below ${numClasses}, which is numClasses`,
        received: describe(wrong),
        hint: "classes are counted from 0",
      });
    }
    this.totalCm = this.addVariable("total_confusion_matrix", [numClasses, numClasses]);
  }

  /** Adds a batch to the confusion matrix. Classes out of range do not count. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const { numClasses, ignoreClass, sparseYTrue, sparseYPred, axis } = this;
    const classes = (x: Operand, sparse: boolean) => reshape(cast(sparse ? x : argMax(x, axis), "int32"), [-1]);
    // Along the last axis, logits have the same order as their softmax.
    const isLast = axis === -1 || axis === yPred.shape.length - 1;
    const scores = isLast && !sparseYPred ? ranked(yPred) : yPred;
    const [targets, outputs] = [classes(yTrue, sparseYTrue), classes(scores, sparseYPred)];
    let rows = oneHot(targets, numClasses);
    if (ignoreClass !== null) rows = multiply(rows, reshape(cast(notEqual(targets, ignoreClass), "float32"), [-1, 1]));
    if (sampleWeight) {
      const flat = reshape(cast(sampleWeight, "float32"), [-1, 1]);
      rows = multiply(rows, broadcastTo(flat, [targets.shape[0], 1]));
    }
    this.totalCm.assign(add(this.totalCm, matmul(rows, oneHot(outputs, numClasses), { transposeA: true })));
  }

  /** The mean over the classes. */
  compute([matrix]: readonly Tensor[]): number {
    const n = this.numClasses;
    const at = (row: number, column: number) => matrix.data[row * n + column];
    let [total, valid] = [0, 0];
    for (const id of this.targetClassIds) {
      let either = -at(id, id);
      for (let other = 0; other < n; other++) either += at(id, other) + at(other, id);
      if (either <= 1e-9) continue;
      total += at(id, id) / (either + epsilon());
      valid++;
    }
    return Math.fround(total / (valid + epsilon()));
  }
}

/**
 * The mean over `targetClassIds` of intersection over union of targets and outputs. Classes that occur in neither do
 * not count.
 *
 * @example One of three classes
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.IoU({ numClasses: 3, targetClassIds: [1] }).name); // io_u
 * ```
 */
export class IoU extends Overlap {
  static {
    declareOptions(this, iouOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for a class that is not among `numClasses`. Defaults:
   * `ignoreClass: null`, `sparseYTrue: true`, `sparseYPred: true`, `axis: -1`.
   */
  constructor(options: IoUOptions & { targetClassIds: readonly number[] }) {
    super(options);
  }
}

/**
 * {@linkcode IoU} of all classes.
 *
 * @example
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.MeanIoU({ numClasses: 3 }).targetClassIds.length); // 3
 * ```
 */
export class MeanIoU extends Overlap {
  static {
    declareOptions(this, meanIoUOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for an invalid number of classes. Defaults: `ignoreClass: null`,
   * `sparseYTrue: true`, `sparseYPred: true`, `axis: -1`.
   */
  constructor(options: IoUOptions) {
    super(options);
  }
}

/** {@linkcode IoU} of one-hot targets and of scores, unless `sparseYPred` is set. */
export class OneHotIoU extends IoU {
  static {
    declareOptions(this, { ...iouOptions, ...oneHotOptions });
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for a class that is not among `numClasses`. Defaults:
   * `ignoreClass: null`, `sparseYPred: false`, `axis: -1`.
   */
  constructor(options: Omit<IoUOptions, "sparseYTrue"> & { targetClassIds: readonly number[] }) {
    super(options);
  }
}

/** {@linkcode MeanIoU} of one-hot targets and of scores, unless `sparseYPred` is set. */
export class OneHotMeanIoU extends MeanIoU {
  static {
    declareOptions(this, { ...meanIoUOptions, ...oneHotOptions });
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for an invalid number of classes. Defaults: `ignoreClass: null`,
   * `sparseYPred: false`, `axis: -1`.
   */
  constructor(options: Omit<IoUOptions, "sparseYTrue">) {
    super(options);
  }
}

/** Options of {@linkcode BinaryIoU}. */
export interface BinaryIoUOptions extends MetricOptions {
  /** The classes to average over; both by default. */
  targetClassIds?: readonly number[];
  /** Outputs of at least this are class 1; 0.5 by default. */
  threshold?: number;
}

/** {@linkcode IoU} of two classes, from probabilities of class 1. */
export class BinaryIoU extends Overlap {
  /** Outputs of at least this are class 1. */
  declare readonly threshold: number;

  static {
    declareOptions(this, binaryIoUOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for a class that is neither 0 nor 1. Defaults:
   * `targetClassIds: [0, 1]`, `threshold: 0.5`.
   */
  constructor(options: BinaryIoUOptions = {}) {
    super(options);
  }
  /** Adds a batch to the confusion matrix. */
  override updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    super.updateState(yTrue, cast(greaterEqual(yPred, this.threshold), "int32"), sampleWeight);
  }
}

/** The named classes of this family by their names in snake case; each is also known by its class name. */
export const iouMetrics = {
  binary_io_u: { BinaryIoU },
} as const;
