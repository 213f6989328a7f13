// Bounding boxes: their formats, and what moves them. https://keras.io/api/utils/bounding_boxes/
import { ShapeError, ValueError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { lift, type Lifted, optionsOf } from "./lift.ts";
import * as o from "./primitives.ts";
import { checkName } from "./spatial.ts";
import { tan } from "./trigonometry.ts";

/**
 * What the four numbers of a box are: two corners (`xyxy`, `yxyx`), a corner and the size (`xywh`), or the center and the
 * size (`center_xywh`, `center_yxhw`), in pixels; with `rel_` as fractions of the image's width and height.
 */
export type BoundingBoxFormat =
  | ("xyxy" | "yxyx" | "xywh" | "center_xywh" | "center_yxhw")
  | ("rel_xyxy" | "rel_yxyx" | "rel_xywh" | "rel_center_xywh");

/** The names of the formats. */
export const boundingBoxFormats: readonly BoundingBoxFormat[] = [
  ...["xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw"] as const,
  ...["rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh"] as const,
];

/** The size of the images that boxes belong to. */
export interface ImageExtent {
  /** The height in pixels. */
  height?: number | null;
  /** The width in pixels. */
  width?: number | null;
}

/** Boxes `[batch, boxes, 4]` and their labels `[batch, boxes]`, or without the batch axis; -1 labels no object. */
export type BoundingBoxes<T = Operand> = {
  /** The boxes. */
  readonly boxes: T;
  /** What they show. */
  readonly labels: T;
};

/** The four columns of boxes, each with a last axis of extent 1. Throws {@linkcode ShapeError} unless there are four. */
export function sidesOf(what: string, boxes: Operand): Operand[] {
  const shape = shapeOf(boxes);
  if (shape[shape.length - 1] !== 4) {
    throw new ShapeError({
      what,
      rule: "boxes must have a last axis of four numbers",
      received: formatShape(shape),
      hint: "give them as [batch, boxes, 4], or [boxes, 4] for one image",
    });
  }
  const column = [...shape.slice(0, -1), 1];
  const first = new Array<number>(shape.length - 1).fill(0);
  const numbers = o.cast(boxes, "float32");
  return [0, 1, 2, 3].map((side) => o.slice(numbers, [...first, side], column));
}

const joined = (sides: readonly Operand[]) => o.concat(sides, -1);

/** The corners x1, y1, x2, y2 of boxes in a format, in the unit of the format. */
function cornersOf(format: string, [a, b, c, d]: readonly Operand[]): Operand[] {
  const around = (x: Operand, y: Operand, width: Operand, height: Operand) => {
    const [halfWidth, halfHeight] = [o.divide(width, 2), o.divide(height, 2)];
    return [o.subtract(x, halfWidth), o.subtract(y, halfHeight), o.add(x, halfWidth), o.add(y, halfHeight)];
  };
  if (format === "yxyx") return [b, a, d, c];
  if (format === "xywh") return [a, b, o.add(a, c), o.add(b, d)];
  if (format === "center_xywh") return around(a, b, c, d);
  return format === "center_yxhw" ? around(b, a, d, c) : [a, b, c, d];
}

/** The four numbers of a format for corners. */
function fromCorners(format: string, [x1, y1, x2, y2]: readonly Operand[]): Operand[] {
  const [width, height] = [o.subtract(x2, x1), o.subtract(y2, y1)];
  const [x, y] = [o.add(x1, o.divide(width, 2)), o.add(y1, o.divide(height, 2))];
  if (format === "yxyx") return [y1, x1, y2, x2];
  if (format === "xywh") return [x1, y1, width, height];
  if (format === "center_xywh") return [x, y, width, height];
  return format === "center_yxhw" ? [y, x, height, width] : [x1, y1, x2, y2];
}

/**
 * Boxes `[..., 4]` in another format, float32. Throws {@linkcode ValueError} for an unknown format, and if one of the two
 * is relative and no `height` and `width` are given; {@linkcode ShapeError} for other shapes.
 * https://keras.io/api/utils/bounding_boxes/
 *
 * @example From a corner and a size to two corners
 * ```ts
 * import { tensor, utils } from "./mod.ts";
 * const boxes = tensor([[10, 20, 30, 40]]);
 * console.log(utils.boundingBoxes.convertFormat(boxes, "xywh", "xyxy").toArray()); // [ [ 10, 20, 40, 60 ] ]
 * ```
 */
export const convertFormat: Lifted<
  [boxes: Operand, source: BoundingBoxFormat, target: BoundingBoxFormat, size?: ImageExtent]
> = lift((boxes, source, target, size = {}) => {
  const what = "Cannot convert bounding boxes";
  checkName(what, "source", source, boundingBoxFormats);
  checkName(what, "target", target, boundingBoxFormats);
  const { height = null, width = null } = optionsOf<ImageExtent>(size);
  const isRelative = (format: string) => format.startsWith("rel_");
  if ((isRelative(source) || isRelative(target)) && (height === null || width === null)) {
    throw new ValueError({
      what,
      rule: "relative formats need the size of the images",
      received: `${source} to ${target} without height and width`,
      hint: 'give it, as in convertFormat(boxes, "xyxy", "rel_xyxy", { height: 480, width: 640 })',
    });
  }
  const sides = sidesOf(what, boxes);
  if (source === target) return o.cast(boxes, "float32");
  const plain = (format: string) => format.replace("rel_", "");
  let corners = cornersOf(plain(source), sides);
  if (isRelative(source) !== isRelative(target)) {
    const apply = isRelative(source) ? o.multiply : o.divide;
    corners = corners.map((corner, i) => apply(corner, i % 2 === 0 ? width! : height!));
  }
  return joined(fromCorners(plain(target), corners));
}, { optionsAt: 3 });

/** The area of boxes of two corners, `[...]`. */
export function areaOf([x1, y1, x2, y2]: readonly Operand[]): Operand {
  const area = o.multiply(o.subtract(x2, x1), o.subtract(y2, y1));
  return o.reshape(area, shapeOf(area).slice(0, -1));
}

/** Options of {@linkcode clipToImageSize}. */
export interface ClipOptions extends ImageExtent {
  /** `xyxy` by default, or `rel_xyxy`, which needs no size. */
  boundingBoxFormat?: "xyxy" | "rel_xyxy";
}

/**
 * Boxes of two corners cut to the image; what is left without area is labelled -1. Labels may also be one-hot, `[...,
 * boxes, classes]`. Throws {@linkcode ValueError} for other formats, and for `xyxy` without `height` and `width`.
 * https://keras.io/api/utils/bounding_boxes/
 *
 * @example
 * ```ts
 * import { tensor, utils } from "./mod.ts";
 * const found = { boxes: tensor([[-5, 2, 10, 8], [90, 90, 99, 99]]), labels: tensor([3, 4]) };
 * const { boxes, labels } = utils.boundingBoxes.clipToImageSize(found, { height: 64, width: 64 });
 * console.log(boxes.toArray(2)[0], labels.toArray()); // [ 0, 2, 10, 8 ] [ 3, -1 ]
 * ```
 */
export function clipToImageSize<T extends Operand>(
  found: BoundingBoxes<T>,
  options: ClipOptions = {},
): BoundingBoxes<T> {
  const what = "Cannot clip bounding boxes";
  const { height = null, width = null, boundingBoxFormat = "xyxy" } = optionsOf<ClipOptions>(options);
  checkName(what, "boundingBoxFormat", boundingBoxFormat, ["xyxy", "rel_xyxy"]);
  const isRelative = boundingBoxFormat === "rel_xyxy";
  if (!isRelative && (height === null || width === null)) {
    throw new ValueError({
      what,
      rule: "boxes in pixels need the size of the images",
      received: "no height or no width",
      hint: "give it, as in { height: 480, width: 640 }",
    });
  }
  return clipped(found, isRelative ? 1 : width!, isRelative ? 1 : height!) as BoundingBoxes<T>;
}

/** Boxes of two corners cut at 0 and at a width and a height; what is left without area is labelled -1. */
export function clipped({ boxes, labels }: BoundingBoxes, width: Operand, height: Operand): BoundingBoxes {
  const sides = sidesOf("Cannot clip bounding boxes", boxes)
    .map((side, i) => o.minimum(o.maximum(side, 0), i % 2 === 0 ? width : height));
  const hasArea = o.greater(areaOf(sides), 0);
  const missing = shapeOf(labels).length - shapeOf(hasArea).length;
  const rows = o.reshape(hasArea, [...shapeOf(hasArea), ...new Array<number>(missing).fill(1)]);
  return { boxes: joined(sides), labels: o.select(rows, labels, o.cast(-1, dtypeOf(labels))) };
}

/** How {@linkcode affineBoxes} moves boxes: each number `[batch]`, or one for all. */
export interface AffineOfBoxes {
  /** The angle in degrees; positive ones turn counter-clockwise. */
  angle: Operand;
  /** The shift to the right, in widths. */
  translateX?: Operand;
  /** The shift down, in heights. */
  translateY?: Operand;
  /** The scale. */
  scale?: Operand;
  /** The shear along x, in degrees. */
  shearX?: Operand;
  /** The shear along y, in degrees. */
  shearY?: Operand;
  /** The height of the images. */
  height: number;
  /** The width of the images. */
  width: number;
  /** The center of the rotation, in widths; 0.5 by default. */
  centerX?: Operand;
  /** The center of the rotation, in heights; 0.5 by default. */
  centerY?: Operand;
}

const degree = Math.PI / 180;

/**
 * The smallest boxes around the boxes `[batch, boxes, 4]` of two corners after a rotation, a scaling, a shear and a shift,
 * of each image its own. https://keras.io/api/utils/bounding_boxes/
 *
 * @example A quarter of a turn
 * ```ts
 * import { tensor, utils } from "./mod.ts";
 * const turned = utils.boundingBoxes.affineTransform(tensor([[[0, 0, 4, 2]]]), { angle: tensor([90]), height: 9, width: 9 });
 * console.log(turned.toArray(3)[0][0].map(Math.round)); // [ 0, 4, 2, 8 ]
 * ```
 */
export const affineTransform: Lifted<[boxes: Operand, transform: AffineOfBoxes]> = lift((boxes, transform) => {
  const what = "Cannot transform bounding boxes";
  const { angle, translateX = 0, translateY = 0, scale = 1, shearX = 0, shearY = 0, height, width } = transform;
  const { centerX = 0.5, centerY = 0.5 } = transform;
  const shape = shapeOf(boxes);
  if (shape.length !== 3) {
    throw new ShapeError({
      what,
      rule: "boxes must be [batch, boxes, 4]",
      received: formatShape(shape),
      hint: "add a batch axis of extent 1 to the boxes of one image",
    });
  }
  const each = (x: Operand) => typeof x === "number" ? x : o.reshape(x, [shapeOf(x)[0] ?? 1, 1, 1]);
  const [cx, cy] = [o.multiply(each(centerX), width - 1), o.multiply(each(centerY), height - 1)];
  const turn = o.multiply(each(angle), -degree);
  const [sx, sy] = [o.multiply(each(shearX), -degree), o.multiply(each(shearY), -degree)];
  const movedX = o.subtract(cx, o.multiply(each(translateX), width - 1));
  const movedY = o.subtract(cy, o.multiply(each(translateY), height - 1));
  const rest = o.subtract(turn, sy);
  const a = o.divide(o.cos(rest), o.cos(sy));
  const b = o.add(o.multiply(a, tan(sx)), o.sin(turn));
  const c = o.negate(o.divide(o.sin(rest), o.cos(sy)));
  const d = o.subtract(o.cos(turn), o.multiply(c, tan(sx)));
  const size = each(scale);
  const [a0, a1] = [o.multiply(d, size), o.negate(o.multiply(b, size))];
  const [b0, b1] = [o.negate(o.multiply(c, size)), o.multiply(a, size)];
  const a2 = o.subtract(cx, o.add(o.multiply(a0, movedX), o.multiply(a1, movedY)));
  const b2 = o.subtract(cy, o.add(o.multiply(b0, movedX), o.multiply(b1, movedY)));
  return aroundCorners(sidesOf(what, boxes), (x, y) => [
    o.add(o.add(o.multiply(a0, x), o.multiply(a1, y)), a2),
    o.add(o.add(o.multiply(b0, x), o.multiply(b1, y)), b2),
  ]);
}, { optionsAt: 1 });

/** The smallest boxes around the four corners of boxes, each moved. */
export function aroundCorners(
  [x1, y1, x2, y2]: readonly Operand[],
  move: (x: Operand, y: Operand) => readonly [x: Operand, y: Operand],
): Operand {
  const corners = [move(x1, y1), move(x2, y1), move(x2, y2), move(x1, y2)];
  const over = (pick: (a: Operand, b: Operand) => Operand, axis: 0 | 1) =>
    corners.map((corner) => corner[axis]).reduce((all, side) => pick(all, side));
  return joined([over(o.minimum, 0), over(o.minimum, 1), over(o.maximum, 0), over(o.maximum, 1)]);
}

/** Boxes moved by so much along x and along y. */
export const shifted = (boxes: Operand, x: Operand, y: Operand): Operand =>
  joined(sidesOf("Cannot move bounding boxes", boxes).map((side, i) => o.add(side, i % 2 === 0 ? x : y)));

/**
 * Boxes of two corners in a part of the image that begins at `top` and `left`, cut to its size.
 * https://keras.io/api/utils/bounding_boxes/
 */
export const crop: Lifted<[boxes: Operand, top: number, left: number, height: number, width: number]> = lift(
  (boxes, top, left, height, width) => {
    const sides = sidesOf("Cannot crop bounding boxes", shifted(boxes, -left, -top));
    return joined(sides.map((side, i) => o.minimum(o.maximum(side, 0), i % 2 === 0 ? width : height)));
  },
);

/** Boxes of two corners in an image with rows above and columns on the left added. https://keras.io/api/utils/bounding_boxes/ */
export const pad: Lifted<[boxes: Operand, top: number, left: number]> = lift((boxes, top, left) =>
  shifted(boxes, left, top)
);
