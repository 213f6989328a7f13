// Layers that only change the shape. https://keras.io/api/layers/reshaping_layers/
import { describeList, ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { broadcastTo, reshape, transpose } from "../ops/primitives.ts";
import { isInteger, maxCopies, maxExtent, positiveInteger } from "../option_kinds.ts";
import { declareOptions, option, optionTable, positional, required } from "../options.ts";
import { formatShape, isKnown, isListOf, type Shape, sizeOf, type SymbolicShape } from "../shape.ts";
import { type DataFormat, dataFormatOption } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";

/** Options of {@linkcode Flatten}. */
export interface FlattenOptions extends LayerOptions {
  /** Where the channels are; they are flattened as the last axis. `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

const flattenOptions = optionTable<FlattenOptions>()({ ...layerOptions, dataFormat: dataFormatOption });

/** The options, checked and completed. */
export interface Flatten extends LayerFields<FlattenOptions, typeof flattenOptions> {}

/**
 * Flattens all axes but the batch axis: `[batch, ...]` gives `[batch, n]`.
 *
 * @example Images as rows
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * console.log(new Sequential([Input({ shape: [28, 28] }), new layers.Flatten()]).outputShape); // [ null, 784 ]
 * ```
 */
export class Flatten extends Layer {
  static {
    declareOptions(this, flattenOptions);
  }

  /** Takes the options. Defaults: `dataFormat: "channels_last"`. */
  constructor(options: FlattenOptions = {}) {
    super(options);
  }

  /** The flattened input. */
  call(x: Value): Value {
    const rank = x.shape.length;
    const last = this.dataFormat === "channels_first" && rank > 2
      ? transpose(x, [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1])
      : x;
    return reshape(last, [x.shape[0], sizeOf(x.shape.slice(1))]);
  }

  /** `[batch, n]`; n is null if an extent is. */
  override computeOutputShape([batch, ...rest]: SymbolicShape): SymbolicShape {
    return [batch, isKnown(rest) ? sizeOf(rest) : null];
  }
}

const targetShapeOption = option<Shape>({
  read: (given, { whatNamed, option }) => {
    const isExtent = (extent: unknown): extent is number =>
      isInteger(extent) && (extent === -1 || (extent > 0 && extent <= maxExtent));
    if (isListOf(given, isExtent) && given.filter((extent) => extent === -1).length <= 1) return [...given];
    throw new ShapeError({
      what: whatNamed,
      rule: `${option} must be a list of positive integers, of which one may be -1, without the batch axis`,
      received: describeList(given),
      hint: "write it as in new Reshape([28, 28, 1])",
    });
  },
});

const reshapeOptions = optionTable<LayerOptions>()({
  ...layerOptions,
  /** The shape of one sample. */
  targetShape: positional(targetShapeOption),
});

/** The options, checked and completed. */
export interface Reshape extends LayerFields<LayerOptions, typeof reshapeOptions> {}

/**
 * Reshapes each sample; one extent may be -1.
 *
 * @example Rows as images with one channel
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [784] }), new layers.Reshape([28, 28, -1])]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class Reshape extends Layer {
  static {
    declareOptions(this, reshapeOptions);
  }

  /** Takes the shape of one sample. Throws {@linkcode ShapeError} if it is invalid. */
  constructor(targetShape: Shape, options: LayerOptions = {}) {
    super(options, { targetShape });
  }

  /** The reshaped input. */
  call(x: Value): Value {
    const shape = this.computeOutputShape(x.shape) as Shape;
    return reshape(x, shape);
  }

  /** The target shape after the batch axis, with -1 resolved if the input's shape is known. */
  override computeOutputShape([batch, ...rest]: SymbolicShape): SymbolicShape {
    const { targetShape } = this;
    const known = sizeOf(targetShape.filter((extent) => extent !== -1));
    const free = targetShape.includes(-1);
    if (!isKnown(rest)) return [batch, ...targetShape.map((extent) => (extent === -1 ? null : extent))];
    const size = sizeOf(rest);
    if (free ? size % known !== 0 : size !== known) {
      throw new ShapeError({
        what: `Cannot build "${this.name}"`,
        rule: `a sample of shape ${formatShape(rest)} has ${size} elements, targetShape must have as many`,
        received: formatShape(targetShape),
        hint: "check the extents, or leave one as -1",
      });
    }
    return [batch, ...targetShape.map((extent) => (extent === -1 ? size / known : extent))];
  }
}

const dimsOption = option<readonly number[]>({
  read: (given, { whatNamed, option }) => {
    if (isListOf(given, isInteger) && given.every((_, i) => given.includes(i + 1))) return [...given];
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must hold each of 1 to its length once, since axis 0 is that of the batch`,
      received: describeList(given),
      hint: "write it as in new Permute([2, 1])",
    });
  },
});

const permuteOptions = optionTable<LayerOptions>()({
  ...layerOptions,
  /** The input axis of each output axis, counted from 1. */
  dims: positional(dimsOption),
});

/** The options, checked and completed. */
export interface Permute extends LayerFields<LayerOptions, typeof permuteOptions> {}

/**
 * Permutes the axes of each sample; `dims` counts them from 1, since axis 0 is the batch axis.
 *
 * @example Features before steps
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * console.log(new Sequential([Input({ shape: [10, 64] }), new layers.Permute([2, 1])]).outputShape); // [ null, 64, 10 ]
 * ```
 */
export class Permute extends Layer {
  static {
    declareOptions(this, permuteOptions);
  }

  /** Takes the order of axes. Throws {@linkcode ValueError} if it is not a permutation of 1 to its length. */
  constructor(dims: readonly number[], options: LayerOptions = {}) {
    super(options, { dims });
    this.inputSpec = { rank: this.dims.length + 1 };
  }

  /** The input with its axes reordered. */
  call(x: Value): Value {
    return transpose(x, [0, ...this.dims]);
  }

  /** The extents in the new order. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return [0, ...this.dims].map((axis) => shape[axis]);
  }
}

const repeatVectorOptions = optionTable<LayerOptions>()({
  ...layerOptions,
  /** The number of steps. */
  n: positional(positiveInteger(required, maxCopies)),
});

/** The options, checked and completed. */
export interface RepeatVector extends LayerFields<LayerOptions, typeof repeatVectorOptions> {}

/**
 * Repeats each row `n` times as steps: `[batch, features]` gives `[batch, n, features]`.
 *
 * @example A vector repeated for three steps
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * console.log(new Sequential([Input({ shape: [32] }), new layers.RepeatVector(3)]).outputShape); // [ null, 3, 32 ]
 * ```
 */
export class RepeatVector extends Layer {
  static {
    declareOptions(this, repeatVectorOptions);
  }

  /** Takes the number of steps. Throws {@linkcode ValueError} if it is not a positive integer. */
  constructor(n: number, options: LayerOptions = {}) {
    super(options, { n });
    this.inputSpec = { rank: 2 };
  }

  /** The repeated input. */
  call(x: Value): Value {
    const [batch, features] = x.shape;
    return broadcastTo(reshape(x, [batch, 1, features]), [batch, this.n, features]);
  }

  /** `[batch, n, features]`. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return [shape[0], this.n, shape[1]];
  }
}
