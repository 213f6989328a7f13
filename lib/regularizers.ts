// Regularizers: penalties on weights and outputs, added to the loss. https://keras.io/api/layers/regularizers/
import { array } from "./argument_kinds.ts";
import { declareMethods } from "./checked_methods.ts";
import { epsilon } from "./config.ts";
import type { FunctionNode, ObjectNode } from "./json_config.ts";
import { Configurable } from "./configurable.ts";
import { ShapeError } from "./errors.ts";
import type { Value } from "./ir/value.ts";
import * as o from "./ops/primitives.ts";
import { NamedSet } from "./named_set.ts";
import { choice, number } from "./option_kinds.ts";
import { declareOptions, type Option, option, type OptionFields, optionTable, positional } from "./options.ts";
import { type CustomObjects, functionNode } from "./registry.ts";
import { formatShape } from "./shape.ts";

/**
 * The base of regularizers: extend it with your own `call`.
 *
 * @example A custom regularizer
 * ```ts
 * import { layers, ops, regularizers, type Value } from "./mod.ts";
 * class Fourth extends regularizers.Regularizer {
 *   call(x: Value) {
 *     return ops.multiply(ops.sum(ops.power(x, 4)), 0.01);
 *   }
 * }
 * console.log(new layers.Dense(3, { kernelRegularizer: new Fourth() }).name); // dense
 * ```
 */
export abstract class Regularizer extends Configurable {
  static {
    declareMethods(this, { call: { verb: "compute", takes: { x: array }, returns: "the penalty" } });
  }

  /** The penalty, one float32 number. */
  abstract call(x: Value): Value;
}

/** A factor of at least 0. */
const factorOption = (fallback: number): Option<number> => number(fallback, { min: 0 });
/** A factor of at least 0, as float32: Keras keeps some as float32 tensors, so its files have the rounded numbers. */
const roundedFactor = (fallback: number): Option<number> => {
  const factor = factorOption(fallback);
  return { ...factor, read: (given, place) => Math.fround(factor.read(given, place)) };
};

const l1Options = optionTable<object>()({
  /** The factor of the sum, as float32. */
  l1: positional(roundedFactor(0.01)),
});
const l2Options = optionTable<object>()({
  /** The factor of the sum. */
  l2: positional(factorOption(0.01)),
});

/** The options, checked and completed. */
export interface L1 extends OptionFields<object, typeof l1Options> {}
/** The options, checked and completed. */
export interface L2 extends OptionFields<object, typeof l2Options> {}

/**
 * `l1 * sum(|x|)`; `l1` is 0.01 by default.
 *
 * @example A kernel that becomes sparse
 * ```ts
 * import { layers, regularizers } from "./mod.ts";
 * console.log(new layers.Dense(3, { kernelRegularizer: new regularizers.L1(0.001) }).units); // 3
 * ```
 */
export class L1 extends Regularizer {
  static {
    declareOptions(this, l1Options);
  }

  /** Takes the factor. Throws {@linkcode ValueError} for one below 0. */
  constructor(factor?: number) {
    super({}, { l1: factor });
  }

  /** The penalty. */
  call(x: Value): Value {
    return o.multiply(o.sum(o.abs(x)), this.l1);
  }
}

/**
 * `l2 * sum(x^2)`; `l2` is 0.01 by default.
 *
 * @example Small weights
 * ```ts
 * import { layers, regularizers } from "./mod.ts";
 * console.log(new layers.Dense(3, { kernelRegularizer: new regularizers.L2(0.001) }).units); // 3
 * ```
 */
export class L2 extends Regularizer {
  static {
    declareOptions(this, l2Options);
  }

  /** Takes the factor. Throws {@linkcode ValueError} for one below 0. */
  constructor(factor?: number) {
    super({}, { l2: factor });
  }

  /** The penalty. */
  call(x: Value): Value {
    return o.multiply(o.sum(o.square(x)), this.l2);
  }
}

/** Options of {@linkcode L1L2}. */
export interface L1L2Options {
  /** The factor of the sum of absolute values; 0 by default. */
  l1?: number;
  /** The factor of the sum of squares; 0 by default. */
  l2?: number;
}

const l1l2Options = optionTable<L1L2Options>()({ l1: factorOption(0), l2: factorOption(0) });

/** The options, checked and completed. */
export interface L1L2 extends OptionFields<L1L2Options, typeof l1l2Options> {}

/**
 * `l1 * sum(|x|) + l2 * sum(x^2)`; both are 0 by default, so the name `"l1_l2"` alone adds nothing, as in Keras.
 *
 * @example Both penalties
 * ```ts
 * import { regularizers } from "./mod.ts";
 * console.log(new regularizers.L1L2({ l1: 0.01, l2: 0.01 }).l2); // 0.01
 * ```
 */
export class L1L2 extends Regularizer {
  static {
    declareOptions(this, l1l2Options);
  }

  /** Takes the factors. Throws {@linkcode ValueError} for one below 0. */
  constructor(options: L1L2Options = {}) {
    super(options);
  }

  /** The penalty. */
  call(x: Value): Value {
    const parts: Value[] = [];
    if (this.l1 !== 0) parts.push(o.multiply(o.sum(o.abs(x)), this.l1));
    if (this.l2 !== 0) parts.push(o.multiply(o.sum(o.square(x)), this.l2));
    return parts.length === 0 ? o.multiply(o.sum(x), 0) : parts.reduce((a, b) => o.add(a, b));
  }
}

/** {@linkcode L1} with a factor: `new L1(factor)`. */
export const l1 = (factor?: number): L1 => new L1(factor);
/** {@linkcode L2} with a factor: `new L2(factor)`. */
export const l2 = (factor?: number): L2 => new L2(factor);
/** {@linkcode L1L2} with two factors: `new L1L2({ l1, l2 })`. */
export const l1l2 = (options?: L1L2Options): L1L2 => new L1L2(options);

/** Which vectors of a matrix an {@linkcode OrthogonalRegularizer} makes orthogonal. */
export type OrthogonalMode = "rows" | "columns";

/** Options of {@linkcode OrthogonalRegularizer}. */
export interface OrthogonalOptions {
  /** The factor of the mean, as float32; 0.01 by default. */
  factor?: number;
  /** Which vectors should be orthogonal; `rows` by default. */
  mode?: OrthogonalMode;
}

const orthogonalOptions = optionTable<OrthogonalOptions>()({
  factor: roundedFactor(0.01),
  mode: choice<OrthogonalMode>(["rows", "columns"]),
});

/** The options, checked and completed. */
export interface OrthogonalRegularizer extends OptionFields<OrthogonalOptions, typeof orthogonalOptions> {}

/**
 * `factor` (0.01 by default) times half the mean of `|cos|` over all pairs of different rows (or columns) of a matrix.
 *
 * @example Columns that point apart
 * ```ts
 * import { regularizers } from "./mod.ts";
 * console.log(new regularizers.OrthogonalRegularizer({ mode: "columns" }).mode); // columns
 * ```
 */
export class OrthogonalRegularizer extends Regularizer {
  static {
    declareOptions(this, orthogonalOptions);
  }

  /** Takes factor and mode. Throws {@linkcode ValueError} for an unknown mode. */
  constructor(options: OrthogonalOptions = {}) {
    super(options);
  }

  /** The penalty; throws {@linkcode ShapeError} if `x` does not have two axes. */
  call(x: Value): Value {
    if (x.shape.length !== 2) {
      throw new ShapeError({
        what: "Cannot apply OrthogonalRegularizer",
        rule: "it needs a matrix",
        received: formatShape(x.shape),
        hint: "use L2 for a weight of other rank",
      });
    }
    const byRows = this.mode === "rows";
    const squares = o.sum(o.square(x), byRows ? 1 : 0, true);
    // As in Keras: a vector shorter than epsilon is divided by epsilon.
    const unit = o.divide(x, o.sqrt(o.maximum(squares, epsilon() ** 2)));
    const product = byRows ? o.matmul(unit, unit, { transposeB: true }) : o.matmul(unit, unit, { transposeA: true });
    const size = x.shape[byRows ? 0 : 1];
    const others = o.cast(o.notEqual(o.iota([size, size], 0), o.iota([size, size], 1)), "float32");
    const pairs = size * (size - 1) / 2;
    return o.multiply(o.sum(o.abs(o.multiply(product, others))), pairs === 0 ? 0 : this.factor * 0.5 / pairs);
  }
}

class FromFunction extends Regularizer {
  constructor(readonly fn: (x: Value) => Value) {
    super();
  }
  call(x: Value): Value {
    return this.fn(x);
  }
  override serialize(): FunctionNode {
    return functionNode(this.fn);
  }
}

const named = {
  l1: () => new L1(),
  l2: () => new L2(),
  l1l2: () => new L1L2(),
  l1_l2: () => new L1L2(),
  L1: () => new L1(),
  L2: () => new L2(),
  L1L2: () => new L1L2(),
  orthogonal_regularizer: () => new OrthogonalRegularizer(),
  OrthogonalRegularizer: () => new OrthogonalRegularizer(),
};

/** The names of the regularizers, as Keras spells them. */
export type RegularizerName = keyof typeof named;
/** A regularizer by name, as an object, or as a function that returns the penalty of a weight. */
export type RegularizerIdentifier = RegularizerName | Regularizer | ((x: Value) => Value);

/** {@linkcode OrthogonalRegularizer} with options: `new OrthogonalRegularizer(options)`. */
export const orthogonalRegularizer = (options?: OrthogonalOptions): OrthogonalRegularizer =>
  new OrthogonalRegularizer(options);

const regularizers = new NamedSet<Regularizer, (x: Value) => Value, RegularizerName>({
  kind: "regularizer",
  one: "a regularizer",
  namespace: "regularizers",
  example: 'write "l2" or new regularizers.L2(0.01)',
  Base: Regularizer,
  fromFunction: (fn) => new FromFunction(fn),
}, named);

/**
 * The regularizer for an identifier, null for none; throws {@linkcode ValueError} with a suggestion for an unknown
 * name.
 */
export function getRegularizer(
  identifier: RegularizerIdentifier | ObjectNode | FunctionNode | null | undefined,
  where?: string,
): Regularizer | null {
  return identifier === null || identifier === undefined ? null : regularizers.get(identifier, where);
}

/** A regularizer as an option: none by default. */
export const regularizerOption = (fallback: RegularizerIdentifier | null = null): Option<Regularizer | null> =>
  option<Regularizer | null>({
    fallback,
    nullable: true,
    read: (given, { whatNamed }) => getRegularizer(given as RegularizerIdentifier | null, whatNamed),
    write: (regularizer) => regularizer?.serialize() ?? null,
  });

export { getRegularizer as get };

/**
 * A regularizer as a config has it: its class and options, or the name of a function.
 *
 * @example
 * ```ts
 * import { regularizers } from "./mod.ts";
 * const node = regularizers.serialize(new regularizers.L1(0.5));
 * console.log((regularizers.deserialize(node) as regularizers.L1).l1); // 0.5
 * ```
 */
export const serialize = (regularizer: Regularizer | ((x: Value) => Value)): ObjectNode | FunctionNode =>
  regularizers.serialize(regularizer);

/**
 * A regularizer from what {@linkcode serialize} gave, or from a name; custom classes and functions are found by the names
 * of `customObjects`, or as they were registered. Throws {@linkcode ValueError} for anything else.
 */
export const deserialize = (
  config: RegularizerName | ObjectNode | FunctionNode,
  customObjects?: CustomObjects,
): Regularizer => regularizers.deserialize(config, customObjects);
