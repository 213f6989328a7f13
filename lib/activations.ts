// Activations: Keras's functions by name, composed from primitive ops. https://keras.io/api/layers/activations/
import { type FunctionNode, isNode, type ObjectNode } from "./json_config.ts";
import { describe, isClass, unknownIdentifier, ValueError } from "./errors.ts";
import * as ops from "./ops/activations.ts";
import type { ActivationFunction } from "./ops/activations.ts";
import { logSoftmax, softmax as normalized } from "./ops/composed.ts";
import { lift, type Lifted } from "./ops/lift.ts";
import * as o from "./ops/primitives.ts";
import { type Option, option, required } from "./options.ts";
import { type CustomObjects, declareFunctions, functionNode, objectOf } from "./registry.ts";
import { normalizeAxis } from "./shape.ts";
import { dtypeOf, type Operand } from "./tensor/apply.ts";
import { Value } from "./ir/value.ts";

export {
  type ActivationFunction,
  celu,
  elu,
  glu,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardSilu as hardSwish,
  hardTanh,
  leakyRelu,
  logSigmoid,
  relu6,
  selu,
  silu,
  silu as swish,
  softShrink,
  softsign,
  sparsemax,
  sparsePlus,
  sparseSigmoid,
  squareplus,
  tanhShrink,
  threshold,
} from "./ops/activations.ts";

/** Options of {@linkcode relu}. */
export interface ReluOptions {
  /** The slope below the threshold; 0 by default. */
  negativeSlope?: number;
  /** The largest value; unlimited by default. */
  maxValue?: number | null;
  /** The threshold; 0 by default. */
  threshold?: number;
}

/** `x` itself. */
export const linear: ActivationFunction = lift((x) => o.cast(x, dtypeOf(x)));

/** `max(x, 0)`; with options: `x` above `threshold`, `negativeSlope * (x - threshold)` below, at most `maxValue`. */
export const relu: Lifted<[x: Operand, options?: ReluOptions]> = lift((x, options = {}) => {
  const { negativeSlope = 0, maxValue = null, threshold = 0 } = options;
  if (negativeSlope !== 0 && threshold === 0 && maxValue === null) return ops.leakyRelu(x, negativeSlope);
  const risen = threshold === 0 ? o.relu(x) : o.select(o.greater(x, threshold), x, 0);
  // Only a threshold below 0 lets what is below 0 through.
  const least = threshold < 0 ? o.relu(risen) : risen;
  const capped = maxValue === null ? risen : o.minimum(least, maxValue);
  if (negativeSlope === 0) return capped;
  return o.subtract(capped, o.multiply(o.relu(o.subtract(threshold, x)), negativeSlope));
}, { optionsAt: 1 });

/** `1 / (1 + exp(-x))`; remembers `x` as its logits. */
export const sigmoid: ActivationFunction = lift((x) => {
  const y = o.sigmoid(x);
  if (y instanceof Value && x instanceof Value) y.logits = { value: x, activation: "sigmoid" };
  return y;
});

/** The hyperbolic tangent. */
export const tanh: ActivationFunction = lift((x) => o.tanh(x));

/** `exp(x) / sum(exp(x))` along `axis` (the last by default); along the last axis it remembers `x` as its logits. */
export const softmax: Lifted<[x: Operand, axis?: number]> = lift((x, axis = -1) => {
  const y = normalized(x, axis);
  if (y instanceof Value && x instanceof Value) {
    const last = x.shape.length - 1;
    if (normalizeAxis(axis, last + 1, "softmax") === last) y.logits = { value: x, activation: "softmax" };
  }
  return y;
});

/**
 * `x` times the normal distribution function of `x`; approximated with tanh if `approximate`. Hendrycks and Gimpel,
 * 2016.
 */
export const gelu: Lifted<[x: Operand, approximate?: boolean]> = lift((x, approximate = false) =>
  ops.gelu(x, approximate)
);

/** `log(1 + exp(x))`. */
export const softplus: ActivationFunction = lift((x) => o.softplus(x));

/** `log(softmax(x))` along `axis` (the last by default). */
export const logSoftmaxActivation: Lifted<[x: Operand, axis?: number]> = lift((x, axis = -1) => logSoftmax(x, axis));
export { logSoftmaxActivation as logSoftmax };

/** `x * tanh(softplus(x))`. Misra, 2019. */
export const mish: ActivationFunction = lift((x) => o.multiply(x, o.tanh(o.softplus(x))));

/** `exp(x)`. */
export const exponential: ActivationFunction = lift((x) => o.exp(x));

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
} as const;

declareFunctions(named);

/** The names of the activations, as Keras spells them. */
export type ActivationName = keyof typeof named;
/** A layer used as an activation, such as `new layers.LeakyReLU()`. */
export interface ActivationLayer {
  /** The name of its class. */
  readonly className: string;
  /** Applies it. */
  apply(x: Value): Value;
  /** As it stands in a config. */
  serialize(): ObjectNode;
}

/** An activation by name, a function of a symbolic value, or a layer such as `new layers.LeakyReLU()`. */
export type ActivationIdentifier = ActivationName | ((x: Value) => Value) | ActivationLayer;

/** An activation with the name that configs give it. */
export interface Activation {
  /** Keras's name, such as `relu`; a custom function's own name; the class name of a layer. */
  readonly name: string;
  /** Applies it. */
  readonly call: (x: Value) => Value;
  /** The layer, for an activation that is one: its weights are then those of a sublayer. */
  readonly layer?: ActivationLayer;
  /** As written in a layer's config: the name of a Keras activation, the node of a custom function or of a layer. */
  serialize(): string | FunctionNode | ObjectNode;
}

const isLayer = (given: unknown): given is ActivationLayer =>
  typeof given === "object" && given !== null &&
  ["apply", "serialize"].every((name) => typeof (given as Record<string, unknown>)[name] === "function");

/** The activation for an identifier (`linear` for none); throws {@linkcode ValueError} with a suggestion. */
export function getActivation(
  identifier: ActivationIdentifier | ObjectNode | FunctionNode | null | undefined,
  where?: string,
): Activation {
  if (identifier === null || identifier === undefined) return keras("linear", (x) => x);
  if (typeof identifier === "function" && !isClass(identifier)) {
    const known = Object.entries(named).find(([, call]) => call === identifier);
    return known
      ? keras(known[0], identifier)
      : { name: identifier.name, call: identifier, serialize: () => functionNode(identifier) };
  }
  if (isLayer(identifier)) {
    const layer = identifier;
    return { name: layer.className, call: (x) => layer.apply(x), layer, serialize: () => layer.serialize() };
  }
  if (isNode(identifier)) return getActivation(objectOf(identifier) as ActivationIdentifier, where);
  if (typeof identifier !== "string") throw noActivation(identifier, where);
  const name: string = identifier;
  if (!Object.hasOwn(named, name)) throw unknownIdentifier("activation", name, Object.keys(named), where);
  if (name === "linear") return keras(name, (x) => x);
  const canonical = name === "swish" ? "silu" : name === "hard_swish" ? "hard_silu" : name;
  return keras(canonical, named[identifier]);
}

/**
 * The function of an activation: by its name, of a layer, of a node of a config, or the function itself; `linear` for
 * none. Throws {@linkcode ValueError} with a suggestion for anything else.
 *
 * @example
 * ```ts
 * import { activations, compile } from "./mod.ts";
 * const relu = activations.get("relu");
 * console.log((await compile((x) => relu(x))([-1, 2])).toArray()); // [ 0, 2 ]
 * ```
 */
export const get = (
  identifier: ActivationIdentifier | ObjectNode | FunctionNode | null | undefined,
): (x: Value) => Value => getActivation(identifier).call;

/** An activation as a config has it: its name, or for a custom function or a layer its node. */
export const serialize = (activation: ActivationIdentifier): string | FunctionNode | ObjectNode =>
  getActivation(activation).serialize();

/**
 * The function of an activation from what {@linkcode serialize} gave; custom functions are found by the names of
 * `customObjects`, or as they were registered. Throws {@linkcode ValueError} for anything else.
 */
export const deserialize = (
  config: string | FunctionNode | ObjectNode,
  customObjects: CustomObjects = {},
): (x: Value) => Value =>
  get(
    isNode(config)
      ? objectOf(config, customObjects) as ActivationIdentifier
      : ((typeof config === "string" ? customObjects[config] : undefined) ?? config) as ActivationIdentifier,
  );

function noActivation(given: unknown, where = "Unknown activation"): ValueError {
  return new ValueError({
    what: where,
    rule: "activation must be a name, a function or a layer",
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
