// Options on the weights of layers: an initializer, a regularizer and a constraint for each.
import { type Constraint, type ConstraintIdentifier, constraintOption } from "../constraints.ts";
import type { Initializer } from "../initializers/initializer.ts";
import { type InitializerIdentifier, type InitializerName, initializerOption } from "../initializers/resolve.ts";
import type { Option } from "../options.ts";
import { type Regularizer, type RegularizerIdentifier, regularizerOption } from "../regularizers.ts";

/** Options on a weight named `kernel`. */
export interface KernelOptions {
  /** The initializer of the kernel; `glorot_uniform` by default. */
  kernelInitializer?: InitializerIdentifier;
  /** A penalty on the kernel. */
  kernelRegularizer?: RegularizerIdentifier | null;
  /** The constraint on the kernel, applied after each step. */
  kernelConstraint?: ConstraintIdentifier | null;
}

/** Options on a bias. */
export interface BiasOptions {
  /** Whether a bias is added; true by default. */
  useBias?: boolean;
  /** The initializer of the bias; `zeros` by default. */
  biasInitializer?: InitializerIdentifier;
  /** A penalty on the bias. */
  biasRegularizer?: RegularizerIdentifier | null;
  /** The constraint on the bias, applied after each step. */
  biasConstraint?: ConstraintIdentifier | null;
}

type Initializers<Name extends string> = Readonly<Record<`${Name}Initializer`, Initializer>>;
type Regularizers<Name extends string> = Readonly<Record<`${Name}Regularizer`, Regularizer | null>>;
type Constraints<Name extends string> = Readonly<Record<`${Name}Constraint`, Constraint | null>>;

/** The fields of options on the weights of these names. */
type WeightFields<Name extends string> = Initializers<Name> & Regularizers<Name> & Constraints<Name>;

/** The options on the weights of these names. */
type WeightOptionTable<Name extends string> = {
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
