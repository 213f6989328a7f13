// What layers are made and called with: options, the context of a call, and what is asked of shapes.
import type { ConstraintIdentifier } from "../constraints.ts";
import { ShapeError, ValueError } from "../errors.ts";
import type { DType } from "../dtype.ts";
import type { InitializerIdentifier } from "../initializers/initializers.ts";
import type { Value } from "../ir/value.ts";
import { type DTypePolicy, dtypePolicy, policyNode } from "../json_config.ts";
import { boolean, positiveInteger } from "../option_kinds.ts";
import { describe, type KeptOf, nullable, option, type OptionFields, optionTable } from "../options.ts";
import { type RegularizerIdentifier, regularizerOption } from "../regularizers.ts";
import type { Shape, SymbolicShape } from "../shape.ts";
import { flatten, mapStructure, type Structure } from "../structure.ts";

/** Options that every layer takes. */
export interface LayerOptions {
  /** The name in messages, summaries and files: letters, digits, anything but `/`; by class and number by default. */
  name?: string;
  /** The dtype that the layer computes in and keeps its weights in. */
  dtype?: "float32";
  /** Whether optimizers change the layer's weights; true by default. */
  trainable?: boolean;
  /** A penalty on the layer's output, added to the loss. */
  activityRegularizer?: RegularizerIdentifier | null;
  /** Where the layer is a model's first: the shape of one sample, in place of an `Input`. */
  inputShape?: SymbolicShape;
  /** Where the layer is a model's first: the number of features of one sample, in place of an `Input`. */
  inputDim?: number;
  /** Where the layer is a model's first: the shape with the batch axis, in place of an `Input`. */
  batchInputShape?: SymbolicShape;
}

const dtypeOption = option<DTypePolicy>({
  fallback: "float32",
  nullable: true,
  assigned: false,
  field: "dtypePolicy",
  read: (given, { what }) => dtypePolicy((given ?? undefined) as string | undefined, what.slice("Cannot make ".length)),
  write: policyNode,
});

/** A shape in place of an `Input`, null for an axis of any extent. */
const shapeOption = option<SymbolicShape | undefined>({
  fallback: null,
  assigned: false,
  written: "never",
  read: (given, { whatNamed, option }) => {
    if (given === null) return undefined;
    const isExtent = (extent: unknown) => extent === null || (Number.isInteger(extent) && (extent as number) > 0);
    if (Array.isArray(given) && given.every(isExtent)) return given;
    throw new ShapeError({
      what: whatNamed,
      rule: `${option} must be a list of positive integers and null`,
      received: Array.isArray(given) ? `[${given.map(describe).join(", ")}]` : describe(given),
      hint: "write it as in inputShape: [28, 28]",
    });
  },
});

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
  inputShape: shapeOption,
  inputDim: { ...nullable(positiveInteger()), assigned: false, written: "never" },
  batchInputShape: shapeOption,
});

/** What a layer's `call` knows besides its input. Extend it by what a layer takes by name. */
export interface CallContext<Mask = Value> {
  /** Whether the call is part of training. */
  readonly training: boolean;
  /** The mask of the input, bool, true where a step counts; undefined for none. Built as the input is. */
  readonly mask?: Mask;
}

/** The shapes of what a call takes by name, such as the `value` of an attention. */
export type ArgumentShapes = { readonly [name: string]: Structure<SymbolicShape> };

/** What a layer asks of its input's shape. */
export interface InputSpec {
  /** The least number of axes, the batch axis included. */
  readonly minRank?: number;
  /** The number of axes, the batch axis included. */
  readonly rank?: number;
  /** The extent of the last axis. */
  readonly lastAxis?: number;
  /** The extents of other axes, counted from the front. */
  readonly axes?: { readonly [axis: number]: number };
}

/** What {@linkcode Layer.addWeight} takes. */
export interface AddWeightOptions {
  /** The layer's own name for the weight, such as `kernel`. */
  name: string;
  /** The extent of each axis. */
  shape: Shape;
  /** Its dtype; `float32` by default. */
  dtype?: DType;
  /** What it is first filled by; `glorot_uniform` by default. */
  initializer?: InitializerIdentifier;
  /** Whether optimizers change it; true by default. */
  trainable?: boolean;
  /** A penalty on it, added to the loss. */
  regularizer?: RegularizerIdentifier | null;
  /** A map that it is sent through after each step. */
  constraint?: ConstraintIdentifier | null;
}

/** The shapes of those arguments by name that are structures of a `Kind`. */
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

/** The shape, batch axis first, that a layer's options give its model's input, if they do. */
export function declaredShape(
  { inputShape, inputDim, batchInputShape }: Pick<Kept, "inputShape" | "inputDim" | "batchInputShape">,
): SymbolicShape | undefined {
  return batchInputShape ?? (inputShape ? [null, ...inputShape] : inputDim === null ? undefined : [null, inputDim]);
}

/** The fields that a layer's own options become, beside those of every layer. */
export type LayerFields<O, T> = OptionFields<Omit<O, keyof LayerOptions>, Omit<T, keyof LayerOptions>>;

/** The values of the options that every layer takes. */
export type Kept = { readonly [K in keyof typeof layerOptions]: KeptOf<(typeof layerOptions)[K]> };
