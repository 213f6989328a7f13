// Layers that pool: the largest of each window, or the mean. https://keras.io/api/layers/pooling_layers/
import type { Config } from "../json_config.ts";
import type { Value } from "../ir/value.ts";
import { averagePool, maxPool } from "../ops/pool.ts";
import { checkName, type PerAxis, perAxis } from "../ops/spatial.ts";
import { checkDataFormat, type DataFormat } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";

/** Options of layers that pool windows. */
export interface PoolingOptions extends LayerOptions {
  /** Elements from one window to the next, for all spatial axes or for each; the pool size by default. */
  strides?: PerAxis | null;
  /** `valid` takes only whole windows, `same` also those that reach over the edge; `valid` by default. */
  padding?: "valid" | "same";
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** Pools windows of inputs with `rank` spatial axes. */
abstract class Pooling extends Layer {
  /** The extent of a window along each spatial axis. */
  readonly poolSize: readonly number[];
  /** Elements from one window to the next along each spatial axis. */
  readonly strides: readonly number[];
  /** Whether windows reach over the edge. */
  readonly padding: "valid" | "same";
  /** Where the channels are. */
  readonly dataFormat: DataFormat;

  constructor(poolSize: PerAxis, rank: number, options: PoolingOptions) {
    super(options, ["strides", "padding", "dataFormat"]);
    const what = `Cannot make "${this.name}"`;
    this.poolSize = perAxis(what, "poolSize", poolSize, rank);
    this.strides = perAxis(what, "strides", options.strides ?? poolSize, rank);
    this.padding = options.padding ?? "valid";
    checkName(what, "padding", this.padding, ["valid", "same"]);
    this.dataFormat = checkDataFormat(options.dataFormat, what);
    this.inputSpec = { rank: rank + 2 };
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { poolSize, padding, strides, dataFormat } = this;
    return { ...super.getConfig(), pool_size: poolSize, padding, strides, data_format: dataFormat };
  }
}

abstract class MaxPooling extends Pooling {
  /** The largest element of each window. */
  call(x: Value): Value {
    return maxPool(x, this.poolSize, this);
  }
}

abstract class AveragePooling extends Pooling {
  /** The mean of each window; what lies over the edge does not count. */
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
  /** Takes the extent of a window. Throws {@linkcode ValueError} where it is not a positive integer. */
  constructor(poolSize: PerAxis = 2, options: PoolingOptions = {}) {
    super(poolSize, 1, options);
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
  /** Takes the extents of a window. Throws {@linkcode ValueError} where they are not positive integers. */
  constructor(poolSize: PerAxis = 2, options: PoolingOptions = {}) {
    super(poolSize, 2, options);
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
  /** Takes the extents of a window. Throws {@linkcode ValueError} where they are not positive integers. */
  constructor(poolSize: PerAxis = 2, options: PoolingOptions = {}) {
    super(poolSize, 3, options);
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
  /** Takes the extent of a window. Throws {@linkcode ValueError} where it is not a positive integer. */
  constructor(poolSize: PerAxis, options: PoolingOptions = {}) {
    super(poolSize, 1, options);
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
  /** Takes the extents of a window. Throws {@linkcode ValueError} where they are not positive integers. */
  constructor(poolSize: PerAxis, options: PoolingOptions = {}) {
    super(poolSize, 2, options);
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
  /** Takes the extents of a window. Throws {@linkcode ValueError} where they are not positive integers. */
  constructor(poolSize: PerAxis, options: PoolingOptions = {}) {
    super(poolSize, 3, options);
  }
}
