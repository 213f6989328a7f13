// How much bounding boxes overlap, and how one differs from another. https://keras.io/api/utils/bounding_boxes/
import { epsilon } from "../config.ts";
import { ShapeError, ValueError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import {
  areaOf,
  type BoundingBoxFormat,
  boundingBoxFormats,
  convertFormat,
  type ImageExtent,
  sidesOf,
} from "./bounding_boxes.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import { checkName } from "./spatial.ts";
import { arctan } from "./trigonometry.ts";

/** The options of {@linkcode computeIou}. */
export interface IouOptions {
  /** `[height, width, channels]` of the images, for relative formats. */
  imageShape?: readonly number[] | null;
  /** Whether boxes whose numbers are all below 0 are left out; false by default. */
  useMasking?: boolean;
  /** What stands for pairs with such boxes; -1 by default. */
  maskVal?: number;
}

/** The size in an image shape, if there is one. */
const extentOf = (shape: readonly number[] | null | undefined): ImageExtent =>
  shape ? { height: shape[0], width: shape[1] } : {};

/** Throws {@linkcode ValueError} for an unknown format, and a relative one without the size of the images. */
function checkRelative(what: string, format: string, imageShape: readonly number[] | null | undefined): void {
  checkName(what, "boundingBoxFormat", format, boundingBoxFormats);
  if (!format.startsWith("rel_") || imageShape) return;
  throw new ValueError({
    what,
    rule: "relative formats need the shape of the images",
    received: `${format} without imageShape`,
    hint: "give it, as in { imageShape: [480, 640, 3] }",
  });
}

/**
 * The intersection over union of each of `boxes1` `[batch, m, 4]` with each of `boxes2` `[batch, n, 4]`: `[batch, m, n]`,
 * from 0 to 1; all without the batch axis for one image. Throws {@linkcode ShapeError} for other shapes, {@linkcode
 * ValueError} for an unknown format, and a relative one without `imageShape`.
 * https://keras.io/api/utils/bounding_boxes/
 *
 * @example
 * ```ts
 * import { tensor, utils } from "./mod.ts";
 * const [a, b] = [tensor([[0, 0, 4, 4]]), tensor([[2, 0, 6, 4]])];
 * console.log(utils.boundingBoxes.computeIou(a, b, "xyxy").item().toFixed(3)); // 0.333
 * ```
 */
export const computeIou: Lifted<
  [boxes1: Operand, boxes2: Operand, boundingBoxFormat: BoundingBoxFormat, options?: IouOptions]
> = lift((boxes1, boxes2, boundingBoxFormat, options = {}) => {
  const { imageShape, useMasking = false, maskVal = -1 } = options;
  const what = "Cannot compute how boxes overlap";
  const [shape, other] = [shapeOf(boxes1), shapeOf(boxes2)];
  if (shape.length !== other.length || (shape.length !== 2 && shape.length !== 3)) {
    throw new ShapeError({
      what,
      rule: "both must be [batch, boxes, 4], or [boxes, 4] for one image",
      received: `${formatShape(shape)} and ${formatShape(other)}`,
      hint: "add a batch axis of extent 1 to one of them",
    });
  }
  checkRelative(what, boundingBoxFormat, imageShape);
  const corners = (boxes: Operand) => convertFormat(boxes, boundingBoxFormat, "xyxy", extentOf(imageShape));
  const [first, second] = [corners(boxes1), corners(boxes2)];
  const turned = (column: Operand) => {
    const rank = shapeOf(column).length;
    return o.transpose(column, rank === 2 ? [1, 0] : [0, 2, 1]);
  };
  const [a, b] = [sidesOf(what, first), sidesOf(what, second).map(turned)];
  const overlap = (low: number) =>
    o.maximum(o.subtract(o.minimum(a[low + 2], b[low + 2]), o.maximum(a[low], b[low])), 0);
  const shared = o.multiply(overlap(0), overlap(1));
  const area = (boxes: Operand) => {
    const all = areaOf(sidesOf(what, boxes));
    return o.reshape(all, [...shapeOf(all), 1]);
  };
  const union = o.subtract(o.add(area(first), turned(area(second))), shared);
  const shares = o.divide(shared, o.add(union, epsilon()));
  if (!useMasking) return shares;
  const isNone = (boxes: Operand) => o.less(o.max(boxes, -1, true), 0);
  return o.select(o.logicalOr(isNone(first), turned(isNone(second))), maskVal, shares);
}, { optionsAt: 3 });

/**
 * The complete intersection over union of boxes with those at the same places of others, both `[..., 4]`: `[...]`, which
 * also compares centers and aspect ratios. Zheng et al., https://arxiv.org/abs/2005.03572. Throws {@linkcode ValueError}
 * for a relative format. https://keras.io/api/utils/bounding_boxes/
 */
export const computeCiou: Lifted<
  [
    boxes1: Operand,
    boxes2: Operand,
    boundingBoxFormat: BoundingBoxFormat,
    options?: { imageShape?: readonly number[] | null },
  ]
> = lift((boxes1, boxes2, boundingBoxFormat, options = {}) => {
  const what = "Cannot compute how boxes overlap";
  checkRelative(what, boundingBoxFormat, options.imageShape);
  const sides = (boxes: Operand) =>
    sidesOf(what, convertFormat(boxes, boundingBoxFormat, "xyxy", extentOf(options.imageShape)));
  const [a, b] = [sides(boxes1), sides(boxes2)];
  const size = ([x1, y1, x2, y2]: readonly Operand[]) => [o.subtract(x2, x1), o.add(o.subtract(y2, y1), epsilon())];
  const [[width1, height1], [width2, height2]] = [size(a), size(b)];
  const overlap = (low: number) =>
    o.maximum(o.subtract(o.minimum(a[low + 2], b[low + 2]), o.maximum(a[low], b[low])), 0);
  const shared = o.multiply(overlap(0), overlap(1));
  const union = o.add(o.subtract(o.add(o.multiply(width1, height1), o.multiply(width2, height2)), shared), epsilon());
  const iou = o.divide(shared, o.add(union, epsilon()));
  const around = (low: number) => o.subtract(o.maximum(a[low + 2], b[low + 2]), o.minimum(a[low], b[low]));
  const diagonal = o.add(o.add(o.square(around(0)), o.square(around(1))), epsilon());
  const apart = (low: number) =>
    o.square(o.divide(o.subtract(o.add(a[low], a[low + 2]), o.add(b[low], b[low + 2])), 2));
  const distance = o.add(apart(0), apart(1));
  const angle = (width: Operand, height: Operand) => arctan(o.divide(width, height));
  const shape = o.multiply(o.square(o.subtract(angle(width2, height2), angle(width1, height1))), 4 / Math.PI ** 2);
  const weight = o.divide(shape, o.add(o.subtract(shape, iou), 1 + epsilon()));
  const all = o.subtract(iou, o.add(o.divide(distance, diagonal), o.multiply(shape, weight)));
  return o.reshape(all, shapeOf(all).slice(0, -1));
}, { optionsAt: 3 });

/** Options of {@linkcode encodeBoxToDeltas} and {@linkcode decodeDeltasToBoxes}. */
export interface DeltaOptions {
  /** The order of what deltas are of; `center_yxhw` by default. */
  encodingFormat?: "center_yxhw" | "center_xywh";
  /** Four numbers that deltas are divided by; 1 by default. */
  variance?: readonly number[] | null;
  /** `[height, width, channels]` of the images, for relative formats. */
  imageShape?: readonly number[] | null;
}

/** The options, checked; `variance` as one row. */
function readDeltas(what: string, { encodingFormat = "center_yxhw", variance, imageShape }: DeltaOptions) {
  checkName(what, "encodingFormat", encodingFormat, ["center_yxhw", "center_xywh"]);
  if (variance && variance.length !== 4) {
    throw new ValueError({
      what,
      rule: "variance must be four numbers",
      received: `${variance.length}`,
      hint: "write it as in { variance: [0.1, 0.1, 0.2, 0.2] }",
    });
  }
  return { encodingFormat, variance: variance ?? [1, 1, 1, 1], size: extentOf(imageShape) };
}

/**
 * How boxes differ from anchors, `[..., 4]`: their centers in sizes of the anchors, and the logarithms of their sizes in
 * these. https://keras.io/api/utils/bounding_boxes/
 */
export const encodeBoxToDeltas: Lifted<
  [
    anchors: Operand,
    boxes: Operand,
    anchorFormat: BoundingBoxFormat,
    boxFormat: BoundingBoxFormat,
    options?: DeltaOptions,
  ]
> = lift((anchors, boxes, anchorFormat, boxFormat, options = {}) => {
  const what = "Cannot encode boxes";
  const { encodingFormat, variance, size } = readDeltas(what, options);
  const from = sidesOf(what, convertFormat(anchors, anchorFormat, encodingFormat, size));
  const to = sidesOf(what, convertFormat(boxes, boxFormat, encodingFormat, size));
  const extents = (sides: readonly Operand[]) => sides.slice(2).map((side) => o.maximum(side, epsilon()));
  const [own, other] = [extents(from), extents(to)];
  const deltas = [
    ...[0, 1].map((i) => o.divide(o.subtract(to[i], from[i]), own[i])),
    ...[0, 1].map((i) => o.log(o.divide(other[i], own[i]))),
  ];
  return o.concat(deltas.map((delta, i) => o.divide(delta, variance[i])), -1);
}, { optionsAt: 4 });

/**
 * The boxes that differ from anchors by deltas, `[..., 4]`: the inverse of {@linkcode encodeBoxToDeltas}.
 * https://keras.io/api/utils/bounding_boxes/
 */
export const decodeDeltasToBoxes: Lifted<
  [
    anchors: Operand,
    deltas: Operand,
    anchorFormat: BoundingBoxFormat,
    boxFormat: BoundingBoxFormat,
    options?: DeltaOptions,
  ]
> = lift((anchors, deltas, anchorFormat, boxFormat, options = {}) => {
  const what = "Cannot decode boxes";
  const { encodingFormat, variance, size } = readDeltas(what, options);
  const from = sidesOf(what, convertFormat(anchors, anchorFormat, encodingFormat, size));
  const by = sidesOf(what, deltas).map((delta, i) => o.multiply(delta, variance[i]));
  const sides = [
    ...[0, 1].map((i) => o.add(o.multiply(by[i], from[i + 2]), from[i])),
    ...[2, 3].map((i) => o.multiply(o.exp(by[i]), from[i])),
  ];
  return convertFormat(o.concat(sides, -1), encodingFormat, boxFormat, size);
}, { optionsAt: 4 });
