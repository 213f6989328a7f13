// Layers that replace parts of images in training: by other images of the batch, or by noise.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import { isFloat } from "../dtype.ts";
import { describeList, ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import { clip } from "../ops/composed.ts";
import {
  add,
  cast,
  concat,
  divide,
  gather,
  greaterEqual,
  iota,
  less,
  logicalAnd,
  multiply,
  reshape,
  select,
  slice,
  sqrt,
  subtract,
} from "../ops/primitives.ts";
import { number } from "../option_kinds.ts";
import { declareBase, declareOptions, nullable, type Option, option, optionTable, withFacts } from "../options.ts";
import { beta } from "../random/continuous.ts";
import { shuffle } from "../random/discrete.ts";
import { formatShape, sizeOf, type SymbolicShape } from "../shape.ts";
import type { Structure } from "../structure.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Factor, factorEndsOption, overlapping } from "./factor_options.ts";
import {
  type BoundingBoxes,
  type Drawn,
  type ImageFrame,
  ImageLayer,
  type RandomImageOptions,
  randomImageOptions,
} from "./image_layer.ts";
import type { LayerFields } from "./options.ts";
import { type RandomColorOptions, randomColorOptions } from "./value_range.ts";

/** The rectangles of images in pixels, each `[count]`: from the first to before the second. */
export interface Rectangles {
  /** The left sides. */
  readonly x0: Value;
  /** The right sides. */
  readonly x1: Value;
  /** The upper sides. */
  readonly y0: Value;
  /** The lower sides. */
  readonly y1: Value;
}

/** Which pixels of a batch are in its rectangles, bool `[count, height, width, 1]`. */
function inside({ x0, x1, y0, y1 }: Rectangles, { count, height, width }: ImageFrame): Value {
  const wide = (side: Value) => reshape(side, [count, 1, 1, 1]);
  const between = (at: Tensor, low: Value, high: Value) =>
    logicalAnd(greaterEqual(at, wide(low)), less(at, wide(high)));
  const x = iota([1, 1, width, 1], 2, "float32");
  const y = iota([1, height, 1, 1], 1, "float32");
  return logicalAnd(between(x, x0, x1), between(y, y0, y1));
}

/** The rows of `x` in another order. */
function reordered(x: Value, order: Value): Value {
  const [count, ...rest] = x.shape;
  return reshape(gather(reshape(x, [count, sizeOf(rest)]), order), x.shape);
}

/** A part of a side of `extent` pixels at a random place, as its two ends. */
function placed(share: Value, extent: number, at: Value): [Value, Value] {
  const length = multiply(share, extent);
  const start = multiply(at, subtract(extent, length));
  return [start, add(start, length)];
}

/** The base of layers that mix each image with another one of the batch. */
export abstract class MixedImages<Transformation extends { readonly order: Value; readonly weight: Value }>
  extends ImageLayer<Transformation> {
  static {
    declareBase(this);
  }

  /**
   * The labels in float32, of each two images by how much of them there is. Throws {@linkcode ValueError} for numbers of
   * classes, whose means are other classes.
   */
  override transformLabels(labels: Value, { order, weight, inputShape }: Drawn<Transformation>): Value {
    if (labels.shape.length === inputShape.length - 3 && !isFloat(labels.dtype)) {
      throw new ValueError({
        what: `Cannot call "${this.name}"`,
        rule: "labels must be what can be mixed: one-hot classes, or numbers in float32",
        received: `labels ${formatShape(labels.shape)} of ${labels.dtype}`,
        hint: "make them one-hot with ops.oneHot(labels, numClasses)",
      });
    }
    const own = cast(labels, "float32");
    // A single image is its own partner.
    if (inputShape.length === 3) return own;
    const share = reshape(weight, [weight.shape[0], ...new Array<number>(labels.shape.length - 1).fill(1)]);
    return add(multiply(share, own), multiply(subtract(1, share), reordered(own, order)));
  }

  /** The numbers of the images of a batch in random order. */
  protected order({ count }: ImageFrame): Value {
    return shuffle(new Tensor([count], "int32", Int32Array.from({ length: count }, (_, i) => i)), {
      seed: this.generator,
    });
  }
}

const cutMixOptions = optionTable<CutMixOptions>()({
  ...randomImageOptions,
  factor: withFacts(factorEndsOption(overlapping(0, 1)), { fallback: 1 }),
});

/** Options of {@linkcode CutMix}. */
export interface CutMixOptions extends RandomImageOptions {
  /** Both parameters of the beta distribution of how much is kept: drawn up to it, or between two; 1 by default. */
  factor?: Factor;
}

/** The rectangles that are cut, the images that they are taken from, `[count]`, and how much of each image stays, `[count]`. */
export interface CutAndMixed extends Rectangles {
  /** The number of the image that fills the rectangle. */
  readonly order: Value;
  /** The part of the image that stays. */
  readonly weight: Value;
}

/** The options, checked and completed. */
export interface CutMix extends LayerFields<CutMixOptions, typeof cutMixOptions> {}

/**
 * In training replaces a random rectangle of each image `[batch, height, width, channels]` by that of another one, and mixes
 * their labels, such as one-hot classes, by the areas; otherwise does nothing. Returns float32. Bounding boxes have no
 * meaning here. Yun, Han, Oh, Chun, Choe, Yoo: CutMix, 2019. https://keras.io/api/layers/preprocessing_layers/image_augmentation/
 *
 * @example Images and labels
 * ```ts
 * import { compile, layers, ops } from "./mod.ts";
 * const mix = new layers.CutMix({ seed: 1 });
 * const augment = compile((data: layers.LabeledImages) => mix.apply(data, { training: true }));
 * const { labels } = await augment({ images: ops.ones([4, 8, 8, 3]), labels: ops.identity(4) });
 * console.log(labels!.shape); // [ 4, 4 ]
 * ```
 */
export class CutMix extends MixedImages<CutAndMixed> {
  static {
    declareOptions(this, cutMixOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for a factor that is not from 0 to 1. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`, `factor: 1`.
   */
  constructor(options: CutMixOptions = {}) {
    super(options);
  }

  protected override readonly drawnParts: readonly string[] = ["order", "weight", "x0", "x1", "y0", "y1"];

  /** Rectangles, and partners. */
  protected draw(frame: ImageFrame): CutAndMixed {
    const { count, height, width } = frame;
    const alpha = add(this.uniform([], ...this.factor), 1e-6);
    const share = sqrt(subtract(1, beta([count], alpha, alpha, { seed: this.generator })));
    const [x0, x1] = placed(share, width, this.uniform([count]));
    const [y0, y1] = placed(share, height, this.uniform([count]));
    const area = multiply(subtract(x1, x0), subtract(y1, y0));
    return { x0, x1, y0, y1, order: this.order(frame), weight: subtract(1, divide(area, width * height)) };
  }

  /** The images with rectangles of their partners. */
  protected changeImages(batch: Value, transformation: CutAndMixed): Value {
    const [count, height, width, channels] = batch.shape;
    const isCut = inside(transformation, { count, height, width, channels });
    return select(isCut, reordered(batch, transformation.order), batch);
  }

  /** The masks with rectangles of those of the partners. */
  override transformSegmentationMasks(masks: Value, transformation: Drawn<CutAndMixed>): Value {
    return this.onBatch(masks, (batch) => this.changeImages(batch, transformation));
  }

  /** Throws {@linkcode ValueError}: boxes may be cut. */
  override transformBoundingBoxes(): BoundingBoxes<Value> {
    throw noBoxes(this.name, "its rectangles cut what boxes are around");
  }
}

/** The error of a layer that does not know where boxes come to be. */
export const noBoxes = (name: string, received: string): ValueError =>
  new ValueError({
    what: `Cannot call "${name}"`,
    rule: "it does not take bounding boxes",
    received,
    hint: "leave it out where there are boxes, as in Keras",
  });

/** Options of {@linkcode MixUp}. */
export interface MixUpOptions extends RandomImageOptions {
  /** Both parameters of the beta distribution of how much of each image is kept; 0.2 by default. */
  alpha?: number;
}

const mixUpOptions = optionTable<MixUpOptions>()({
  ...randomImageOptions,
  alpha: number(0.2, { min: 2 ** -20 }),
});

/** The images that others are mixed with, `[count]`, and how much of each image stays, `[count]`. */
export interface MixedUp {
  /** The number of the other image. */
  readonly order: Value;
  /** The part of the image that stays. */
  readonly weight: Value;
}

/** The options, checked and completed. */
export interface MixUp extends LayerFields<MixUpOptions, typeof mixUpOptions> {}

/**
 * In training mixes each image `[batch, height, width, channels]` with another one of the batch, and their labels, such as
 * one-hot classes, alike; each image then has the bounding boxes of both. Otherwise does nothing. Returns float32. Zhang,
 * Cisse, Dauphin, Lopez-Paz: mixup, 2017. https://keras.io/api/layers/preprocessing_layers/image_augmentation/
 *
 * @example Images and labels
 * ```ts
 * import { compile, layers, ops } from "./mod.ts";
 * const mix = new layers.MixUp({ alpha: 0.4, seed: 1 });
 * const augment = compile((data: layers.LabeledImages) => mix.apply(data, { training: true }));
 * const { labels } = await augment({ images: ops.ones([4, 8, 8, 3]), labels: ops.identity(4) });
 * console.log(labels!.shape); // [ 4, 4 ]
 * ```
 */
export class MixUp extends MixedImages<MixedUp> {
  static {
    declareOptions(this, mixUpOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for a parameter that is not above 0. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`, `alpha: 0.2`.
   */
  constructor(options: MixUpOptions = {}) {
    super(options);
  }

  protected override readonly drawnParts: readonly string[] = ["order", "weight"];

  /** Partners, and shares. */
  protected draw(frame: ImageFrame): MixedUp {
    const order = this.order(frame);
    return { order, weight: beta([frame.count], this.alpha, this.alpha, { seed: this.generator }) };
  }

  /** The mixed images. */
  protected changeImages(batch: Value, { order, weight }: MixedUp): Value {
    const share = reshape(weight, [weight.shape[0], 1, 1, 1]);
    return add(multiply(share, batch), multiply(subtract(1, share), reordered(batch, order)));
  }

  /** The mixed masks, float32. */
  override transformSegmentationMasks(masks: Value, transformation: Drawn<MixedUp>): Value {
    return this.onBatch(cast(masks, "float32"), (batch) => this.changeImages(batch, transformation));
  }

  /** The boxes of both images. */
  override transformBoundingBoxes({ boxes, labels }: BoundingBoxes<Value>, { order }: Drawn<MixedUp>) {
    if (boxes.shape.length === 2) return { boxes: concat([boxes, boxes], 0), labels: concat([labels, labels], 0) };
    const both = (x: Value) => concat([x, reordered(x, order)], 1);
    return { boxes: both(boxes), labels: both(labels) };
  }

  /** Twice as many boxes. */
  protected override outputShapeOfBoxes(shape: SymbolicShape, all: Structure<SymbolicShape>): SymbolicShape {
    const { images } = all as { readonly images: SymbolicShape };
    return shape.map((extent, axis) => axis === images.length - 3 && extent !== null ? 2 * extent : extent);
  }
}

/** Options of {@linkcode RandomErasing}. */
export interface RandomErasingOptions extends RandomColorOptions {
  /** The probability that a part of an image is erased, from 0 to 1: drawn up to it, or between two; 1 by default. */
  factor?: Factor;
  /** The area that is erased, as a part of the image: drawn up to it, or between two; [0.02, 0.33] by default. */
  scale?: Factor;
  /** What takes its place: a value, or one for each of three channels; noise by default. */
  fillValue?: number | readonly [number, number, number] | null;
}

const fillOption: Option<number | readonly [number, number, number] | null> = nullable(
  option<number | readonly [number, number, number]>({
    read: (given, { whatNamed, option }) => {
      if (typeof given === "number" && Number.isFinite(given)) return given;
      if (Array.isArray(given) && given.length === 3 && given.every(Number.isFinite)) {
        return [given[0], given[1], given[2]];
      }
      throw new ValueError({
        what: whatNamed,
        rule: `${option} must be a number, or a list of three`,
        received: describeList(given),
        hint: "leave it out for noise",
      });
    },
  }),
);

const randomErasingOptions = optionTable<RandomErasingOptions>()({
  ...randomColorOptions,
  factor: withFacts(factorEndsOption(overlapping(0, 1)), { fallback: 1 }),
  scale: withFacts(factorEndsOption(overlapping(0, 1)), { fallback: [0.02, 0.33] }),
  fillValue: fillOption,
});

/** The rectangles that are erased, and what takes their place. */
export interface Erased extends Rectangles {
  /** Whether each image has one, bool `[count, 1, 1, 1]`. */
  readonly isChosen: Value;
  /** What takes its place; broadcasts to the batch. */
  readonly fill: Value | Tensor;
}

/** The options, checked and completed. */
export interface RandomErasing extends LayerFields<RandomErasingOptions, typeof randomErasingOptions> {}

/**
 * In training replaces a random rectangle in some of the images `[batch, height, width, channels]` by noise or a color;
 * otherwise does nothing. Returns float32. Zhong, Zheng, Kang, Li, Yang: Random Erasing Data Augmentation, 2017.
 * https://keras.io/api/layers/preprocessing_layers/image_augmentation/
 *
 * @example A small part, black
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const erasing = new layers.RandomErasing({ scale: [0.02, 0.1], fillValue: 0 });
 * console.log(new Sequential([Input({ shape: [28, 28, 3] }), erasing]).outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class RandomErasing extends ImageLayer<Erased> {
  static {
    declareOptions(this, randomErasingOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for invalid ones. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`, `factor: 1`, `scale: [0.02, 0.33]`,
   * `fillValue: null`.
   */
  constructor(options: RandomErasingOptions = {}) {
    super(options);
  }

  protected override readonly drawnParts: readonly string[] = ["isChosen", "fill", "x0", "x1", "y0", "y1"];

  /** Rectangles, and what fills them. */
  protected draw(frame: ImageFrame): Erased {
    const { count, height, width } = frame;
    const shares = sqrt(this.uniform([count, 2], ...this.scale));
    const share = (axis: number) => reshape(slice(shares, [0, axis], [count, 1]), [count]);
    const [x0, x1] = placed(share(0), width, this.uniform([count]));
    const [y0, y1] = placed(share(1), height, this.uniform([count]));
    const probability = this.perImage(frame, 4, ...this.factor);
    const isChosen = less(this.perImage(frame, 4, 0, 1), probability);
    return { x0, x1, y0, y1, isChosen, fill: this.#fill(frame) };
  }

  #fill({ count, height, width, channels }: ImageFrame): Value | Tensor {
    const { fillValue, valueRange } = this;
    if (fillValue === null) {
      return clip(multiply(this.normal([count, height, width, channels]), valueRange[1]), ...valueRange);
    }
    if (typeof fillValue !== "number" && channels !== 3) {
      throw new ShapeError({
        what: `Cannot call "${this.name}"`,
        rule: "images must have three channels, for the three values of fillValue",
        received: `${channels}`,
        hint: "give one number",
      });
    }
    const values = Float32Array.of(...(typeof fillValue === "number" ? [fillValue] : fillValue));
    return clip(new Tensor([1, 1, 1, values.length], "float32", values), ...valueRange);
  }

  /** The images with their rectangles filled. */
  protected changeImages(batch: Value, transformation: Erased): Value {
    const [count, height, width, channels] = batch.shape;
    const isErased = logicalAnd(inside(transformation, { count, height, width, channels }), transformation.isChosen);
    return select(isErased, transformation.fill, batch);
  }
}
