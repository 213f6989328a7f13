// Layers that bend images at random in training: their perspective, or every part of them.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import type { Value } from "../ir/value.ts";
import { affineInterpolations, affineTransform } from "../ops/affine_transform.ts";
import { aroundCorners, clipToImageSize, sidesOf } from "../ops/bounding_boxes.ts";
import { clip } from "../ops/composed.ts";
import { displaced, smoothedOver } from "../ops/elastic_transform.ts";
import { weightedAverage } from "../ops/gaussian_blur.ts";
import { type CoordinateFillMode, coordinateFillModes } from "../ops/map_coordinates.ts";
import { homographyOf } from "../ops/perspective_transform.ts";
import {
  abs,
  add,
  broadcastTo,
  divide,
  exp,
  floor,
  iota,
  less,
  lessEqual,
  multiply,
  reshape,
  select,
  slice,
  square,
  subtract,
  sum,
} from "../ops/primitives.ts";
import { choice, number } from "../option_kinds.ts";
import { declareOptions, optionTable, withFacts } from "../options.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Factor, factorEndsOption, overlapping } from "./factor_options.ts";
import { GeometricImages, type MovedBoxes } from "./geometric_images.ts";
import { type BoundingBoxes, type ImageFrame, type RandomImageOptions, randomImageOptions } from "./image_layer.ts";
import type { LayerFields } from "./options.ts";
import { noBoxes } from "./mixing_augmentation.ts";
import { type RandomColorOptions, randomColorOptions } from "./value_range.ts";

const probability = withFacts(factorEndsOption(overlapping(0, 1)), { fallback: 1 });

/** Options of {@linkcode RandomPerspective}. */
export interface RandomPerspectiveOptions extends RandomImageOptions {
  /** The probability that an image is changed, from 0 to 1: drawn up to it, or between two; 1 by default. */
  factor?: Factor;
  /** How far corners move, as a part of the size, from 0 to 1; 1 by default. */
  scale?: number;
  /** How to interpolate between pixels; `bilinear` by default. */
  interpolation?: "nearest" | "bilinear";
  /** The value outside; 0 by default. */
  fillValue?: number;
}

const randomPerspectiveOptions = optionTable<RandomPerspectiveOptions>()({
  ...randomImageOptions,
  factor: probability,
  scale: number(1, { min: 0, max: 1 }),
  interpolation: choice(affineInterpolations, "bilinear"),
  fillValue: number(0),
});

/** How the perspective of images changes. */
export interface Perspectives {
  /** Whether that of each does, bool `[count, 1, 1, 1]`. */
  readonly isChosen: Value;
  /** Four points of the images as (x, y), `[count, 4, 2]`. */
  readonly startPoints: Value | Tensor;
  /** Where these come to be. */
  readonly endPoints: Value;
}

/** The options, checked and completed. */
export interface RandomPerspective extends LayerFields<RandomPerspectiveOptions, typeof randomPerspectiveOptions> {}

/**
 * In training changes the perspective of some of the images `[batch, height, width, channels]`, as if seen from elsewhere;
 * otherwise does nothing. Returns float32.
 *
 * @example A little, half of the images
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const perspective = new layers.RandomPerspective({ factor: [0.5, 0.5], scale: 0.3 });
 * console.log(new Sequential([Input({ shape: [28, 28, 1] }), perspective]).outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomPerspective extends GeometricImages<Perspectives> {
  static {
    declareOptions(this, randomPerspectiveOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for invalid ones. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `factor: 1`, `scale: 1`, `interpolation: "bilinear"`, `fillValue: 0`.
   */
  constructor(options: RandomPerspectiveOptions = {}) {
    super(options);
  }

  protected override readonly drawnParts: readonly string[] = ["isChosen", "startPoints", "endPoints"];

  /** Which images change, and where their corners come to be: all but the first move. */
  protected draw(frame: ImageFrame): Perspectives {
    const { count, height, width } = frame;
    const limit = this.perImage(frame, 4, ...this.factor);
    const isChosen = less(this.perImage(frame, 4, 0, 1), limit);
    const moved = this.uniform([count, 4, 2], -0.5 * this.scale, 0.5 * this.scale);
    const corners = Float32Array.of(0, 0, width - 1, 0, 0, height - 1, width - 1, height - 1);
    const startPoints = broadcastTo(new Tensor([1, 4, 2], "float32", corners), [count, 4, 2]);
    return {
      isChosen,
      startPoints: add(multiply(moved, 0), startPoints),
      endPoints: add(startPoints, multiply(startPoints, moved)),
    };
  }

  /** The images, some of them seen from elsewhere. */
  protected move(batch: Value, { isChosen, startPoints, endPoints }: Perspectives, nearest: boolean): Value {
    const transform = homographyOf(startPoints, endPoints);
    const interpolation = nearest ? "nearest" : this.interpolation;
    const seen = affineTransform(batch, transform, { interpolation, fillValue: this.fillValue });
    return select(isChosen, seen, batch) as Value;
  }

  /** The boxes around what those of some images become. */
  protected moveBoxes({ boxes, labels }: BoundingBoxes<Value>, drawn: Perspectives, frame: ImageFrame): MovedBoxes {
    const { height, width } = frame;
    // Boxes move as the image does, which is the other way than pixels are looked up.
    const matrix = homographyOf(drawn.endPoints, drawn.startPoints);
    const count = matrix.shape[0];
    const entry = (i: number) => reshape(slice(matrix, [0, i], [count, 1]), [count, 1, 1]);
    const moved = aroundCorners(sidesOf(`Cannot call "${this.name}"`, boxes), (x, y) => {
      const linear = (i: number) => add(multiply(entry(i), x), multiply(entry(i + 1), y));
      const depth = add(linear(6), 1);
      return [divide(add(linear(0), entry(2)), depth), divide(add(linear(3), entry(5)), depth)];
    });
    const chosen = reshape(drawn.isChosen, [drawn.isChosen.shape[0], 1, 1]);
    return clipToImageSize({ boxes: select(chosen, moved, boxes) as Value, labels }, { height, width });
  }
}

/** Options of {@linkcode RandomElasticTransform}. */
export interface RandomElasticTransformOptions extends RandomColorOptions {
  /** The probability that an image is bent, from 0 to 1: drawn up to it, or between two; 1 by default. */
  factor?: Factor;
  /** How much it is bent, from 0 to 1: drawn up to it, or between two; 1 by default. */
  scale?: Factor;
  /** How to interpolate between pixels; `bilinear` by default. */
  interpolation?: "nearest" | "bilinear";
  /** How images continue outside; `reflect` by default. */
  fillMode?: CoordinateFillMode;
  /** The value outside for `fillMode` `constant`; 0 by default. */
  fillValue?: number;
}

const randomElasticOptions = optionTable<RandomElasticTransformOptions>()({
  ...randomColorOptions,
  factor: probability,
  scale: probability,
  interpolation: choice(affineInterpolations, "bilinear"),
  fillMode: choice(coordinateFillModes, "reflect"),
  fillValue: number(0),
});

/** How images are bent. */
export interface Bends {
  /** Whether each is, bool `[count, 1, 1, 1]`. */
  readonly isChosen: Value;
  /** How far each pixel is taken from to the right and down, `[count, height, width, 2]`. */
  readonly shifts: Value;
}

/** The options, checked and completed. */
export interface RandomElasticTransform
  extends LayerFields<RandomElasticTransformOptions, typeof randomElasticOptions> {}

/**
 * In training bends some of the images `[batch, height, width, channels]`: pixels move by smoothed noise. Otherwise does
 * nothing. Returns float32. Bounding boxes are not moved along, as in Keras. Simard, Steinkraus, Platt: Best Practices for
 * Convolutional Neural Networks Applied to Visual Document Analysis, 2003.
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const bend = new layers.RandomElasticTransform({ scale: 0.5, valueRange: [0, 1] });
 * console.log(new Sequential([Input({ shape: [28, 28, 1] }), bend]).outputShape); // [ null, 28, 28, 1 ]
 * ```
 */
export class RandomElasticTransform extends GeometricImages<Bends> {
  static {
    declareOptions(this, randomElasticOptions);
  }

  /**
   * Takes the options. Throws {@linkcode ValueError} for invalid ones. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`, `factor: 1`, `scale: 1`,
   * `interpolation: "bilinear"`, `fillMode: "reflect"`, `fillValue: 0`.
   */
  constructor(options: RandomElasticTransformOptions = {}) {
    super(options);
  }

  protected override readonly drawnParts: readonly string[] = ["isChosen", "shifts"];

  /** Which images are bent, and where their pixels come from. */
  protected draw(frame: ImageFrame): Bends {
    const { count, height, width } = frame;
    const limit = this.perImage(frame, 4, ...this.factor);
    const isChosen = less(this.perImage(frame, 4, 0, 1), limit);
    const strength = this.uniform([], ...this.scale);
    const perUnit = Math.min(height, width) * 0.05;
    const sigma = multiply(strength, perUnit);
    const noise = multiply(this.normal([count, height, width, 2]), sigma);
    const weights = weightsUpTo(perUnit * this.scale[1], sigma);
    const smooth = weightedAverage(noise, weights, weights) as Value;
    return { isChosen, shifts: multiply(smooth, multiply(strength, Math.max(height, width) * 0.1)) };
  }

  /** The images, some of them bent. */
  protected move(batch: Value, { isChosen, shifts }: Bends, nearest: boolean): Value {
    const { fillMode, fillValue } = this;
    const interpolation = nearest ? "nearest" : this.interpolation;
    const bent = select(isChosen, displaced(batch, shifts, { interpolation, fillMode, fillValue }), batch) as Value;
    return nearest ? bent : clip(bent, ...this.valueRange);
  }

  /** Throws {@linkcode ValueError}: boxes would have to follow every pixel. */
  protected moveBoxes(): MovedBoxes {
    throw noBoxes(this.name, "each pixel moves elsewhere");
  }
}

/**
 * The weights of a Gaussian whose standard deviation is drawn: those of as many pixels as the largest one takes, of which
 * those beyond its own are 0.
 */
function weightsUpTo(largest: number, sigma: Value): Value {
  const size = smoothedOver(largest);
  const distance = subtract(iota([size], 0, "float32"), (size - 1) / 2);
  const isNone = lessEqual(sigma, 0);
  const ratio = divide(distance, select(isNone, 1, sigma));
  const isNear = lessEqual(abs(distance), multiply(floor(sigma), 3));
  const weights = select(isNear, exp(multiply(square(ratio), -0.5)), 0);
  return divide(weights, sum(weights)) as Value;
}
