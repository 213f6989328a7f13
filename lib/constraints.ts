// Constraints: projections of weights after each step. https://keras.io/api/layers/constraints/
import { array } from "./argument_kinds.ts";
import { declareMethods } from "./checked_methods.ts";
import { epsilon } from "./config.ts";
import type { FunctionNode, ObjectNode } from "./json_config.ts";
import { Configurable } from "./configurable.ts";
import { describe, ValueError } from "./errors.ts";
import type { Value } from "./ir/value.ts";
import { clip } from "./ops/composed.ts";
import { add, divide, maximum, multiply, sqrt, square, sum } from "./ops/primitives.ts";
import { NamedSet } from "./named_set.ts";
import { checkRange, number } from "./option_kinds.ts";
import { declareOptions, type Option, option, type OptionFields, optionTable, positional } from "./options.ts";
import { type CustomObjects, functionNode } from "./registry.ts";

/**
 * The base of constraints: extend it with your own `call`.
 *
 * @example A custom constraint
 * ```ts
 * import { constraints, layers, ops, type Value } from "./mod.ts";
 * class Bounded extends constraints.Constraint {
 *   call(weight: Value) {
 *     return ops.clip(weight, -1, 1);
 *   }
 * }
 * console.log(new layers.Dense(3, { kernelConstraint: new Bounded() }).name); // dense
 * ```
 */
export abstract class Constraint extends Configurable {
  static {
    declareMethods(this, { call: { verb: "compute", takes: { weight: array }, returns: "the constrained weight" } });
  }

  /** The constrained weight, of the same shape. */
  abstract call(weight: Value): Value;
}

/** An axis, or several, over which norms are taken. */
export type NormAxis = number | readonly number[];

const axisOption = option<NormAxis>({
  fallback: 0,
  read: (given, { what, option }) => {
    const isAxis = (axis: unknown) => typeof axis === "number" && Number.isInteger(axis);
    if (isAxis(given) || (Array.isArray(given) && given.length <= 32 && given.every(isAxis))) return given as NormAxis;
    throw new ValueError({
      what,
      rule: `${option} must be a whole number or a list of them`,
      received: describe(given),
      hint: "leave it out for the first axis",
    });
  },
});

/** Options of constraints on norms. */
export interface NormOptions {
  /** The axes that norms are taken over; 0 by default. */
  axis?: NormAxis;
}

/** Options of {@linkcode MinMaxNorm}. */
export interface MinMaxNormOptions extends NormOptions {
  /** The least norm; 0 by default. */
  minValue?: number;
  /** The largest norm; 1 by default. */
  maxValue?: number;
  /** The fraction of the distance moved in each step; 1 by default. */
  rate?: number;
}

const maxNormOptions = optionTable<NormOptions>()({
  /** The largest norm. */
  maxValue: positional(number(2, { min: 0 })),
  axis: axisOption,
});
const unitNormOptions = optionTable<NormOptions>()({ axis: axisOption });
const minMaxNormOptions = optionTable<MinMaxNormOptions>()({
  minValue: number(0),
  maxValue: number(1, { min: 0 }),
  rate: number(1, { min: 0, max: 1 }),
  axis: axisOption,
});

/** The options, checked and completed. */
export interface MaxNorm extends OptionFields<NormOptions, typeof maxNormOptions> {}
/** The options, checked and completed. */
export interface UnitNorm extends OptionFields<NormOptions, typeof unitNormOptions> {}
/** The options, checked and completed. */
export interface MinMaxNorm extends OptionFields<MinMaxNormOptions, typeof minMaxNormOptions> {}

const normsOf = (weight: Value, axis: NormAxis): Value => sqrt(sum(square(weight), axis, true));

/** The weight with its norms `norms` scaled to `wanted`. */
function scaled(weight: Value, norms: Value, wanted: Value): Value {
  return multiply(weight, divide(wanted, add(norms, epsilon())));
}

/**
 * Limits vectors along `axis` (0 by default) to length `maxValue` (2 by default). Srivastava et al., 2014.
 *
 * @example For each unit of a Dense layer
 * ```ts
 * import { constraints, layers } from "./mod.ts";
 * console.log(new layers.Dense(3, { kernelConstraint: new constraints.MaxNorm(1) }).units); // 3
 * ```
 */
export class MaxNorm extends Constraint {
  static {
    declareOptions(this, maxNormOptions);
  }

  /** Takes the largest norm and the axis. Throws {@linkcode ValueError} for a norm below 0. */
  constructor(maxValue?: number, options: NormOptions = {}) {
    super(options, { maxValue });
  }

  /** The weight with long vectors shortened. */
  call(weight: Value): Value {
    const norms = normsOf(weight, this.axis);
    return scaled(weight, norms, clip(norms, 0, this.maxValue));
  }
}

/**
 * Sets elements below 0 to 0.
 *
 * @example A kernel without negative weights
 * ```ts
 * import { layers } from "./mod.ts";
 * console.log(new layers.Dense(3, { kernelConstraint: "non_neg" }).units); // 3
 * ```
 */
export class NonNeg extends Constraint {
  /** The weight without negative elements. */
  call(weight: Value): Value {
    return maximum(weight, 0);
  }
}

/**
 * Scales vectors along `axis` (0 by default) to length 1.
 *
 * @example For each unit of a Dense layer
 * ```ts
 * import { layers } from "./mod.ts";
 * console.log(new layers.Dense(3, { kernelConstraint: "unit_norm" }).units); // 3
 * ```
 */
export class UnitNorm extends Constraint {
  static {
    declareOptions(this, unitNormOptions);
  }

  /** Takes the axis. */
  constructor(options: NormOptions = {}) {
    super(options);
  }

  /** The weight with vectors of length 1. */
  call(weight: Value): Value {
    return divide(weight, add(normsOf(weight, this.axis), epsilon()));
  }
}

/**
 * Moves the lengths of vectors along `axis` (0 by default) into the range `minValue` (0) to `maxValue` (1), by the
 * fraction `rate` (1) of the distance in each step.
 *
 * @example Half of the way
 * ```ts
 * import { constraints } from "./mod.ts";
 * console.log(new constraints.MinMaxNorm({ minValue: 0.5, maxValue: 2, rate: 0.5 }).rate); // 0.5
 * ```
 */
export class MinMaxNorm extends Constraint {
  static {
    declareOptions(this, minMaxNormOptions);
  }

  /** Takes the norms, the rate and the axis. Throws {@linkcode ValueError} for values out of range. */
  constructor(options: MinMaxNormOptions = {}) {
    super(options);
    checkRange("MinMaxNorm", "minValue", this.minValue, 0, this.maxValue);
  }

  /** The weight with its vectors scaled. */
  call(weight: Value): Value {
    const norms = normsOf(weight, this.axis);
    const wanted = add(
      multiply(clip(norms, this.minValue, this.maxValue), this.rate),
      multiply(norms, 1 - this.rate),
    );
    return scaled(weight, norms, wanted);
  }
}

class FromFunction extends Constraint {
  constructor(readonly fn: (weight: Value) => Value) {
    super();
  }
  call(weight: Value): Value {
    return this.fn(weight);
  }
  override serialize(): FunctionNode {
    return functionNode(this.fn);
  }
}

const named = {
  max_norm: () => new MaxNorm(),
  non_neg: () => new NonNeg(),
  unit_norm: () => new UnitNorm(),
  min_max_norm: () => new MinMaxNorm(),
  MaxNorm: () => new MaxNorm(),
  NonNeg: () => new NonNeg(),
  UnitNorm: () => new UnitNorm(),
  MinMaxNorm: () => new MinMaxNorm(),
};

/** The names of the constraints, as Keras spells them. */
export type ConstraintName = keyof typeof named;
/** A constraint by name, as an object, or as a function that maps a weight. */
export type ConstraintIdentifier = ConstraintName | Constraint | ((weight: Value) => Value);

const constraints = new NamedSet<Constraint, (weight: Value) => Value, ConstraintName>({
  kind: "constraint",
  one: "a constraint",
  namespace: "constraints",
  example: 'write "max_norm" or new constraints.MaxNorm()',
  Base: Constraint,
  fromFunction: (fn) => new FromFunction(fn),
}, named);

/**
 * The constraint for an identifier, null for none; throws {@linkcode ValueError} with a suggestion for an unknown name.
 */
export function getConstraint(
  identifier: ConstraintIdentifier | ObjectNode | FunctionNode | null | undefined,
  where?: string,
): Constraint | null {
  return identifier === null || identifier === undefined ? null : constraints.get(identifier, where);
}

/** A constraint as an option: none by default. */
export const constraintOption = (fallback: ConstraintIdentifier | null = null): Option<Constraint | null> =>
  option<Constraint | null>({
    fallback,
    nullable: true,
    read: (given, { whatNamed }) => getConstraint(given as ConstraintIdentifier | null, whatNamed),
    write: (constraint) => constraint?.serialize() ?? null,
  });

export { getConstraint as get };

/**
 * A constraint as a config has it: its class and options, or the name of a function.
 *
 * @example
 * ```ts
 * import { constraints } from "./mod.ts";
 * const node = constraints.serialize(new constraints.MaxNorm(3));
 * console.log((constraints.deserialize(node) as constraints.MaxNorm).maxValue); // 3
 * ```
 */
export const serialize = (constraint: Constraint | ((weight: Value) => Value)): ObjectNode | FunctionNode =>
  constraints.serialize(constraint);

/**
 * A constraint from what {@linkcode serialize} gave, or from a name; custom classes and functions are found by the names
 * of `customObjects`, or as they were registered. Throws {@linkcode ValueError} for anything else.
 */
export const deserialize = (
  config: ConstraintName | ObjectNode | FunctionNode,
  customObjects?: CustomObjects,
): Constraint => constraints.deserialize(config, customObjects);

/** {@linkcode MaxNorm} with the largest norm and options: `new MaxNorm(maxValue, options)`. */
export const maxNorm = (maxValue?: number, options?: NormOptions): MaxNorm => new MaxNorm(maxValue, options);
/** {@linkcode MinMaxNorm} with options: `new MinMaxNorm(options)`. */
export const minMaxNorm = (options?: MinMaxNormOptions): MinMaxNorm => new MinMaxNorm(options);
/** {@linkcode NonNeg}: `new NonNeg()`. */
export const nonNeg = (): NonNeg => new NonNeg();
/** {@linkcode UnitNorm} with options: `new UnitNorm(options)`. */
export const unitNorm = (options?: NormOptions): UnitNorm => new UnitNorm(options);
