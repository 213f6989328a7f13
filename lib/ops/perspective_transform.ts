// Images seen from elsewhere: four points moved to four others.
import { ShapeError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { affineInterpolations, affineTransform } from "./affine_transform.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import { checkName, type DataFormat } from "./spatial.ts";

/** Options of {@linkcode perspectiveTransform}. */
export interface PerspectiveTransformOptions {
  /** How to interpolate between pixels; `bilinear` by default. */
  interpolation?: "nearest" | "bilinear";
  /** The value outside of images; 0 by default. */
  fillValue?: number;
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** Nine numbers by rows, each `[count]`. */
type Matrix = readonly Operand[];

/**
 * The matrix that takes the corners (0, 0), (1, 0), (0, 1), (1, 1) of the unit square to four points `[count, 4, 2]`.
 * Heckbert, Fundamentals of Texture Mapping and Image Warping, 1989, 2.2.3.
 */
function fromSquare(points: Operand): Matrix {
  const [count] = shapeOf(points);
  const at = (point: number, axis: number) => o.reshape(o.slice(points, [0, point, axis], [count, 1, 1]), [count]);
  const [[x0, x1, x2, x3], [y0, y1, y2, y3]] = [0, 1].map((axis) => [0, 1, 2, 3].map((point) => at(point, axis)));
  const [rightX, rightY] = [o.subtract(x1, x3), o.subtract(y1, y3)];
  const [belowX, belowY] = [o.subtract(x2, x3), o.subtract(y2, y3)];
  const [bentX, bentY] = [[x0, x1, x2, x3], [y0, y1, y2, y3]].map(([a, b, c, d]) =>
    o.subtract(o.add(a, d), o.add(b, c))
  );
  const cross = (ax: Operand, ay: Operand, bx: Operand, by: Operand) =>
    o.subtract(o.multiply(ax, by), o.multiply(ay, bx));
  const area = cross(rightX, rightY, belowX, belowY);
  const g = o.divide(cross(bentX, bentY, belowX, belowY), area);
  const h = o.divide(cross(rightX, rightY, bentX, bentY), area);
  const along = (from: Operand, to: Operand, tilt: Operand) => o.add(o.subtract(to, from), o.multiply(tilt, to));
  const one = o.add(o.multiply(g, 0), 1);
  return [along(x0, x1, g), along(x0, x2, h), x0, along(y0, y1, g), along(y0, y2, h), y0, g, h, one];
}

/** The matrix whose product with the given one is a multiple of the identity. */
function adjugate([a, b, c, d, e, f, g, h, i]: Matrix): Matrix {
  const minor = (p: Operand, q: Operand, r: Operand, s: Operand) => o.subtract(o.multiply(p, q), o.multiply(r, s));
  return [
    ...[minor(e, i, f, h), minor(c, h, b, i), minor(b, f, c, e)],
    ...[minor(f, g, d, i), minor(a, i, c, g), minor(c, d, a, f)],
    ...[minor(d, h, e, g), minor(b, g, a, h), minor(a, e, b, d)],
  ];
}

/** The matrix product. */
function product(a: Matrix, b: Matrix): Operand[] {
  return Array.from(
    { length: 9 },
    (_, i) =>
      [0, 1, 2].map((k) => o.multiply(a[3 * Math.floor(i / 3) + k], b[3 * k + (i % 3)])).reduce((sum, x) =>
        o.add(sum, x)
      ),
  );
}

/**
 * The transforms `[count, 8]`, as `affineTransform` takes them, under which the pixels at `endPoints` are those of the
 * image at `startPoints`, both `[count, 4, 2]`.
 */
export const homographyOf: Lifted<[startPoints: Operand, endPoints: Operand]> = lift((startPoints, endPoints) => {
  const matrix = product(fromSquare(startPoints), adjugate(fromSquare(endPoints)));
  return o.stack(matrix.slice(0, 8).map((entry) => o.divide(entry, matrix[8])), 1);
});

/**
 * Moves what images `[batch, height, width, channels]`, or one without the batch axis, show at four points to four
 * others. `startPoints` and `endPoints` are `[4, 2]`, or `[batch, 4, 2]` for points of each image, each as (x, y); no
 * three of four may be on a line. Keeps the dtype; integers are truncated. Throws {@linkcode ShapeError} or {@linkcode
 * ValueError} for invalid images, points or options.
 * Keras: https://keras.io/api/ops/image/#perspective_transform-function
 *
 * @example The upper edge made shorter
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const corners = tensor([[0, 0], [31, 0], [0, 31], [31, 31]]);
 * const moved = tensor([[8, 0], [23, 0], [0, 31], [31, 31]]);
 * console.log(ops.image.perspectiveTransform(ops.ones([32, 32, 3]), corners, moved).shape); // [ 32, 32, 3 ]
 * ```
 */
export const perspectiveTransform: Lifted<
  [images: Operand, startPoints: Operand, endPoints: Operand, options?: PerspectiveTransformOptions]
> = lift((images, startPoints, endPoints, options = {}) => {
  const what = "Cannot change the perspective";
  const { interpolation = "bilinear" } = options;
  checkName(what, "interpolation", interpolation, affineInterpolations);
  const [start, end] = [shapeOf(startPoints), shapeOf(endPoints)];
  const arePoints = (shape: readonly number[]) =>
    (shape.length === 2 || shape.length === 3) && formatShape(shape.slice(-2)) === "[4, 2]";
  if (!arePoints(start) || formatShape(start) !== formatShape(end)) {
    throw new ShapeError({
      what,
      rule: "startPoints and endPoints must both be [4, 2], or [batch, 4, 2] for points of each image",
      received: `${formatShape(start)} and ${formatShape(end)}`,
      hint: "give four points (x, y), as in [[0, 0], [31, 0], [0, 31], [31, 31]]",
    });
  }
  const rows = (points: Operand) => o.reshape(o.cast(points, "float32"), [start.length === 3 ? start[0] : 1, 4, 2]);
  const transform = homographyOf(rows(startPoints), rows(endPoints));
  return affineTransform(images, transform, { ...options, interpolation });
}, { optionsAt: 3 });
