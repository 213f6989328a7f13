// Contrast in each part of images. Pizer et al., Adaptive Histogram Equalization and Its Variations, 1987.
import { describeList, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { clip, take } from "../ops/composed.ts";
import { cumsum } from "../ops/cumulative.ts";
import { pad } from "../ops/padding.ts";
import {
  add,
  cast,
  divide,
  equal,
  floor,
  gather,
  iota,
  min,
  minimum,
  multiply,
  reshape,
  select,
  slice,
  subtract,
  sum,
  transpose,
} from "../ops/primitives.ts";
import { number } from "../option_kinds.ts";
import { declareOptions, type Option, option, optionTable } from "../options.ts";
import type { Operand } from "../tensor/apply.ts";
import { histogramsOf } from "./histogram_augmentation.ts";
import { ImageLayer, type ImageLayerOptions, imageLayerOptions, noSeed } from "./image_layer.ts";
import type { LayerFields } from "./options.ts";
import { inRange, valueRangeOption } from "./value_range.ts";

/** Options of {@linkcode ContrastLimitedAdaptiveHistogramEqualization}. */
export interface AdaptiveEqualizationOptions extends ImageLayerOptions {
  /** The smallest and the largest value that pixels may have; [0, 255] by default. */
  valueRange?: readonly [number, number];
  /** How many times the mean a value may occur before the rest is spread over all; 0 for no limit; 4 by default. */
  clipLimit?: number;
  /** Into how many parts images are divided along the height and the width; [8, 8] by default. */
  tileGridSize?: readonly [number, number];
}

const gridOption: Option<readonly [number, number]> = option<readonly [number, number]>({
  fallback: [8, 8],
  read: (given, { whatNamed, option }) => {
    const isCount = (count: unknown) =>
      Number.isInteger(count) && (count as number) >= 1 && (count as number) <= 2 ** 12;
    if (Array.isArray(given) && given.length === 2 && given.every(isCount)) return [given[0], given[1]];
    throw new ValueError({
      what: whatNamed,
      rule: `${option} must be a list of two whole numbers of at least 1`,
      received: describeList(given),
      hint: "write it as tileGridSize: [8, 8]",
    });
  },
});

const adaptiveOptions = optionTable<AdaptiveEqualizationOptions>()({
  ...imageLayerOptions,
  ...noSeed,
  valueRange: valueRangeOption,
  clipLimit: number(4),
  tileGridSize: gridOption,
});

/** The options, checked and completed. */
export interface ContrastLimitedAdaptiveHistogramEqualization
  extends LayerFields<AdaptiveEqualizationOptions, typeof adaptiveOptions> {}

/** Where a place along an axis lies between the middles of tiles, counted with one more at each end. */
interface Between {
  readonly before: Operand;
  readonly after: Operand;
  /** The share of the tile after it. */
  readonly share: Operand;
}

/** For each of the `tiles` times `size` places along an axis. */
function between(tiles: number, size: number): Between {
  const at = add(divide(subtract(iota([tiles * size], 0, "float32"), size / 2), size), 1);
  const before = floor(at);
  return { before, after: minimum(add(before, 1), tiles + 1), share: subtract(at, before) };
}

/**
 * Spreads the values in each part of images `[batch, height, width, channels]`, in training and inference: where parts meet,
 * what each would give is mixed. Keeps the dtype; whole numbers are truncated.
 * https://keras.io/api/layers/preprocessing_layers/image_augmentation/
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const contrast = new layers.ContrastLimitedAdaptiveHistogramEqualization({ tileGridSize: [4, 4] });
 * console.log(new Sequential([Input({ shape: [28, 28, 1] }), contrast]).outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class ContrastLimitedAdaptiveHistogramEqualization extends ImageLayer {
  static {
    declareOptions(this, adaptiveOptions);
  }
  protected override readonly isSteady = true;
  protected override readonly keepsDType = true;

  /**
   * Takes the options. Throws {@linkcode ValueError} for invalid ones. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `valueRange: [0, 255]`, `clipLimit: 4`, `tileGridSize: [8, 8]`.
   */
  constructor(options: AdaptiveEqualizationOptions = {}) {
    super(options);
  }

  /** Nothing is random. */
  protected draw(): object {
    return {};
  }

  /** The images with more contrast. */
  protected changeImages(batch: Value): Value {
    const [count, height, width, channels] = batch.shape;
    const [down, across] = this.tileGridSize;
    const [tall, wide] = [Math.ceil(height / down), Math.ceil(width / across)];
    const [rows, columns] = [tall * down, wide * across];
    const bytes = inRange(cast(batch, "float32"), this.valueRange, [0, 255]);
    const frame = [[0, 0], [0, rows - height], [0, columns - width], [0, 0]];
    const pixels = clip(floor(pad(bytes, frame, "symmetric")), 0, 255) as Value;
    const tables = this.#tables(pixels, tall, wide);
    // The first and the last tile once more at each end.
    const extended = [down, across].reduce((table: Operand, tiles, i) => {
      const places = clip(subtract(iota([tiles + 2]), 1), 0, tiles - 1);
      return take(table, places, i + 1);
    }, tables);
    const index = (y: Operand, x: Operand) => {
      const tile = add(multiply(reshape(y, [1, rows, 1, 1]), across + 2), reshape(x, [1, 1, columns, 1]));
      const image = multiply(iota([count, 1, 1, 1], 0, "float32"), (down + 2) * (across + 2));
      const plane = add(multiply(add(image, tile), channels), iota([1, 1, 1, channels], 3, "float32"));
      return add(multiply(cast(plane, "int32"), 256), cast(pixels, "int32"));
    };
    const list = reshape(extended, [-1, 1]);
    const found = (y: Operand, x: Operand) => reshape(gather(list, index(y, x)), pixels.shape);
    const [y, x] = [between(down, tall), between(across, wide)];
    const mixed = (share: Operand, axis: number, a: Operand, b: Operand) => {
      const part = reshape(share, [1, 1, 1, 1].with(axis, axis === 1 ? rows : columns));
      return add(multiply(a, subtract(1, part)), multiply(b, part));
    };
    const above = mixed(x.share, 2, found(y.before, x.before), found(y.before, x.after));
    const below = mixed(x.share, 2, found(y.after, x.before), found(y.after, x.after));
    const made = slice(mixed(y.share, 1, above, below), [0, 0, 0, 0], batch.shape);
    return cast(inRange(made as Value, [0, 255], this.valueRange), batch.dtype);
  }

  /** What each of 256 values becomes in each tile, `[count, down, across, channels, 256]`. */
  #tables(pixels: Value, tall: number, wide: number): Value {
    const [count, rows, columns, channels] = pixels.shape;
    const [down, across] = [rows / tall, columns / wide];
    const area = tall * wide;
    const tiled = transpose(reshape(pixels, [count, down, tall, across, wide, channels]), [0, 1, 3, 5, 2, 4]);
    let counts = histogramsOf(reshape(tiled, [count * down * across * channels, area]), 256);
    if (this.clipLimit > 0) {
      const kept = minimum(counts, this.clipLimit * area / 256);
      counts = add(kept, divide(sum(subtract(counts, kept), [1], true), 256));
    }
    const sums = cumsum(counts, 1);
    const lowest = min(sums, [1], true);
    const range = subtract(area, lowest);
    const spread = divide(multiply(subtract(sums, lowest), 255), select(equal(range, 0), 1, range));
    return reshape(clip(spread, 0, 255), [count, down, across, channels, 256]);
  }
}
