// Activations: Keras's functions by name, composed from primitive ops. https://keras.io/api/layers/activations/
import type { FunctionNode } from "./json_config.ts";
import { describe, isClass, unknownIdentifier, ValueError } from "./errors.ts";
import * as ops from "./ops/activations.ts";
import { logSoftmax, softmax as normalized } from "./ops/composed.ts";
import * as o from "./ops/primitives.ts";
import { type Option, option, required } from "./options.ts";
import { declareFunctions, functionNode } from "./registry.ts";
import { normalizeAxis } from "./shape.ts";
import type { Applied, Operand } from "./tensor/apply.ts";
import { Value } from "./ir/value.ts";

export {
  celu,
  elu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardTanh,
  leakyRelu,
  logSigmoid,
  relu6,
  selu,
  silu,
  softShrink,
  softsign,
  sparsemax,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  tanhShrink,
  threshold,
} from "./ops/activations.ts";

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
export const gelu = <A extends Operand>(x: A, approximate = false): Applied<A> => ops.gelu(x, approximate);

/** `log(1 + exp(x))`. */
export const softplus: ActivationFunction = <A extends Operand>(x: A): Applied<A> => o.softplus(x);

/** `log(softmax(x))` along `axis` (the last by default). */
export function logSoftmaxActivation<A extends Operand>(x: A, axis = -1): Applied<A> {
  return logSoftmax(x, axis);
}

/** `x * tanh(softplus(x))`. Misra, 2019. */
export const mish: ActivationFunction = <A extends Operand>(x: A): Applied<A> =>
  result<A>(o.multiply(x as Any, o.tanh(o.softplus(x) as Any)));

/** `exp(x)`. */
export const exponential: ActivationFunction = <A extends Operand>(x: A): Applied<A> => o.exp(x);

const named = {
  linear,
  relu,
  sigmoid,
  tanh,
  softmax,
  gelu,
  silu: ops.silu,
  swish: ops.silu,
  elu: ops.elu,
  selu: ops.selu,
  leaky_relu: ops.leakyRelu,
  softplus,
  softsign: ops.softsign,
  relu6: ops.relu6,
  hard_sigmoid: ops.hardSigmoid,
  hard_silu: ops.hardSilu,
  hard_swish: ops.hardSilu,
  mish,
  log_softmax: logSoftmaxActivation,
  exponential,
  log_sigmoid: ops.logSigmoid,
  celu: ops.celu,
  glu: ops.glu,
  hard_tanh: ops.hardTanh,
  hard_shrink: ops.hardShrink,
  soft_shrink: ops.softShrink,
  tanh_shrink: ops.tanhShrink,
  threshold: ops.threshold,
  squareplus: ops.squareplus,
  sparse_plus: ops.sparsePlus,
  sparse_sigmoid: ops.sparseSigmoid,
  sparsemax: ops.sparsemax,
} as const satisfies Record<ActivationName, unknown>;

declareFunctions(named);

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
export type ActivationIdentifier = ActivationName | ((x: Value) => Value);

/** An activation with the name that configs give it. */
export interface Activation {
  /** Keras's name, such as `relu`; the function's own for a function of the user's. */
  readonly name: string;
  /** Applies it. */
  readonly call: (x: Value) => Value;
  /** As it stands in a layer's config: the name of one of Keras's, the node of the user's own. */
  serialize(): string | FunctionNode;
}

/** The activation that an identifier names (`linear` for none); throws {@linkcode ValueError} with a suggestion. */
export function getActivation(identifier: ActivationIdentifier | null | undefined, where?: string): Activation {
  if (identifier === null || identifier === undefined) return keras("linear", (x) => x);
  if (typeof identifier === "function" && !isClass(identifier)) {
    const known = Object.entries(named).find(([, call]) => call === identifier);
    const call = identifier as (x: Value) => Value;
    return known ? keras(known[0], call) : { name: identifier.name, call, serialize: () => functionNode(call) };
  }
  if (typeof identifier !== "string") throw noActivation(identifier, where);
  const name: string = identifier;
  if (!Object.hasOwn(named, name)) throw unknownIdentifier("activation", name, Object.keys(named), where);
  if (name === "linear") return keras(name, (x) => x);
  const canonical = name === "swish" ? "silu" : name === "hard_swish" ? "hard_silu" : name;
  return keras(canonical, named[name as ActivationName] as (x: Value) => Value);
}

function noActivation(given: unknown, where = "Unknown activation"): ValueError {
  return new ValueError({
    what: where,
    rule: "activation must be a name or a function",
    received: describe(given),
    hint: 'write it as in activation: "relu"',
  });
}

/** An activation, `linear` by default, as an option. */
export const activationOption = (fallback: ActivationName | null | typeof required = null): Option<Activation> =>
  option<Activation>({
    fallback,
    nullable: fallback !== required,
    read: (given, { whatNamed }) => {
      if (given === undefined) throw noActivation(given, whatNamed);
      return getActivation(given as ActivationIdentifier | null, whatNamed);
    },
    write: (activation) => activation.serialize(),
  });

const keras = (name: string, call: (x: Value) => Value): Activation => ({ name, call, serialize: () => name });

function shapeOf(x: Operand): readonly number[] {
  return typeof x === "number" ? [] : x.shape;
}

function dtypeOf(x: Operand): "float32" | "int32" | "uint8" | "bool" {
  return typeof x === "number" ? "float32" : x.dtype;
}
