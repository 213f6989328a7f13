// Layers that take the largest element or the mean of each window. https://keras.io/api/layers/pooling_layers/
import type { Value } from "../ir/value.ts";
import { averagePool, maxPool } from "../ops/pool.ts";
import type { PerAxis } from "../ops/spatial.ts";
import { choice } from "../option_kinds.ts";
import { declareOptions, nullable, optionTable, positional, required } from "../options.ts";
import { type DataFormat, dataFormatOption } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import { perAxisOption, windowOption } from "./windows.ts";

/** Options of layers that pool windows. */
export interface PoolingOptions extends LayerOptions {
  /** The step of the window, for all spatial axes or for each; the pool size by default. */
  strides?: PerAxis | null;
  /** `valid` takes only whole windows, `same` also those that reach over the edge; `valid` by default. */
  padding?: "valid" | "same";
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

const poolingOptions = (rank: number, poolSize: number | typeof required) =>
  optionTable<PoolingOptions>()({
    ...layerOptions,
    /** The extent of a window along each spatial axis. */
    poolSize: positional(windowOption(rank, poolSize)),
    padding: choice(["valid", "same"]),
    strides: nullable(perAxisOption(rank)),
    dataFormat: dataFormatOption,
  });

interface Pooling extends LayerFields<PoolingOptions, ReturnType<typeof poolingOptions>> {}

/** Pools windows. */
abstract class Pooling extends Layer {
  /** The step of the window along each spatial axis. */
  declare readonly strides: readonly number[];

  constructor(options: PoolingOptions, byPosition: object) {
    super(options, byPosition);
    this.strides ??= this.poolSize;
    this.inputSpec = { rank: this.poolSize.length + 2 };
  }
}

abstract class MaxPooling extends Pooling {
  /** The largest element of each window. */
  call(x: Value): Value {
    return maxPool(x, this.poolSize, this);
  }
}

abstract class AveragePooling extends Pooling {
  /** The mean of each window; elements beyond the edge do not count. */
  call(x: Value): Value {
    return averagePool(x, this.poolSize, this);
  }
}

/**
 * The largest of each window of steps: `[batch, steps, features]`.
 *
 * @example Half of the steps
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 4] }), new layers.MaxPooling1D(2)]);
 * console.log(model.outputShape); // [ null, 5, 4 ]
 * ```
 */
export class MaxPooling1D extends MaxPooling {
  static {
    declareOptions(this, poolingOptions(1, 2));
  }

  /** Takes the extent of a window, 2 by default. Throws {@linkcode ValueError} if it is not a positive integer. */
  constructor(poolSize?: PerAxis, options: PoolingOptions = {}) {
    super(options, { poolSize });
  }
}

/**
 * The largest of each window of images: `[batch, height, width, channels]`.
 *
 * @example Half of height and width
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 8] }), new layers.MaxPooling2D(2)]);
 * console.log(model.outputShape); // [ null, 14, 14, 8 ]
 * ```
 */
export class MaxPooling2D extends MaxPooling {
  static {
    declareOptions(this, poolingOptions(2, 2));
  }

  /** Takes the extents of a window, 2 by default. Throws {@linkcode ValueError} if they are not positive integers. */
  constructor(poolSize?: PerAxis, options: PoolingOptions = {}) {
    super(options, { poolSize });
  }
}

/**
 * The largest of each window of volumes: `[batch, depth, height, width, channels]`.
 *
 * @example Half of each extent
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [8, 8, 8, 2] }), new layers.MaxPooling3D(2)]);
 * console.log(model.outputShape); // [ null, 4, 4, 4, 2 ]
 * ```
 */
export class MaxPooling3D extends MaxPooling {
  static {
    declareOptions(this, poolingOptions(3, 2));
  }

  /** Takes the extents of a window, 2 by default. Throws {@linkcode ValueError} if they are not positive integers. */
  constructor(poolSize?: PerAxis, options: PoolingOptions = {}) {
    super(options, { poolSize });
  }
}

/**
 * The mean of each window of steps: `[batch, steps, features]`.
 *
 * @example Half of the steps
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 4] }), new layers.AveragePooling1D(2)]);
 * console.log(model.outputShape); // [ null, 5, 4 ]
 * ```
 */
export class AveragePooling1D extends AveragePooling {
  static {
    declareOptions(this, poolingOptions(1, required));
  }

  /**
   * Takes the extent of a window. Throws {@linkcode ValueError} if it is not a positive integer. Defaults:
   * `padding: "valid"`, `strides: null`, `dataFormat: "channels_last"`.
   */
  constructor(poolSize: PerAxis, options: PoolingOptions = {}) {
    super(options, { poolSize });
  }
}

/**
 * The mean of each window of images: `[batch, height, width, channels]`.
 *
 * @example Half of height and width
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 8] }), new layers.AveragePooling2D(2)]);
 * console.log(model.outputShape); // [ null, 14, 14, 8 ]
 * ```
 */
export class AveragePooling2D extends AveragePooling {
  static {
    declareOptions(this, poolingOptions(2, required));
  }

  /**
   * Takes the extents of a window. Throws {@linkcode ValueError} if they are not positive integers. Defaults:
   * `padding: "valid"`, `strides: null`, `dataFormat: "channels_last"`.
   */
  constructor(poolSize: PerAxis, options: PoolingOptions = {}) {
    super(options, { poolSize });
  }
}

/**
 * The mean of each window of volumes: `[batch, depth, height, width, channels]`.
 *
 * @example Half of each extent
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [8, 8, 8, 2] }), new layers.AveragePooling3D(2)]);
 * console.log(model.outputShape); // [ null, 4, 4, 4, 2 ]
 * ```
 */
export class AveragePooling3D extends AveragePooling {
  static {
    declareOptions(this, poolingOptions(3, required));
  }

  /**
   * Takes the extents of a window. Throws {@linkcode ValueError} if they are not positive integers. Defaults:
   * `padding: "valid"`, `strides: null`, `dataFormat: "channels_last"`.
   */
  constructor(poolSize: PerAxis, options: PoolingOptions = {}) {
    super(options, { poolSize });
  }
}
