// Intersection over union, for segmentation. https://keras.io/api/metrics/segmentation_metrics/
import type { Config } from "../json_config.ts";
import { ValueError } from "../errors.ts";
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
import { checkPositiveInteger } from "../option_kinds.ts";
import { checkOptions, describe } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import { type Direction, Metric, type MetricOptions } from "./metric.ts";

/** Options of the intersections over union. */
export interface IoUOptions extends MetricOptions {
  /** How many classes there are. */
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

const optionNames = ["numClasses", "ignoreClass", "sparseYTrue", "sparseYPred", "axis", "name"];

/**
 * The mean over `targetClassIds` of what targets and outputs have in common over what either has. Classes that neither
 * has do not count.
 *
 * @example Of one of three classes
 * ```ts
 * import { metrics } from "./mod.ts";
 * console.log(new metrics.IoU({ numClasses: 3, targetClassIds: [1] }).name); // io_u
 * ```
 */
export class IoU extends Metric {
  /** It rises as outputs get better. */
  override readonly direction: Direction = "up";
  /** The classes that are looked at. */
  readonly targetClassIds: readonly number[];
  /** How often each target class met each output class, `[numClasses, numClasses]`. */
  readonly totalCm: Variable;
  readonly #options: Required<Omit<IoUOptions, "name">>;

  /** Takes the options. Throws {@linkcode ValueError} for a class that is not among `numClasses`. */
  constructor(options: IoUOptions & { targetClassIds: readonly number[] }) {
    const className = new.target.name;
    checkOptions(className, options, [...optionNames, "targetClassIds"]);
    checkPositiveInteger(className, "numClasses", options.numClasses);
    super(options);
    const { numClasses, targetClassIds, ignoreClass = null, sparseYTrue = true, sparseYPred = true, axis = -1 } =
      options;
    const wrong = targetClassIds.find((id) => !(Number.isInteger(id) && id >= 0 && id < numClasses));
    if (wrong !== undefined) {
      throw new ValueError({
        what: `Cannot make ${className}`,
        rule: `targetClassIds must be whole numbers below ${numClasses}, which is numClasses`,
        received: describe(wrong),
        hint: "classes are counted from 0",
      });
    }
    this.targetClassIds = targetClassIds;
    this.#options = { numClasses, ignoreClass, sparseYTrue, sparseYPred, axis };
    this.totalCm = this.addVariable("total_confusion_matrix", [numClasses, numClasses]);
  }

  /** Takes a batch into the confusion matrix. Classes out of range do not count. */
  updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    const { numClasses, ignoreClass, sparseYTrue, sparseYPred, axis } = this.#options;
    const classes = (x: Value, sparse: boolean) => reshape(cast(sparse ? x : argMax(x, axis), "int32"), [-1]);
    const [targets, outputs] = [classes(yTrue, sparseYTrue), classes(yPred, sparseYPred)];
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
    const { numClasses: n } = this.#options;
    const at = (row: number, column: number) => matrix.data[row * n + column];
    let [total, valid] = [0, 0];
    for (const id of this.targetClassIds) {
      let either = -at(id, id);
      for (let other = 0; other < n; other++) either += at(id, other) + at(other, id);
      if (either <= 1e-9) continue;
      total += at(id, id) / (either + 1e-7);
      valid++;
    }
    return Math.fround(total / (valid + 1e-7));
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { numClasses, ignoreClass, sparseYTrue, sparseYPred, axis } = this.#options;
    return {
      ...super.getConfig(),
      dtype: "int64",
      num_classes: numClasses,
      target_class_ids: this.targetClassIds,
      ignore_class: ignoreClass,
      sparse_y_true: sparseYTrue,
      sparse_y_pred: sparseYPred,
      axis,
    };
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
export class MeanIoU extends IoU {
  /** Takes the options. Throws {@linkcode ValueError} for a number of classes that is none. */
  constructor(options: IoUOptions) {
    checkOptions(new.target.name, options, optionNames);
    checkPositiveInteger(new.target.name, "numClasses", options.numClasses);
    super({ ...options, targetClassIds: Array.from({ length: options.numClasses }, (_, id) => id) });
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { target_class_ids: _, ...config } = super.getConfig();
    return config;
  }
}

/** {@linkcode IoU} of one-hot targets, and scores unless `sparseYPred` says otherwise. */
export class OneHotIoU extends IoU {
  /** Takes the options. Throws {@linkcode ValueError} for a class that is not among `numClasses`. */
  constructor(options: Omit<IoUOptions, "sparseYTrue"> & { targetClassIds: readonly number[] }) {
    super({ sparseYPred: false, ...options, sparseYTrue: false });
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { sparse_y_true: _, ...config } = super.getConfig();
    return config;
  }
}

/** {@linkcode MeanIoU} of one-hot targets, and scores unless `sparseYPred` says otherwise. */
export class OneHotMeanIoU extends MeanIoU {
  /** Takes the options. Throws {@linkcode ValueError} for a number of classes that is none. */
  constructor(options: Omit<IoUOptions, "sparseYTrue">) {
    super({ sparseYPred: false, ...options, sparseYTrue: false });
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { sparse_y_true: _, ...config } = super.getConfig();
    return config;
  }
}

/** Options of {@linkcode BinaryIoU}. */
export interface BinaryIoUOptions extends MetricOptions {
  /** The classes that are looked at; both by default. */
  targetClassIds?: readonly number[];
  /** Outputs of at least this are class 1; 0.5 by default. */
  threshold?: number;
}

/** {@linkcode IoU} of two classes, from probabilities of class 1. */
export class BinaryIoU extends IoU {
  /** Outputs of at least this are class 1. */
  readonly threshold: number;

  /** Takes the options. Throws {@linkcode ValueError} for a class that is neither 0 nor 1. */
  constructor(options: BinaryIoUOptions = {}) {
    checkOptions("BinaryIoU", options, ["targetClassIds", "threshold", "name"]);
    const { targetClassIds = [0, 1], threshold = 0.5, name } = options;
    super({ numClasses: 2, targetClassIds, name });
    this.threshold = threshold;
  }
  /** Takes a batch into the confusion matrix. */
  override updateState(yTrue: Value, yPred: Value, sampleWeight?: Value): void {
    super.updateState(yTrue, cast(greaterEqual(yPred, this.threshold), "int32"), sampleWeight);
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { name, dtype, target_class_ids } = super.getConfig();
    return { target_class_ids, threshold: this.threshold, name, dtype };
  }
}
