// Layers that pad, crop and upsample along spatial axes. https://keras.io/api/layers/reshaping_layers/
import { describeList, ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { type Interpolation, resize } from "../ops/image.ts";
import { broadcastTo, pad, reshape, slice } from "../ops/primitives.ts";
import type { PerAxis } from "../ops/spatial.ts";
import { isInteger, maxCopies } from "../option_kinds.ts";
import { declareOptions, type Option, option, optionTable, positional, withFacts } from "../options.ts";
import { formatShape, isListOf, type SymbolicShape } from "../shape.ts";
import { channelsLast, type DataFormat, dataFormatOption, spatialAxes } from "./data_format.ts";
import { interpolationOption } from "./image_preprocessing.ts";
import type { InputSpec } from "./input_spec.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import { windowOption } from "./windows.ts";

/** Options of layers of images and volumes. */
export interface SpatialOptions extends LayerOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

/** Elements before the first and after the last one along an axis. */
export type Sides = readonly [before: number, after: number];

/** Elements at both ends: one number for all spatial axes, one per axis, or before and after per axis. */
export type SidesPerAxis = number | readonly (number | Sides)[];

/** The elements before and after along each of `rank` axes. */
function sidesOption(rank: number, fallback: number): Option<readonly Sides[]> {
  const isCount = (n: unknown): n is number => isInteger(n) && n >= 0 && n <= maxCopies;
  const isSides = (sides: unknown): sides is Sides => isListOf(sides, isCount) && sides.length === 2;
  const isEither = (n: unknown): n is number | Sides => isCount(n) || isSides(n);
  return option<readonly Sides[]>({
    fallback,
    read: (given, { whatNamed, option }) => {
      if (isCount(given)) return new Array<Sides>(rank).fill([given, given]);
      if (rank === 1 && isSides(given)) return [[...given]];
      if (rank > 1 && isListOf(given, isEither) && given.length === rank) {
        return given.map((n) => (typeof n === "number" ? [n, n] : [...n]));
      }
      const each = rank === 1 ? "a pair of them" : `a list of ${rank} integers or pairs, one for each spatial axis`;
      throw new ValueError({
        what: whatNamed,
        rule: `${option} must be an integer from 0 to ${maxCopies}, or ${each}`,
        received: describeList(given),
        hint: `write it as in ${rank === 1 ? "[1, 2]" : `[${new Array(rank).fill("[1, 2]").join(", ")}]`}`,
      });
    },
    write: (sides) => rank === 1 ? sides[0] : sides,
  });
}

const zeroPaddingOptions = (rank: number) =>
  optionTable<SpatialOptions>()({
    ...layerOptions,
    /** The zeros before and after along each spatial axis. */
    padding: positional(sidesOption(rank, 1)),
    dataFormat: dataFormatOption,
  });

interface ZeroPadding extends LayerFields<SpatialOptions, ReturnType<typeof zeroPaddingOptions>> {}

/** Pads with zeros. */
abstract class ZeroPadding extends Layer {
  override inputSpec: InputSpec = { rank: this.padding.length + 2 };
  /** The spatial axes of the input. */
  protected readonly axes: readonly number[] = spatialAxes(this.padding.length + 2, this.dataFormat);

  /** The padded input. */
  call(x: Value): Value {
    const at = (side: 0 | 1) => x.shape.map((_, axis) => this.padding[this.axes.indexOf(axis)]?.[side] ?? 0);
    return pad(x, at(0), at(1));
  }
}

/**
 * Pads steps with zeros: `[batch, steps, features]`.
 *
 * @example Two steps before, none after
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 4] }), new layers.ZeroPadding1D([2, 0])]);
 * console.log(model.outputShape); // [ null, 12, 4 ]
 * ```
 */
export class ZeroPadding1D extends ZeroPadding {
  static {
    declareOptions(this, zeroPaddingOptions(1));
  }

  /**
   * Takes the steps at both ends, or a pair; 1 by default. Throws {@linkcode ValueError} if they are not integers.
   * Defaults: `padding: 1`, `dataFormat: "channels_last"`.
   */
  constructor(padding?: number | Sides, options: SpatialOptions = {}) {
    super(options, { padding });
  }
}

/**
 * Pads images with zeros: `[batch, height, width, channels]`.
 *
 * @example A frame of one pixel
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.ZeroPadding2D(1)]);
 * console.log(model.outputShape); // [ null, 30, 30, 1 ]
 * ```
 */
export class ZeroPadding2D extends ZeroPadding {
  static {
    declareOptions(this, zeroPaddingOptions(2));
  }

  /**
   * Takes the width of the frame, for all axes or per axis; 1 by default. Throws {@linkcode ValueError} if it is not an
   * integer. Defaults: `padding: 1`, `dataFormat: "channels_last"`.
   */
  constructor(padding?: SidesPerAxis, options: SpatialOptions = {}) {
    super(options, { padding });
  }
}

/**
 * Pads volumes with zeros: `[batch, depth, height, width, channels]`.
 *
 * @example A shell of one element
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [8, 8, 8, 1] }), new layers.ZeroPadding3D(1)]);
 * console.log(model.outputShape); // [ null, 10, 10, 10, 1 ]
 * ```
 */
export class ZeroPadding3D extends ZeroPadding {
  static {
    declareOptions(this, zeroPaddingOptions(3));
  }

  /**
   * Takes the width of the shell, for all axes or per axis; 1 by default. Throws {@linkcode ValueError} if it is not an
   * integer. Defaults: `padding: 1`, `dataFormat: "channels_last"`.
   */
  constructor(padding?: SidesPerAxis, options: SpatialOptions = {}) {
    super(options, { padding });
  }
}

const croppingOptions = (rank: number, cropping: number, dataFormat = dataFormatOption) =>
  optionTable<SpatialOptions>()({
    ...layerOptions,
    /** The elements to remove before and after along each spatial axis. */
    cropping: positional(sidesOption(rank, cropping)),
    dataFormat,
  });

interface Cropping extends LayerFields<SpatialOptions, ReturnType<typeof croppingOptions>> {}

/** Removes elements at the ends. */
abstract class Cropping extends Layer {
  override inputSpec: InputSpec = { rank: this.cropping.length + 2 };
  /** The spatial axes of the input. */
  protected readonly axes: readonly number[] = spatialAxes(this.cropping.length + 2, this.dataFormat);

  /** Checks that something remains. Throws {@linkcode ShapeError} if nothing does. */
  override build(inputShape: SymbolicShape): void {
    const isLeft = this.axes.every((axis, i) => {
      const extent = inputShape[axis];
      return extent === null || extent > this.cropping[i][0] + this.cropping[i][1];
    });
    if (isLeft) return;
    throw new ShapeError({
      what: `Cannot build "${this.name}"`,
      rule: `cropping must leave something, and takes ${this.cropping.map(([a, b]) => a + b).join(", ")} elements`,
      received: formatShape(inputShape),
      hint: "crop less, or give a larger Input",
    });
  }

  /** The cropped input. */
  call(x: Value): Value {
    const sides = x.shape.map((_, axis) => this.cropping[this.axes.indexOf(axis)] ?? [0, 0]);
    return slice(x, sides.map(([before]) => before), x.shape.map((extent, i) => extent - sides[i][0] - sides[i][1]));
  }
}

/**
 * Crops steps at the ends: `[batch, steps, features]`.
 *
 * @example Without the first two steps
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 4] }), new layers.Cropping1D([2, 0])]);
 * console.log(model.outputShape); // [ null, 8, 4 ]
 * ```
 */
export class Cropping1D extends Cropping {
  static {
    declareOptions(this, croppingOptions(1, 1, channelsLast));
  }

  /**
   * Takes the steps at both ends, or a pair; 1 by default. Throws {@linkcode ValueError} if they are not integers.
   * Defaults: `cropping: 1`.
   */
  constructor(cropping?: number | Sides, options: LayerOptions = {}) {
    super(options, { cropping });
  }
}

/**
 * Crops images: `[batch, height, width, channels]`.
 *
 * @example The center of images
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.Cropping2D(4)]);
 * console.log(model.outputShape); // [ null, 20, 20, 1 ]
 * ```
 */
export class Cropping2D extends Cropping {
  static {
    declareOptions(this, croppingOptions(2, 0));
  }

  /**
   * Takes the width of the edges, for all axes or per axis; 0 by default. Throws {@linkcode ValueError} if it is not an
   * integer. Defaults: `cropping: 0`, `dataFormat: "channels_last"`.
   */
  constructor(cropping?: SidesPerAxis, options: SpatialOptions = {}) {
    super(options, { cropping });
  }
}

/**
 * Crops volumes: `[batch, depth, height, width, channels]`.
 *
 * @example The center of volumes
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [8, 8, 8, 1] }), new layers.Cropping3D(2)]);
 * console.log(model.outputShape); // [ null, 4, 4, 4, 1 ]
 * ```
 */
export class Cropping3D extends Cropping {
  static {
    declareOptions(this, croppingOptions(3, 1));
  }

  /**
   * Takes the width of the sides, for all axes or per axis; 1 by default. Throws {@linkcode ValueError} if it is not an
   * integer. Defaults: `cropping: 1`, `dataFormat: "channels_last"`.
   */
  constructor(cropping?: SidesPerAxis, options: SpatialOptions = {}) {
    super(options, { cropping });
  }
}

/** `x` with each element repeated `times[i]` times along `axes[i]`. */
function repeated(x: Value, axes: readonly number[], times: readonly number[]): Value {
  const timesAlong = (axis: number) => times[axes.indexOf(axis)] ?? 1;
  const apart = x.shape.flatMap((extent, axis) => (axes.includes(axis) ? [extent, 1] : [extent]));
  const wide = x.shape.flatMap((extent, axis) => (axes.includes(axis) ? [extent, timesAlong(axis)] : [extent]));
  return reshape(broadcastTo(reshape(x, apart), wide), x.shape.map((extent, axis) => extent * timesAlong(axis)));
}

const upSamplingOptions = (rank: number, dataFormat = dataFormatOption) =>
  optionTable<SpatialOptions>()({
    ...layerOptions,
    /** The factor of each extent. */
    size: positional(windowOption(rank, 2)),
    dataFormat,
  });

interface UpSampling extends LayerFields<SpatialOptions, ReturnType<typeof upSamplingOptions>> {}

/** Upsamples along the spatial axes. */
abstract class UpSampling extends Layer {
  override inputSpec: InputSpec = { rank: this.size.length + 2 };
  /** The spatial axes of the input. */
  protected readonly axes: readonly number[] = spatialAxes(this.size.length + 2, this.dataFormat);

  /** The input with each element repeated. */
  call(x: Value): Value {
    return repeated(x, this.axes, this.size);
  }
}

/**
 * Repeats each step `size` times: `[batch, steps, features]`.
 *
 * @example Each step twice
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 4] }), new layers.UpSampling1D(2)]);
 * console.log(model.outputShape); // [ null, 20, 4 ]
 * ```
 */
export class UpSampling1D extends UpSampling {
  static {
    const { size, ...others } = upSamplingOptions(1, channelsLast);
    declareOptions(this, { ...others, size: withFacts(size, { write: ([times]) => times }) });
  }

  /**
   * Takes the factor, 2 by default. Throws {@linkcode ValueError} if it is not a positive integer. Defaults: `size: 2`.
   */
  constructor(size?: number, options: LayerOptions = {}) {
    super(options, { size });
  }
}

/** Options of {@linkcode UpSampling2D}. */
export interface UpSampling2DOptions extends SpatialOptions {
  /** How to interpolate between pixels; `nearest` by default, which repeats them. */
  interpolation?: Interpolation;
}

const upSampling2DOptions = optionTable<UpSampling2DOptions>()({
  ...upSamplingOptions(2),
  interpolation: interpolationOption("nearest"),
});

/** The options, checked and completed. */
export interface UpSampling2D extends LayerFields<UpSampling2DOptions, typeof upSampling2DOptions> {}

/**
 * Enlarges height and width of images by `size`: `[batch, height, width, channels]`.
 *
 * @example Twice as large
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const up = new layers.UpSampling2D(2, { interpolation: "bilinear" });
 * console.log(new Sequential([Input({ shape: [14, 14, 1] }), up]).outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class UpSampling2D extends UpSampling {
  static {
    declareOptions(this, upSampling2DOptions);
  }

  /**
   * Takes the factor, 2 by default. Throws {@linkcode ValueError} if it is not a positive integer. Defaults: `size: 2`,
   * `dataFormat: "channels_last"`, `interpolation: "nearest"`.
   */
  constructor(size?: PerAxis, options: UpSampling2DOptions = {}) {
    super(options, { size });
  }

  /** The enlarged images. */
  override call(x: Value): Value {
    const { interpolation, dataFormat } = this;
    if (interpolation === "nearest") return super.call(x);
    return resize(x, this.axes.map((axis, i) => x.shape[axis] * this.size[i]), { interpolation, dataFormat });
  }
}

/**
 * Repeats each element of a volume `size` times along each axis: `[batch, depth, height, width, channels]`.
 *
 * @example Twice as large
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [4, 4, 4, 1] }), new layers.UpSampling3D(2)]);
 * console.log(model.outputShape); // [ null, 8, 8, 8, 1 ]
 * ```
 */
export class UpSampling3D extends UpSampling {
  static {
    declareOptions(this, upSamplingOptions(3));
  }

  /**
   * Takes the factor, 2 by default. Throws {@linkcode ValueError} if it is not a positive integer. Defaults: `size: 2`,
   * `dataFormat: "channels_last"`.
   */
  constructor(size?: PerAxis, options: SpatialOptions = {}) {
    super(options, { size });
  }
}
