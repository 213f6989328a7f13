// Images whose pixels are moved a little, neighbours alike.
import { describe, StateError, ValueError } from "../errors.ts";
import type { Value } from "../ir/value.ts";
import type { Shape } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { affineInterpolations, type FillMode, fillModes, pixelsAt } from "./affine_transform.ts";
import { gaussianWeights, weightedAverage } from "./gaussian_blur.ts";
import { onImageBatch } from "./image_batch.ts";
import { lift, type Lifted } from "./lift.ts";
import { type CoordinateFillMode, interpolated, tapsAt } from "./map_coordinates.ts";
import * as o from "./primitives.ts";
import { checkName, type DataFormat } from "./spatial.ts";

/** Options of {@linkcode elasticTransform}. */
export interface ElasticTransformOptions {
  /** How far pixels move, in multiples of smoothed normal numbers; 20 by default. */
  alpha?: number;
  /** The standard deviation of the noise, and of the Gaussian that smooths it, in pixels; 5 by default. */
  sigma?: number;
  /** How to interpolate between pixels; `bilinear` by default. */
  interpolation?: "nearest" | "bilinear";
  /** How images continue outside; `reflect` by default. */
  fillMode?: FillMode;
  /** The value outside for `constant`; 0 by default. */
  fillValue?: number;
  /**
   * A number gives the same noise on each call, null another one. In a traced function it is a `random.SeedGenerator`,
   * or a number.
   */
  seed?: number | null | { next(shape: Shape): Value };
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
}

/** Draws standard normal numbers by a seed. */
type Normal = (shape: Shape, seed: ElasticTransformOptions["seed"]) => Operand;

let normal: Normal | undefined;

/** Installs what draws the noise; called once by `lib/random/continuous.ts`, so that ops do not import random numbers. */
export function installNormal(draw: Normal): void {
  normal = draw;
}

/** How a displaced image is made. */
interface Displacing {
  /** How to interpolate between pixels. */
  readonly interpolation: "nearest" | "bilinear";
  /** How images continue outside. */
  readonly fillMode: CoordinateFillMode;
  /** The value outside for `constant`. */
  readonly fillValue: number;
}

/**
 * A batch `[batch, height, width, channels]` in float32 with each pixel taken from `shifts` `[batch, height, width, 2]`
 * away, to the right and down.
 */
export function displaced(
  batch: Operand,
  shifts: Operand,
  { interpolation, fillMode, fillValue }: Displacing,
): Operand {
  const [count, height, width] = shapeOf(batch);
  const places = [count, height, width];
  const shift = (axis: number) => o.reshape(o.slice(shifts, [0, 0, 0, axis], [...places, 1]), places);
  const order = interpolation === "nearest" ? 0 : 1;
  const y = o.add(shift(1), o.iota([1, height, 1], 1, "float32"));
  const x = o.add(shift(0), o.iota([1, 1, width], 2, "float32"));
  return interpolated(
    [tapsAt(y, height, order, fillMode), tapsAt(x, width, order, fillMode)],
    fillValue,
    ([row, column]) => pixelsAt(batch, row, column),
    (each) => o.reshape(each, [...shapeOf(each), 1]),
  );
}

/** The pixels that Keras smooths over for a standard deviation of `sigma`, an odd number. */
export const smoothedOver = (sigma: number): number => 6 * Math.floor(sigma) + 1;

/**
 * Images `[batch, height, width, channels]`, or one without the batch axis, whose pixels are each moved by noise: normal
 * numbers times `sigma`, smoothed by a Gaussian, times `alpha`. Keeps the dtype; integers are rounded. Each axis has
 * noise of its own. Throws {@linkcode ShapeError} or {@linkcode ValueError} for invalid images or options, {@linkcode
 * StateError} in a traced function without a seed. In models use `layers.RandomElasticTransform`.
 * Keras: https://keras.io/api/ops/image/#elastic_transform-function
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * console.log(ops.image.elasticTransform(ops.ones([64, 64, 3]), { alpha: 10, sigma: 4, seed: 1 }).shape); // [ 64, 64, 3 ]
 * ```
 */
export const elasticTransform: Lifted<[images: Operand, options?: ElasticTransformOptions]> = lift(
  (images, options = {}) => {
    const { alpha = 20, sigma = 5, interpolation = "bilinear", fillMode = "reflect", fillValue = 0 } = options;
    const { seed = null, dataFormat = "channels_last" } = options;
    const what = "Cannot bend images";
    checkName(what, "interpolation", interpolation, affineInterpolations);
    checkName(what, "fillMode", fillMode, fillModes);
    if (!(Number.isFinite(alpha) && Number.isFinite(sigma) && sigma > 0 && sigma < 2 ** 10)) {
      throw new ValueError({
        what,
        rule: "alpha and sigma must be numbers, sigma above 0 and below 1024",
        received: `alpha ${describe(alpha)}, sigma ${describe(sigma)}`,
        hint: "give sigma in pixels, as in { alpha: 20, sigma: 5 }",
      });
    }
    return onImageBatch(what, images, dataFormat, (batch) => {
      const [count, height, width] = shapeOf(batch);
      if (!normal) {
        throw new StateError({
          what,
          rule: "random numbers must be loaded first",
          received: "ops alone",
          hint: 'import from "mod.ts"',
        });
      }
      const noise = o.multiply(normal([count, height, width, 2], seed), sigma);
      const weights = gaussianWeights(smoothedOver(sigma), sigma);
      const shifts = o.multiply(weightedAverage(noise, weights, weights), alpha);
      const made = displaced(o.cast(batch, "float32"), shifts, { interpolation, fillMode, fillValue });
      return dtypeOf(batch) === "float32" ? made : o.cast(o.round(made), dtypeOf(batch));
    });
  },
  { optionsAt: 1 },
);
