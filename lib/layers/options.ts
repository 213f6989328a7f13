// What layers are made and called with: options, the context of a call, and what is asked of shapes.
import type { ConstraintIdentifier } from "../constraints.ts";
import { ShapeError } from "../errors.ts";
import type { DType } from "../dtype.ts";
import type { InitializerIdentifier } from "../initializers/initializers.ts";
import type { Value } from "../ir/value.ts";
import { describe } from "../options.ts";
import type { RegularizerIdentifier } from "../regularizers.ts";
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

/** The names of the options that every layer takes. */
export const layerOptionNames = [
  "name",
  "dtype",
  "trainable",
  "activityRegularizer",
  "inputShape",
  "inputDim",
  "batchInputShape",
] as const;

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

/** The shape, batch axis first, that options give a model's input; throws {@linkcode ShapeError} for what is none. */
export function declaredShape(
  { inputShape, inputDim, batchInputShape }: LayerOptions,
  what: string,
): SymbolicShape | undefined {
  const shape = batchInputShape ??
    (inputShape ? [null, ...inputShape] : inputDim === undefined ? undefined : [null, inputDim]);
  const isExtent = (extent: unknown) => extent === null || (Number.isInteger(extent) && (extent as number) > 0);
  if (shape === undefined || (Array.isArray(shape) && shape.every(isExtent))) return shape;
  throw new ShapeError({
    what,
    rule: "inputShape and batchInputShape must be lists of positive integers and null, inputDim a positive integer",
    received: Array.isArray(shape) ? `[${shape.map(describe).join(", ")}]` : describe(shape),
    hint: "write it as in inputShape: [28, 28]",
  });
}
