// Layers that apply other layers to images at random in training.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import type { Value } from "../ir/value.ts";
import { affineInterpolations } from "../ops/affine_transform.ts";
import { clip } from "../ops/composed.ts";
import { add, cast, divide, equal, floor, multiply, reshape, select, slice, subtract, sum } from "../ops/primitives.ts";
import { boolean, choice, integer, number } from "../option_kinds.ts";
import { declareBase, declareOptions, optionTable, withFacts } from "../options.ts";
import { beta, gamma } from "../random/continuous.ts";
import { RandomRotation, RandomShear, RandomTranslation } from "./affine_augmentation.ts";
import { RandomBrightness, RandomColorDegeneration, RandomContrast } from "./color_augmentation.ts";
import { type Factor, factorEndsOption, overlapping } from "./factor_options.ts";
import { RandomSharpness } from "./filter_augmentation.ts";
import { AutoContrast, Equalization } from "./histogram_augmentation.ts";
import {
  type BoundingBoxes,
  type DrawingLayer,
  type Drawn,
  type DrawnChange,
  type ImageFrame,
  ImageLayer,
} from "./image_layer.ts";
import type { LayerFields } from "./options.ts";
import { RandomPosterization, Solarization } from "./tone_augmentation.ts";
import { type RandomColorOptions, randomColorOptions } from "./value_range.ts";

/** Options of layers that apply others at random. */
export interface ImagePolicyOptions extends RandomColorOptions {
  /** How strong changes are, from 0 to 1: drawn up to it, or between two. */
  factor?: Factor;
  /** How to interpolate between pixels; `bilinear` by default. */
  interpolation?: "nearest" | "bilinear";
}

const policyOptions = (factor: number) =>
  optionTable<ImagePolicyOptions>()({
    ...randomColorOptions,
    factor: withFacts(factorEndsOption(overlapping(0, 1)), { fallback: factor }),
    interpolation: choice(affineInterpolations, "bilinear"),
  });

/** The options, checked and completed. */
export interface ImagePolicy extends LayerFields<ImagePolicyOptions, ReturnType<typeof policyOptions>> {}

/** The base of layers that apply others at random. */
export abstract class ImagePolicy<Transformation extends object = object> extends ImageLayer<Transformation> {
  static {
    declareBase(this);
  }

  /** The layers that move pixels or change all of them, and those that change colors. */
  protected changes(): {
    readonly moving: readonly DrawingLayer[];
    readonly tones: readonly DrawingLayer[];
    readonly colors: readonly DrawingLayer[];
  } {
    const { factor, valueRange, interpolation, seed, boundingBoxFormat } = this;
    const moving = { interpolation, seed, boundingBoxFormat };
    const colors = { valueRange, seed, boundingBoxFormat };
    return {
      moving: [
        new RandomShear({ ...moving, xFactor: factor, yFactor: factor }),
        new RandomTranslation(factor, factor, moving),
        new RandomRotation(factor, moving),
      ],
      tones: [
        new RandomPosterization(Math.max(1, Math.trunc(8 * factor[1])), colors),
        new Solarization({ ...colors, additionFactor: factor, thresholdFactor: factor }),
        new AutoContrast({ valueRange, boundingBoxFormat }),
        new Equalization({ valueRange, boundingBoxFormat }),
      ],
      colors: [
        new RandomBrightness(factor, colors),
        new RandomColorDegeneration(factor, colors),
        new RandomContrast(factor, colors),
        new RandomSharpness(factor, colors),
      ],
    };
  }
}

/** Options of {@linkcode RandAugment}. */
export interface RandAugmentOptions extends ImagePolicyOptions {
  /** How many changes follow each other; 2 by default. */
  numOps?: number;
}

const randAugmentOptions = optionTable<RandAugmentOptions>()({
  ...policyOptions(0.5),
  numOps: integer(2, { min: 0, max: 64 }),
});

/** Which changes follow each other, and what each of them drew. */
export interface ChangesInOrder {
  /** The number of the change in each place, `[numOps]`. */
  readonly chosen: Value;
  /** What each of the layers drew. */
  readonly drawn: readonly DrawnChange[];
}

/** The options, checked and completed. */
export interface RandAugment extends LayerFields<RandAugmentOptions, typeof randAugmentOptions> {}

/**
 * In training applies some of eleven changes to images `[batch, height, width, 3]`, one after the other: shear,
 * translation, rotation, brightness, color degeneration, contrast, sharpness, posterization, solarization, auto contrast
 * and equalization. Which ones is drawn for the whole batch. Otherwise does nothing. Returns float32. Masks and boxes
 * follow the images. Cubuk, Zoph, Shlens, Le: RandAugment, https://arxiv.org/abs/1909.13719
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const augment = new layers.RandAugment({ factor: 0.3, valueRange: [0, 1] });
 * console.log(new Sequential([Input({ shape: [28, 28, 3] }), augment]).outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class RandAugment extends ImagePolicy<ChangesInOrder> {
  static {
    declareOptions(this, randAugmentOptions);
  }
  /** The layers that are chosen from, in order. */
  readonly augmentations: readonly DrawingLayer[];

  /**
   * Takes the options. Throws {@linkcode ValueError} for invalid ones. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`, `factor: 0.5`, `interpolation: "bilinear"`,
   * `numOps: 2`.
   */
  constructor(options: RandAugmentOptions = {}) {
    super(options);
    const { moving, tones, colors } = this.changes();
    this.augmentations = [...moving, ...colors, ...tones];
  }

  protected override readonly drawnParts: readonly string[] = ["chosen", "drawn"];

  /** Which changes, and what each of the layers would do. */
  protected draw({ count, height, width, channels }: ImageFrame): ChangesInOrder {
    const chosen = floor(this.uniform([this.numOps], 0, this.augmentations.length));
    const shape = [count, height, width, channels];
    return { chosen, drawn: this.augmentations.map((layer) => layer.drawChange({ shape })) };
  }

  /** What each place in turn makes of `x`, where `pick` chooses between what changes make of it. */
  #inOrder<T>(
    x: T,
    { chosen, drawn }: ChangesInOrder,
    change: (by: DrawnChange, x: T) => T,
    pick: (isChosen: Value, changed: T, x: T) => T,
  ): T {
    for (let place = 0; place < this.numOps; place++) {
      const own = reshape(slice(chosen, [place], [1]), []);
      const given = x;
      x = drawn.reduce((all, by, i) => pick(equal(own, i), change(by, given), all), given);
    }
    return x;
  }

  /** The images, changed by one layer after the other. */
  protected changeImages(batch: Value, transformation: ChangesInOrder): Value {
    return this.#inOrder(batch, transformation, (by, x) => by.images(x), picked);
  }

  /** The masks, moved as the images were. */
  override transformSegmentationMasks(masks: Value, transformation: Drawn<ChangesInOrder>): Value {
    return this.onBatch(masks, (batch) => this.#inOrder(batch, transformation, (by, x) => by.masks(x), picked));
  }

  /** The boxes, moved as the images were. */
  override transformBoundingBoxes(found: BoundingBoxes<Value>, transformation: Drawn<ChangesInOrder>) {
    return this.#inOrder(
      { boxes: cast(found.boxes, "float32"), labels: found.labels },
      transformation,
      (by, x) => by.boxes(x),
      (isChosen, changed, x) => ({
        boxes: picked(isChosen, changed.boxes, x.boxes),
        labels: picked(isChosen, changed.labels, x.labels),
      }),
    );
  }
}

const picked = (isChosen: Value, changed: Value, x: Value): Value => select(isChosen, changed, x);

/** Options of {@linkcode AugMix}. */
export interface AugMixOptions extends ImagePolicyOptions {
  /** How many chains of changes are mixed; 3 by default. */
  numChains?: number;
  /** How many changes a chain has at most; 3 by default. */
  chainDepth?: number;
  /** The parameter of the distributions of how much of each chain, and of the image, there is; 1 by default. */
  alpha?: number;
  /** Whether brightness, color degeneration, contrast and sharpness are among the changes; true by default. */
  allOps?: boolean;
}

const augMixOptions = optionTable<AugMixOptions>()({
  ...policyOptions(0.3),
  numChains: integer(3, { min: 1, max: 64 }),
  chainDepth: integer(3, { min: 0, max: 64 }),
  alpha: number(1, { min: 2 ** -20 }),
  allOps: boolean(true),
});

/** The chains of changes, and how they are mixed. */
export interface Chains {
  /** How much of each chain there is, `[numChains]`. */
  readonly weights: Value;
  /** How much of the image stays, a scalar. */
  readonly weight: Value;
  /** The number of the change in each place of each chain, `[numChains, chainDepth]`; the last one is none. */
  readonly chosen: Value;
  /** What each of the layers drew for each place of each chain. */
  readonly drawn: readonly (readonly (readonly DrawnChange[])[])[];
}

/** The options, checked and completed. */
export interface AugMix extends LayerFields<AugMixOptions, typeof augMixOptions> {}

/**
 * In training mixes images `[batch, height, width, 3]` with what several chains of random changes make of them; otherwise
 * does nothing. The same changes are applied to the whole batch, and they are drawn in each step. Returns float32. Masks
 * are mixed alike, in float32; boxes stay. Hendrycks et al., AugMix: https://arxiv.org/abs/1912.02781
 *
 * @example
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const augment = new layers.AugMix({ valueRange: [0, 1], numChains: 2 });
 * console.log(new Sequential([Input({ shape: [28, 28, 3] }), augment]).outputShape); // [ null, 28, 28, 3 ]
 * ```
 */
export class AugMix extends ImagePolicy<Chains> {
  static {
    declareOptions(this, augMixOptions);
  }
  /** The layers that are chosen from, in order. */
  readonly augmentations: readonly DrawingLayer[];

  /**
   * Takes the options. Throws {@linkcode ValueError} for invalid ones. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`, `valueRange: [0, 255]`, `factor: 0.3`, `interpolation: "bilinear"`,
   * `numChains: 3`, `chainDepth: 3`, `alpha: 1`, `allOps: true`.
   */
  constructor(options: AugMixOptions = {}) {
    super(options);
    const { moving, tones, colors } = this.changes();
    this.augmentations = [...moving, ...tones, ...(this.allOps ? colors : [])];
  }

  protected override readonly drawnParts: readonly string[] = ["weights", "weight", "chosen", "drawn"];

  /** Which changes, what they do, and how much of each chain there is. */
  protected draw({ count, height, width, channels }: ImageFrame): Chains {
    const { numChains, chainDepth, alpha, generator } = this;
    const amounts = gamma([numChains], alpha, { seed: generator });
    const shape = [count, height, width, channels];
    const places = <T>(extent: number, make: () => T): T[] => Array.from({ length: extent }, make);
    return {
      weights: divide(amounts, sum(amounts)),
      weight: beta([], alpha, alpha, { seed: generator }),
      chosen: floor(this.uniform([numChains, chainDepth], 0, this.augmentations.length + 1)),
      drawn: places(
        numChains,
        () => places(chainDepth, () => this.augmentations.map((layer) => layer.drawChange({ shape }))),
      ),
    };
  }

  /** The mixture of a batch and of what the chains make of it. */
  #mixed(
    batch: Value,
    { weights, weight, chosen, drawn }: Chains,
    change: (by: DrawnChange, x: Value) => Value,
  ): Value {
    const chains = drawn.map((places, chain) => {
      const made = places.reduce((x, own, place) => {
        const number = reshape(slice(chosen, [chain, place], [1, 1]), []);
        return own.reduce((all, by, i) => picked(equal(number, i), change(by, x), all), x);
      }, batch);
      return multiply(made, reshape(slice(weights, [chain], [1]), []));
    });
    const all = chains.reduce((total, chain) => add(total, chain));
    return add(multiply(weight, batch), multiply(subtract(1, weight), all));
  }

  /** The mixed images. */
  protected changeImages(batch: Value, transformation: Chains): Value {
    return clip(this.#mixed(batch, transformation, (by, x) => by.images(x)), ...this.valueRange);
  }

  /** The mixed masks, float32. */
  override transformSegmentationMasks(masks: Value, transformation: Drawn<Chains>): Value {
    const given = cast(masks, "float32");
    return this.onBatch(given, (batch) => this.#mixed(batch, transformation, (by, x) => by.masks(x)));
  }
}
