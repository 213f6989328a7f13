// Activations that are composed of other ops, each of one operand and of its shape. https://keras.io/api/ops/nn/
import { ValueError } from "../errors.ts";
import { normalizeAxis } from "../shape.ts";
import { type Applied, type Operand, shapeOf } from "../tensor/apply.ts";
import { cumsum } from "./cumulative.ts";
import { sort } from "./ordering.ts";
import * as o from "./primitives.ts";

const result = <A extends Operand>(value: Operand): Applied<A> => value as Applied<A>;
/** Bytes would wrap where a number is added to them. */
const float = (x: Operand): Operand => o.cast(x, "float32");

/** `x` times the normal distribution function at `x`; by a tanh unless `approximate` is false. Hendrycks and Gimpel, 2016. */
export function gelu<A extends Operand>(x: A, approximate = true): Applied<A> {
  const values = float(x);
  const half = o.multiply(values, 0.5);
  if (!approximate) return result<A>(o.multiply(half, o.add(o.erf(o.multiply(values, Math.SQRT1_2)), 1)));
  const cubed = o.multiply(o.multiply(o.square(values), values), 0.044715);
  const inner = o.multiply(o.add(values, cubed), Math.sqrt(2 / Math.PI));
  return result<A>(o.multiply(half, o.add(o.tanh(inner), 1)));
}

/** `x * sigmoid(x)`, also known as swish. */
export const silu = <A extends Operand>(x: A): Applied<A> => result<A>(o.multiply(x as Operand, o.sigmoid(x)));

/** `x` above 0, else `alpha * (exp(x) - 1)`; `alpha` is 1 by default. Clevert et al., 2016. */
export function elu<A extends Operand>(x: A, alpha = 1): Applied<A> {
  const below = o.expm1(o.minimum(x as Operand, 0));
  return result<A>(o.select(o.greater(x as Operand, 0), x as Operand, alpha === 1 ? below : o.multiply(below, alpha)));
}

const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** The scaled {@linkcode elu} that keeps mean 0 and variance 1. Klambauer et al., 2017. */
export const selu = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.multiply(o.select(o.less(x as Operand, 0), elu(x, seluAlpha) as Operand, x as Operand), seluScale));

/** `x` above 0, else `negativeSlope * x`; the slope is 0.2 by default. */
export function leakyRelu<A extends Operand>(x: A, negativeSlope = 0.2): Applied<A> {
  return result<A>(o.select(o.greater(x as Operand, 0), x as Operand, o.multiply(x as Operand, negativeSlope)));
}

/** `x / (1 + |x|)`. */
export const softsign = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.divide(x as Operand, o.add(o.abs(float(x)), 1)));

/** `min(max(x, 0), 6)`. */
export const relu6 = <A extends Operand>(x: A): Applied<A> =>
  // As on TensorFlow, the slope is 0 at both ends, and NaN stays.
  result<A>(o.select(o.lessEqual(x as Operand, 0), 0, o.select(o.greaterEqual(x as Operand, 6), 6, x as Operand)));

/** `x / 6 + 0.5`, cut to 0 and 1. */
export const hardSigmoid = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.multiply(relu6(o.add(float(x), 3)), 1 / 6));

/** `x * hardSigmoid(x)`. */
export const hardSilu = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.multiply(x as Operand, hardSigmoid(x) as Operand));

/** `log(sigmoid(x))`. */
export const logSigmoid = <A extends Operand>(x: A): Applied<A> => result<A>(o.negate(o.softplus(o.negate(float(x)))));

/** `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`; `alpha` is 1 by default. */
export function celu<A extends Operand>(x: A, alpha = 1): Applied<A> {
  const below = o.multiply(o.expm1(o.multiply(o.minimum(x as Operand, 0), 1 / alpha)), alpha);
  return result<A>(o.add(o.maximum(x as Operand, 0), below));
}

/** The first half along `axis` (the last by default) times the sigmoid of the second half. */
export function glu<A extends Operand>(x: A, axis = -1): Applied<A> {
  const shape = shapeOf(x);
  const at = normalizeAxis(axis, shape.length, "glu");
  if (shape[at] % 2 !== 0) {
    throw new ValueError({
      what: "Cannot apply glu",
      rule: `axis ${axis} must have an even extent`,
      received: String(shape[at]),
    });
  }
  const sizes = shape.map((extent, i) => (i === at ? extent / 2 : extent));
  const starts = shape.map(() => 0);
  const first = o.slice(x as Operand, starts, sizes);
  const second = o.slice(x as Operand, starts.map((_, i) => (i === at ? shape[at] / 2 : 0)), sizes);
  return result<A>(o.multiply(first, o.sigmoid(second)));
}

/** `x`, cut to -1 and 1. */
export const hardTanh = <A extends Operand>(x: A): Applied<A> => result<A>(o.minimum(o.maximum(x, -1), 1));

/** `x` where `|x|` is above `threshold` (0.5 by default), else 0. */
export function hardShrink<A extends Operand>(x: A, threshold = 0.5): Applied<A> {
  return result<A>(o.select(o.greater(o.abs(x) as Operand, threshold), x as Operand, 0));
}

/** `x` moved towards 0 by `threshold` (0.5 by default), 0 where it would cross. */
export function softShrink<A extends Operand>(x: A, threshold = 0.5): Applied<A> {
  const high = o.select(o.greater(x as Operand, threshold), o.subtract(x as Operand, threshold), 0);
  return result<A>(o.select(o.less(x as Operand, -threshold), o.add(x as Operand, threshold), high));
}

/** `x - tanh(x)`. */
export const tanhShrink = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.subtract(x as Operand, o.tanh(x) as Operand));

/** `x` above `limit`, else `defaultValue`. */
export function threshold<A extends Operand>(x: A, limit = 0, defaultValue = 0): Applied<A> {
  return result<A>(o.select(o.greater(x as Operand, limit), x as Operand, defaultValue));
}

/** `(x + sqrt(x^2 + b)) / 2`; `b` is 4 by default. Barron, 2021. */
export function squareplus<A extends Operand>(x: A, b = 4): Applied<A> {
  const values = float(x);
  return result<A>(o.multiply(o.add(values, o.sqrt(o.add(o.square(values), b))), 0.5));
}

/** 0 up to -1, `x` from 1 on, `(x + 1)^2 / 4` between. */
export const sparsePlus = <A extends Operand>(x: A): Applied<A> => {
  const values = float(x);
  const between = o.multiply(o.square(o.add(values, 1)), 0.25);
  const upper = o.select(o.less(values, 1), between, values);
  return result<A>(o.select(o.lessEqual(values, -1), 0, upper));
};

/** `(x + 1) / 2`, cut to 0 and 1. */
export const sparseSigmoid = <A extends Operand>(x: A): Applied<A> => {
  const values = float(x);
  const between = o.multiply(o.add(values, 1), 0.5);
  const upper = o.select(o.greaterEqual(values, 1), 1, between);
  return result<A>(o.select(o.lessEqual(values, -1), 0, upper));
};

/**
 * `max(x - tau, 0)` along `axis` (the last by default), with zeros where softmax has small values. As Keras 3 computes it,
 * `tau` comes from all partial sums of the elements that are kept; where one is kept, that is the sparsemax of Martins
 * and Astudillo, 2016.
 */
export function sparsemax<A extends Operand>(x: A, axis = -1): Applied<A> {
  const rank = shapeOf(x).length;
  const at = normalizeAxis(axis, rank, "sparsemax");
  const values = float(x);
  const descending = o.negate(sort(o.negate(values), at));
  const sums = cumsum(descending, at);
  const counts = o.iota(shapeOf(x).map((extent, i) => (i === at ? extent : 1)), at, "float32");
  const isKept = o.greater(o.subtract(descending, o.divide(o.subtract(sums, 1), o.add(counts, 1))), 0);
  // The paper has the last of the sums here, Keras their sum.
  const total = o.sum(o.select(isKept, sums, 0), at, true);
  const kept = o.sum(o.cast(isKept, "float32"), at, true);
  return result<A>(o.maximum(o.subtract(values, o.divide(o.subtract(total, 1), kept)), 0));
}
