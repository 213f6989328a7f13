// Constraints: what weights are held to after each step. https://keras.io/api/layers/constraints/
import { type Config, epsilon, type FunctionNode, type ObjectNode } from "./json_config.ts";
import { isClass, unknownIdentifier, ValueError } from "./errors.ts";
import type { Value } from "./ir/value.ts";
import { clip } from "./ops/composed.ts";
import { add, divide, maximum, multiply, sqrt, square, sum } from "./ops/primitives.ts";
import { checkRange } from "./option_kinds.ts";
import { checkOptions, describe, type Option, option } from "./options.ts";
import { functionNode, objectNode } from "./registry.ts";

/**
 * The base of constraints: extend it with your own `call`.
 *
 * @example A constraint of one's own
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
export abstract class Constraint {
  /** The weight as it should be, of the same shape. */
  abstract call(weight: Value): Value;

  /** The arguments as Keras's config. */
  getConfig(): Config {
    return {};
  }

  /** The constraint as it stands in a layer's config. */
  serialize(): ObjectNode | FunctionNode {
    return objectNode(this);
  }
}

/** An axis, or several, over which norms are taken. */
export type NormAxis = number | readonly number[];

const normsOf = (weight: Value, axis: NormAxis): Value => sqrt(sum(square(weight), axis, true));

/** The weight with norms `norms` brought to `wanted`. */
function scaled(weight: Value, norms: Value, wanted: Value): Value {
  return multiply(weight, divide(wanted, add(norms, epsilon())));
}

/**
 * Vectors along `axis` (0 by default) are no longer than `maxValue` (2 by default). Srivastava et al., 2014.
 *
 * @example For each unit of a Dense layer
 * ```ts
 * import { constraints, layers } from "./mod.ts";
 * console.log(new layers.Dense(3, { kernelConstraint: new constraints.MaxNorm(1) }).units); // 3
 * ```
 */
export class MaxNorm extends Constraint {
  /** What norms are taken over. */
  readonly axis: NormAxis;

  /** Takes the largest norm and the axis. Throws {@linkcode ValueError} for a norm below 0. */
  constructor(readonly maxValue = 2, options: { axis?: NormAxis } = {}) {
    super();
    checkOptions("MaxNorm", options, ["axis"]);
    checkRange("MaxNorm", "maxValue", maxValue, 0, Infinity);
    this.axis = options.axis ?? 0;
  }
  /** The weight with long vectors shortened. */
  call(weight: Value): Value {
    const norms = normsOf(weight, this.axis);
    return scaled(weight, norms, clip(norms, 0, this.maxValue));
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { max_value: this.maxValue, axis: this.axis };
  }
}

/**
 * Elements below 0 become 0.
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
 * Vectors along `axis` (0 by default) have length 1.
 *
 * @example For each unit of a Dense layer
 * ```ts
 * import { layers } from "./mod.ts";
 * console.log(new layers.Dense(3, { kernelConstraint: "unit_norm" }).units); // 3
 * ```
 */
export class UnitNorm extends Constraint {
  /** What norms are taken over. */
  readonly axis: NormAxis;

  /** Takes the axis. */
  constructor(options: { axis?: NormAxis } = {}) {
    super();
    checkOptions("UnitNorm", options, ["axis"]);
    this.axis = options.axis ?? 0;
  }
  /** The weight with vectors of length 1. */
  call(weight: Value): Value {
    return divide(weight, add(normsOf(weight, this.axis), epsilon()));
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { axis: this.axis };
  }
}

/**
 * Vectors along `axis` (0 by default) move towards lengths from `minValue` (0) to `maxValue` (1): the part `rate` (1) of
 * the way in each step.
 *
 * @example Half of the way
 * ```ts
 * import { constraints } from "./mod.ts";
 * console.log(new constraints.MinMaxNorm({ minValue: 0.5, maxValue: 2, rate: 0.5 }).rate); // 0.5
 * ```
 */
export class MinMaxNorm extends Constraint {
  /** The least norm. */
  readonly minValue: number;
  /** The largest norm. */
  readonly maxValue: number;
  /** The part of the way that each step goes. */
  readonly rate: number;
  /** What norms are taken over. */
  readonly axis: NormAxis;

  /** Takes the norms, the rate and the axis. Throws {@linkcode ValueError} for values out of range. */
  constructor(options: { minValue?: number; maxValue?: number; rate?: number; axis?: NormAxis } = {}) {
    super();
    checkOptions("MinMaxNorm", options, ["minValue", "maxValue", "rate", "axis"]);
    ({ minValue: this.minValue = 0, maxValue: this.maxValue = 1, rate: this.rate = 1, axis: this.axis = 0 } = options);
    checkRange("MinMaxNorm", "maxValue", this.maxValue, 0, Infinity);
    checkRange("MinMaxNorm", "minValue", this.minValue, 0, this.maxValue);
    checkRange("MinMaxNorm", "rate", this.rate, 0, 1);
  }
  /** The weight with its vectors moved. */
  call(weight: Value): Value {
    const norms = normsOf(weight, this.axis);
    const wanted = add(
      multiply(clip(norms, this.minValue, this.maxValue), this.rate),
      multiply(norms, 1 - this.rate),
    );
    return scaled(weight, norms, wanted);
  }
  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { minValue, maxValue, rate, axis } = this;
    return { min_value: minValue, max_value: maxValue, rate, axis };
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

const named: Record<ConstraintName, () => Constraint> = {
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
export type ConstraintName =
  | "max_norm"
  | "non_neg"
  | "unit_norm"
  | "min_max_norm"
  | "MaxNorm"
  | "NonNeg"
  | "UnitNorm"
  | "MinMaxNorm";
/** A constraint by name, as an object, or as a function that maps a weight. */
export type ConstraintIdentifier = ConstraintName | Constraint | ((weight: Value) => Value);

/**
 * The constraint that an identifier names, null for none; throws {@linkcode ValueError} with a suggestion for an unknown
 * name.
 */
export function getConstraint(identifier: ConstraintIdentifier | null | undefined, where?: string): Constraint | null {
  if (identifier === null || identifier === undefined) return null;
  if (identifier instanceof Constraint) return identifier;
  if (typeof identifier === "function") {
    if (!isClass(identifier)) return new FromFunction(identifier);
    throw new ValueError({
      what: where ?? "Unknown constraint",
      rule: "a constraint must be a name, an object or a function",
      received: describe(identifier),
      hint: `write new constraints.${String(identifier.name)}()`,
    });
  }
  if (typeof identifier !== "string") {
    throw new ValueError({
      what: where ?? "Unknown constraint",
      rule: "a constraint must be a name, an object or a function",
      received: describe(identifier),
      hint: 'write "max_norm" or new constraints.MaxNorm()',
    });
  }
  if (!Object.hasOwn(named, identifier)) throw unknownIdentifier("constraint", identifier, Object.keys(named), where);
  return named[identifier]();
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
