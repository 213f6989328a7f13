// Normalization by given or own statistics. https://keras.io/api/ops/nn/
import { epsilon as defaultEpsilon } from "../config.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { type Axes, formatShape, normalizeAxes, normalizeAxis, sameShape } from "../shape.ts";
import { dtypeOf, type Operand, shapeOf } from "../tensor/apply.ts";
import { liftNamed, type Named } from "./lift.ts";
import * as p from "./primitives.ts";
import { moments } from "./statistics.ts";

/** Throws {@linkcode ValueError} unless `epsilon` is a number of at least 0; 1e-7 without one. */
function checkedEpsilon(epsilon: number | null | undefined): number {
  const given = epsilon ?? defaultEpsilon();
  if (typeof given === "number" && given >= 0) return given;
  throw new ValueError({
    what: "Cannot normalize",
    rule: "epsilon must be a number of at least 0",
    received: describe(given),
    hint: "leave it out for 1e-7",
  });
}

/**
 * `x` minus `mean`, divided by the root of `variance` plus `epsilon` (1e-3 by default), times `scale` and plus `offset` if
 * given: vectors as long as `axis`. Throws {@linkcode ShapeError} for other shapes.
 */
export const batchNormalization: Named<
  [x: Operand, mean: Operand, variance: Operand],
  [axis: number, offset?: Operand | null, scale?: Operand | null, epsilon?: number],
  { axis: number; offset?: Operand | null; scale?: Operand | null; epsilon?: number }
> = liftNamed(
  3,
  ["axis", "offset", "scale", "epsilon"],
  (x, mean, variance, axis, offset = null, scale = null, epsilon = 1e-3) => {
    const shape = shapeOf(x);
    const at = normalizeAxis(axis, shape.length, "normalize a batch");
    const along = (vector: Operand): Operand => {
      if (sameShape(shapeOf(vector), [shape[at]])) {
        return p.reshape(p.cast(vector, "float32"), [-1, ...new Array<number>(shape.length - 1 - at).fill(1)]);
      }
      throw new ShapeError({
        what: "Cannot normalize a batch",
        rule: `mean, variance, offset and scale must be vectors of ${shape[at]} numbers`,
        received: formatShape(shapeOf(vector)),
        hint: "check the axis",
      });
    };
    const inverse = p.rsqrt(p.add(along(variance), checkedEpsilon(epsilon)));
    const factor = scale === null ? inverse : p.multiply(inverse, along(scale));
    const shift = p.negate(p.multiply(along(mean), factor));
    const added = offset === null ? shift : p.add(shift, along(offset));
    return p.add(p.multiply(p.cast(x, "float32"), factor), added);
  },
);

/** A factor or summand of what is normalized over axes: in the shape of these, unless it has all axes. */
function spread(x: Operand, vector: Operand, axes: readonly number[]): Operand {
  const shape = shapeOf(x);
  const kept = shape.map((extent, axis) => (axes.includes(axis) ? extent : 1));
  const value = p.cast(vector, "float32");
  return shapeOf(value).length === shape.length ? value : p.reshape(value, kept);
}

/**
 * `x` with mean 0 and variance 1 over `axis` (the last by default), times `gamma` and plus `beta` if given, which have the
 * shape of these axes; `epsilon` (1e-7 by default) is added to the variance. Ba et al., 2016.
 */
export const layerNormalization: Named<
  [x: Operand],
  [gamma?: Operand | null, beta?: Operand | null, axis?: Axes, epsilon?: number | null],
  { gamma?: Operand | null; beta?: Operand | null; axis?: Axes; epsilon?: number | null }
> = liftNamed(
  1,
  ["gamma", "beta", "axis", "epsilon"],
  (x, gamma = null, beta = null, axis = -1, epsilon = null) => {
    const axes = normalizeAxes(axis, shapeOf(x).length, "normalize a layer");
    const [mean, variance] = moments(x, axes, true);
    const inverse = p.rsqrt(p.add(variance, checkedEpsilon(epsilon)));
    const scaled = p.multiply(p.subtract(p.cast(x, "float32"), mean), inverse);
    const factored = gamma === null ? scaled : p.multiply(scaled, spread(x, gamma, axes));
    return p.cast(beta === null ? factored : p.add(factored, spread(x, beta, axes)), dtypeOf(x));
  },
);

/**
 * `x` divided by the root of its mean square over `axis` (the last by default), times `scale` if given; `epsilon` (1e-7 by
 * default) is added to the mean square. Zhang and Sennrich, 2019.
 */
export const rmsNormalization: Named<
  [x: Operand],
  [scale?: Operand | null, axis?: Axes, epsilon?: number | null],
  { scale?: Operand | null; axis?: Axes; epsilon?: number | null }
> = liftNamed(1, ["scale", "axis", "epsilon"], (x, scale = null, axis = -1, epsilon = null) => {
  const value = p.cast(x, "float32");
  const inverse = p.rsqrt(p.add(p.mean(p.square(value), axis, true), checkedEpsilon(epsilon)));
  const scaled = p.multiply(value, inverse);
  return p.cast(scale === null ? scaled : p.multiply(scaled, scale), dtypeOf(x));
});

/** How Keras's files write these functions. */
export const savedNormalizing: SavedForms = {
  batchNormalization: {
    module: "nn",
    className: "BatchNorm",
    inCall: [0, 1, 2, 4, 5],
    keys: { axis: null, epsilon: 1e-3 },
  },
  layerNormalization: {
    module: "nn",
    className: "LayerNorm",
    inputs: 3,
    keys: { axis: -1, epsilon: null },
    fixed: { rms_scaling: false },
  },
  rmsNormalization: {
    module: "nn",
    className: "RMSNorm",
    keys: { scale: null, axis: -1, epsilon: null },
    named: ["scale"],
  },
};
