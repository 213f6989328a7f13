// Layers against overfitting: dropout of inputs in training, and penalties on outputs.
// https://keras.io/api/layers/regularization_layers/
import type { Value } from "../ir/value.ts";
import { number } from "../option_kinds.ts";
import {
  declareOptions,
  nullable,
  type Option,
  optionTable,
  positional,
  required,
  unassigned,
  unoffered,
  withFacts,
  withFactsOfAll,
} from "../options.ts";
import { L1L2, type Regularizer } from "../regularizers.ts";
import type { SymbolicShape } from "../shape.ts";
import { channelsLast, type DataFormat, dataFormatOption } from "./data_format.ts";
import { Layer, type LayerOptions } from "./layer.ts";
import { type LayerFields, layerOptions, shapeOption } from "./options.ts";
import { RandomLayer, type RandomLayerOptions, randomLayerOptions } from "./random_layer.ts";

/** Options of {@linkcode Dropout}. */
export interface DropoutOptions extends RandomLayerOptions {
  /** The shape of the random mask: `null` for the input's extent, 1 to drop whole slices along that axis. */
  noiseShape?: SymbolicShape | null;
}

/** The fraction to drop. */
export const rateOption: Option<number> = positional(number(required, { min: 0, max: 1 }));

/** The shape of the random mask, if it is not the input's. */
export const noiseShapeOption: Option<SymbolicShape | null> = nullable(
  shapeOption(
    "a list of positive integers and nulls, with the batch axis",
    "write it as in [null, 1, 64], null for an axis of the input's extent",
  ),
);

const { seed, ...plainOptions } = randomLayerOptions;

const dropoutOptions = optionTable<DropoutOptions>()({
  ...plainOptions,
  /** The fraction to drop. */
  rate: rateOption,
  seed,
  noiseShape: noiseShapeOption,
});

/** The options, checked and completed. */
export interface Dropout extends LayerFields<DropoutOptions, typeof dropoutOptions> {}

/**
 * In training sets a fraction `rate` of the inputs to 0 and scales the rest by `1 / (1 - rate)`; otherwise does nothing.
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
  static {
    declareOptions(this, dropoutOptions);
  }

  /**
   * Takes the fraction to drop. Throws {@linkcode ValueError} if it is not from 0 to 1. Defaults: `seed: null`,
   * `noiseShape: null`.
   */
  constructor(rate: number, options: DropoutOptions = {}) {
    super(options, { rate });
  }

  /** The input with some elements dropped, or in inference the input itself. */
  call(x: Value, { training }: { training: boolean }): Value {
    return training ? this.drop(x, this.rate, this.resolveNoiseShape(x, this.noiseShape)) : x;
  }
}

/** Options of {@linkcode SpatialDropout2D} and {@linkcode SpatialDropout3D}. */
export interface SpatialDropoutOptions extends RandomLayerOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

const { name, dtype, ...unwritten } = plainOptions;

/** The options of layers that drop whole channels; Keras's config of these has fewer keys. */
const spatialDropoutOptions = (dataFormat: Option<DataFormat>) =>
  optionTable<SpatialDropoutOptions>()({
    /** The fraction to drop. */
    rate: rateOption,
    seed,
    name,
    dtype: withFacts(dtype, { write: (policy) => policy.name }),
    dataFormat,
    ...withFactsOfAll(unwritten, { written: "never" }),
  });

interface SpatialDropout extends LayerFields<SpatialDropoutOptions, ReturnType<typeof spatialDropoutOptions>> {}

/** Drops whole channels: the random mask has extent 1 along every axis but batch and channels. */
abstract class SpatialDropout extends RandomLayer {
  /** Takes the fraction to drop and the rank of the input. */
  constructor(rate: number, rank: number, options: SpatialDropoutOptions) {
    super(options, { rate });
    this.inputSpec = { rank };
  }

  /** The input with some channels dropped, or in inference the input itself. */
  call(x: Value, { training }: { training: boolean }): Value {
    const channels = this.dataFormat === "channels_first" ? 1 : x.shape.length - 1;
    const noiseShape = x.shape.map((extent, axis) => (axis === 0 || axis === channels ? extent : 1));
    return training ? this.drop(x, this.rate, noiseShape) : x;
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
  static {
    declareOptions(this, spatialDropoutOptions(channelsLast));
  }

  /** Takes the fraction to drop. Throws {@linkcode ValueError} if it is not from 0 to 1. Defaults: `seed: null`. */
  constructor(rate: number, options: RandomLayerOptions = {}) {
    super(rate, 3, options);
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
  static {
    declareOptions(this, spatialDropoutOptions(dataFormatOption));
  }

  /**
   * Takes the fraction to drop. Throws {@linkcode ValueError} if it is not from 0 to 1. Defaults: `seed: null`,
   * `dataFormat: "channels_last"`.
   */
  constructor(rate: number, options: SpatialDropoutOptions = {}) {
    super(rate, 4, options);
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
  static {
    declareOptions(this, spatialDropoutOptions(dataFormatOption));
  }

  /**
   * Takes the fraction to drop. Throws {@linkcode ValueError} if it is not from 0 to 1. Defaults: `seed: null`,
   * `dataFormat: "channels_last"`.
   */
  constructor(rate: number, options: SpatialDropoutOptions = {}) {
    super(rate, 5, options);
  }
}

/** Options of {@linkcode ActivityRegularization}. */
export interface ActivityRegularizationOptions extends Omit<LayerOptions, "activityRegularizer"> {
  /** The factor of the sum of absolute values; 0 by default. */
  l1?: number;
  /** The factor of the sum of squares; 0 by default. */
  l2?: number;
}

const activityRegularizationOptions = optionTable<ActivityRegularizationOptions>()({
  ...layerOptions,
  activityRegularizer: unassigned(withFacts(unoffered(null), { written: "never" })),
  l1: number(0, { min: 0 }),
  l2: number(0, { min: 0 }),
});

/** The options, checked and completed. */
export interface ActivityRegularization
  extends LayerFields<ActivityRegularizationOptions, typeof activityRegularizationOptions> {}

/**
 * Passes its input on, and adds `l1 * sum(|x|) + l2 * sum(x^2)`, averaged over samples, to the loss.
 *
 * @example Few active features
 * ```ts
 * import { layers, Sequential } from "./mod.ts";
 * new Sequential([new layers.Dense(64), new layers.ActivityRegularization({ l1: 0.01 }), new layers.Dense(1)]);
 * ```
 */
export class ActivityRegularization extends Layer {
  static {
    declareOptions(this, activityRegularizationOptions);
  }
  /** The penalty on the output, with both factors. */
  override readonly activityRegularizer: Regularizer = new L1L2({ l1: this.l1, l2: this.l2 });
  /** Passes on the input's mask. */
  override readonly supportsMasking = true;

  /** Takes the factors. Throws {@linkcode ValueError} for one below 0. Defaults: `l1: 0`, `l2: 0`. */
  constructor(options: ActivityRegularizationOptions = {}) {
    super(options);
  }

  /** The unchanged input. */
  call(x: Value): Value {
    return x;
  }

  /** The input's shape. */
  override computeOutputShape(shape: SymbolicShape): SymbolicShape {
    return shape;
  }
}
