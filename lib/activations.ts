// Activations: Keras's functions by name, composed from primitive ops. https://keras.io/api/layers/activations/
import { describe, unknownIdentifier, ValueError } from "./errors.ts";
import { logSoftmax, softmax as normalized } from "./ops/composed.ts";
import { cumsum } from "./ops/cumulative.ts";
import { sort } from "./ops/ordering.ts";
import * as o from "./ops/primitives.ts";
import { normalizeAxis } from "./shape.ts";
import type { Applied, Operand } from "./tensor/apply.ts";
import { Value } from "./ir/value.ts";

/** A function of one symbolic value or tensor that gives another of the same shape. */
export type ActivationFunction = <A extends Operand>(x: A) => Applied<A>;

/** Options of {@linkcode relu}. */
export interface ReluOptions {
  /** The slope below the threshold; 0 by default. */
  negativeSlope?: number;
  /** The largest value; none by default. */
  maxValue?: number | null;
  /** Where the function begins to rise; 0 by default. */
  threshold?: number;
}

// Inside of this file operands are taken as symbolic values; at run time they may be tensors as well.
type Any = Operand;
const result = <A extends Operand>(value: unknown): Applied<A> => value as Applied<A>;

/** `x` itself. */
export const linear: ActivationFunction = <A extends Operand>(x: A): Applied<A> => o.cast(x, dtypeOf(x));

/** `max(x, 0)`; with options: `x` above `threshold`, `negativeSlope * (x - threshold)` below, at most `maxValue`. */
export function relu<A extends Operand>(x: A, options: ReluOptions = {}): Applied<A> {
  const { negativeSlope = 0, maxValue = null, threshold = 0 } = options;
  if (negativeSlope === 0 && threshold === 0) {
    const risen = o.relu(x);
    return maxValue === null ? risen : result<A>(o.minimum(risen as Any, maxValue));
  }
  const below = threshold === 0
    ? o.multiply(x as Any, negativeSlope)
    : o.multiply(o.relu(o.subtract(threshold, x as Any) as Any), -negativeSlope);
  const capped = maxValue === null ? x : o.minimum(x as Any, maxValue);
  return result<A>(o.select(o.greater(x as Any, threshold), capped as Any, below));
}

/** `1 / (1 + exp(-x))`; remembers `x` as its logits. */
export function sigmoid<A extends Operand>(x: A): Applied<A> {
  const y = o.sigmoid(x);
  if (y instanceof Value && x instanceof Value) y.logits = { value: x, activation: "sigmoid" };
  return y;
}

/** The hyperbolic tangent. */
export const tanh: ActivationFunction = <A extends Operand>(x: A): Applied<A> => o.tanh(x);

/** `exp(x) / sum(exp(x))` along `axis` (the last by default); along the last axis it remembers `x` as its logits. */
export function softmax<A extends Operand>(x: A, axis = -1): Applied<A> {
  const y = normalized(x, axis);
  const last = shapeOf(x).length - 1;
  if (y instanceof Value && x instanceof Value && normalizeAxis(axis, last + 1, "softmax") === last) {
    y.logits = { value: x, activation: "softmax" };
  }
  return y;
}

/** `x` times the normal distribution function at `x`; by a tanh if `approximate`. Hendrycks and Gimpel, 2016. */
export function gelu<A extends Operand>(x: A, approximate = false): Applied<A> {
  const half = o.multiply(x as Any, 0.5);
  if (!approximate) return result<A>(o.multiply(half, o.add(o.erf(o.multiply(x as Any, Math.SQRT1_2)), 1)));
  const cubed = o.multiply(o.multiply(o.square(x), x as Any), 0.044715);
  const inner = o.multiply(o.add(x as Any, cubed), Math.sqrt(2 / Math.PI));
  return result<A>(o.multiply(half, o.add(o.tanh(inner), 1)));
}

/** `x * sigmoid(x)`, also known as swish. */
export const silu: ActivationFunction = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.multiply(x as Any, o.sigmoid(x)));

/** `x` above 0, else `alpha * (exp(x) - 1)`; `alpha` is 1 by default. Clevert et al., 2016. */
export function elu<A extends Operand>(x: A, alpha = 1): Applied<A> {
  const below = o.expm1(o.minimum(x as Any, 0));
  return result<A>(o.select(o.greater(x as Any, 0), x as Any, alpha === 1 ? below : o.multiply(below, alpha)));
}

const seluAlpha = 1.6732632423543772;
const seluScale = 1.0507009873554805;

/** The scaled {@linkcode elu} that keeps mean 0 and variance 1. Klambauer et al., 2017. */
export const selu: ActivationFunction = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.multiply(elu(x, seluAlpha) as Any, seluScale));

/** `x` above 0, else `negativeSlope * x`; the slope is 0.2 by default. */
export function leakyRelu<A extends Operand>(x: A, negativeSlope = 0.2): Applied<A> {
  return result<A>(o.select(o.greater(x as Any, 0), x as Any, o.multiply(x as Any, negativeSlope)));
}

/** `log(1 + exp(x))`. */
export const softplus: ActivationFunction = <A extends Operand>(x: A): Applied<A> => o.softplus(x);

/** `x / (1 + |x|)`. */
export const softsign: ActivationFunction = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.divide(x as Any, o.add(o.abs(x) as Any, 1)));

/** `min(max(x, 0), 6)`. */
export const relu6: ActivationFunction = <A extends Operand>(x: A): Applied<A> =>
  // As on TensorFlow, the slope is 0 at both ends.
  result<A>(o.select(o.greater(x as Any, 0), o.select(o.less(x as Any, 6), x as Any, 6), 0));

/** `x / 6 + 0.5`, cut to 0 and 1. */
export const hardSigmoid: ActivationFunction = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.multiply(relu6(o.add(x as Any, 3) as Any) as Any, 1 / 6));

/** `x * hardSigmoid(x)`. */
export const hardSilu: ActivationFunction = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.multiply(x as Any, hardSigmoid(x) as Any));

/** `x * tanh(softplus(x))`. Misra, 2019. */
export const mish: ActivationFunction = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.multiply(x as Any, o.tanh(o.softplus(x) as Any)));

/** `log(softmax(x))` along `axis` (the last by default). */
export function logSoftmaxActivation<A extends Operand>(x: A, axis = -1): Applied<A> {
  return logSoftmax(x, axis);
}

/** `exp(x)`. */
export const exponential: ActivationFunction = <A extends Operand>(x: A): Applied<A> => o.exp(x);

/** `log(sigmoid(x))`. */
export const logSigmoid: ActivationFunction = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.negate(o.softplus(o.negate(x) as Any)));

/** `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`; `alpha` is 1 by default. */
export function celu<A extends Operand>(x: A, alpha = 1): Applied<A> {
  const below = o.multiply(o.expm1(o.multiply(o.minimum(x as Any, 0), 1 / alpha)), alpha);
  return result<A>(o.add(o.maximum(x as Any, 0), below));
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
  const first = o.slice(x as Any, starts, sizes);
  const second = o.slice(x as Any, starts.map((_, i) => (i === at ? shape[at] / 2 : 0)), sizes);
  return result<A>(o.multiply(first, o.sigmoid(second)));
}

/** `x`, cut to -1 and 1. */
export const hardTanh: ActivationFunction = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.minimum(o.maximum(x, -1), 1));

/** `x` where `|x|` is above `threshold` (0.5 by default), else 0. */
export function hardShrink<A extends Operand>(x: A, threshold = 0.5): Applied<A> {
  return result<A>(o.select(o.greater(o.abs(x) as Any, threshold), x as Any, 0));
}

/** `x` moved towards 0 by `threshold` (0.5 by default), 0 where it would cross. */
export function softShrink<A extends Operand>(x: A, threshold = 0.5): Applied<A> {
  const high = o.select(o.greater(x as Any, threshold), o.subtract(x as Any, threshold), 0);
  return result<A>(o.select(o.less(x as Any, -threshold), o.add(x as Any, threshold), high));
}

/** `x - tanh(x)`. */
export const tanhShrink: ActivationFunction = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.subtract(x as Any, o.tanh(x) as Any));

/** `x` above `limit`, else `defaultValue`. */
export function threshold<A extends Operand>(x: A, limit = 0, defaultValue = 0): Applied<A> {
  return result<A>(o.select(o.greater(x as Any, limit), x as Any, defaultValue));
}

/** `(x + sqrt(x^2 + b)) / 2`; `b` is 4 by default. Barron, 2021. */
export function squareplus<A extends Operand>(x: A, b = 4): Applied<A> {
  return result<A>(o.multiply(o.add(x as Any, o.sqrt(o.add(o.square(x) as Any, b))), 0.5));
}

/** 0 up to -1, `x` from 1 on, `(x + 1)^2 / 4` between. */
export const sparsePlus: ActivationFunction = <A extends Operand>(x: A): Applied<A> => {
  const between = o.multiply(o.square(o.add(x as Any, 1)), 0.25);
  const upper = o.select(o.less(x as Any, 1), between, x as Any);
  return result<A>(o.select(o.lessEqual(x as Any, -1), 0, upper as Any));
};

/** `(x + 1) / 2`, cut to 0 and 1. */
export const sparseSigmoid: ActivationFunction = <A extends Operand>(x: A): Applied<A> => {
  const between = o.multiply(o.add(x as Any, 1), 0.5);
  const upper = o.select(o.greaterEqual(x as Any, 1), 1, between as Any);
  return result<A>(o.select(o.lessEqual(x as Any, -1), 0, upper as Any));
};

/**
 * `max(x - tau, 0)` along `axis` (the last by default), with zeros where softmax has small values. As Keras 3 computes it,
 * `tau` comes from all partial sums of the elements that are kept; where one is kept, that is the sparsemax of Martins
 * and Astudillo, 2016.
 */
export function sparsemax<A extends Operand>(x: A, axis = -1): Applied<A> {
  const rank = shapeOf(x).length;
  const at = normalizeAxis(axis, rank, "sparsemax");
  const descending = o.negate(sort(o.negate(x as Any), at));
  const sums = cumsum(descending, at);
  const counts = o.iota(shapeOf(x).map((extent, i) => (i === at ? extent : 1)), at, "float32");
  const isKept = o.greater(o.subtract(descending, o.divide(o.subtract(sums, 1), o.add(counts, 1))), 0);
  // The paper has the last of the sums here, Keras their sum.
  const total = o.sum(o.select(isKept, sums, 0), at, true);
  const kept = o.sum(o.cast(isKept, "float32"), at, true);
  return result<A>(o.maximum(o.subtract(x as Any, o.divide(o.subtract(total, 1), kept)), 0));
}

const named = {
  linear,
  relu,
  sigmoid,
  tanh,
  softmax,
  gelu,
  silu,
  swish: silu,
  elu,
  selu,
  leaky_relu: leakyRelu,
  softplus,
  softsign,
  relu6,
  hard_sigmoid: hardSigmoid,
  hard_silu: hardSilu,
  hard_swish: hardSilu,
  mish,
  log_softmax: logSoftmaxActivation,
  exponential,
  log_sigmoid: logSigmoid,
  celu,
  glu,
  hard_tanh: hardTanh,
  hard_shrink: hardShrink,
  soft_shrink: softShrink,
  tanh_shrink: tanhShrink,
  threshold,
  squareplus,
  sparse_plus: sparsePlus,
  sparse_sigmoid: sparseSigmoid,
  sparsemax,
} as const satisfies Record<ActivationName, unknown>;

/** The names of the activations, as Keras spells them. */
export type ActivationName =
  | "linear"
  | "relu"
  | "sigmoid"
  | "tanh"
  | "softmax"
  | "gelu"
  | "silu"
  | "swish"
  | "elu"
  | "selu"
  | "leaky_relu"
  | "softplus"
  | "softsign"
  | "relu6"
  | "hard_sigmoid"
  | "hard_silu"
  | "hard_swish"
  | "mish"
  | "log_softmax"
  | "exponential"
  | "log_sigmoid"
  | "celu"
  | "glu"
  | "hard_tanh"
  | "hard_shrink"
  | "soft_shrink"
  | "tanh_shrink"
  | "threshold"
  | "squareplus"
  | "sparse_plus"
  | "sparse_sigmoid"
  | "sparsemax";
/** An activation by name, or a function of a symbolic value. */
export type ActivationIdentifier = ActivationName | ActivationFunction | ((x: Value) => Value);

/** An activation with the name that configs give it. */
export interface Activation {
  /** Keras's name, such as `relu`; the function's own for a function of the user's. */
  readonly name: string;
  /** Applies it. */
  readonly call: (x: Value) => Value;
}

/** The activation that an identifier names (`linear` for none); throws {@linkcode ValueError} with a suggestion. */
export function getActivation(identifier: ActivationIdentifier | null | undefined, where?: string): Activation {
  if (identifier === null || identifier === undefined) return { name: "linear", call: (x) => x };
  if (typeof identifier === "function") {
    const known = Object.entries(named).find(([, call]) => call === identifier);
    return { name: known?.[0] ?? identifier.name, call: identifier as (x: Value) => Value };
  }
  if (typeof identifier !== "string") {
    throw new ValueError({
      what: where ?? "Unknown activation",
      rule: "activation must be a name or a function",
      received: describe(identifier),
      mend: 'write it as in activation: "relu"',
    });
  }
  const name: string = identifier;
  if (!Object.hasOwn(named, name)) throw unknownIdentifier("activation", name, Object.keys(named), where);
  if (name === "linear") return { name, call: (x) => x };
  const canonical = name === "swish" ? "silu" : name === "hard_swish" ? "hard_silu" : name;
  return { name: canonical, call: named[name as ActivationName] as (x: Value) => Value };
}

function shapeOf(x: Operand): readonly number[] {
  return typeof x === "number" ? [] : x.shape;
}

function dtypeOf(x: Operand): "float32" | "int32" | "uint8" | "bool" {
  return typeof x === "number" ? "float32" : x.dtype;
}
