// Losses of probabilities: binary, categorical and sparse categorical cross-entropy, as in Keras on TensorFlow.
// https://keras.io/api/losses/probabilistic_losses/
import type { Value } from "../ir/value.ts";
import { squeeze } from "../ops/composed.ts";
import * as crossentropies from "../ops/crossentropy.ts";
import { logitsOf } from "../ops/crossentropy.ts";
import { optionsOf } from "../ops/lift.ts";
import * as o from "../ops/primitives.ts";
import { declareOptions, nullable, optionTable } from "../options.ts";
import { boolean, integer, number } from "../option_kinds.ts";
import { type Operand, type ResultOf, shapeOf } from "../tensor/apply.ts";
import { Loss, type LossFields, type LossOptions, lossOptions, matchRanks, type TargetKind } from "./loss.ts";

/** Options of the cross-entropies of one or many independent classes. */
export interface CrossentropyOptions {
  /** Whether the outputs are logits; else they are probabilities. False by default. */
  fromLogits?: boolean;
  /** The fraction of each target that is spread over all classes, from 0 to 1; 0 by default. */
  labelSmoothing?: number;
  /** The axis of the classes; the last by default. */
  axis?: number;
}

/** Options of {@linkcode sparseCategoricalCrossentropy}. */
export interface SparseCrossentropyOptions {
  /** Whether the outputs are logits; else they are probabilities. False by default. */
  fromLogits?: boolean;
  /** A class whose samples do not count; none by default. */
  ignoreClass?: number | null;
}

/** Targets of 0 and 1 smoothed towards one half. */
export function smoothBinary(targets: Value, labelSmoothing: number): Value {
  if (labelSmoothing === 0) return targets;
  return o.add(o.multiply(targets, 1 - labelSmoothing), 0.5 * labelSmoothing);
}

/** The mean binary cross-entropy over the last axis, for targets of 0 and 1. `[batch, ..., n]` gives `[batch, ...]`. */
export function binaryCrossentropy<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  options?: CrossentropyOptions,
): ResultOf<A | B>;
export function binaryCrossentropy(
  yTrue: Operand,
  yPred: Operand,
  options?: CrossentropyOptions,
): Operand {
  const { fromLogits = false, labelSmoothing = 0, axis = -1 } = optionsOf(options);
  const logits = fromLogits ? yPred : logitsOf(yPred, "sigmoid");
  const [targets, outputs] = matchRanks(o.cast(yTrue, "float32"), logits ?? yPred);
  const smoothed = smoothBinary(targets, labelSmoothing);
  return o.mean(crossentropies.binaryCrossentropy(smoothed, outputs, logits !== undefined), axis);
}

/** One-hot targets smoothed towards equal probabilities. */
export function smoothCategorical(targets: Value, labelSmoothing: number): Value {
  if (labelSmoothing === 0) return targets;
  // Keras counts the classes along the last axis, whatever the axis of the loss.
  const classes = targets.shape[targets.shape.length - 1];
  return o.add(o.multiply(targets, 1 - labelSmoothing), labelSmoothing / classes);
}

/** The cross-entropy of one-hot (or soft) targets. `[batch, ..., classes]` gives `[batch, ...]`. */
export function categoricalCrossentropy<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  options?: CrossentropyOptions,
): ResultOf<A | B>;
export function categoricalCrossentropy(
  yTrue: Operand,
  yPred: Operand,
  options?: CrossentropyOptions,
): Operand {
  const { fromLogits = false, labelSmoothing = 0, axis = -1 } = optionsOf(options);
  const targets = smoothCategorical(o.cast(yTrue, "float32"), labelSmoothing);
  return crossentropies.categoricalCrossentropy(targets, yPred, fromLogits, axis);
}

/**
 * Minus the log-probability of each label's class. Labels `[batch, ...]` or `[batch, ..., 1]` and outputs `[batch, ...,
 * classes]` give `[batch, ...]`. A label out of range gives 0.
 */
export function sparseCategoricalCrossentropy<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  options?: SparseCrossentropyOptions,
): ResultOf<A | B>;
export function sparseCategoricalCrossentropy(
  yTrue: Operand,
  yPred: Operand,
  options?: SparseCrossentropyOptions,
): Operand {
  const { fromLogits = false, ignoreClass = null } = optionsOf(options);
  const labels = o.cast(yTrue, "int32");
  // A label out of range does not count.
  const counted = ignoreClass === null ? labels : o.select(o.equal(labels, ignoreClass), -1, labels);
  return crossentropies.sparseCategoricalCrossentropy(counted, yPred, fromLogits);
}

/** The options of losses that compare distributions. */
export const crossentropyOptions = optionTable<CrossentropyOptions & LossOptions>()({
  ...lossOptions,
  fromLogits: boolean(false),
  labelSmoothing: number(0, { min: 0, max: 1 }),
  axis: integer(-1),
});

/** The options, checked and completed. */
export interface BinaryCrossentropy extends LossFields<CrossentropyOptions, typeof crossentropyOptions> {}
/** The options, checked and completed. */
export interface CategoricalCrossentropy extends LossFields<CrossentropyOptions, typeof crossentropyOptions> {}

/**
 * Cross-entropy of targets of 0 and 1.
 *
 * @example One output with a sigmoid
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * const bce = new losses.BinaryCrossentropy();
 * console.log(bce.apply(tensor([[0], [1]]), tensor([[0.4], [0.6]])).item()); // about 0.5108
 * ```
 */
export class BinaryCrossentropy extends Loss {
  static {
    declareOptions(this, crossentropyOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for a smoothing outside of 0 to 1. Defaults: `fromLogits: false`,
   * `labelSmoothing: 0`, `axis: -1`.
   */
  constructor(options: CrossentropyOptions & LossOptions = {}) {
    super(options);
  }

  /** A probability for each output. */
  override targetKind(): TargetKind {
    return "binary";
  }

  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return binaryCrossentropy(yTrue, yPred, this);
  }
}

/**
 * Cross-entropy of one-hot targets.
 *
 * @example Three classes
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * const cce = new losses.CategoricalCrossentropy({ fromLogits: true });
 * console.log(cce.apply(tensor([[1, 0, 0]]), tensor([[8, 1, 1]])).item()); // about 0.0018
 * ```
 */
export class CategoricalCrossentropy extends Loss {
  static {
    declareOptions(this, crossentropyOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for a smoothing outside of 0 to 1. Defaults: `fromLogits: false`,
   * `labelSmoothing: 0`, `axis: -1`.
   */
  constructor(options: CrossentropyOptions & LossOptions = {}) {
    super(options);
  }

  /** A number for each class. */
  override targetKind(): TargetKind {
    return "categorical";
  }

  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return categoricalCrossentropy(yTrue, yPred, this);
  }
}

const sparseCrossentropyOptions = optionTable<SparseCrossentropyOptions & LossOptions>()({
  ...lossOptions,
  fromLogits: boolean(false),
  ignoreClass: nullable(integer()),
});

/** The options, checked and completed. */
export interface SparseCategoricalCrossentropy
  extends LossFields<SparseCrossentropyOptions, typeof sparseCrossentropyOptions> {}

/**
 * Cross-entropy of class numbers.
 *
 * @example Two samples, three classes
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * const loss = new losses.SparseCategoricalCrossentropy({ fromLogits: true });
 * console.log(loss.apply(tensor([0, 1]), tensor([[8, 1, 1], [0, 9, 1]])).item()); // about 0.0011
 * ```
 */
export class SparseCategoricalCrossentropy extends Loss {
  static {
    declareOptions(this, sparseCrossentropyOptions);
  }

  /** Takes the options. Defaults: `fromLogits: false`, `ignoreClass: null`. */
  constructor(options: SparseCrossentropyOptions & LossOptions = {}) {
    super(options);
  }

  /** Class numbers. */
  override targetKind(): TargetKind {
    return "sparse";
  }

  /** The option `ignoreClass`. */
  override get ignoredClass(): number | null {
    return this.ignoreClass;
  }

  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return sparseCategoricalCrossentropy(yTrue, yPred, this);
  }
  /** The reduced loss; samples of the ignored class do not count in the mean. */
  override apply<A extends Operand, B extends Operand>(
    yTrue: A,
    yPred: B,
    context?: { sampleWeight?: Operand; mask?: Operand },
  ): ResultOf<A | B>;
  override apply(yTrue: Operand, yPred: Operand, context: { sampleWeight?: Operand; mask?: Operand } = {}): Operand {
    if (this.ignoreClass === null) return super.apply(yTrue, yPred, context);
    const labels = o.cast(yTrue, "int32");
    const flat = shapeOf(labels).length === shapeOf(yPred).length ? squeeze(labels, -1) : labels;
    const counted = o.notEqual(flat, this.ignoreClass);
    const mask = context.mask === undefined ? counted : o.logicalAnd(context.mask, counted);
    return super.apply(yTrue, yPred, { ...context, mask });
  }
}

/** The losses of this family by Keras's function names: the function, the class, and further names. */
export const crossentropyLosses = {
  binary_crossentropy: {
    fn: binaryCrossentropy,
    Class: BinaryCrossentropy,
    aliases: ["BinaryCrossentropy", "bce", "BCE"],
  },
  categorical_crossentropy: {
    fn: categoricalCrossentropy,
    Class: CategoricalCrossentropy,
    aliases: ["CategoricalCrossentropy"],
  },
  sparse_categorical_crossentropy: {
    fn: sparseCategoricalCrossentropy,
    Class: SparseCategoricalCrossentropy,
    aliases: ["SparseCategoricalCrossentropy"],
  },
} as const;
