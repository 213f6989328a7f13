// RandomFlip: mirrored images. https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_flip/
import type { Value } from "../ir/value.ts";
import { clipToImageSize, sidesOf } from "../ops/bounding_boxes.ts";
import { concat, lessEqual, reshape, reverse, select, subtract } from "../ops/primitives.ts";
import { choice } from "../option_kinds.ts";
import { declareOptions, optionTable, positional } from "../options.ts";
import type { Operand } from "../tensor/apply.ts";
import { GeometricImages, type MovedBoxes } from "./geometric_images.ts";
import { type BoundingBoxes, type ImageFrame, type RandomImageOptions, randomImageOptions } from "./image_layer.ts";
import type { LayerFields } from "./options.ts";

/** The direction in which images are flipped. */
export type FlipMode = "horizontal" | "vertical" | "horizontal_and_vertical";

/** Which images are flipped, bool `[count, 1, 1, 1]`. */
export interface Flips {
  /** Whether each is. */
  readonly flips: Value;
}

const flipModes: readonly FlipMode[] = ["horizontal", "vertical", "horizontal_and_vertical"];

const randomFlipOptions = optionTable<RandomImageOptions>()({
  ...randomImageOptions,
  /** The direction in which images are flipped. */
  mode: positional(choice(flipModes, "horizontal_and_vertical")),
});

/** The options, checked and completed. */
export interface RandomFlip extends LayerFields<RandomImageOptions, typeof randomFlipOptions> {}

/**
 * In training flips half of the images `[batch, height, width, channels]`, chosen at random; otherwise does nothing. As
 * in Keras, `horizontal_and_vertical` flips the chosen ones both ways at once. Returns float32.
 *
 * @example Pictures that may be mirrored
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [32, 32, 3] }), new layers.RandomFlip("horizontal")]);
 * console.log(model.outputShape); // [ null, 32, 32, 3 ]
 * ```
 */
export class RandomFlip extends GeometricImages<Flips> {
  static {
    declareOptions(this, randomFlipOptions);
  }

  /**
   * Takes the direction, `horizontal_and_vertical` by default. Throws {@linkcode ValueError} for an unknown one.
   * Defaults: `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `seed: null`,
   * `mode: "horizontal_and_vertical"`.
   */
  constructor(mode?: FlipMode, options: RandomImageOptions = {}) {
    super(options, { mode });
  }

  /** Which of the images are flipped: half of them. */
  protected draw(frame: ImageFrame): Flips {
    return { flips: lessEqual(this.perImage(frame, 4, 0, 1), 0.5) };
  }

  /** The images, some of them flipped. */
  protected move(batch: Value, { flips }: Flips): Value {
    const axes = { horizontal: [2], vertical: [1], horizontal_and_vertical: [1, 2] };
    return select(flips, reverse(batch, axes[this.mode]), batch);
  }

  /** The boxes, those of some images flipped. */
  protected moveBoxes({ boxes, labels }: BoundingBoxes<Value>, { flips }: Flips, frame: ImageFrame): MovedBoxes {
    const { height, width } = frame;
    const [x1, y1, x2, y2] = sidesOf(`Cannot call "${this.name}"`, boxes);
    const chosen = reshape(flips, [flips.shape[0], 1, 1]);
    const flipped = (extent: number, side: Operand, own: Operand) => select(chosen, subtract(extent, side), own);
    const isAlong = (mode: FlipMode) => this.mode === mode || this.mode === "horizontal_and_vertical";
    const [left, right] = isAlong("horizontal") ? [flipped(width, x2, x1), flipped(width, x1, x2)] : [x1, x2];
    const [top, bottom] = isAlong("vertical") ? [flipped(height, y2, y1), flipped(height, y1, y2)] : [y1, y2];
    return clipToImageSize({ boxes: concat([left, top, right, bottom], -1) as Value, labels }, { height, width });
  }
}
