// Circle loss: a loss of embeddings by class. https://keras.io/api/losses/
import { optionsOf } from "../ops/lift.ts";
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { logSumExp } from "../ops/composed.ts";
import * as o from "../ops/primitives.ts";
import { declareOptions, optionTable } from "../options.ts";
import { boolean, number } from "../option_kinds.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { type Operand, type ResultOf, shapeOf } from "../tensor/apply.ts";
import { Loss, type LossContext, type LossFields, type LossOptions, lossOptions, reduceWeighted } from "./loss.ts";

/** Options of {@linkcode Circle}. */
export interface CircleOptions extends LossOptions {
  /** The largest scale of a similarity; 80 by default. */
  gamma?: number;
  /** The distance from which pairs weigh more; 0.4 by default. */
  margin?: number;
  /** Whether to exclude pairs of a sample with itself; true by default. */
  removeDiagonal?: boolean;
}

/** Options of {@linkcode circle}. */
export interface CirclePairs extends Omit<CircleOptions, keyof LossOptions> {
  /** The classes of the reference embeddings; those of the batch by default. */
  refLabels?: Operand;
  /** The embeddings that the batch is compared with; its own by default. */
  refEmbeddings?: Operand;
}

/**
 * The circle loss of each sample: how much farther its own class is than the others. Class numbers `[batch]` (or
 * `[batch, 1]`) and embeddings of length 1, `[batch, n]`, give `[batch]`. A sample without pairs of both kinds gives 0.
 * Sun et al., 2020.
 */
export function circle<A extends Operand, B extends Operand>(
  yTrue: A,
  yPred: B,
  options?: CirclePairs,
): ResultOf<A | B>;
export function circle(
  yTrue: Operand,
  yPred: Operand,
  options?: CirclePairs,
): Operand {
  const { refLabels, refEmbeddings, removeDiagonal = true, gamma = 80, margin = 0.4 } = optionsOf(options);
  const shape = shapeOf(yPred);
  if (shape.length !== 2) {
    throw new ShapeError({
      what: "Cannot compute circle",
      rule: "outputs must be embeddings [batch, n]",
      received: formatShape(shape),
      hint: "end the model with a Dense layer of no activation and UnitNormalization",
    });
  }
  const labels = o.cast(yTrue, "int32");
  const others = refLabels === undefined ? labels : o.cast(refLabels, "int32");
  const [rows, columns] = [shape[0], sizeOf(others.shape)];
  const distances = o.maximum(o.subtract(1, o.matmul(yPred, refEmbeddings ?? yPred, { transposeB: true })), 0);
  const same = o.equal(o.reshape(labels, [rows, 1]), o.reshape(others, [1, columns]));
  const isOther = o.notEqual(o.iota([rows, 1], 0), o.iota([1, columns], 1));
  const positive = removeDiagonal ? o.logicalAnd(same, isOther) : same;
  const [p, n] = [o.cast(positive, "float32"), o.cast(o.logicalNot(same), "float32")];
  const weightsOf = (x: Value, mask: Value) => o.maximum(o.multiply(x, mask), 0);
  const near = o.multiply(
    o.multiply(weightsOf(o.add(distances, margin), p), o.subtract(margin, distances)),
    -gamma,
  );
  const far = o.multiply(
    o.multiply(weightsOf(o.subtract(1 + margin, distances), n), o.subtract(1 - margin, distances)),
    gamma,
  );
  // For a sample without pairs all are used, so that its gradient is finite; its loss is set to 0 below.
  const [hasNear, hasFar] = [p, n].map((mask) => o.greater(o.sum(mask, 1, true), 0));
  const total = (values: Value, mask: Value, some: Value) =>
    logSumExp(o.select(o.logicalOr(o.greater(mask, 0), o.logicalNot(some)), values, -Infinity), 1);
  const sums = o.add(total(near, p, hasNear), total(far, n, hasFar));
  const counts = o.reshape(o.logicalAnd(hasNear, hasFar), [rows]);
  return o.select(counts, o.softplus(sums), 0);
}

const circleOptions = optionTable<CircleOptions>()({
  ...lossOptions,
  gamma: number(80, { min: 0 }),
  margin: number(0.4, { min: 0 }),
  removeDiagonal: boolean(true),
});

/** The options, checked and completed. */
export interface Circle extends LossFields<CircleOptions, typeof circleOptions> {}

/**
 * A loss of embeddings that pulls samples of one class together and pushes other classes away; targets are class
 * numbers, outputs vectors of length 1. Samples with loss 0 do not count in the mean. Sun et al., 2020.
 *
 * @example Two distant samples of one class
 * ```ts
 * import { losses, tensor } from "./mod.ts";
 * const embeddings = tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1]]);
 * console.log(new losses.Circle().apply(tensor([0, 1, 0]), embeddings).item()); // about 54.4
 * ```
 */
export class Circle extends Loss {
  static {
    declareOptions(this, circleOptions);
  }

  /**
   * Takes scale, margin, reduction and name. Throws {@linkcode ValueError} for a scale or margin below 0. Defaults:
   * `gamma: 80`, `margin: 0.4`, `removeDiagonal: true`.
   */
  constructor(options: CircleOptions = {}) {
    super(options);
  }
  /** Per-sample values. */
  call(yTrue: Value, yPred: Value): Value {
    return circle(yTrue, yPred, this);
  }
  /** The reduced loss; samples with loss 0 do not count in the mean. */
  override apply<A extends Operand, B extends Operand>(yTrue: A, yPred: B, context?: LossContext): ResultOf<A | B>;
  override apply(yTrue: Value, yPred: Value, context: LossContext = {}): Value {
    const values = this.call(yTrue, yPred);
    const counted = o.greater(values, 0);
    const mask = context.mask === undefined ? counted : o.logicalAnd(context.mask, counted);
    return reduceWeighted(values, this.reduction, { ...context, mask });
  }
}

/** The losses of this family by Keras's function names: the function, the class, and further names. */
export const circleLosses = {
  circle: { fn: circle, Class: Circle, aliases: ["Circle"] },
} as const;
