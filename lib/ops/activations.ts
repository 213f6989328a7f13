// Activations composed of other ops; the result has the operand's shape. https://keras.io/api/ops/nn/
import { ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { normalizeAxis } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { cumsum } from "./cumulative.ts";
import { lift, type Lifted, liftNamed, type Named } from "./lift.ts";
import { sort } from "./ordering.ts";
import * as o from "./primitives.ts";

/** A function of one operand whose result has the same shape. */
export type ActivationFunction = Lifted<[x: Operand]>;

/** In uint8, adding a number would wrap. */
const float = (x: Operand): Operand => o.cast(x, "float32");

/**
 * `x` times the normal distribution function of `x`; approximated with tanh unless `approximate` is false. Hendrycks
 * and Gimpel, 2016.
 */
export const gelu: Named<[x: Operand], [approximate?: boolean], { approximate?: boolean }> = liftNamed(1, [
  "approximate",
], (x, approximate = true) => {
  const values = float(x);
  const half = o.multiply(values, 0.5);
  if (!approximate) return o.multiply(half, o.add(o.erf(o.multiply(values, Math.SQRT1_2)), 1));
  const cubed = o.multiply(o.multiply(o.square(values), values), 0.044715);
  const inner = o.multiply(o.add(values, cubed), Math.sqrt(2 / Math.PI));
  return o.multiply(half, o.add(o.tanh(inner), 1));
});

/** `x * sigmoid(x)`, also known as swish. */
export const silu: ActivationFunction = lift((x) => o.multiply(x, o.sigmoid(x)));

/** `x` above 0, else `alpha * (exp(x) - 1)`; `alpha` is 1 by default. Clevert et al., 2016. */
export const elu: Named<[x: Operand], [alpha?: number], { alpha?: number }> = liftNamed(
  1,
  ["alpha"],
  (x, alpha = 1) => {
    const below = o.expm1(o.minimum(x, 0));
    return o.select(o.greater(x, 0), x, alpha === 1 ? below : o.multiply(below, alpha));
  },
);

const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** The scaled {@linkcode elu} that keeps mean 0 and variance 1. Klambauer et al., 2017. */
export const selu: ActivationFunction = lift((x) =>
  o.multiply(o.select(o.less(x, 0), elu(x, seluAlpha), x), seluScale)
);

/** `x` above 0, else `negativeSlope * x`; the slope is 0.2 by default. */
export const leakyRelu: Named<[x: Operand], [negativeSlope?: number], { negativeSlope?: number }> = liftNamed(1, [
  "negativeSlope",
], (x, negativeSlope = 0.2) => o.select(o.greater(x, 0), x, o.multiply(x, negativeSlope)));

/** `x / (1 + |x|)`. */
export const softsign: ActivationFunction = lift((x) => o.divide(x, o.add(o.abs(float(x)), 1)));

/** `min(max(x, 0), 6)`. */
export const relu6: ActivationFunction = lift((x) =>
  // As in TensorFlow, the slope is 0 at both ends, and NaN stays NaN.
  o.select(o.lessEqual(x, 0), 0, o.select(o.greaterEqual(x, 6), 6, x))
);

/** `x / 6 + 0.5`, clipped to 0 and 1. */
export const hardSigmoid: ActivationFunction = lift((x) => o.multiply(relu6(o.add(float(x), 3)), 1 / 6));

/** `x * hardSigmoid(x)`. */
export const hardSilu: ActivationFunction = lift((x) => o.multiply(x, hardSigmoid(x)));

/** `log(sigmoid(x))`. */
export const logSigmoid: ActivationFunction = lift((x) => o.negate(o.softplus(o.negate(float(x)))));

/** `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`; `alpha` is 1 by default. */
export const celu: Named<[x: Operand], [alpha?: number], { alpha?: number }> = liftNamed(
  1,
  ["alpha"],
  (x, alpha = 1) => {
    const below = o.multiply(o.expm1(o.multiply(o.minimum(x, 0), 1 / alpha)), alpha);
    return o.add(o.maximum(x, 0), below);
  },
);

/** The first half along `axis` (the last by default) times the sigmoid of the second half. */
export const glu: Named<[x: Operand], [axis?: number], { axis?: number }> = liftNamed(1, ["axis"], (x, axis = -1) => {
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
  const first = o.slice(x, starts, sizes);
  const second = o.slice(x, starts.map((_, i) => (i === at ? shape[at] / 2 : 0)), sizes);
  return o.multiply(first, o.sigmoid(second));
});

/** `x`, clipped to -1 and 1. */
export const hardTanh: ActivationFunction = lift((x) => o.minimum(o.maximum(x, -1), 1));

/** `x` where `|x|` is above `threshold` (0.5 by default), else 0. */
export const hardShrink: Named<[x: Operand], [threshold?: number], { threshold?: number }> = liftNamed(
  1,
  ["threshold"],
  (x, threshold = 0.5) => o.select(o.greater(o.abs(x), threshold), x, 0),
);

/** `x` moved towards 0 by `threshold` (0.5 by default), without crossing it. */
export const softShrink: Named<[x: Operand], [threshold?: number], { threshold?: number }> = liftNamed(
  1,
  ["threshold"],
  (x, threshold = 0.5) => {
    const high = o.select(o.greater(x, threshold), o.subtract(x, threshold), 0);
    return o.select(o.less(x, -threshold), o.add(x, threshold), high);
  },
);

/** `x - tanh(x)`. */
export const tanhShrink: ActivationFunction = lift((x) => o.subtract(x, o.tanh(x)));

/** `x` above `limit`, else `defaultValue`. */
export const threshold: Named<
  [x: Operand],
  [limit?: number, defaultValue?: number],
  { threshold: number; defaultValue: number }
> = liftNamed(
  1,
  ["threshold", "defaultValue"],
  (x, limit = 0, defaultValue = 0) => o.select(o.greater(x, limit), x, defaultValue),
);

/** `(x + sqrt(x^2 + b)) / 2`; `b` is 4 by default. Barron, 2021. */
export const squareplus: Named<[x: Operand], [b?: number], { b?: number }> = liftNamed(1, ["b"], (x, b = 4) => {
  const values = float(x);
  return o.multiply(o.add(values, o.sqrt(o.add(o.square(values), b))), 0.5);
});

/** 0 up to -1, `x` from 1 on, `(x + 1)^2 / 4` in between. */
export const sparsePlus: ActivationFunction = lift((x) => {
  const values = float(x);
  const between = o.multiply(o.square(o.add(values, 1)), 0.25);
  const upper = o.select(o.less(values, 1), between, values);
  return o.select(o.lessEqual(values, -1), 0, upper);
});

/** `(x + 1) / 2`, clipped to 0 and 1. */
export const sparseSigmoid: ActivationFunction = lift((x) => {
  const values = float(x);
  const between = o.multiply(o.add(values, 1), 0.5);
  const upper = o.select(o.greaterEqual(values, 1), 1, between);
  return o.select(o.lessEqual(values, -1), 0, upper);
});

/**
 * `max(x - tau, 0)` along `axis` (the last by default): exact zeros where softmax has small values. As in Keras 3,
 * `tau` comes from all partial sums of the kept elements; if one element is kept, that is the sparsemax of Martins and
 * Astudillo, 2016.
 */
export const sparsemax: Named<[x: Operand], [axis?: number], { axis?: number }> = liftNamed(
  1,
  ["axis"],
  (x, axis = -1) => {
    const rank = shapeOf(x).length;
    const at = normalizeAxis(axis, rank, "sparsemax");
    const values = float(x);
    const descending = o.negate(sort(o.negate(values), at));
    const sums = cumsum(descending, at);
    const counts = o.iota(shapeOf(x).map((extent, i) => (i === at ? extent : 1)), at, "float32");
    const isKept = o.greater(o.subtract(descending, o.divide(o.subtract(sums, 1), o.add(counts, 1))), 0);
    // The paper uses the last of the partial sums here, Keras their sum.
    const total = o.sum(o.select(isKept, sums, 0), at, true);
    const kept = o.sum(o.cast(isKept, "float32"), at, true);
    return o.maximum(o.subtract(values, o.divide(o.subtract(total, 1), kept)), 0);
  },
);

/** How Keras's files write these functions. */
export const savedActivations: SavedForms = {
  celu: { module: "nn", keys: { alpha: 1 } },
  elu: { module: "nn", keys: { alpha: 1 } },
  gelu: { module: "nn", keys: { approximate: true } },
  glu: { module: "nn", keys: { axis: -1 } },
  hardShrink: { module: "nn", keys: { threshold: 0.5 } },
  hardSigmoid: { module: "nn" },
  hardSilu: { module: "nn" },
  hardSwish: { module: "nn", className: "HardSilu" },
  hardTanh: { module: "nn" },
  leakyRelu: { module: "nn", keys: { negative_slope: 0.2 } },
  logSigmoid: { module: "nn" },
  relu6: { module: "nn" },
  selu: { module: "nn" },
  silu: { module: "nn" },
  softShrink: { module: "nn", keys: { threshold: 0.5 } },
  softsign: { module: "nn" },
  sparsemax: { module: "nn", keys: { axis: -1 } },
  sparsePlus: { module: "nn" },
  sparseSigmoid: { module: "nn" },
  squareplus: { module: "nn", keys: { b: 4 } },
  swish: { module: "nn", className: "Silu" },
  tanhShrink: { module: "nn" },
  threshold: { module: "nn", keys: { threshold: null, default_value: null } },
};
