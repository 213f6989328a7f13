// MaxNumBoundingBoxes: as many boxes for each image. https://keras.io/api/layers/preprocessing_layers/image_preprocessing/
import type { Value } from "../ir/value.ts";
import { pad, slice } from "../ops/primitives.ts";
import { integer, positiveInteger } from "../option_kinds.ts";
import { declareOptions, optionTable, positional, unlessDefault } from "../options.ts";
import type { SymbolicShape } from "../shape.ts";
import type { Structure } from "../structure.ts";
import {
  type BoundingBoxes,
  type Drawn,
  ImageLayer,
  type ImageLayerOptions,
  imageLayerOptions,
  noSeed,
} from "./image_layer.ts";
import type { LayerFields } from "./options.ts";

/** Options of {@linkcode MaxNumBoundingBoxes}. */
export interface MaxNumBoundingBoxesOptions extends ImageLayerOptions {
  /** What fills up boxes and labels; -1 by default. */
  fillValue?: number;
}

const maxNumOptions = optionTable<MaxNumBoundingBoxesOptions>()({
  ...imageLayerOptions,
  ...noSeed,
  /** The number of boxes of each image. */
  maxNumber: positional(positiveInteger()),
  fillValue: unlessDefault(integer(-1)),
});

/** The options, checked and completed. */
export interface MaxNumBoundingBoxes extends LayerFields<MaxNumBoundingBoxesOptions, typeof maxNumOptions> {}

/**
 * Gives each image the same number of bounding boxes, in training and inference: further ones are left out, and missing
 * ones filled up. Images, labels and masks stay as they are.
 *
 * @example
 * ```ts
 * import { compile, layers, ops } from "./mod.ts";
 * const five = new layers.MaxNumBoundingBoxes(5, { boundingBoxFormat: "xyxy" });
 * const fill = compile((data: layers.LabeledImages) => five.apply(data));
 * const boundingBoxes = { boxes: ops.ones([2, 3, 4]), labels: ops.zeros([2, 3]) };
 * console.log((await fill({ images: ops.ones([2, 8, 8, 3]), boundingBoxes })).boundingBoxes!.boxes.shape); // [ 2, 5, 4 ]
 * ```
 */
export class MaxNumBoundingBoxes extends ImageLayer {
  static {
    declareOptions(this, maxNumOptions);
  }
  protected override readonly isSteady = true;
  protected override readonly keepsDType = true;

  /**
   * Takes the number of boxes. Throws {@linkcode ValueError} if it is not a positive integer. Defaults:
   * `dataFormat: "channels_last"`, `boundingBoxFormat: null`, `fillValue: -1`.
   */
  constructor(maxNumber: number, options: MaxNumBoundingBoxesOptions = {}) {
    super(options, { maxNumber });
  }

  /** Nothing is random. */
  protected draw(): object {
    return {};
  }

  /** The images as they are. */
  protected changeImages(batch: Value): Value {
    return batch;
  }

  /** As many boxes and labels for each image. */
  override transformBoundingBoxes({ boxes, labels }: BoundingBoxes<Value>, { inputShape }: Drawn<object>) {
    const axis = inputShape.length - 3;
    const filled = (x: Value) => {
      const kept = Math.min(x.shape[axis], this.maxNumber);
      const none = x.shape.map(() => 0);
      const some = slice(x, none, x.shape.with(axis, kept));
      return pad(some, none, none.with(axis, this.maxNumber - kept), { value: this.fillValue });
    };
    return { boxes: filled(boxes), labels: filled(labels) };
  }

  /** The shape with the layer's number of boxes. */
  protected override outputShapeOfBoxes(shape: SymbolicShape, all: Structure<SymbolicShape>): SymbolicShape {
    const { images } = all as { readonly images: SymbolicShape };
    return shape.with(images.length - 3, this.maxNumber);
  }
}
