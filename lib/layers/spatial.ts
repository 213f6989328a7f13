// Layers that pad, crop and enlarge along spatial axes. https://keras.io/api/layers/reshaping_layers/
import type { Config } from "../json_config.ts";
import { ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { type Interpolation, resize } from "../ops/image.ts";
import { broadcastTo, pad, reshape, slice } from "../ops/primitives.ts";
import { checkName, type PerAxis, perAxis } from "../ops/spatial.ts";
import { describe } from "../options.ts";
import { formatShape, type SymbolicShape } from "../shape.ts";
import { checkDataFormat, type DataFormat, spatialAxes } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";

/** Options of layers of images and volumes. */
export interface SpatialOptions extends LayerOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** Elements before the first and after the last along an axis. */
export type Sides = readonly [before: number, after: number];

/** Elements at both ends of all spatial axes, of each, or before and after for each. */
export type SidesPerAxis = number | readonly (number | Sides)[];

/** The elements before and after along each of `rank` axes; throws {@linkcode ValueError} for what are none. */
function sidesOf(what: string, name: string, value: SidesPerAxis, rank: number): Sides[] {
  const isCount = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0;
  const isSides = (sides: unknown): sides is Sides =>
    Array.isArray(sides) && sides.length === 2 && sides.every(isCount);
  if (isCount(value)) return new Array<Sides>(rank).fill([value, value]);
  if (rank === 1 && isSides(value)) return [value];
  if (rank > 1 && Array.isArray(value) && value.length === rank && value.every((n) => isCount(n) || isSides(n))) {
    return (value as (number | Sides)[]).map((n) => (typeof n === "number" ? [n, n] : n));
  }
  throw new ValueError({
    what,
    rule: `${name} must be an integer of at least 0, or ${
      rank === 1 ? "a pair of them" : `a list of ${rank} integers or pairs, one for each spatial axis`
    }`,
    received: Array.isArray(value)
      ? `[${value.map((n) => Array.isArray(n) ? `[${n}]` : describe(n)).join(", ")}]`
      : describe(value),
    hint: `write it as in ${rank === 1 ? "[1, 2]" : `[${new Array(rank).fill("[1, 2]").join(", ")}]`}`,
  });
}

/** A layer that acts along `rank` spatial axes. */
abstract class Spatial extends Layer {
  /** Where the channels are. */
  readonly dataFormat: DataFormat;
  /** The spatial axes of the input. */
  protected readonly axes: readonly number[];

  constructor(rank: number, options: SpatialOptions, ownOptions: readonly string[]) {
    super(options, ownOptions);
    this.dataFormat = checkDataFormat(options.dataFormat, `Cannot make "${this.name}"`);
    this.inputSpec = { rank: rank + 2 };
    this.axes = spatialAxes(rank + 2, this.dataFormat);
  }
}

/** Puts zeros around. */
abstract class ZeroPadding extends Spatial {
  /** The zeros before and after along each spatial axis. */
  readonly padding: readonly Sides[];

  constructor(padding: SidesPerAxis, rank: number, options: SpatialOptions) {
    super(rank, options, ["dataFormat"]);
    this.padding = sidesOf(`Cannot make "${this.name}"`, "padding", padding, rank);
  }

  /** The input with zeros around. */
  call(x: Value): Value {
    const at = (side: 0 | 1) => x.shape.map((_, axis) => this.padding[this.axes.indexOf(axis)]?.[side] ?? 0);
    return pad(x, at(0), at(1));
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const padding = this.padding.length === 1 ? this.padding[0] : this.padding;
    return { ...super.getConfig(), padding, data_format: this.dataFormat };
  }
}

/**
 * Steps of zeros before and after: `[batch, steps, features]`.
 *
 * @example Two steps before, none after
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 4] }), new layers.ZeroPadding1D([2, 0])]);
 * console.log(model.outputShape); // [ null, 12, 4 ]
 * ```
 */
export class ZeroPadding1D extends ZeroPadding {
  /** Takes the steps at both ends, or a pair. Throws {@linkcode ValueError} where they are no integers. */
  constructor(padding: number | Sides = 1, options: SpatialOptions = {}) {
    super(padding, 1, options);
  }
}

/**
 * Zeros around images: `[batch, height, width, channels]`.
 *
 * @example A frame of one pixel
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.ZeroPadding2D(1)]);
 * console.log(model.outputShape); // [ null, 30, 30, 1 ]
 * ```
 */
export class ZeroPadding2D extends ZeroPadding {
  /** Takes the width of the frame, or that of each axis. Throws {@linkcode ValueError} where it is no integer. */
  constructor(padding: SidesPerAxis = 1, options: SpatialOptions = {}) {
    super(padding, 2, options);
  }
}

/**
 * Zeros around volumes: `[batch, depth, height, width, channels]`.
 *
 * @example A shell of one element
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [8, 8, 8, 1] }), new layers.ZeroPadding3D(1)]);
 * console.log(model.outputShape); // [ null, 10, 10, 10, 1 ]
 * ```
 */
export class ZeroPadding3D extends ZeroPadding {
  /** Takes the width of the shell, or that of each axis. Throws {@linkcode ValueError} where it is no integer. */
  constructor(padding: SidesPerAxis = 1, options: SpatialOptions = {}) {
    super(padding, 3, options);
  }
}

/** Cuts off elements at the ends. */
abstract class Cropping extends Spatial {
  /** What is cut off before and after along each spatial axis. */
  readonly cropping: readonly Sides[];

  constructor(cropping: SidesPerAxis, rank: number, options: SpatialOptions, ownOptions: readonly string[]) {
    super(rank, options, ownOptions);
    this.cropping = sidesOf(`Cannot make "${this.name}"`, "cropping", cropping, rank);
  }

  /** Checks that something is left. Throws {@linkcode ShapeError} where nothing is. */
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

  /** What is left of the input. */
  call(x: Value): Value {
    const sides = x.shape.map((_, axis) => this.cropping[this.axes.indexOf(axis)] ?? [0, 0]);
    return slice(x, sides.map(([before]) => before), x.shape.map((extent, i) => extent - sides[i][0] - sides[i][1]));
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), cropping: this.cropping, data_format: this.dataFormat };
  }
}

/**
 * Cuts off steps at the ends: `[batch, steps, features]`.
 *
 * @example Without the first two steps
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 4] }), new layers.Cropping1D([2, 0])]);
 * console.log(model.outputShape); // [ null, 8, 4 ]
 * ```
 */
export class Cropping1D extends Cropping {
  /** Takes the steps at both ends, or a pair. Throws {@linkcode ValueError} where they are no integers. */
  constructor(cropping: number | Sides = 1, options: LayerOptions = {}) {
    super(cropping, 1, options, []);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { data_format: _, ...config } = super.getConfig();
    return { ...config, cropping: this.cropping[0] };
  }
}

/**
 * Cuts off the edges of images: `[batch, height, width, channels]`.
 *
 * @example The middle of images
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.Cropping2D(4)]);
 * console.log(model.outputShape); // [ null, 20, 20, 1 ]
 * ```
 */
export class Cropping2D extends Cropping {
  /** Takes the width of the edges, or that of each axis. Throws {@linkcode ValueError} where it is no integer. */
  constructor(cropping: SidesPerAxis = 0, options: SpatialOptions = {}) {
    super(cropping, 2, options, ["dataFormat"]);
  }
}

/**
 * Cuts off the sides of volumes: `[batch, depth, height, width, channels]`.
 *
 * @example The middle of volumes
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [8, 8, 8, 1] }), new layers.Cropping3D(2)]);
 * console.log(model.outputShape); // [ null, 4, 4, 4, 1 ]
 * ```
 */
export class Cropping3D extends Cropping {
  /** Takes the width of the sides, or that of each axis. Throws {@linkcode ValueError} where it is no integer. */
  constructor(cropping: SidesPerAxis = 1, options: SpatialOptions = {}) {
    super(cropping, 3, options, ["dataFormat"]);
  }
}

/** `x` with each element `times[i]` times along `axes[i]`. */
function repeated(x: Value, axes: readonly number[], times: readonly number[]): Value {
  const timesAlong = (axis: number) => times[axes.indexOf(axis)] ?? 1;
  const apart = x.shape.flatMap((extent, axis) => (axes.includes(axis) ? [extent, 1] : [extent]));
  const wide = x.shape.flatMap((extent, axis) => (axes.includes(axis) ? [extent, timesAlong(axis)] : [extent]));
  return reshape(broadcastTo(reshape(x, apart), wide), x.shape.map((extent, axis) => extent * timesAlong(axis)));
}

/** Makes more elements of each. */
abstract class UpSampling extends Spatial {
  /** How many times each extent becomes larger. */
  readonly size: readonly number[];

  constructor(size: PerAxis, rank: number, options: SpatialOptions, ownOptions: readonly string[]) {
    super(rank, options, ownOptions);
    this.size = perAxis(`Cannot make "${this.name}"`, "size", size, rank);
  }

  /** The input with each element repeated. */
  call(x: Value): Value {
    return repeated(x, this.axes, this.size);
  }
}

/**
 * Each step `size` times: `[batch, steps, features]`.
 *
 * @example Each step twice
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 4] }), new layers.UpSampling1D(2)]);
 * console.log(model.outputShape); // [ null, 20, 4 ]
 * ```
 */
export class UpSampling1D extends UpSampling {
  /** Takes how often. Throws {@linkcode ValueError} where it is not a positive integer. */
  constructor(size: number = 2, options: LayerOptions = {}) {
    super(size, 1, options, []);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), size: this.size[0] };
  }
}

/** Options of {@linkcode UpSampling2D}. */
export interface UpSampling2DOptions extends SpatialOptions {
  /** How pixels between are found; `nearest` by default, which repeats. */
  interpolation?: Interpolation;
}

/**
 * Images of `size` times the height and width: `[batch, height, width, channels]`.
 *
 * @example Twice as large
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const up = new layers.UpSampling2D(2, { interpolation: "bilinear" });
 * console.log(new Sequential([Input({ shape: [14, 14, 1] }), up]).outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class UpSampling2D extends UpSampling {
  /** How pixels between are found. */
  readonly interpolation: Interpolation;

  /** Takes how many times. Throws {@linkcode ValueError} where it is not a positive integer. */
  constructor(size: PerAxis = 2, options: UpSampling2DOptions = {}) {
    super(size, 2, options, ["dataFormat", "interpolation"]);
    this.interpolation = options.interpolation ?? "nearest";
    const known = ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"] satisfies Interpolation[];
    checkName(`Cannot make "${this.name}"`, "interpolation", this.interpolation, known);
  }

  /** The enlarged images. */
  override call(x: Value): Value {
    const { interpolation, dataFormat } = this;
    if (interpolation === "nearest") return super.call(x);
    return resize(x, this.axes.map((axis, i) => x.shape[axis] * this.size[i]), { interpolation, dataFormat });
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { size, dataFormat, interpolation } = this;
    return { ...super.getConfig(), size, data_format: dataFormat, interpolation };
  }
}

/**
 * Each element of a volume `size` times along each axis: `[batch, depth, height, width, channels]`.
 *
 * @example Twice as large
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [4, 4, 4, 1] }), new layers.UpSampling3D(2)]);
 * console.log(model.outputShape); // [ null, 8, 8, 8, 1 ]
 * ```
 */
export class UpSampling3D extends UpSampling {
  /** Takes how many times. Throws {@linkcode ValueError} where it is not a positive integer. */
  constructor(size: PerAxis = 2, options: SpatialOptions = {}) {
    super(size, 3, options, ["dataFormat"]);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), size: this.size, data_format: this.dataFormat };
  }
}
