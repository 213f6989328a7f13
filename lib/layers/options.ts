// What layers are made and called with: options, and the context of a call.
import { type ConstraintIdentifier, constraintOption } from "../constraints.ts";
import { describe, describeList, ShapeError, ValueError } from "../errors.ts";
import { type DType, dtypes } from "../dtype.ts";
import { type InitializerIdentifier, initializerOption } from "../initializers/resolve.ts";
import type { Value } from "../ir/value.ts";
import { type DTypePolicy, type PolicyIdentifier, policyNode, policyOf } from "../dtype_policy.ts";
import { boolean, choice, isInteger, maxExtent, positiveInteger, text, uncheckedHere } from "../option_kinds.ts";
import {
  fixed,
  keyed,
  nullable,
  type Option,
  option,
  type OptionFields,
  optionsOfClass,
  optionTable,
  unassigned,
  unoffered,
  unread,
  withFacts,
} from "../options.ts";
import { type RegularizerIdentifier, regularizerOption } from "../regularizers.ts";
import { isListOf, type Shape, type SymbolicShape } from "../shape.ts";
import { flatten, mapStructure, type Structure } from "../structure.ts";

/** Options that every layer takes. */
export interface LayerOptions {
  /** The name in messages, summaries and files, without `/`; made from class and number by default. */
  name?: string | null;
  /** The dtypes of the layer's computation and weights: a policy or its name; by default the global policy. */
  dtype?: PolicyIdentifier | null;
  /** Whether optimizers change the layer's weights; true by default. */
  trainable?: boolean;
  /** A penalty on the layer's output, added to the loss. */
  activityRegularizer?: RegularizerIdentifier | null;
  /** For the first layer of a model: the shape of one sample, in place of an `Input`. */
  inputShape?: SymbolicShape | null;
  /** For the first layer of a model: the number of features of one sample, in place of an `Input`. */
  inputDim?: number | null;
  /** For the first layer of a model: the shape with the batch axis, in place of an `Input`. */
  batchInputShape?: SymbolicShape | null;
}

const dtypeOption = option<DTypePolicy>({
  fallback: null,
  field: "dtypePolicy",
  read: (given, { what }) => policyOf(given, what),
  write: policyNode,
});

/**
 * A shape of positive integers and nulls. For anything else it throws {@linkcode ShapeError} with the rule and the
 * hint.
 */
export const shapeOption = (rule: string, hint: string): Option<SymbolicShape> =>
  option<SymbolicShape>({
    read: (given, { what, option }) => {
      const isExtent = (extent: unknown): extent is number | null =>
        extent === null || (isInteger(extent) && extent > 0 && extent <= maxExtent);
      if (isListOf(given, isExtent)) return [...given];
      throw new ShapeError({ what, rule: `${option} must be ${rule}`, received: describeList(given), hint });
    },
  });

/** An option that replaces an `Input`: kept as the shape with the batch axis. */
const inPlaceOfInput = <Kept>(of: Option<Kept>, shape: (kept: Kept) => SymbolicShape) =>
  unassigned<SymbolicShape | null>({
    ...nullable({ ...of, read: (given, place) => shape(of.read(given, place)), write: () => null }),
    field: "batchInputShape",
    written: "never",
  });

/** A shape in place of an `Input`. */
const shapeOfInput = shapeOption("a list of positive integers and null", "write it as in inputShape: [28, 28]");

/** The extent of a sample's one axis, in place of an `Input`. */
export const inputExtent = inPlaceOfInput(positiveInteger(), (extent) => [null, extent]);

/** The options that every layer takes. */
export const layerOptions = optionTable<LayerOptions>()({
  name: option<string | null>({
    fallback: null,
    assigned: false,
    read: (given, { what }) => {
      if (given === null || (typeof given === "string" && given !== "" && !given.includes("/"))) return given;
      throw new ValueError({
        what,
        rule: 'name must be a text without "/"',
        received: describe(given),
        hint: 'write it with "_" in place of "/"',
      });
    },
  }),
  trainable: { ...boolean(true), assigned: false },
  dtype: dtypeOption,
  activityRegularizer: { ...regularizerOption(), written: "unless null" },
  batchInputShape: inPlaceOfInput(shapeOfInput, (shape) => shape),
  inputShape: inPlaceOfInput(shapeOfInput, (shape) => [null, ...shape]),
  inputDim: inputExtent,
  // Keras writes it for layers of the user's own without a config of their own.
  autocast: unassigned(withFacts(fixed(true), { written: "never" })),
});

/** Config keys of low-rank adaptation, which is not supported. */
export const noLora = { loraRank: unread, loraAlpha: unread };

/** The config key of the penalty on the output, for layers whose Keras config always has it. */
export const noActivityRegularizer = keyed("activity_regularizer", unoffered(null));

/** What a layer's `call` knows besides its input. Extend it by the arguments that a layer takes by name. */
export interface CallContext<Mask = Value> {
  /** Whether the call is part of training. */
  readonly training: boolean;
  /**
   * The mask of the input, bool, true for steps that count, structured like the input; undefined for none. As in Keras, a
   * call with tensors besides the input has a mask only if one is given.
   */
  readonly mask?: Mask;
}

/** The shapes of the arguments passed by name, such as the `value` of an attention. */
export type ArgumentShapes = { readonly [name: string]: Structure<SymbolicShape> };

/** What {@linkcode Layer.addWeight} takes. */
export interface AddWeightOptions {
  /** The layer's own name for the weight, such as `kernel`. */
  name: string;
  /** The extent of each axis. */
  shape: Shape;
  /** Its dtype; by default that of the layer's weights: `float32`, unless its policy says otherwise. */
  dtype?: DType | null;
  /** Whether the layer's calls read it in the dtype that they compute in; true by default. */
  autocast?: boolean;
  /** How it is initialized; `glorot_uniform` by default. */
  initializer?: InitializerIdentifier;
  /** Whether optimizers change it; true by default. */
  trainable?: boolean;
  /** A penalty on it, added to the loss. */
  regularizer?: RegularizerIdentifier | null;
  /** A constraint, applied after each step. */
  constraint?: ConstraintIdentifier | null;
}

/** The options of {@linkcode Layer.addWeight}. */
export const addWeightOptions = optionTable<AddWeightOptions>()({
  name: text(),
  // Checked by addWeight, whose message contains the name.
  shape: withFacts(uncheckedHere<Shape>(), { nullable: true }),
  dtype: nullable(choice(dtypes)),
  autocast: boolean(true),
  initializer: initializerOption("glorot_uniform"),
  trainable: boolean(true),
  regularizer: regularizerOption(),
  constraint: constraintOption(),
});

/** The shapes of the named arguments that are structures of a `Kind`. */
export function shapesOf<T>(
  named: Readonly<Record<string, unknown>>,
  Kind: NewableFunction & { readonly prototype: T },
  shape: (item: T) => SymbolicShape,
): ArgumentShapes {
  const isKind = (item: unknown): item is T => item instanceof Kind;
  return Object.fromEntries(
    Object.entries(named).filter(([name, argument]) => name !== "mask" && flatten(argument).every(isKind))
      .map(([name, argument]) => [name, mapStructure(argument as Structure<T>, shape)]),
  );
}

/** The input shape, batch axis first, that a layer's options give its model: the first one given. */
export function declaredShape(Class: object, kept: Readonly<Record<string, unknown>>): SymbolicShape | undefined {
  const given = Object.entries(optionsOfClass(Class)).filter(([, { field }]) => field === "batchInputShape")
    .map(([name]) => kept[name] as SymbolicShape | null);
  return given.find((shape) => shape !== null) ?? undefined;
}

/** The fields of a layer's own options, besides those of every layer. */
export type LayerFields<O, T> = OptionFields<Omit<O, keyof LayerOptions>, Omit<T, keyof LayerOptions & keyof O>>;
