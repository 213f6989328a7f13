// Projective transforms of images: rotation, scaling, shift, perspective.
import { ShapeError } from "../errors.ts";
import { formatShape } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { clip } from "./composed.ts";
import { onImageBatch } from "./image_batch.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import { checkName, type DataFormat } from "./spatial.ts";

/**
 * How an image `abcd` continues outside: `constant` with one value, `nearest` as `aaaa|abcd|dddd`, `reflect` as
 * `dcba|abcd|dcba`, `wrap` as `abcd|abcd|abcd`.
 */
export type FillMode = "constant" | "nearest" | "reflect" | "wrap";

/** The names of the fill modes. */
export const fillModes: readonly FillMode[] = ["constant", "nearest", "reflect", "wrap"];
/** The interpolations of an affine transform. */
export const affineInterpolations: readonly ("nearest" | "bilinear")[] = ["nearest", "bilinear"];

/** Options of {@linkcode affineTransform}. */
export interface AffineTransformOptions {
  /** How to interpolate between pixels; `bilinear` by default. */
  interpolation?: "nearest" | "bilinear";
  /** How images continue outside; `constant` by default. */
  fillMode?: FillMode;
  /** The value outside for `constant`; 0 by default. */
  fillValue?: number;
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** Maps coordinates into the `extent` pixels by the fill mode. TensorFlow's MapCoordinate. */
function fold(at: Operand, extent: number, fillMode: FillMode): Operand {
  const within = (folded: Operand) => clip(folded, 0, extent - 1);
  if (fillMode === "constant") return at;
  if (fillMode === "nearest" || extent === 1) return within(at);
  if (fillMode === "reflect") {
    const rest = o.mod(at, 2 * extent);
    return within(o.select(o.less(rest, extent), rest, o.subtract(2 * extent - 1, rest)));
  }
  // As in TensorFlow: periods are counted by `extent - 1`, but each shifts by `extent`.
  const periods = o.floor(o.multiply(o.abs(at), 1 / (extent - 1)));
  const before = o.add(at, o.multiply(o.add(periods, 1), extent));
  const behind = o.subtract(at, o.multiply(periods, extent));
  const left = o.select(o.less(at, 0), before, at);
  return within(o.select(o.greater(at, extent - 1), behind, left));
}

/** A pixel next to a coordinate, along one axis. */
interface Neighbour {
  /** Its index, an integer in float32. */
  readonly at: Operand;
  /** Its weight; absent for the only neighbour. */
  readonly weight?: Operand;
  /** Whether it is inside the image. */
  readonly inside: Operand;
}

function neighbours(at: Operand, extent: number, interpolation: "nearest" | "bilinear"): Neighbour[] {
  const below = (x: Operand) => o.less(x, extent);
  if (interpolation === "nearest") {
    const nearest = o.floor(o.add(at, 0.5));
    // Halves are rounded away from 0.
    return [{ at: nearest, inside: o.logicalAnd(o.greater(at, -0.5), below(nearest)) }];
  }
  const low = o.floor(at);
  const high = o.add(low, 1);
  return [[low, o.subtract(high, at)], [high, o.subtract(at, low)]].map(([pixel, weight]) => ({
    at: pixel,
    weight: weight,
    inside: o.logicalAnd(o.greaterEqual(pixel, 0), below(pixel)),
  }));
}

/** Pixels `[batch, height, width, channels]` of a batch of images at integer coordinates `[batch, height, width]`. */
export function pixelsAt(batch: Operand, y: Operand, x: Operand): Operand {
  const [images, height, width, channels] = shapeOf(batch);
  const first = o.multiply(o.reshape(o.iota([images]), [images, 1, 1]), height);
  const row = o.add(first, clip(o.cast(y, "int32"), 0, height - 1));
  const column = clip(o.cast(x, "int32"), 0, width - 1);
  const index = o.add(o.multiply(row, width), column);
  return o.gather(o.reshape(batch, [images * height * width, channels]), index);
}

/**
 * Transforms images `[batch, height, width, channels]`, or one without the batch axis: the output pixel at (x, y) is
 * the input at `((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)` with `k = c0 x + c1 y + 1`. `transform` is `[a0, a1,
 * a2, b0, b1, b2, c0, c1]`, or one such row per image. Keeps the dtype; integers are truncated. Throws {@linkcode
 * ShapeError} or {@linkcode ValueError} for invalid images, transforms or options.
 * Keras: https://keras.io/api/ops/image/#affine_transform-function
 *
 * @example A picture moved one pixel to the left
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const image = ops.reshape(ops.arange(4), [1, 4, 1]);
 * const moved = ops.image.affineTransform(image, tensor([1, 0, 1, 0, 1, 0, 0, 0]));
 * console.log([...moved.data]); // [ 1, 2, 3, 0 ]
 * ```
 */
export const affineTransform: Lifted<[images: Operand, transform: Operand, options?: AffineTransformOptions]> = lift(
  (images, transform, options = {}) => {
    const { interpolation = "bilinear", fillMode = "constant", fillValue = 0, dataFormat = "channels_last" } = options;
    const what = "Cannot transform images";
    checkName(what, "interpolation", interpolation, affineInterpolations);
    checkName(what, "fillMode", fillMode, fillModes);
    return onImageBatch(what, images, dataFormat, (batch) => {
      const [count, height, width] = shapeOf(batch);
      const shape = shapeOf(transform);
      const rows = shape.length === 1 ? 1 : shape[0];
      if (shape.length > 2 || shape[shape.length - 1] !== 8 || (rows !== 1 && rows !== count)) {
        throw new ShapeError({
          what,
          rule: `the transform must have the shape [8]${count === 1 ? "" : `, or [${count}, 8] for ${count} images`}`,
          received: formatShape(shape),
          hint: "give [1, 0, 0, 0, 1, 0, 0, 0] for no change",
        });
      }
      const table = o.reshape(o.cast(transform, "float32"), [rows, 8]);
      const entry = (i: number) => o.reshape(o.slice(table, [0, i], [rows, 1]), [rows, 1, 1]);
      const x = o.reshape(o.iota([width], 0, "float32"), [1, 1, width]);
      const y = o.reshape(o.iota([height], 0, "float32"), [1, height, 1]);
      const linear = (a: number, b: number, c: Operand) =>
        o.add(o.add(o.multiply(entry(a), x), o.multiply(entry(b), y)), c);
      const depth = linear(6, 7, 1);
      const isFar = o.equal(depth, 0);
      const divisor = o.select(isFar, 1, depth);
      const all = (at: Operand) => o.broadcastTo(at, [count, height, width]);
      const inputX = fold(all(o.divide(linear(0, 1, entry(2)), divisor)), width, fillMode);
      const inputY = fold(all(o.divide(linear(3, 4, entry(5)), divisor)), height, fillMode);
      const pixels = o.cast(batch, "float32");
      const wide = (each: Operand) => o.reshape(each, [...shapeOf(each), 1]);
      const terms = neighbours(inputY, height, interpolation).flatMap((row) =>
        neighbours(inputX, width, interpolation).map((column) => {
          const found = pixelsAt(pixels, row.at, column.at);
          const inside = wide(o.logicalAnd(row.inside, column.inside));
          // Folded coordinates are inside, except a neighbour whose weight is 0.
          const kept = fillMode === "constant" ? o.select(inside, found, fillValue) : found;
          if (!row.weight || !column.weight) return kept;
          return o.multiply(kept, wide(o.multiply(row.weight, column.weight)));
        })
      );
      const sum = terms.reduce((total, term) => o.add(total, term));
      const result = o.select(wide(isFar), fillValue, sum);
      return o.cast(result, dtypeOf(batch));
    });
  },
  { optionsAt: 2 },
);
