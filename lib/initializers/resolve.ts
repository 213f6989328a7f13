// Initializers by name, as objects, and as functions of a shape.
import type { FunctionNode, ObjectNode } from "../json_config.ts";
import { ShapeError } from "../errors.ts";
import { NamedSet } from "../named_set.ts";
import { describe, type Option, option } from "../options.ts";
import { type CustomObjects, functionNode } from "../registry.ts";
import { formatShape, type Shape, sizeOf } from "../shape.ts";
import { tensor, type TensorLike } from "../tensor/tensor.ts";
import { Constant, Identity, Ones, Zeros } from "./constant.ts";
import { Initializer } from "./initializer.ts";
import {
  GlorotNormal,
  GlorotUniform,
  HeNormal,
  HeUniform,
  LecunNormal,
  LecunUniform,
  Orthogonal,
  RandomNormal,
  RandomUniform,
  TruncatedNormal,
  VarianceScaling,
} from "./random.ts";
import { STFT } from "./stft.ts";

/** A function from a shape to the values of a weight. */
export type InitializerFunction = (shape: Shape) => TensorLike;

const named = {
  zeros: () => new Zeros(),
  ones: () => new Ones(),
  constant: () => new Constant(),
  identity: () => new Identity(),
  random_uniform: () => new RandomUniform(),
  random_normal: () => new RandomNormal(),
  truncated_normal: () => new TruncatedNormal(),
  variance_scaling: () => new VarianceScaling(),
  glorot_uniform: () => new GlorotUniform(),
  glorot_normal: () => new GlorotNormal(),
  he_uniform: () => new HeUniform(),
  he_normal: () => new HeNormal(),
  lecun_uniform: () => new LecunUniform(),
  lecun_normal: () => new LecunNormal(),
  orthogonal: () => new Orthogonal(),
  stft: () => new STFT(),
  uniform: () => new RandomUniform(),
  normal: () => new RandomNormal(),
  zero: () => new Zeros(),
  one: () => new Ones(),
};

/** The names of the initializers, as Keras spells them. */
export type InitializerName = keyof typeof named;
/** An initializer by name, as an object, or as a function of the shape. */
export type InitializerIdentifier = InitializerName | Initializer | InitializerFunction;

class FromFunction extends Initializer {
  constructor(readonly fn: InitializerFunction) {
    super();
  }
  fill(shape: Shape): ArrayLike<number> {
    const made = tensor(this.fn(shape));
    if (made.size !== sizeOf(shape)) {
      throw new ShapeError({
        what: `Cannot use ${describe(this.fn)} as an initializer`,
        rule: `it must return ${sizeOf(shape)} elements for the shape ${formatShape(shape)}`,
        received: formatShape(made.shape),
        hint: "fill the shape that it is called with",
      });
    }
    return made.data;
  }
  override serialize(): FunctionNode {
    return functionNode(this.fn);
  }
}

const initializers = new NamedSet<Initializer, InitializerFunction, InitializerName>({
  kind: "initializer",
  one: "an initializer",
  namespace: "initializers",
  example: 'write it as in kernelInitializer: "he_normal"',
  Base: Initializer,
  fromFunction: (fn) => new FromFunction(fn),
}, named);

/** The initializer for an identifier; throws {@linkcode ValueError} with a suggestion for an unknown name. */
export function getInitializer(
  identifier: InitializerIdentifier | ObjectNode | FunctionNode,
  where?: string,
): Initializer {
  // Class names work too.
  const isName = typeof identifier === "string" && !Object.hasOwn(named, identifier);
  const snake = isName ? identifier.replace(/(?<=[a-z0-9])([A-Z])/g, "_$1").toLowerCase() : "";
  return initializers.get(Object.hasOwn(named, snake) ? snake as InitializerName : identifier, where);
}

/**
 * An initializer as a config has it: its class and options, or the name of a function.
 *
 * @example
 * ```ts
 * import { initializers } from "./mod.ts";
 * const node = initializers.serialize(new initializers.Constant(0.5));
 * console.log((initializers.deserialize(node) as initializers.Constant).value); // 0.5
 * ```
 */
export const serialize = (initializer: Initializer | InitializerFunction): ObjectNode | FunctionNode =>
  initializers.serialize(initializer);

/**
 * An initializer from what {@linkcode serialize} gave, or from a name; custom classes and functions are found by the names
 * of `customObjects`, or as they were registered. Throws {@linkcode ValueError} for anything else.
 */
export const deserialize = (
  config: InitializerName | ObjectNode | FunctionNode,
  customObjects?: CustomObjects,
): Initializer => initializers.deserialize(config, customObjects);

/** An initializer as an option. */
export const initializerOption = (fallback: InitializerName): Option<Initializer> =>
  option<Initializer>({
    fallback,
    read: (given, { whatNamed }) => getInitializer(given as InitializerIdentifier, whatNamed),
    write: (initializer) => initializer.serialize(),
  });
