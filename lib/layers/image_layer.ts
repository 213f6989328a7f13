// The base of layers that prepare images: together with labels, bounding boxes and masks of segments.
// https://keras.io/api/layers/preprocessing_layers/image_augmentation/
import {
  anything,
  array,
  count,
  finite,
  fn,
  inputShape,
  object,
  objectOf,
  operands,
  shape,
  shapes,
} from "../argument_kinds.ts";
import { type Argument, declareMethods } from "../checked_methods.ts";
import { describe, didYouMean, ShapeError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import {
  type BoundingBoxes,
  type BoundingBoxFormat,
  boundingBoxFormats,
  convertFormat,
} from "../ops/bounding_boxes.ts";
import { imageSize, onImageBatch } from "../ops/image_batch.ts";
import { cast, reshape } from "../ops/primitives.ts";
import { choice } from "../option_kinds.ts";
import { declareBase, declareOptions, nullable, optionTable, withFacts } from "../options.ts";
import { formatShape, type Shape, type SymbolicShape } from "../shape.ts";
import { isNamed, type Mapped, mapStructure, type Structure } from "../structure.ts";
import type { Symbolic, SymbolicTensor } from "../tensor/symbolic.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { DataFormat } from "./data_format.ts";
import { dataFormatOption } from "./data_format.ts";
import type { ContextOf, InputOf, Layer, OutputOf, WithTensors } from "./layer.ts";
import type { CallContext, LayerFields, LayerOptions } from "./options.ts";
import { RandomLayer, type RandomLayerOptions, randomLayerOptions } from "./random_layer.ts";

export type { BoundingBoxes, BoundingBoxFormat };

/** Images with what belongs to them, as data pipelines have them; each part has the same batch axis. */
export type LabeledImages<T = Value> = {
  /** The images `[batch, height, width, channels]`, or one without the batch axis. */
  readonly images: T;
  /** What the images show, such as one-hot classes `[batch, classes]`. */
  readonly labels?: T;
  /** Where things are in the images, and what. */
  readonly boundingBoxes?: BoundingBoxes<T>;
  /** The class of each pixel, `[batch, height, width, 1]`; whole numbers stay whole. */
  readonly segmentationMasks?: T;
};

/** What a layer's options say about images. */
export interface ImageLayerOptions extends LayerOptions {
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
  /** What the four numbers of bounding boxes are; needed only for these. */
  boundingBoxFormat?: BoundingBoxFormat | null;
}

/** Options of layers that change images at random. */
export interface RandomImageOptions extends RandomLayerOptions, ImageLayerOptions {}

const { seed, ...plainOptions } = randomLayerOptions;

/** The options of layers that prepare images. */
export const imageLayerOptions = optionTable<ImageLayerOptions>()({
  ...plainOptions,
  dataFormat: dataFormatOption,
  boundingBoxFormat: withFacts(nullable(choice(boundingBoxFormats, "xyxy")), { written: "unless null" }),
});

/** The options of layers that change images at random. */
export const randomImageOptions = optionTable<RandomImageOptions>()({ ...imageLayerOptions, seed });

/** The seed of layers that draw nothing. */
export const noSeed = { seed: withFacts(seed, { offered: false, written: "never" }) };

/** A batch of images, as layers compute on it: `[count, height, width, channels]`. */
export interface ImageFrame {
  /** The number of images. */
  readonly count: number;
  /** Their height in pixels. */
  readonly height: number;
  /** Their width in pixels. */
  readonly width: number;
  /** Their number of channels. */
  readonly channels: number;
}

/** What was drawn for a batch, and the shape of the images that it was drawn for. */
export type Drawn<T> = T & { readonly inputShape: Shape };

/** A change that was drawn, of each part of labeled images. */
export interface DrawnChange {
  /** Of images. */
  images(x: Value): Value;
  /** Of masks of segments. */
  masks(x: Value): Value;
  /** Of bounding boxes. */
  boxes(x: BoundingBoxes<Value>): BoundingBoxes<Value>;
}

/** A layer whose changes can be drawn. */
export interface DrawingLayer extends Layer {
  /** Draws a change. */
  drawChange(images: { readonly shape: Shape }): DrawnChange;
}

/** What `apply` takes in a traced function for each part. */
export type Given = Value | Tensor | Variable;

/** The options, checked and completed. */
export interface ImageLayer extends LayerFields<RandomImageOptions, typeof randomImageOptions> {}

/** The parts of labeled images by one name each. */
const partNames = ["images", "labels", "segmentationMasks", "boxes", "boxLabels"] as const;

/** What errors call them. */
const partWords = {
  images: "images",
  labels: "labels",
  segmentationMasks: "segmentationMasks",
  boxes: "bounding boxes",
  boxLabels: "labels of bounding boxes",
} as const;

/** Parts of labeled images by one name each. */
type Parts<T> = { readonly [K in (typeof partNames)[number]]?: T };

/** Images, or their shape. */
const shaped: Argument = (given, place) => {
  shape((given as { readonly shape?: unknown } | null | undefined)?.shape, place);
  return given;
};
/** A batch's extents. */
export const frame: Argument = objectOf({ count: finite, height: finite, width: finite, channels: finite });
/** Boxes and their labels. */
export const boxes: Argument = objectOf({ boxes: array, labels: array });
/** What the layer draws. */
export const transformation: Argument = (given, place) => {
  const found = object(given, place) as object;
  const { drawnParts } = place.owner as { readonly drawnParts: readonly string[] };
  const missing = drawnParts.find((name) => !(name in found));
  if (missing === undefined) return found;
  throw new ValueError({
    what: place.what,
    rule: `${place.argument} must have what getRandomTransformation gives: ${drawnParts.join(", ")}`,
    received: `an object without ${missing}`,
    hint: "give what getRandomTransformation(images) returned",
  });
};

/**
 * The base of layers that prepare images. What is random is drawn first, by `getRandomTransformation`; the methods
 * `transformImages`, `transformLabels`, `transformBoundingBoxes` and `transformSegmentationMasks` then apply it to
 * each part alike.
 */
export abstract class ImageLayer<Transformation extends object = object> extends RandomLayer {
  static {
    declareBase(this);
    declareOptions(this, randomImageOptions, { strict: false });
    declareMethods(this, {
      build: { verb: "build", takes: { inputShape: shapes } },
      computeOutputShape: { verb: "take the output shape of", takes: { inputShape: shapes } },
      call: { verb: "call", takes: { x: operands, context: object } },
      getRandomTransformation: { verb: "draw a change of", takes: { images: shaped } },
      drawChange: { verb: "draw a change of", takes: { images: shaped } },
      changeBy: { verb: "change images by", takes: { transformation } },
      transformImages: { verb: "transform images by", takes: { images: array, transformation } },
      transformLabels: { verb: "transform labels by", takes: { labels: array, transformation } },
      transformBoundingBoxes: { verb: "transform boxes by", takes: { found: boxes, transformation } },
      transformSegmentationMasks: { verb: "transform masks by", takes: { masks: array, transformation } },
      drawn: { verb: "draw a change by", takes: { shape, training: anything } },
      draw: { verb: "draw a change by", takes: { frame, training: anything } },
      changeImages: { verb: "change images by", takes: { batch: array, transformation } },
      frameOf: { verb: "take the extents of images by", takes: { shape } },
      onBatch: { verb: "change images by", takes: { images: array, body: fn } },
      onBoxes: { verb: "change boxes by", takes: { found: boxes, inputShape: shape, body: fn } },
      perImage: { verb: "draw numbers by", takes: { frame, rank: count, low: finite, high: finite } },
      outputShapeOf: { verb: "take the output shape of", takes: { shape: inputShape } },
      outputShapeOfBoxes: { verb: "take the output shape of", takes: { shape: inputShape, all: shapes } },
    });
  }
  /** The names of what is drawn, which a transformation has. */
  protected readonly drawnParts: readonly string[] = [];
  override readonly callDefaults = { training: true };
  override readonly inputArgument = "data";
  /** Images have no masks of steps. */
  override readonly supportsMasking = false;
  /** Whether the layer does the same in inference. */
  protected readonly isSteady: boolean = false;
  /** Whether images keep their dtype; others become float32. */
  protected readonly keepsDType: boolean = false;

  /** Checks that the input is images. */
  override build(shape: Structure<SymbolicShape>): void {
    const parts: Parts<SymbolicShape> = isNamed(shape) ? shape : { images: shape as SymbolicShape };
    this.#checkImages(imagesIn(`Cannot build "${this.name}"`, parts), "build");
  }

  #checkImages(shape: readonly (number | null)[], verb: string): void {
    imageSize(`Cannot ${verb} "${this.name}"`, shape, this.dataFormat);
  }

  /**
   * Applies the layer to images, or to {@linkcode LabeledImages}, whose parts it changes alike. In a traced function `training`
   * is that of the surrounding call; layers that change images at random do so only in training.
   *
   * @throws {ValueError} for parts without images, unknown parts, and boxes without a `boundingBoxFormat`
   * @throws {ShapeError} for parts that do not fit
   *
   * @example Pictures and the boxes in them
   * ```ts
   * import { compile, layers, ops } from "./mod.ts";
   * const flip = new layers.RandomFlip("horizontal", { boundingBoxFormat: "xyxy", seed: 1 });
   * const augment = compile((data: layers.LabeledImages) => flip.apply(data, { training: true }));
   * const boundingBoxes = { boxes: ops.ones([2, 3, 4]), labels: ops.zeros([2, 3]) };
   * const { images } = await augment({ images: ops.ones([2, 8, 8, 3]), boundingBoxes });
   * console.log(images.shape); // [ 2, 8, 8, 3 ]
   * ```
   */
  override apply<D extends LabeledImages<Given>>(data: D, context?: Partial<CallContext>): Mapped<D, Given, Value>;
  /** Applies the layer to symbolic tensors. */
  override apply<D extends LabeledImages<SymbolicTensor>>(data: D, context?: Partial<CallContext>): D;
  override apply(
    x: InputOf<this> | WithTensors<InputOf<this>>,
    context?: ContextOf<this> | WithTensors<ContextOf<this>> | Partial<CallContext>,
  ): OutputOf<this>;
  override apply(
    x: Symbolic<InputOf<this>>,
    context?: Symbolic<ContextOf<this>> | Symbolic<Partial<CallContext>>,
  ): Symbolic<OutputOf<this>>;
  override apply(x: unknown, context: unknown = {}): unknown {
    const apply = (of: unknown): unknown => super.apply(of as InputOf<this>, context as ContextOf<this>);
    return applyToParts(`Cannot call "${this.name}"`, x, apply);
  }

  /** The images, or the parts of labeled images, changed. */
  call(x: Value, { training }: { training: boolean }): Value {
    const given: unknown = x;
    const parts: Parts<Value> = isNamed(given) ? given : { images: x };
    const images = imagesIn(`Cannot call "${this.name}"`, parts);
    this.#checkImages(images.shape, "call");
    this.#checkParts(parts);
    const isActive = training || this.isSteady;
    const transformation = isActive ? this.drawn(images.shape, training) : undefined;
    const of: Parts<Value> = transformation ? this.#transformed(parts, transformation) : parts;
    const made = { ...of, images: transformation ? of.images! : this.#prepared(of.images!) };
    // The type of `call` is that of images alone; that of labeled ones is `apply`'s.
    return isNamed(given) ? made as unknown as Value : made.images;
  }

  /** Checks that labels, boxes and masks are those of the images. */
  #checkParts(parts: Parts<Value>): void {
    const { images, boxes, boxLabels, segmentationMasks: masks } = parts;
    const what = `Cannot call "${this.name}"`;
    const [size, rank] = [imageSize(what, images!.shape, this.dataFormat), images!.shape.length];
    const other = rank === 4 && partNames.find((name) => parts[name] && parts[name].shape[0] !== images!.shape[0]);
    if (other) {
      throw new ShapeError({
        what,
        rule: `each part must be of the ${images!.shape[0]} images`,
        received: `${partWords[other]} ${formatShape(parts[other]!.shape)}`,
        hint: "give each part the batch axis of the images",
      });
    }
    if (masks && formatShape(imageSize(what, masks.shape, this.dataFormat)) !== formatShape(size)) {
      throw new ShapeError({
        what,
        rule: `segmentationMasks must have the ${size.join(" x ")} pixels of the images`,
        received: formatShape(masks.shape),
        hint: "give the class of each pixel, with an axis of extent 1 for the channels",
      });
    }
    if (!boxes || !boxLabels) return;
    this.#format();
    const [own, labels] = [boxes.shape, boxLabels.shape];
    if (
      own.length === rank - 1 && own.at(-1) === 4 &&
      formatShape(labels.slice(0, rank - 2)) === formatShape(own.slice(0, -1))
    ) return;
    throw new ShapeError({
      what,
      rule: rank === 4
        ? "bounding boxes must be [batch, boxes, 4] with labels [batch, boxes]"
        : "bounding boxes of one image must be [boxes, 4] with labels [boxes]",
      received: `${formatShape(own)} with labels ${formatShape(labels)}`,
      hint: "fill shorter lists of boxes up, as MaxNumBoundingBoxes does",
    });
  }

  /** The format of bounding boxes. Throws {@linkcode ValueError} if the layer has none. */
  #format(): BoundingBoxFormat {
    if (this.boundingBoxFormat !== null) return this.boundingBoxFormat;
    throw new ValueError({
      what: `Cannot call "${this.name}"`,
      rule: "bounding boxes need a boundingBoxFormat",
      received: "boxes, and a layer without one",
      hint: `write it as in new ${this.className}(..., { boundingBoxFormat: "xyxy" })`,
    });
  }

  #transformed(parts: Parts<Value>, transformation: Drawn<Transformation>): Parts<Value> {
    const { labels, boxes, boxLabels, segmentationMasks: masks } = parts;
    const found = boxes && boxLabels && this.transformBoundingBoxes({ boxes, labels: boxLabels }, transformation);
    return {
      images: this.transformImages(parts.images!, transformation),
      ...(labels && { labels: this.transformLabels(labels, transformation) }),
      ...(masks && { segmentationMasks: this.transformSegmentationMasks(masks, transformation) }),
      ...(found && { boxes: found.boxes, boxLabels: found.labels }),
    };
  }

  /** Images in the dtype in which the layer returns them. */
  #prepared(images: Value): Value {
    return this.keepsDType ? images : cast(images, "float32");
  }

  /** Draws what is random about the change of these images: to be applied to each of their parts. */
  getRandomTransformation(images: { readonly shape: Shape }): Drawn<Transformation> {
    return this.drawn(images.shape, true);
  }

  /** Draws what is random, as a change of each part of labeled images. */
  drawChange(images: { readonly shape: Shape }): DrawnChange {
    return this.changeBy(this.getRandomTransformation(images));
  }

  /** The change of each part of labeled images by what was drawn. */
  changeBy(transformation: Drawn<Transformation>): DrawnChange {
    return {
      images: (x) => this.transformImages(x, transformation),
      masks: (x) => this.transformSegmentationMasks(x, transformation),
      boxes: (x) => this.transformBoundingBoxes(x, transformation),
    };
  }

  /** What is drawn for images of a shape. */
  protected drawn(shape: Shape, training: boolean): Drawn<Transformation> {
    return { ...this.draw(this.frameOf(shape), training), inputShape: shape };
  }

  /** The images changed as drawn, float32 unless the layer keeps their dtype. */
  transformImages(images: Value, transformation: Drawn<Transformation>): Value {
    return this.onBatch(this.#prepared(images), (batch) => this.changeImages(batch, transformation));
  }

  /** The labels changed as drawn: most layers leave them as they are. */
  transformLabels(labels: Value, _transformation: Drawn<Transformation>): Value {
    return labels;
  }

  /** The boxes, in the format of the layer, changed as drawn: those of colors leave them as they are. */
  transformBoundingBoxes(found: BoundingBoxes<Value>, _transformation: Drawn<Transformation>): BoundingBoxes<Value> {
    return found;
  }

  /** The masks changed as drawn, in their dtype: those of colors leave them as they are. */
  transformSegmentationMasks(masks: Value, _transformation: Drawn<Transformation>): Value {
    return masks;
  }

  /** Draws what is random for a batch. */
  protected abstract draw(frame: ImageFrame, training: boolean): Transformation;

  /** The changed batch `[count, height, width, channels]`. */
  protected abstract changeImages(batch: Value, transformation: Drawn<Transformation>): Value;

  /** The extents of images of a shape, as a batch. */
  protected frameOf(shape: Shape): ImageFrame {
    const [height, width] = imageSize(`Cannot call "${this.name}"`, shape, this.dataFormat);
    const channels = shape[shape.length - (this.dataFormat === "channels_last" ? 1 : 3)];
    return { count: shape.length === 4 ? shape[0] : 1, height, width, channels };
  }

  /** Applies `body` to images as a batch with the channels last, and restores their axes. */
  protected onBatch(images: Value, body: (batch: Value) => Value): Value {
    return onImageBatch(`Cannot call "${this.name}"`, images, this.dataFormat, (batch) => body(batch as Value));
  }

  /**
   * Applies `body` to boxes as a batch of two corners in pixels, and gives them in the layer's format, for images of the size
   * that `body` returns.
   */
  protected onBoxes(
    { boxes, labels }: BoundingBoxes<Value>,
    inputShape: Shape,
    body: (
      found: BoundingBoxes<Value>,
      frame: ImageFrame,
    ) => BoundingBoxes<Value> & { size?: { height: number; width: number } },
  ): BoundingBoxes<Value> {
    const [format, frame] = [this.#format(), this.frameOf(inputShape)];
    const isOne = boxes.shape.length === 2;
    const batched = (x: Value) => isOne ? reshape(x, [1, ...x.shape]) : x;
    const corners = convertFormat(batched(boxes), format, "xyxy", { height: frame.height, width: frame.width });
    const made = body({ boxes: corners, labels: batched(labels) }, frame);
    const { height, width } = made.size ?? frame;
    const alone = (x: Value) => isOne ? reshape(x, x.shape.slice(1)) : x;
    return { boxes: alone(convertFormat(made.boxes, "xyxy", format, { height, width })), labels: alone(made.labels) };
  }

  /** One uniform number in [`low`, `high`) per image, `[count, 1, ...]` with `rank` axes. */
  protected perImage({ count }: ImageFrame, rank: number, low: number, high: number): Value {
    return this.uniform([count, ...new Array<number>(rank - 1).fill(1)], low, high);
  }

  /** The shape of the output, for each part of the input. */
  override computeOutputShape(shape: Structure<SymbolicShape>): Structure<SymbolicShape> {
    const names = isNamed(shape) ? Object.keys(shape).sort() : ["images"];
    return mapStructure(shape, (own, i) => {
      if (names[i] === "images" || names[i] === "segmentationMasks") return this.outputShapeOf(own);
      return names[i] === "boxes" || names[i] === "boxLabels" ? this.outputShapeOfBoxes(own, shape) : own;
    });
  }

  /** The shape of images, or of their masks, after the layer. */
  protected outputShapeOf(shape: SymbolicShape): SymbolicShape {
    return shape;
  }

  /** The shape of boxes, or of their labels, after the layer; `all` are the shapes of all parts. */
  protected outputShapeOfBoxes(shape: SymbolicShape, _all: Structure<SymbolicShape>): SymbolicShape {
    return shape;
  }
}

/** The images among the parts of labeled images. Throws {@linkcode ValueError} where there are none. */
function imagesIn<T>(what: string, parts: Parts<T>): T {
  if (parts.images !== undefined) return parts.images;
  throw new ValueError({
    what,
    rule: "there must be images",
    received: Object.keys(parts).join(", ") || "nothing",
    hint: "write it as { images, labels, segmentationMasks }",
  });
}

/**
 * Applies a layer that takes the parts of labeled images by one name each to images, or to labeled ones. Throws {@linkcode
 * ValueError} for parts without images, and for unknown ones.
 */
export function applyToParts(what: string, x: unknown, apply: (x: unknown) => unknown): unknown {
  if (!isNamed(x)) return apply(x);
  const { boundingBoxes, ...others } = x;
  const known = [...partNames.slice(0, 3), "boundingBoxes"];
  const unknown = Object.keys(others).find((name) => !(partNames as readonly string[]).includes(name));
  if (unknown !== undefined || others.images === undefined) {
    throw new ValueError({
      what,
      rule: unknown === undefined ? "there must be images" : `the parts of its input are ${known.join(", ")}`,
      received: unknown === undefined ? Object.keys(x).join(", ") || "nothing" : describe(unknown),
      hint: unknown !== undefined && didYouMean(unknown, known)
        ? `did you mean "${didYouMean(unknown, known)}"?`
        : "write it as { images, labels, boundingBoxes: { boxes, labels } }",
    });
  }
  if (boundingBoxes === undefined) return apply(others);
  const found = isNamed(boundingBoxes) ? boundingBoxes : {};
  if (found.boxes === undefined || found.labels === undefined) {
    throw new ValueError({
      what,
      rule: "boundingBoxes must be an object with boxes and labels",
      received: isNamed(boundingBoxes) ? Object.keys(found).join(", ") || "an empty object" : describe(boundingBoxes),
      hint: "write it as boundingBoxes: { boxes, labels }",
    });
  }
  const made = apply({ ...others, boxes: found.boxes, boxLabels: found.labels });
  const { boxes, boxLabels, ...rest } = made as Parts<unknown>;
  return { ...rest, boundingBoxes: { boxes, labels: boxLabels } };
}
