// Layers that pool over all spatial axes. https://keras.io/api/layers/pooling_layers/
import type { Value } from "../ir/value.ts";
import { expandDims } from "../ops/composed.ts";
import { cast, divide, max, mean, select, sum } from "../ops/primitives.ts";
import { boolean } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import { type DataFormat, dataFormatOption, spatialAxes } from "./data_format.ts";
import { type CallContext, Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions } from "./options.ts";

/** Options of layers that pool over all spatial axes. */
export interface GlobalPoolingOptions extends LayerOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
  /** Whether to keep the spatial axes, with extent 1; false by default. */
  keepdims?: boolean;
}

const globalPoolingOptions = optionTable<GlobalPoolingOptions>()({
  ...layerOptions,
  dataFormat: dataFormatOption,
  keepdims: boolean(false),
});

interface GlobalPooling extends LayerFields<GlobalPoolingOptions, typeof globalPoolingOptions> {}

abstract class GlobalPooling extends Layer {
  static {
    declareOptions(this, globalPoolingOptions);
  }
  /** The pooled axes. */
  protected readonly axes: readonly number[];

  constructor(rank: number, options: GlobalPoolingOptions) {
    super(options);
    this.inputSpec = { rank: rank + 2 };
    this.axes = spatialAxes(rank + 2, this.dataFormat);
  }
}

abstract class GlobalMaxPooling extends GlobalPooling {
  /** The largest element of each channel. */
  call(x: Value): Value {
    return max(x, this.axes, this.keepdims);
  }
}

abstract class GlobalAveragePooling extends GlobalPooling {
  /** The mean of each channel. */
  call(x: Value, _context: CallContext): Value {
    return mean(x, this.axes, this.keepdims);
  }
}

/**
 * The largest of all steps: `[batch, steps, features]` gives `[batch, features]`.
 *
 * @example Any number of steps
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [null, 4] }), new layers.GlobalMaxPooling1D()]);
 * console.log(model.outputShape); // [ null, 4 ]
 * ```
 */
export class GlobalMaxPooling1D extends GlobalMaxPooling {
  /** Takes the options. */
  constructor(options: GlobalPoolingOptions = {}) {
    super(1, options);
  }
}

/**
 * The largest of all pixels: `[batch, height, width, channels]` gives `[batch, channels]`.
 *
 * @example Images of any size
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [null, null, 8] }), new layers.GlobalMaxPooling2D()]);
 * console.log(model.outputShape); // [ null, 8 ]
 * ```
 */
export class GlobalMaxPooling2D extends GlobalMaxPooling {
  /** Takes the options. */
  constructor(options: GlobalPoolingOptions = {}) {
    super(2, options);
  }
}

/**
 * The largest of all elements of a volume: `[batch, depth, height, width, channels]` gives `[batch, channels]`.
 *
 * @example Volumes of any size
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [null, null, null, 2] }), new layers.GlobalMaxPooling3D()]);
 * console.log(model.outputShape); // [ null, 2 ]
 * ```
 */
export class GlobalMaxPooling3D extends GlobalMaxPooling {
  /** Takes the options. */
  constructor(options: GlobalPoolingOptions = {}) {
    super(3, options);
  }
}

/**
 * The mean of all steps that are not masked: `[batch, steps, features]` gives `[batch, features]`.
 *
 * @example Any number of steps
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [null, 4] }), new layers.GlobalAveragePooling1D()]);
 * console.log(model.outputShape); // [ null, 4 ]
 * ```
 */
export class GlobalAveragePooling1D extends GlobalAveragePooling {
  /** The mask says which steps count; the output has no mask. */
  override readonly supportsMasking = true;
  override readonly callDefaults = { mask: null };

  /** Takes the options. Defaults: `dataFormat: "channels_last"`, `keepdims: false`. */
  constructor(options: GlobalPoolingOptions = {}) {
    super(1, options);
  }

  /** The mean of the steps that are not masked. */
  override call(x: Value, context: CallContext): Value {
    if (!context.mask) return super.call(x, context);
    const mask = expandDims(context.mask, this.dataFormat === "channels_last" ? 2 : 1);
    const total = sum(select(mask, x, 0), this.axes, this.keepdims);
    return divide(total, sum(cast(mask, "float32"), this.axes, this.keepdims));
  }

  /** No mask. */
  override computeMask(): undefined {
    return undefined;
  }
}

/**
 * The mean of all pixels: `[batch, height, width, channels]` gives `[batch, channels]`.
 *
 * @example Images of any size
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [null, null, 8] }), new layers.GlobalAveragePooling2D()]);
 * console.log(model.outputShape); // [ null, 8 ]
 * ```
 */
export class GlobalAveragePooling2D extends GlobalAveragePooling {
  /** Takes the options. Defaults: `dataFormat: "channels_last"`, `keepdims: false`. */
  constructor(options: GlobalPoolingOptions = {}) {
    super(2, options);
  }
}

/**
 * The mean of all elements of a volume: `[batch, depth, height, width, channels]` gives `[batch, channels]`.
 *
 * @example Volumes of any size
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [null, null, null, 2] }), new layers.GlobalAveragePooling3D()]);
 * console.log(model.outputShape); // [ null, 2 ]
 * ```
 */
export class GlobalAveragePooling3D extends GlobalAveragePooling {
  /** Takes the options. Defaults: `dataFormat: "channels_last"`, `keepdims: false`. */
  constructor(options: GlobalPoolingOptions = {}) {
    super(3, options);
  }
}
