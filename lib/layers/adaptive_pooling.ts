// Layers that pool to a size. https://keras.io/api/layers/pooling_layers/
import type { Value } from "../ir/value.ts";
import { adaptiveAveragePool, adaptiveMaxPool } from "../ops/adaptive_pool.ts";
import type { PerAxis } from "../ops/spatial.ts";
import { declareOptions, optionTable, positional } from "../options.ts";
import { type DataFormat, dataFormatOption } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";
import { windowOption } from "./windows.ts";

/** Options of layers that pool to a size. */
export interface AdaptivePoolingOptions extends LayerOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

const adaptiveOptions = (rank: number) =>
  optionTable<AdaptivePoolingOptions>()({
    ...layerOptions,
    /** The extent of the output along each spatial axis. */
    outputSize: positional(windowOption(rank)),
    dataFormat: dataFormatOption,
  });

interface AdaptivePooling extends LayerFields<AdaptivePoolingOptions, ReturnType<typeof adaptiveOptions>> {}

/** Pools to a size. */
abstract class AdaptivePooling extends Layer {
  constructor(outputSize: PerAxis, options: AdaptivePoolingOptions = {}) {
    super(options, { outputSize });
    this.inputSpec = { rank: this.outputSize.length + 2 };
  }
}

abstract class AdaptiveMax extends AdaptivePooling {
  /** The largest element of each window. */
  call(x: Value): Value {
    return adaptiveMaxPool(x, this.outputSize, { dataFormat: this.dataFormat });
  }
}

abstract class AdaptiveAverage extends AdaptivePooling {
  /** The mean of each window. */
  call(x: Value): Value {
    return adaptiveAveragePool(x, this.outputSize, { dataFormat: this.dataFormat });
  }
}

/**
 * The mean of windows that divide the spatial axes of `[batch, steps, channels]` as evenly as they can, so that there are
 * `outputSize` of them. Adds no weights.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const pooling = new layers.AdaptiveAveragePooling1D(4);
 * console.log(new Sequential([Input({ shape: [10, 3] }), pooling]).outputShape); // [ null, 4, 3 ]
 * ```
 */
export class AdaptiveAveragePooling1D extends AdaptiveAverage {
  static {
    declareOptions(this, adaptiveOptions(1));
  }
}

/**
 * The mean of windows that divide the spatial axes of `[batch, height, width, channels]` as evenly as they can, so that there are
 * `outputSize` of them. Adds no weights.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const pooling = new layers.AdaptiveAveragePooling2D([3, 2]);
 * console.log(new Sequential([Input({ shape: [9, 7, 3] }), pooling]).outputShape); // [ null, 3, 2, 3 ]
 * ```
 */
export class AdaptiveAveragePooling2D extends AdaptiveAverage {
  static {
    declareOptions(this, adaptiveOptions(2));
  }
}

/**
 * The mean of windows that divide the spatial axes of `[batch, depth, height, width, channels]` as evenly as they can, so that there are
 * `outputSize` of them. Adds no weights.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const pooling = new layers.AdaptiveAveragePooling3D(2);
 * console.log(new Sequential([Input({ shape: [5, 6, 7, 2] }), pooling]).outputShape); // [ null, 2, 2, 2, 2 ]
 * ```
 */
export class AdaptiveAveragePooling3D extends AdaptiveAverage {
  static {
    declareOptions(this, adaptiveOptions(3));
  }
}

/**
 * The largest element of windows that divide the spatial axes of `[batch, steps, channels]` as evenly as they can, so that there are
 * `outputSize` of them. Adds no weights.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const pooling = new layers.AdaptiveMaxPooling1D(4);
 * console.log(new Sequential([Input({ shape: [10, 3] }), pooling]).outputShape); // [ null, 4, 3 ]
 * ```
 */
export class AdaptiveMaxPooling1D extends AdaptiveMax {
  static {
    declareOptions(this, adaptiveOptions(1));
  }
}

/**
 * The largest element of windows that divide the spatial axes of `[batch, height, width, channels]` as evenly as they can, so that there are
 * `outputSize` of them. Adds no weights.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const pooling = new layers.AdaptiveMaxPooling2D([3, 2]);
 * console.log(new Sequential([Input({ shape: [9, 7, 3] }), pooling]).outputShape); // [ null, 3, 2, 3 ]
 * ```
 */
export class AdaptiveMaxPooling2D extends AdaptiveMax {
  static {
    declareOptions(this, adaptiveOptions(2));
  }
}

/**
 * The largest element of windows that divide the spatial axes of `[batch, depth, height, width, channels]` as evenly as they can, so that there are
 * `outputSize` of them. Adds no weights.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const pooling = new layers.AdaptiveMaxPooling3D(2);
 * console.log(new Sequential([Input({ shape: [5, 6, 7, 2] }), pooling]).outputShape); // [ null, 2, 2, 2, 2 ]
 * ```
 */
export class AdaptiveMaxPooling3D extends AdaptiveMax {
  static {
    declareOptions(this, adaptiveOptions(3));
  }
}
