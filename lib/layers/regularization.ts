// Layers that drop inputs in training, and one that penalizes its output, against overfitting.
// https://keras.io/api/layers/regularization_layers/
import type { Config } from "../json_config.ts";
import { ShapeError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { checkRange } from "../option_kinds.ts";
import { checkOptions, describe } from "../options.ts";
import { L1L2 } from "../regularizers.ts";
import type { SymbolicShape } from "../shape.ts";
import { checkDataFormat, type DataFormat } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { RandomLayer, type RandomLayerOptions } from "./random_layer.ts";

/** Options of {@linkcode Dropout}. */
export interface DropoutOptions extends RandomLayerOptions {
  /** The shape of the mask, `null` for an axis of the input's extent, 1 for one along which whole slices drop. */
  noiseShape?: SymbolicShape | null;
}

/**
 * In training sets a part `rate` of the inputs to 0 and scales the rest by `1 / (1 - rate)`; otherwise does nothing.
 * Srivastava et al., 2014.
 *
 * @example Half of the features
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * const model = new Sequential([new layers.Dense(64), new layers.Dropout(0.5), new layers.Dense(1)]);
 * console.log(model.layers[1].name); // dropout
 * ```
 */
export class Dropout extends RandomLayer {
  /** The part that is set to 0. */
  readonly rate: number;
  /** The shape of the mask, if it is not that of the input. */
  readonly noiseShape: SymbolicShape | null;

  /** Takes the part to drop. Throws {@linkcode ValueError} where it is not from 0 to 1. */
  constructor(rate: number, options: DropoutOptions = {}) {
    checkRange("Dropout", "rate", rate, 0, 1);
    super(options, ["noiseShape"]);
    this.rate = rate;
    this.noiseShape = checkNoiseShape(options.noiseShape, "Dropout");
  }

  /** The input with some elements dropped, or in inference the input itself. */
  call(x: Value, { training }: { training: boolean }): Value {
    return training ? this.drop(x, this.rate, this.resolveNoiseShape(x, this.noiseShape)) : x;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed, noise_shape: this.noiseShape };
  }
}

/** The noise shape, null for none; throws {@linkcode ShapeError} for what is none. */
export function checkNoiseShape(shape: SymbolicShape | null | undefined, className: string): SymbolicShape | null {
  if (shape === null || shape === undefined) return null;
  const isExtent = (extent: unknown) => extent === null || (Number.isInteger(extent) && (extent as number) > 0);
  if (Array.isArray(shape) && shape.every(isExtent)) return shape;
  throw new ShapeError({
    what: `Cannot make ${className}`,
    rule: "noiseShape must be a list of positive integers and nulls, with the batch axis",
    received: Array.isArray(shape) ? `[${shape.map(describe).join(", ")}]` : describe(shape),
    hint: "write it as in [null, 1, 64], null for an axis of the input's extent",
  });
}

/** Options of {@linkcode SpatialDropout2D} and {@linkcode SpatialDropout3D}. */
export interface SpatialDropoutOptions extends RandomLayerOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** Drops whole channels: what is drawn has extent 1 along every axis but those of batch and channels. */
abstract class SpatialDropout extends RandomLayer {
  /** The part that is set to 0. */
  readonly rate: number;
  /** Where the channels are. */
  readonly dataFormat: DataFormat;

  /** Takes the part to drop and the rank of the input. */
  constructor(rate: number, rank: number, options: SpatialDropoutOptions, ownOptions: readonly string[]) {
    checkRange(new.target.name, "rate", rate, 0, 1);
    super(options, ownOptions);
    this.rate = rate;
    this.dataFormat = checkDataFormat(options.dataFormat, `Cannot make "${this.name}"`);
    this.inputSpec = { rank };
  }

  /** The input with some channels dropped, or in inference the input itself. */
  call(x: Value, { training }: { training: boolean }): Value {
    const channels = this.dataFormat === "channels_first" ? 1 : x.shape.length - 1;
    const noiseShape = x.shape.map((extent, axis) => (axis === 0 || axis === channels ? extent : 1));
    return training ? this.drop(x, this.rate, noiseShape) : x;
  }

  /** The arguments as Keras's config, which for these layers has fewer keys. */
  override getConfig(): Config {
    return { rate: this.rate, seed: this.seed, name: this.name, dtype: this.dtypePolicy.name };
  }
}

/**
 * {@linkcode Dropout} of whole features of a sequence `[batch, steps, features]`. Tompson et al., 2014.
 *
 * @example A third of the features
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [10, 32] }), new layers.SpatialDropout1D(1 / 3)]);
 * console.log(model.outputShape); // [ null, 10, 32 ]
 * ```
 */
export class SpatialDropout1D extends SpatialDropout {
  /** Takes the part to drop. Throws {@linkcode ValueError} where it is not from 0 to 1. */
  constructor(rate: number, options: RandomLayerOptions = {}) {
    super(rate, 3, options, []);
  }
}

/**
 * {@linkcode Dropout} of whole channels of images `[batch, height, width, channels]`. Tompson et al., 2014.
 *
 * @example A fifth of the channels
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 16] }), new layers.SpatialDropout2D(0.2)]);
 * console.log(model.outputShape); // [ null, 28, 28, 16 ]
 * ```
 */
export class SpatialDropout2D extends SpatialDropout {
  /** Takes the part to drop. Throws {@linkcode ValueError} where it is not from 0 to 1. */
  constructor(rate: number, options: SpatialDropoutOptions = {}) {
    super(rate, 4, options, ["dataFormat"]);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat };
  }
}

/**
 * {@linkcode Dropout} of whole channels of volumes `[batch, depth, height, width, channels]`. Tompson et al., 2014.
 *
 * @example A fifth of the channels
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [8, 8, 8, 4] }), new layers.SpatialDropout3D(0.2)]);
 * console.log(model.outputShape); // [ null, 8, 8, 8, 4 ]
 * ```
 */
export class SpatialDropout3D extends SpatialDropout {
  /** Takes the part to drop. Throws {@linkcode ValueError} where it is not from 0 to 1. */
  constructor(rate: number, options: SpatialDropoutOptions = {}) {
    super(rate, 5, options, ["dataFormat"]);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    return { ...super.getConfig(), data_format: this.dataFormat };
  }
}

/** Options of {@linkcode ActivityRegularization}. */
export interface ActivityRegularizationOptions extends Omit<LayerOptions, "activityRegularizer"> {
  /** What the sum of absolute values is multiplied by; 0 by default. */
  l1?: number;
  /** What the sum of squares is multiplied by; 0 by default. */
  l2?: number;
}

/**
 * Hands its input on, and adds `l1 * sum(|x|) + l2 * sum(x^2)` for each sample, on average, to the loss.
 *
 * @example Few active features
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * new Sequential([new layers.Dense(64), new layers.ActivityRegularization({ l1: 0.01 }), new layers.Dense(1)]);
 * ```
 */
export class ActivityRegularization extends Layer {
  /** What the sum of absolute values is multiplied by. */
  readonly l1: number;
  /** What the sum of squares is multiplied by. */
  readonly l2: number;
  /** The mask of the input is handed on. */
  override readonly supportsMasking = true;

  /** Takes the factors. Throws {@linkcode ValueError} for one below 0. */
  constructor(options: ActivityRegularizationOptions = {}) {
    checkOptions("ActivityRegularization", options, ["l1", "l2", "name", "dtype", "trainable"]);
    const { l1 = 0, l2 = 0, ...rest } = options;
    super({ ...rest, activityRegularizer: new L1L2({ l1, l2 }) }, []);
    this.l1 = l1;
    this.l2 = l2;
  }

  /** The input itself. */
  call(x: Value): Value {
    return x;
  }

  /** The shape itself. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { activity_regularizer: _, ...config } = super.getConfig();
    return { ...config, l1: this.l1, l2: this.l2 };
  }
}
