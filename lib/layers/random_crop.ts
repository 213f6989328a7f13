// RandomCrop: parts of images. https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_crop/
import type { Value } from "../ir/value.ts";
import { pixelsAt } from "../ops/affine_transform.ts";
import { clipToImageSize, shifted } from "../ops/bounding_boxes.ts";
import { add, broadcastTo, floor, iota, negate } from "../ops/primitives.ts";
import { resize } from "../ops/resize.ts";
import { centralPart } from "../ops/resize_taps.ts";
import { declareOptions, optionTable } from "../options.ts";
import type { MovedBoxes } from "./geometric_images.ts";
import { type BoundingBoxes, type ImageFrame, type RandomImageOptions, randomImageOptions } from "./image_layer.ts";
import { imageExtent, SizedImages } from "./image_preprocessing.ts";
import type { LayerFields } from "./options.ts";

const randomCropOptions = optionTable<RandomImageOptions>()({
  ...randomImageOptions,
  /** The height of the crop. */
  height: imageExtent,
  /** The width of the crop. */
  width: imageExtent,
});

/** Where crops begin, `[1, 1, 1]`; nothing for the center. */
export interface CropPlace {
  /** The first row. */
  readonly top?: Value;
  /** The first column. */
  readonly left?: Value;
}

/** The options, checked and completed. */
export interface RandomCrop extends LayerFields<RandomImageOptions, typeof randomCropOptions> {}

/**
 * Crops each image `[height, width, channels]` of a batch: in training at a random position, the same for the whole
 * batch. Otherwise, and if the images are not larger than the crop along an axis, it takes the largest central part
 * with the crop's aspect ratio and resizes it, as Keras documents; Keras's code leaves images unchanged without training.
 * Returns float32.
 *
 * @example Crops of photographs
 * ```ts
 * import { Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [256, 256, 3] }), new layers.RandomCrop(224, 224)]);
 * console.log(model.outputShape); // [ null, 224, 224, 3 ]
 * ```
 */
export class RandomCrop extends SizedImages<CropPlace> {
  static {
    declareOptions(this, randomCropOptions);
  }

  /**
   * Takes the size. Throws {@linkcode ValueError} if it is invalid. Defaults: `dataFormat: "channels_last"`,
   * `boundingBoxFormat: null`, `seed: null`.
   */
  constructor(height: number, width: number, options: RandomImageOptions = {}) {
    super(options, { height, width });
  }

  /** The place, in training and for images that are larger than the crop. */
  protected draw(frame: ImageFrame, training: boolean): CropPlace {
    const { height, width } = this;
    if (!training || frame.height <= height || frame.width <= width) return {};
    const top = floor(this.uniform([1, 1, 1], 0, frame.height - height + 1));
    return { top, left: floor(this.uniform([1, 1, 1], 0, frame.width - width + 1)) };
  }

  /** The crop at the place, otherwise the largest central part, resized. */
  protected move(batch: Value, { top, left }: CropPlace, nearest: boolean): Value {
    const { height, width } = this;
    if (!top || !left) {
      const interpolation = nearest ? "nearest" : "bilinear";
      return resize(batch, [height, width], { cropToAspectRatio: true, interpolation });
    }
    const [count] = batch.shape;
    const y = broadcastTo(add(top, iota([1, height, 1], 1, "float32")), [count, height, width]);
    const x = broadcastTo(add(left, iota([1, 1, width], 2, "float32")), [count, height, width]);
    return pixelsAt(batch, y, x) as Value;
  }

  /** The boxes in the crop. */
  protected moveBoxes(found: BoundingBoxes<Value>, { top, left }: CropPlace, frame: ImageFrame): MovedBoxes {
    const size = { height: this.height, width: this.width };
    if (!top || !left) return this.boxesInPart(found, centralPart(frame.height, frame.width, size.height, size.width));
    const boxes = shifted(found.boxes, negate(left), negate(top)) as Value;
    return { ...clipToImageSize({ boxes, labels: found.labels }, size), size };
  }
}
