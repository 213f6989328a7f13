// Layers that apply a random affine transform to images in training.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import type { Value } from "../ir/value.ts";
import { affineTransform as affineBoxes, clipToImageSize, shifted, sidesOf } from "../ops/bounding_boxes.ts";
import {
  add,
  concat,
  cos,
  divide,
  greater,
  less,
  multiply,
  negate,
  reshape,
  select,
  sin,
  subtract,
} from "../ops/primitives.ts";
import { declareOptions, nullable, type Option, option, optionTable, positional } from "../options.ts";
import type { Operand } from "../tensor/apply.ts";
import {
  endsOf,
  type Factor,
  type FactorBounds,
  factorEndsOption,
  factorOption,
  overlapping,
} from "./factor_options.ts";
import {
  type MovedBoxes,
  RandomTransform,
  type RandomTransformOptions,
  randomTransformOptions,
} from "./geometric_images.ts";
import type { BoundingBoxes, ImageFrame } from "./image_layer.ts";
import type { LayerFields } from "./options.ts";

/** The angles of images in degrees, `[count, 1]`. */
export interface Rotations {
  /** Positive ones turn counter-clockwise. */
  readonly angle: Value;
}

/** The shifts of images in pixels, each `[count, 1]`. */
export interface Translations {
  /** How far down. */
  readonly down: Value;
  /** How far to the right. */
  readonly right: Value;
}

/** How much of images is shown, each `[count, 1]`. */
export interface Zooms {
  /** The part of the height. */
  readonly heightZoom: Value;
  /** The part of the width. */
  readonly widthZoom: Value;
}

/** The shears of images, each `[count, 1]`. */
export interface Shears {
  /** How far along x for each step along y. */
  readonly shearX: Value;
  /** How far along y for each step along x. */
  readonly shearY: Value;
}

/** Numbers of images `[count, 1]` for their boxes. */
const perBoxes = (x: Value) => reshape(x, [x.shape[0], 1, 1]);

/** Where a zoomed part begins, along an axis. */
const margin = (extent: number, zoom: Value) => multiply(subtract(1, zoom), (extent - 1) / 2);

const randomRotationOptions = optionTable<RandomTransformOptions>()({
  ...randomTransformOptions,
  /** The smallest and the largest angle, as fractions of a full turn; positive ones turn counter-clockwise. */
  factor: positional(factorEndsOption(overlapping(-1, 1))),
});

/** The options, checked and completed. */
export interface RandomRotation extends LayerFields<RandomTransformOptions, typeof randomRotationOptions> {}

/**
 * In training rotates each image `[height, width, channels]` of a batch around its center by a random angle; otherwise
 * does nothing. Returns float32.
 *
 * @example By up to a tenth of a full turn in either direction
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.RandomRotation(0.1)]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomRotation extends RandomTransform<Rotations> {
  static {
    declareOptions(this, randomRotationOptions);
  }

  /**
   * Takes the angle as a fraction of a full turn. Throws {@linkcode ValueError} if it is invalid. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`, `fillMode: "reflect"`,
   * `interpolation: "bilinear"`, `fillValue: 0`.
   */
  constructor(factor: Factor, options: RandomTransformOptions = {}) {
    super(options, { factor });
  }

  protected override readonly drawnParts: readonly string[] = ["angle"];

  /** The angles, in degrees. */
  protected draw(frame: ImageFrame): Rotations {
    const [low, high] = this.factor;
    return { angle: this.perImage(frame, 2, 360 * low, 360 * high) };
  }

  /** Rotations around the center. */
  protected transforms({ angle }: Rotations, { height, width }: ImageFrame): (Value | number)[] {
    const [x, y] = [(width - 1) / 2, (height - 1) / 2];
    const turn = multiply(angle, Math.PI / 180);
    const [across, along] = [sin(turn), cos(turn)];
    const offsetX = subtract(x, subtract(multiply(along, x), multiply(across, y)));
    const offsetY = subtract(y, add(multiply(across, x), multiply(along, y)));
    return [along, negate(across), offsetX, across, along, offsetY];
  }

  /** The boxes around the turned ones. */
  protected moveBoxes(found: BoundingBoxes<Value>, { angle }: Rotations, { height, width }: ImageFrame): MovedBoxes {
    const boxes = affineBoxes(found.boxes, { angle, height, width });
    return clipToImageSize({ boxes, labels: found.labels }, { height, width });
  }
}

const ofExtent: FactorBounds = { low: -1, high: 1 };

const randomTranslationOptions = optionTable<RandomTransformOptions>()({
  ...randomTransformOptions,
  /** How far down, as a fraction of the height. */
  heightFactor: positional(factorOption(ofExtent)),
  /** How far to the right, as a fraction of the width. */
  widthFactor: positional(factorOption(ofExtent)),
});

/** The options, checked and completed. */
export interface RandomTranslation extends LayerFields<RandomTransformOptions, typeof randomTranslationOptions> {}

/**
 * In training moves each image `[height, width, channels]` of a batch by random fractions of its height and width;
 * otherwise does nothing. Returns float32.
 *
 * @example By up to a tenth of the height and a fifth of the width
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.RandomTranslation(0.1, 0.2)]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomTranslation extends RandomTransform<Translations> {
  static {
    declareOptions(this, randomTranslationOptions);
  }
  readonly #height = endsOf(this.heightFactor, ofExtent);
  readonly #width = endsOf(this.widthFactor, ofExtent);

  /**
   * Takes the fractions of height and width, from -1 to 1. Throws {@linkcode ValueError} if one is invalid. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`, `fillMode: "reflect"`,
   * `interpolation: "bilinear"`, `fillValue: 0`.
   */
  constructor(heightFactor: Factor, widthFactor: Factor, options: RandomTransformOptions = {}) {
    super(options, { heightFactor, widthFactor });
  }

  protected override readonly drawnParts: readonly string[] = ["down", "right"];

  /** The shifts, in pixels. */
  protected draw(frame: ImageFrame): Translations {
    return {
      down: multiply(this.perImage(frame, 2, ...this.#height), frame.height),
      right: multiply(this.perImage(frame, 2, ...this.#width), frame.width),
    };
  }

  /** Shifts. */
  protected transforms({ down, right }: Translations): (Value | number)[] {
    return [1, 0, negate(right), 0, 1, negate(down)];
  }

  /** The shifted boxes. */
  protected moveBoxes(found: BoundingBoxes<Value>, { down, right }: Translations, frame: ImageFrame): MovedBoxes {
    const { height, width } = frame;
    const boxes = shifted(found.boxes, perBoxes(right), perBoxes(down)) as Value;
    return clipToImageSize({ boxes, labels: found.labels }, { height, width });
  }
}

/** Options of {@linkcode RandomZoom}. */
export interface RandomZoomOptions extends RandomTransformOptions {
  /** How much of the width is added or removed; the same as the height by default, which keeps the aspect ratio. */
  widthFactor?: Factor | null;
}

const zooms: FactorBounds = { low: -1, high: 1, fits: (ends) => ends.every((end) => end > -1 && end <= 1) };

const randomZoomOptions = optionTable<RandomZoomOptions>()({
  ...randomTransformOptions,
  /** How much more of the height is shown. */
  heightFactor: positional(factorOption(zooms)),
  widthFactor: nullable(factorOption(zooms)),
});

/** The options, checked and completed. */
export interface RandomZoom extends LayerFields<RandomZoomOptions, typeof randomZoomOptions> {}

/**
 * In training scales each image `[height, width, channels]` of a batch around its center by a random factor: 0.2 shows
 * from 20% less to 20% more of it. Otherwise does nothing. Returns float32.
 *
 * @example Up to 30% larger, never smaller
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.RandomZoom([-0.3, 0])]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomZoom extends RandomTransform<Zooms> {
  static {
    declareOptions(this, randomZoomOptions);
  }
  readonly #height = endsOf(this.heightFactor, zooms);
  readonly #width = this.widthFactor === null ? null : endsOf(this.widthFactor, zooms);

  /**
   * Takes the factor, above -1 up to 1. Throws {@linkcode ValueError} if it is invalid. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`, `fillMode: "reflect"`,
   * `interpolation: "bilinear"`, `fillValue: 0`, `widthFactor: null`.
   */
  constructor(heightFactor: Factor, options: RandomZoomOptions = {}) {
    super(options, { heightFactor });
  }

  protected override readonly drawnParts: readonly string[] = ["heightZoom", "widthZoom"];

  /** How much of the height and of the width is shown. */
  protected draw(frame: ImageFrame): Zooms {
    const heightZoom = this.perImage(frame, 2, 1 + this.#height[0], 1 + this.#height[1]);
    const widthZoom = this.#width ? this.perImage(frame, 2, 1 + this.#width[0], 1 + this.#width[1]) : heightZoom;
    return { heightZoom, widthZoom };
  }

  /** Scalings around the center. */
  protected transforms({ heightZoom, widthZoom }: Zooms, { height, width }: ImageFrame): (Value | number)[] {
    return [widthZoom, 0, margin(width, widthZoom), 0, heightZoom, margin(height, heightZoom)];
  }

  /** The scaled boxes. */
  protected moveBoxes({ boxes, labels }: BoundingBoxes<Value>, zooms: Zooms, frame: ImageFrame): MovedBoxes {
    const { height, width } = frame;
    const [tall, wide] = [perBoxes(zooms.heightZoom), perBoxes(zooms.widthZoom)];
    const sides = sidesOf(`Cannot call "${this.name}"`, boxes).map((side, i) => {
      const [extent, zoom] = i % 2 === 0 ? [width, wide] : [height, tall];
      return divide(subtract(side, margin(extent, zoom)), zoom);
    });
    return clipToImageSize({ boxes: concat(sides, -1) as Value, labels }, { height, width });
  }
}

const unit: FactorBounds = { low: 0, high: 1 };

/** Options of {@linkcode RandomShear}. */
export interface RandomShearOptions extends RandomTransformOptions {
  /** The shear along x, as a fraction of the width; 0 by default. A number `f` is from -`f` to `f`. */
  xFactor?: Factor;
  /** The shear along y, as a fraction of the height; 0 by default. */
  yFactor?: Factor;
}

const shearEnds: Option<readonly [number, number]> = option<readonly [number, number]>({
  fallback: 0,
  read: (given, place) => {
    // In configs the lower end of a single number is below 0.
    const isRead = Array.isArray(given) && given.length === 2 && given[0] === -given[1];
    const factor = factorOption(unit).read(isRead ? given[1] : given, place);
    return typeof factor === "number" ? [-factor, factor] : endsOf(factor, unit);
  },
});

const randomShearOptions = optionTable<RandomShearOptions>()({
  ...randomTransformOptions,
  xFactor: shearEnds,
  yFactor: shearEnds,
});

/** The options, checked and completed. */
export interface RandomShear extends LayerFields<RandomShearOptions, typeof randomShearOptions> {}

/**
 * In training shears each image `[height, width, channels]` of a batch by random factors; otherwise does nothing.
 * Returns float32. As in Keras, boxes are sheared by the factors of their fractions of width and height, which is exact
 * for square images.
 *
 * @example By up to a tenth of the width
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [28, 28, 1] }), new layers.RandomShear({ xFactor: 0.1 })]);
 * console.log(model.outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomShear extends RandomTransform<Shears> {
  static {
    declareOptions(this, randomShearOptions);
  }

  /**
   * Takes the factors. Throws {@linkcode ValueError} if one is not from 0 to 1. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`, `fillMode: "reflect"`,
   * `interpolation: "bilinear"`, `fillValue: 0`, `xFactor: 0`, `yFactor: 0`.
   */
  constructor(options: RandomShearOptions = {}) {
    super(options);
  }

  protected override readonly drawnParts: readonly string[] = ["shearX", "shearY"];

  /** The shears along x and along y, half of them in the other direction. */
  protected draw(frame: ImageFrame): Shears {
    const sign = select(greater(this.perImage(frame, 2, 0, 1), 0.5), -1, 1);
    const shearY = multiply(this.perImage(frame, 2, ...this.yFactor), sign);
    return { shearX: multiply(this.perImage(frame, 2, ...this.xFactor), sign), shearY };
  }

  /** Shears. */
  protected transforms({ shearX, shearY }: Shears): (Value | number)[] {
    return [1, shearX, 0, shearY, 1, 0];
  }

  /** The boxes around the sheared ones. */
  protected moveBoxes(found: BoundingBoxes<Value>, shears: Shears, { height, width }: ImageFrame): MovedBoxes {
    const [byX, byY] = [perBoxes(shears.shearX), perBoxes(shears.shearY)];
    const sides = sidesOf(`Cannot call "${this.name}"`, found.boxes);
    const [x1, y1, x2, y2] = sides.map((side, i) => divide(side, i % 2 === 0 ? width : height));
    const moved = (side: Operand, factor: Value, other: Operand) => subtract(side, multiply(factor, other));
    const isLeft = less(byX, 0);
    const left = select(isLeft, moved(x1, byX, y1), moved(x1, byX, y2));
    const right = select(isLeft, moved(x2, byX, y2), moved(x2, byX, y1));
    const isDown = greater(byY, 0);
    const top = select(isDown, moved(y1, byY, right), moved(y1, byY, left));
    const bottom = select(isDown, moved(y2, byY, left), moved(y2, byY, right));
    const fractions = [left, top, right, bottom].map((side, i) => multiply(side, i % 2 === 0 ? width : height));
    return clipToImageSize({ boxes: concat(fractions, -1) as Value, labels: found.labels }, { height, width });
  }
}
