// Layers that spread the values of images over their whole range.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import type { Value } from "../ir/value.ts";
import { clip } from "../ops/composed.ts";
import { cumsum } from "../ops/cumulative.ts";
import {
  add,
  cast,
  divide,
  equal,
  floor,
  full,
  gather,
  greater,
  iota,
  lessEqual,
  max,
  min,
  multiply,
  reshape,
  round,
  scatterAdd,
  select,
  slice,
  subtract,
  sum,
  transpose,
} from "../ops/primitives.ts";
import { integer } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import { sizeOf } from "../shape.ts";
import { ImageLayer, type ImageLayerOptions, imageLayerOptions, noSeed } from "./image_layer.ts";
import type { LayerFields } from "./options.ts";
import { inRange, valueRangeOption } from "./value_range.ts";

/** Options of layers that spread values over a range. */
export interface AutoContrastOptions extends ImageLayerOptions {
  /** The smallest and the largest value that pixels may have; [0, 255] by default. */
  valueRange?: readonly [number, number];
}

const autoContrastOptions = optionTable<AutoContrastOptions>()({
  ...imageLayerOptions,
  ...noSeed,
  valueRange: valueRangeOption,
});

/** The options, checked and completed. */
export interface AutoContrast extends LayerFields<AutoContrastOptions, typeof autoContrastOptions> {}

/**
 * Stretches the values of each channel of images `[batch, height, width, channels]` over the whole range, in training and
 * inference; channels of one value stay as they are. Returns float32.
 * https://keras.io/api/layers/preprocessing_layers/image_augmentation/auto_contrast/
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 3] }), new layers.AutoContrast({ valueRange: [0, 1] })]);
 * console.log(model.outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class AutoContrast extends ImageLayer {
  static {
    declareOptions(this, autoContrastOptions);
  }
  protected override readonly isSteady = true;

  /**
   * Takes the options. Throws {@linkcode ValueError} for a range that is none. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `valueRange: [0, 255]`.
   */
  constructor(options: AutoContrastOptions = {}) {
    super(options);
  }

  /** Nothing is random. */
  protected draw(): object {
    return {};
  }

  /** The images with their values stretched. */
  protected changeImages(batch: Value): Value {
    const bytes = inRange(batch, this.valueRange, [0, 255]);
    const [low, high] = [min(bytes, [1, 2], true), max(bytes, [1, 2], true)];
    const isFlat = equal(low, high);
    const scale = divide(255, select(isFlat, 1, subtract(high, low)));
    const stretched = clip(add(multiply(bytes, scale), multiply(subtract(0, low), scale)), 0, 255);
    return select(isFlat, batch, inRange(stretched, [0, 255], this.valueRange));
  }
}

/** How often each of `bins` values occurs in each of `rows` lists `[rows, items]` of whole numbers, `[rows, bins]`. */
export function histogramsOf(values: Value, bins: number): Value {
  const [rows, items] = values.shape;
  const places = add(multiply(iota([rows, 1], 0), bins), cast(values, "int32"));
  const counts = scatterAdd(reshape(places, [rows * items]), full([rows * items, 1], 1, "float32"), rows * bins);
  return reshape(counts, [rows, bins]);
}

/** Options of {@linkcode Equalization}. */
export interface EqualizationOptions extends AutoContrastOptions {
  /** The number of steps that values are counted by; 256 by default. */
  bins?: number;
}

const equalizationOptions = optionTable<EqualizationOptions>()({
  ...autoContrastOptions,
  bins: integer(256, { min: 2, max: 2 ** 16 }),
});

/** The options, checked and completed. */
export interface Equalization extends LayerFields<EqualizationOptions, typeof equalizationOptions> {}

/**
 * In training changes the values of images `[batch, height, width, channels]` so that all occur about equally often in
 * each channel of the batch; otherwise does nothing. Returns float32.
 * https://keras.io/api/layers/preprocessing_layers/image_augmentation/equalization/
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 3] }), new layers.Equalization({ valueRange: [0, 1] })]);
 * console.log(model.outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class Equalization extends ImageLayer {
  static {
    declareOptions(this, equalizationOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for invalid ones. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `valueRange: [0, 255]`, `bins: 256`.
   */
  constructor(options: EqualizationOptions = {}) {
    super(options);
  }

  /** Nothing is random. */
  protected draw(): object {
    return {};
  }

  /** The images with their values spread. */
  protected changeImages(batch: Value): Value {
    const [{ bins }, channels, size] = [this, batch.shape[3], sizeOf(batch.shape)];
    const bytes = inRange(batch, this.valueRange, [0, 255]);
    const planes = transpose(reshape(bytes, [size / channels, channels]), [1, 0]);
    const counted = clip(floor(divide(multiply(planes, bins - 1), 255)), 0, bins - 1);
    const counts = histogramsOf(counted, bins);
    const sums = cumsum(counts, 1);
    const lowest = min(select(greater(sums, 0), sums, size), [1], true);
    const all = slice(sums, [0, bins - 1], [channels, 1]);
    const range = subtract(all, lowest);
    const spread = divide(multiply(subtract(sums, lowest), 255), select(equal(range, 0), 1, range));
    const table = clip(round(spread), 0, 255);
    const place = cast(floor(clip(multiply(divide(planes, 255), bins - 1), 0, bins - 1)), "int32");
    const index = add(place, multiply(iota([channels, 1], 0), bins));
    const found = reshape(gather(reshape(table, [channels * bins, 1]), index), planes.shape);
    const used = sum(cast(greater(counts, 0), "float32"), [1], true);
    const made = select(lessEqual(used, 1), planes, found);
    return inRange(reshape(transpose(made, [1, 0]), batch.shape), [0, 255], this.valueRange);
  }
}
