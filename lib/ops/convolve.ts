// Convolutions with Keras's arguments: plain, transposed, depthwise and separable.
import { ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { formatShape, type Shape } from "../shape.ts";
import { apply, type Operand, promoteDTypes, shapeOf } from "../tensor/apply.ts";
import { lift, type Lifted } from "./lift.ts";
import * as o from "./primitives.ts";
import { dilatedSize } from "./extents/window.ts";
import {
  checkName,
  type DataFormat,
  type Padding,
  type PerAxis,
  perAxis,
  refuseStridedDilation,
  resolvePadding,
  spatialRank,
  withChannelsLast,
} from "./spatial.ts";

/** Options of {@linkcode conv}, {@linkcode depthwiseConv} and {@linkcode separableConv}. */
export interface ConvOptions {
  /** The step of the window; 1 by default. */
  strides?: PerAxis;
  /** `valid` by default. */
  padding?: Padding;
  /** `channels_last` by default. */
  dataFormat?: DataFormat;
  /**
   * The distance between taps of the kernel; 1 by default. Only {@linkcode depthwiseConv} and {@linkcode separableConv}
   * take it together with strides.
   */
  dilationRate?: PerAxis;
}

/** Options of {@linkcode convTranspose}. */
export interface ConvTransposeOptions extends Omit<ConvOptions, "padding"> {
  /** `valid` by default. */
  padding?: "valid" | "same";
  /** Elements added to each spatial extent of the output, less than the stride; chosen by default. */
  outputPadding?: PerAxis;
}

/** The kernel's shape; throws if it does not have the rank of the input. */
function kernelShape(what: string, kernel: Operand, rank: number, axes: string): Shape {
  const shape = shapeOf(kernel);
  if (shape.length === rank + 2) return shape;
  throw new ShapeError({
    what,
    rule: `the kernel of ${rank} spatial ${rank === 1 ? "axis" : "axes"} must be [...taps, ${axes}]`,
    received: formatShape(shape),
    hint: `give it ${rank + 2} axes`,
  });
}

const paddings: Padding[] = ["valid", "same", "causal"];

/** A grouped convolution, channels last. */
function convolve(
  what: string,
  x: Operand,
  kernel: Operand,
  strides: readonly number[],
  padding: Padding,
  dilation: readonly number[],
  groups: number,
): Operand {
  const [shape, taps] = [shapeOf(x), shapeOf(kernel).slice(0, -2)];
  checkName(what, "padding", padding, taps.length === 1 ? paddings : paddings.slice(0, 2));
  const sides = resolvePadding(padding, shape.slice(1, -1), taps, strides, dilation);
  return apply("convolution", [x, kernel], { strides, dilation, ...sides, groups, epilogue: null })[0];
}

/**
 * The convolution of `x`, `[batch, ...spatial, channels]` with one to three spatial axes, with a kernel `[...taps,
 * channels / groups, filters]`; the number of groups follows from the two. Throws {@linkcode ShapeError} if they do not
 * fit, and {@linkcode ValueError} for strides with dilation.
 * Keras: https://keras.io/api/ops/nn/#conv-function
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * const image = ops.ones([1, 5, 5, 1]);
 * const sums = ops.conv(image, ops.ones([1, 3, 1, 1]));
 * console.log(sums.shape); // [ 1, 5, 3, 1 ]
 * ```
 */
export const conv: Lifted<[x: Operand, kernel: Operand, options?: ConvOptions]> = lift((x, kernel, options = {}) => {
  const { strides = 1, padding = "valid", dataFormat = "channels_last", dilationRate = 1 } = options;
  const what = "Cannot convolve";
  return withChannelsLast(what, x, dataFormat, (input) => {
    const shape = shapeOf(input);
    const rank = spatialRank(what, shape);
    const perGroup = kernelShape(what, kernel, rank, "channels / groups, filters")[rank];
    const [steps, dilation] = [
      perAxis(what, "strides", strides, rank),
      perAxis(what, "dilationRate", dilationRate, rank),
    ];
    refuseStridedDilation(what, steps, dilation);
    const channels = shape[rank + 1];
    if (channels % perGroup !== 0) {
      throw new ShapeError({
        what,
        rule: `the kernel's second-last axis must be the ${channels} channels of the input, or divide them into groups`,
        received: `kernel ${formatShape(shapeOf(kernel))} for input ${formatShape(shape)}`,
        hint: "check the number of channels, and where they are in the input",
      });
    }
    const [filters] = promoteDTypes([kernel], true);
    return convolve(what, input, filters, steps, padding, dilation, channels / perGroup);
  });
}, { optionsAt: 2 });

/** The output extent of a transposed convolution whose dilated kernel has extent `window`. */
export function transposedExtent(
  extent: number,
  window: number,
  stride: number,
  padding: "valid" | "same",
  outputPadding?: number,
): number {
  const least = (extent - 1) * stride;
  if (padding === "valid") return least + window + (outputPadding ?? Math.max(window, stride) - window);
  return outputPadding === undefined ? extent * stride : least + window % 2 + outputPadding;
}

/**
 * The transposed convolution of `x`, `[batch, ...spatial, channels]`, with a kernel `[...taps, filters, channels]`: the
 * gradient of a convolution by its input. With `valid`, an extent n becomes `(n - 1) * stride + max(kernel, stride)`,
 * with `same` `n * stride`. Throws {@linkcode ShapeError} if the two do not fit.
 * Keras: https://keras.io/api/ops/nn/#convtranspose-function
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * const doubled = ops.convTranspose(ops.ones([1, 4, 4, 3]), ops.ones([3, 3, 8, 3]), { strides: 2, padding: "same" });
 * console.log(doubled.shape); // [ 1, 8, 8, 8 ]
 * ```
 */
export const convTranspose: Lifted<[x: Operand, kernel: Operand, options?: ConvTransposeOptions]> = lift(
  (x, kernel, options = {}) => {
    const { strides = 1, padding = "valid", outputPadding, dataFormat = "channels_last", dilationRate = 1 } = options;
    const what = "Cannot convolve transposed";
    checkName(what, "padding", padding, ["valid", "same"]);
    return withChannelsLast(what, x, dataFormat, (input) => {
      const shape = shapeOf(input);
      const rank = spatialRank(what, shape);
      const taps = kernelShape(what, kernel, rank, "filters, channels").slice(0, -2);
      const [steps, dilation] = [
        perAxis(what, "strides", strides, rank),
        perAxis(what, "dilationRate", dilationRate, rank),
      ];
      refuseStridedDilation(what, steps, dilation);
      const extra = outputPadding === undefined ? undefined : perAxis(what, "outputPadding", outputPadding, rank, 0);
      const sizes = shape.slice(1, -1).map((extent, i) =>
        transposedExtent(extent, dilatedSize(taps[i], dilation[i]), steps[i], padding, extra?.[i])
      );
      const sides = resolvePadding(padding, sizes, taps, steps, dilation);
      const reached = sizes.map((size, i) =>
        Math.floor((size + sides.low[i] + sides.high[i] - dilatedSize(taps[i], dilation[i])) / steps[i]) + 1
      );
      if (extra && reached.some((count, i) => count !== shape[i + 1])) {
        throw new ValueError({
          what,
          rule: "outputPadding must be such that a convolution of the output has the extents of the input again",
          received: `${formatShape(extra)}, by which ${formatShape(sizes)} becomes ${formatShape(reached)}`,
          hint: extra.some((n, i) => n >= steps[i])
            ? `choose it less than the strides ${formatShape(steps)}`
            : 'leave it out: with padding "same" a kernel of even extent needs 1 or more, less than the stride',
        });
      }
      const operands = [input, promoteDTypes([kernel], true)[0]];
      const attrs = { strides: steps, dilation, ...sides, groups: 1, sizes, epilogue: null };
      return apply("convolutionTranspose", operands, attrs)[0];
    });
  },
  { optionsAt: 2 },
);

/** A depthwise convolution, channels last, of 1 or 2 spatial axes. */
function depthwise(what: string, x: Operand, kernel: Operand, options: ConvOptions): Operand {
  const { strides = 1, padding = "valid", dilationRate = 1 } = options;
  const shape = shapeOf(x);
  const rank = spatialRank(what, shape, 2);
  const [channels, multiplier] = kernelShape(what, kernel, rank, "channels, multiplier").slice(-2);
  if (channels !== shape[rank + 1]) {
    throw new ShapeError({
      what,
      rule: `the depthwise kernel's second-last axis must be the ${shape[rank + 1]} channels of the input`,
      received: formatShape(shapeOf(kernel)),
      hint: "check the number of channels, and where they are in the input",
    });
  }
  const [steps, dilation] = [
    perAxis(what, "strides", strides, rank),
    perAxis(what, "dilationRate", dilationRate, rank),
  ];
  const [filters] = promoteDTypes([kernel], true);
  // Output channel c * multiplier + m reads only input channel c.
  const wide = o.reshape(filters, [...shapeOf(filters).slice(0, -2), 1, channels * multiplier]);
  return convolve(what, x, wide, steps, padding, dilation, channels);
}

/**
 * Convolves each channel separately: `x` is `[batch, ...spatial, channels]` with one or two spatial axes, the kernel
 * `[...taps, channels, multiplier]`, the result has `channels * multiplier` channels. Throws {@linkcode ShapeError} if
 * the two do not fit.
 * Keras: https://keras.io/api/ops/nn/#depthwiseconv-function
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * const y = ops.depthwiseConv(ops.ones([1, 5, 5, 2]), ops.ones([3, 3, 2, 4]));
 * console.log(y.shape); // [ 1, 3, 3, 8 ]
 * ```
 */
export const depthwiseConv: Lifted<[x: Operand, kernel: Operand, options?: ConvOptions]> = lift(
  (x, kernel, options = {}) => {
    const what = "Cannot convolve depthwise";
    return withChannelsLast(
      what,
      x,
      options.dataFormat ?? "channels_last",
      (input) => depthwise(what, input, kernel, options),
    );
  },
  { optionsAt: 2 },
);

/**
 * A depthwise convolution with `[...taps, channels, multiplier]`, then a pointwise one with `[...1, channels *
 * multiplier, filters]`. Throws {@linkcode ShapeError} if they do not fit.
 * Keras: https://keras.io/api/ops/nn/#separableconv-function
 *
 * @example
 * ```ts
 * import { ops } from "./mod.ts";
 * const y = ops.separableConv(ops.ones([1, 5, 5, 2]), ops.ones([3, 3, 2, 1]), ops.ones([1, 1, 2, 8]));
 * console.log(y.shape); // [ 1, 3, 3, 8 ]
 * ```
 */
export const separableConv: Lifted<
  [x: Operand, depthwiseKernel: Operand, pointwiseKernel: Operand, options?: ConvOptions]
> = lift((x, depthwiseKernel, pointwiseKernel, options = {}) => {
  const what = "Cannot convolve separably";
  return withChannelsLast(what, x, options.dataFormat ?? "channels_last", (input) => {
    const deep = depthwise(what, input, depthwiseKernel, options);
    const taps = kernelShape(what, pointwiseKernel, shapeOf(deep).length - 2, "channels * multiplier, filters");
    if (taps.slice(0, -2).some((n) => n !== 1)) {
      throw new ShapeError({
        what,
        rule: "the pointwise kernel must have one tap along each spatial axis",
        received: formatShape(taps),
        hint: "reshape it to [...1, channels * multiplier, filters]",
      });
    }
    return conv(deep, pointwiseKernel);
  });
}, { optionsAt: 3 });

const keys = { strides: 1, padding: "valid", data_format: "channels_last", dilation_rate: 1 } as const;

/** How Keras's files write convolutions; Keras cannot run its node of a transposed one. */
export const savedConvolutions: SavedForms = {
  conv: { module: "nn", inputs: 2, keys, optionsFrom: 0 },
  depthwiseConv: { module: "nn", inputs: 2, keys, optionsFrom: 0 },
  separableConv: { module: "nn", inputs: 3, keys, optionsFrom: 0 },
};
