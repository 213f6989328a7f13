// Arrays resampled after a scaling and a shift.
import { ShapeError } from "../errors.ts";
import { checkSize, formatShape, type Shape } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { liftNamed, type Named } from "./lift.ts";
import * as o from "./primitives.ts";
import { checkName } from "./spatial.ts";

/** How {@linkcode scaleAndTranslate} interpolates; several names mean the same. */
export type ScaleMethod =
  | ("linear" | "bilinear" | "trilinear")
  | ("cubic" | "bicubic" | "tricubic")
  | ("lanczos3" | "lanczos5");

/** The arguments of {@linkcode scaleAndTranslate} that follow its inputs, by name. */
export interface ScaleAndTranslateNames {
  /** The axes that `scale` and `translation` are for. */
  spatialDims: readonly number[];
  /** How to interpolate. */
  method: ScaleMethod;
  /** Whether shrinking averages over elements; true by default. */
  antialias?: boolean;
}

/** Keys's cubic kernel with a = -1/2. */
function cubic(x: Operand): Operand {
  const polynomial = (a: number, b: number, c: number, d: number) =>
    o.add(o.multiply(o.add(o.multiply(o.add(o.multiply(x, a), b), x), c), x), d);
  const tail = o.select(o.less(x, 2), polynomial(-0.5, 2.5, -4, 2), 0);
  return o.select(o.less(x, 1), polynomial(1.5, -2.5, 0, 1), tail);
}

const lanczos = (radius: number) => (x: Operand): Operand => {
  const away = o.greater(x, 1e-3);
  const angle = o.multiply(o.select(away, x, 1), Math.PI);
  const wave = o.multiply(o.multiply(o.sin(angle), o.sin(o.divide(angle, radius))), radius);
  return o.select(o.greater(x, radius), 0, o.select(away, o.divide(wave, o.square(angle)), 1));
};

const linear = (x: Operand) => o.maximum(o.subtract(1, x), 0);

/** The weight of an element at a distance. */
const kernels: Readonly<Record<ScaleMethod, (distance: Operand) => Operand>> = {
  linear,
  bilinear: linear,
  trilinear: linear,
  cubic,
  bicubic: cubic,
  tricubic: cubic,
  lanczos3: lanczos(3),
  lanczos5: lanczos(5),
};

/** The weights of `from` elements in each of `to`, `[from, to]`; 0 where there is nothing to sample. */
function weightsOf(from: number, to: number, scale: Operand, shift: Operand, method: ScaleMethod, antialias: boolean) {
  const inverse = o.divide(1, scale);
  const places = o.add(o.iota([1, to], 1, "float32"), 0.5);
  const at = o.subtract(o.multiply(o.subtract(places, shift), inverse), 0.5);
  const distance = o.abs(o.subtract(at, o.iota([from, 1], 0, "float32")));
  const weights = kernels[method](antialias ? o.divide(distance, o.maximum(inverse, 1)) : distance);
  const total = o.sum(weights, 0, true);
  const isSome = o.greater(o.abs(total), 1000 * 2 ** -23);
  const shares = o.select(isSome, o.divide(weights, o.select(isSome, total, 1)), 0);
  return o.select(o.logicalAnd(o.greaterEqual(at, -0.5), o.lessEqual(at, from - 0.5)), shares, 0);
}

/**
 * `images`, an array of any rank, resampled to `outputShape`: what is at x along an axis of `spatialDims` comes to `x *
 * scale + translation`, where element i covers i to i + 1. Places that come from outside are 0. `scale` and
 * `translation` have one number for each of the axes. Keeps the dtype; integers are rounded. Throws {@linkcode
 * ShapeError} or {@linkcode ValueError} for shapes, axes and methods that do not suit.
 * Keras: https://keras.io/api/ops/image/#scale_and_translate-function
 *
 * @example Twice as large
 * ```ts
 * import { ops, tensor } from "./mod.ts";
 * const image = ops.reshape(ops.arange(9, undefined, undefined, "float32"), [3, 3]);
 * const large = ops.image.scaleAndTranslate(image, [5, 5], tensor([2, 2]), tensor([-0.5, -0.5]), [0, 1], "linear");
 * console.log([...large.data].slice(0, 5)); // [ 0, 0.5, 1, 1.5, 2 ]
 * ```
 */
export const scaleAndTranslate: Named<
  [images: Operand, outputShape: Shape, scale: Operand, translation: Operand],
  [spatialDims: readonly number[], method: ScaleMethod, antialias?: boolean],
  ScaleAndTranslateNames
> = liftNamed(
  4,
  ["spatialDims", "method", "antialias"],
  (images, outputShape, scale, translation, spatialDims, method, antialias = true) => {
    const what = "Cannot scale and translate";
    checkName(what, "method", method, Object.keys(kernels));
    checkSize(outputShape, what);
    const shape = shapeOf(images);
    const axes = (Array.isArray(spatialDims) ? spatialDims : [NaN]).map((axis) =>
      axis < 0 ? axis + shape.length : axis
    );
    const areAxes = axes.every((axis, i) => shape[axis] !== undefined && axes.indexOf(axis) === i);
    const keeps = shape.every((extent, axis) => axes.includes(axis) || extent === outputShape[axis]);
    if (!areAxes || outputShape.length !== shape.length || !keeps) {
      throw new ShapeError({
        what,
        rule: `outputShape must differ from the shape ${formatShape(shape)} only along the axes spatialDims`,
        received: `${formatShape(outputShape)} with spatialDims ${JSON.stringify(spatialDims)}`,
        hint: "give the whole shape, and the axes that are resampled, as in [2, 64, 64, 3] and [1, 2]",
      });
    }
    for (const [name, given] of [["scale", scale], ["translation", translation]] as const) {
      if (formatShape(shapeOf(given)) === `[${axes.length}]`) continue;
      throw new ShapeError({
        what,
        rule: `${name} must have one number for each of the ${axes.length} axes`,
        received: formatShape(shapeOf(given)),
        hint: "write it as in tensor([2, 2])",
      });
    }
    if (axes.length === 0) return images;
    const entry = (list: Operand, i: number) => o.reshape(o.slice(o.cast(list, "float32"), [i], [1]), [1, 1]);
    const dtype = dtypeOf(images);
    let result: Operand = o.cast(images, "float32");
    axes.forEach((axis, i) => {
      const weights = weightsOf(
        shape[axis],
        outputShape[axis],
        entry(scale, i),
        entry(translation, i),
        method,
        antialias,
      );
      const last = shape.length - 1;
      // An axis exchanged with the last one; the same again exchanges them back.
      const swapped = shape.map((_, k) => (k === axis ? last : k === last ? axis : k));
      result = o.transpose(o.matmul(o.transpose(result, swapped), weights), swapped);
    });
    if (dtype === "float32") return result;
    const [low, high] = [o.cast(o.min(images), "float32"), o.cast(o.max(images), "float32")];
    return o.cast(o.minimum(o.maximum(o.round(result), low), high), dtype);
  },
);
