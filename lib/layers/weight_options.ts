// Options on the weights of layers: an initializer, a regularizer and a constraint for each.
import { type Constraint, constraintOption } from "../constraints.ts";
import type { Initializer } from "../initializers/initializer.ts";
import { type InitializerName, initializerOption } from "../initializers/resolve.ts";
import type { Option } from "../options.ts";
import { type Regularizer, regularizerOption } from "../regularizers.ts";

type Initializers<Name extends string> = Readonly<Record<`${Name}Initializer`, Initializer>>;
type Regularizers<Name extends string> = Readonly<Record<`${Name}Regularizer`, Regularizer | null>>;
type Constraints<Name extends string> = Readonly<Record<`${Name}Constraint`, Constraint | null>>;

/** The fields of options on the weights of these names. */
export type WeightFields<Name extends string> = Initializers<Name> & Regularizers<Name> & Constraints<Name>;

/** The options on the weights of these names. */
export type WeightOptionTable<Name extends string> = {
  readonly [K in keyof WeightFields<Name>]: Option<WeightFields<Name>[K]>;
};

/**
 * Options on the weights of a layer, in Keras's order: all initializers, all regularizers, all constraints.
 *
 * @param initializers the default initializer of each weight
 */
export function weightOptions<Name extends string>(
  initializers: Readonly<Record<Name, InitializerName>>,
): WeightOptionTable<Name> {
  const entries = Object.entries<InitializerName>(initializers);
  return Object.fromEntries<Option<unknown>>([
    ...entries.map(([name, initializer]) => [`${name}Initializer`, initializerOption(initializer)] as const),
    ...entries.map(([name]) => [`${name}Regularizer`, regularizerOption()] as const),
    ...entries.map(([name]) => [`${name}Constraint`, constraintOption()] as const),
  ]) as WeightOptionTable<Name>;
}

/** A layer's options on the weight of a name, as `addWeight` takes them. */
export function weightSettings<const Name extends string>(
  layer: WeightFields<Name>,
  name: Name,
): { initializer: Initializer; regularizer: Regularizer | null; constraint: Constraint | null } {
  const initializers: Initializers<Name> = layer;
  const regularizers: Regularizers<Name> = layer;
  const constraints: Constraints<Name> = layer;
  return {
    initializer: initializers[`${name}Initializer`],
    regularizer: regularizers[`${name}Regularizer`],
    constraint: constraints[`${name}Constraint`],
  };
}
