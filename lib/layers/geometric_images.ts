// The bases of layers that move pixels: masks of segments and bounding boxes go with them.
import { anything, array } from "../argument_kinds.ts";
import { declareMethods } from "../checked_methods.ts";
import type { Value } from "../ir/value.ts";
import { affineInterpolations, affineTransform, type FillMode, fillModes } from "../ops/affine_transform.ts";
import { broadcastTo, cast, concat } from "../ops/primitives.ts";
import { choice, number } from "../option_kinds.ts";
import { declareBase, optionTable } from "../options.ts";
import {
  type BoundingBoxes,
  boxes,
  type Drawn,
  frame,
  type ImageFrame,
  ImageLayer,
  type RandomImageOptions,
  randomImageOptions,
  transformation,
} from "./image_layer.ts";
import type { LayerFields } from "./options.ts";

/** Boxes of two corners in pixels, and the size of their images if the layer changes it. */
export type MovedBoxes = BoundingBoxes<Value> & { readonly size?: { readonly height: number; readonly width: number } };

/** The base of layers that move pixels. */
export abstract class GeometricImages<Transformation extends object = object> extends ImageLayer<Transformation> {
  static {
    declareBase(this);
    declareMethods(this, {
      move: { verb: "move images by", takes: { batch: array, transformation, nearest: anything } },
      moveBoxes: { verb: "move boxes by", takes: { found: boxes, transformation, frame } },
    });
  }

  /** The moved images. */
  protected changeImages(batch: Value, transformation: Drawn<Transformation>): Value {
    return this.move(batch, transformation, false);
  }

  /** The masks moved like the images: each pixel has the class of the nearest one. */
  override transformSegmentationMasks(masks: Value, transformation: Drawn<Transformation>): Value {
    const given = cast(masks, "float32");
    return cast(this.onBatch(given, (batch) => this.move(batch, transformation, true)), masks.dtype);
  }

  /** The boxes moved like the images, and cut to these. */
  override transformBoundingBoxes(
    found: BoundingBoxes<Value>,
    transformation: Drawn<Transformation>,
  ): BoundingBoxes<Value> {
    const { inputShape } = transformation;
    return this.onBoxes(found, inputShape, (corners, frame) => this.moveBoxes(corners, transformation, frame));
  }

  /** The moved batch; with `nearest` without new values. */
  protected abstract move(batch: Value, transformation: Drawn<Transformation>, nearest: boolean): Value;

  /** Boxes of two corners in pixels, moved. */
  protected abstract moveBoxes(
    found: BoundingBoxes<Value>,
    transformation: Drawn<Transformation>,
    frame: ImageFrame,
  ): MovedBoxes;
}

/** Options of layers that move images at random. */
export interface RandomTransformOptions extends RandomImageOptions {
  /** How images continue outside; `reflect` by default. */
  fillMode?: FillMode;
  /** How to interpolate between pixels; `bilinear` by default. */
  interpolation?: "nearest" | "bilinear";
  /** The value outside for `fillMode` `constant`; 0 by default. */
  fillValue?: number;
}

/** Their options. */
export const randomTransformOptions = optionTable<RandomTransformOptions>()({
  ...randomImageOptions,
  fillMode: choice(fillModes, "reflect"),
  interpolation: choice(affineInterpolations, "bilinear"),
  fillValue: number(0),
});

/** The options, checked and completed. */
export interface RandomTransform extends LayerFields<RandomTransformOptions, typeof randomTransformOptions> {}

/** The base of layers that apply a random affine transform to each image. */
export abstract class RandomTransform<Transformation extends object = object> extends GeometricImages<Transformation> {
  static {
    declareBase(this);
    declareMethods(this, { transforms: { verb: "transform images by", takes: { transformation, frame } } });
  }

  /** The transformed batch. */
  protected move(batch: Value, transformation: Drawn<Transformation>, nearest: boolean): Value {
    const { fillMode, fillValue } = this;
    const [count, height, width, channels] = batch.shape;
    const rows = this.transforms(transformation, { count, height, width, channels });
    const per = Math.max(...rows.map((entry) => (typeof entry === "number" ? 1 : entry.shape[0])));
    const columns = [...rows, 0, 0].map((entry) => broadcastTo(entry, [per, 1]));
    const interpolation = nearest ? "nearest" : this.interpolation;
    return affineTransform(batch, concat(columns, 1), { fillMode, interpolation, fillValue });
  }

  /**
   * The first six numbers of each image's transform, as in {@linkcode affineTransform}: each `[count, 1]`, or one
   * number for all.
   */
  protected abstract transforms(transformation: Transformation, frame: ImageFrame): (Value | number)[];
}
