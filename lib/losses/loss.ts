// Loss: per-sample values reduced to the number that training minimizes. https://keras.io/api/losses/
import { epsilon } from "../config.ts";
import type { ObjectNode } from "../json_config.ts";
import { array, object } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import { Configurable } from "../configurable.ts";
import { isHalf } from "../dtype.ts";
import { Value } from "../ir/value.ts";
import { snakeCaseOfClass } from "../auto_names.ts";
import { expandDims, squeeze } from "../ops/composed.ts";
import { lift, type Lifted } from "../ops/lift.ts";
import { add, broadcastTo, cast, divide, maximum, multiply, reshape, sum } from "../ops/primitives.ts";
import { callable, choice, text } from "../option_kinds.ts";
import {
  declareOptions,
  nullable,
  type Option,
  option,
  type OptionFields,
  optionTable,
  positional,
} from "../options.ts";
import { objectNode } from "../registry.ts";
import { broadcastShapes, sameShape, sizeOf, type SymbolicShape } from "../shape.ts";
import { dtypeOf, type Operand, type ResultOf, shapeOf } from "../tensor/apply.ts";

/** How per-sample values are reduced to one number. */
export type Reduction = "sum_over_batch_size" | "mean" | "sum" | "mean_with_sample_weight" | "none";

const reductionOption = choice<Reduction>(["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none"]);

/** Options that every loss takes. */
export interface LossOptions {
  /** How per-sample values are reduced: to their sum over their count by default; null is `none`. */
  reduction?: Reduction | null;
  /** The name in logs. */
  name?: string | null;
}

/** The name of a loss as an option; derived from the class if not given. */
export const lossName = (fallback: string | null = null): Option<string | null> => nullable(text(), fallback);

/** The options that every loss takes. */
export const lossOptions = optionTable<LossOptions>()({
  name: lossName(),
  reduction: option<Reduction>({
    ...reductionOption,
    nullable: true,
    read: (given, place) => (given === null ? "none" : reductionOption.read(given, place)),
    write: (reduction) => (reduction === "none" ? null : reduction),
  }),
});

/** The fields of a loss's own options, besides those of every loss. */
export type LossFields<O, T> = OptionFields<Omit<O, keyof LossOptions>, Omit<T, keyof LossOptions>>;

/** A loss as a function of symbolic values: per-sample values from targets and outputs. */
export type LossFunction = (yTrue: Value, yPred: Value) => Value;

/** Sample weights and the mask of the outputs, for {@linkcode Loss.apply}. */
export interface LossContext {
  /** A weight for each sample, or for each per-sample value. */
  readonly sampleWeight?: Operand;
  /** True for values that count. */
  readonly mask?: Operand;
}

/**
 * What the targets of a loss are, so that data can be checked before training: class numbers (`sparse`), a number for
 * each class (`categorical`), a probability for each output (`binary`), numbers in the output's shape (`values`), or
 * whatever the loss makes of them (`any`).
 */
export type TargetKind = "sparse" | "categorical" | "binary" | "values" | "any";

/**
 * The base of losses: extend it with your own `call`.
 *
 * @example A custom loss
 * ```ts
 * import { losses, ops, type Value } from "./mod.ts";
 * class MeanCubicError extends losses.Loss {
 *   call(yTrue: Value, yPred: Value) {
 *     const distance = ops.abs(ops.subtract(yTrue, yPred));
 *     return ops.mean(ops.power(distance, 3), -1);
 *   }
 * }
 * console.log(new MeanCubicError().name); // mean_cubic_error
 * ```
 */
export abstract class Loss extends Configurable {
  /** The name in logs. */
  declare readonly name: string;
  /** How per-sample values are reduced to one number. */
  declare readonly reduction: Reduction;

  static {
    declareOptions(this, lossOptions, { strict: false });
    declareMethods(this, {
      call: { verb: "compute", takes: { yTrue: array, yPred: array }, returns: "the loss of each sample" },
      apply: { verb: "compute", takes: { yTrue: array, yPred: array, context: object } },
    });
  }

  /** Takes reduction and name. Throws {@linkcode ValueError} for an unknown reduction. */
  constructor(options: LossOptions = {}, byPosition: object = {}) {
    super(options, byPosition);
    this.name ??= snakeCaseOfClass(new.target.name);
  }

  /** What the targets are, by the shapes of targets and outputs; `any` unless overridden. */
  targetKind(_targets: SymbolicShape, _outputs: SymbolicShape): TargetKind {
    return "any";
  }

  /** The class number whose samples do not count; null if all do. */
  get ignoredClass(): number | null {
    return null;
  }

  /** Per-sample values, `[batch, ...]` without the last axis of the outputs. */
  abstract call(yTrue: Value, yPred: Value): Value;

  /** The reduced loss of targets and outputs, symbolic values or tensors. */
  apply<A extends Operand, B extends Operand>(yTrue: A, yPred: B, context?: LossContext): ResultOf<A | B>;
  apply(yTrue: Operand, yPred: Operand, context: LossContext = {}): Operand {
    const [targets, outputs] = matchRanks(cast(yTrue, "float32"), inFloat32(yPred));
    const values = array(this.call(targets, outputs), {
      what: `Cannot compute "${this.name}"`,
      argument: "the result of call(yTrue, yPred)",
      owner: this,
    });
    return reduceWeighted(values as Value, this.reduction, context);
  }

  /** The loss as written in a compile config. */
  override serialize(): ObjectNode {
    return objectNode(this);
  }
}

const functionLossOptions = optionTable<LossOptions>()({
  ...lossOptions,
  /** The function. */
  fn: positional(callable<LossFunction>(
    "must be a function of targets and outputs",
    "write it as in new losses.FunctionLoss((yTrue, yPred) => ...)",
  )),
});

/** The options, checked and completed. */
export interface FunctionLoss extends LossFields<LossOptions, typeof functionLossOptions> {}

/** A function of targets and outputs as a {@linkcode Loss}, named like the function. */
export class FunctionLoss extends Loss {
  static {
    declareOptions(this, functionLossOptions);
  }

  /** Takes the function, whose name becomes the loss's. Throws {@linkcode ValueError} for anything else. */
  constructor(fn: LossFunction, options: LossOptions = {}) {
    super(options, { fn, name: options?.name ?? (typeof fn === "function" && fn.name || "loss") });
  }
  /** The function's result. */
  call(yTrue: Value, yPred: Value): Value {
    return this.fn(yTrue, yPred);
  }
}

/** Outputs of a half type as float32, in which losses and metrics are computed, with their mask; others as they are. */
export function inFloat32(yPred: Operand): Operand {
  if (!isHalf(dtypeOf(yPred))) return yPred;
  const wide = cast(yPred, "float32");
  if (yPred instanceof Value && wide instanceof Value) wide.mask = yPred.mask;
  return wide;
}

/** Targets as float32 and outputs, with equal ranks; throws {@linkcode ShapeError} if they do not broadcast. */
export function matched(yTrue: Operand, yPred: Operand, loss: string): [Value, Value] {
  const [targets, outputs] = matchRanks(cast(yTrue, "float32"), yPred);
  checkSameShape(targets, outputs, loss);
  return [targets, outputs];
}

/** Two operands whose ranks differ by one, made equal in rank if the last extent of the longer shape is 1. */
export const matchRanks: Lifted<[a: Operand, b: Operand], [Operand, Operand]> = lift((a, b) => {
  const [m, n] = [shapeOf(a), shapeOf(b)];
  if (m.length === n.length + 1 && m[m.length - 1] === 1) {
    if (n.length === 1) b = expandDims(b, 1);
    else a = squeeze(a, -1);
  } else if (n.length === m.length + 1 && n[n.length - 1] === 1) {
    if (m.length === 1) a = expandDims(a, 1);
    else b = squeeze(b, -1);
  }
  return [a, b];
});

/** Throws {@linkcode ShapeError} if targets and outputs of an elementwise loss do not broadcast. */
function checkSameShape(yTrue: Operand, yPred: Operand, loss: string): void {
  const [targets, outputs] = [shapeOf(yTrue), shapeOf(yPred)];
  if (!sameShape(targets, outputs)) broadcastShapes(targets, outputs, `compute ${loss}`);
}

/** Weights and masks values, then reduces them. */
export function reduceWeighted(values: Value, reduction: Reduction, { sampleWeight, mask }: LossContext): Value {
  let weights: Operand | undefined = sampleWeight === undefined ? undefined : cast(sampleWeight, "float32");
  if (mask !== undefined) {
    let counted: Operand = cast(mask, "float32");
    if (reduction === "mean" || reduction === "sum_over_batch_size") {
      // Makes the later division by the number of all values one by the number of those that count.
      const total = sizeOf(shapeOf(counted));
      counted = multiply(counted, divide(total, add(sum(counted), epsilon())));
    }
    if (weights === undefined) weights = counted;
    else {
      const [w, m] = matchRanks(weights, counted);
      weights = multiply(w, m);
    }
  }
  if (weights !== undefined) {
    let [v, w] = matchRanks(values, weights);
    // A weight per sample applies to all of its values.
    if (w.shape.length < v.shape.length && w.shape.every((extent, axis) => extent === v.shape[axis])) {
      w = reshape(w, [...w.shape, ...v.shape.slice(w.shape.length).map(() => 1)]);
    }
    // A loss that is one number already becomes one for each weight.
    values = multiply(v, v.shape.length === 0 ? w : broadcastTo(w, v.shape));
    weights = w;
  }
  if (reduction === "none" || values.shape.length === 0) return values;
  const total = sum(values);
  if (reduction === "sum") return total;
  if (reduction === "mean_with_sample_weight" && weights !== undefined) {
    return divide(total, maximum(sum(weights), epsilon()));
  }
  return multiply(total, 1 / sizeOf(values.shape));
}
