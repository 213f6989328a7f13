// Ops composed of other ops: they need no kernel, and fuse like their parts.
import { checkDType, type DType, makeArray } from "../dtype.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { type Axes, checkCount, checkSize, formatShape, normalizeAxes, normalizeAxis, type Shape } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { Tensor } from "../tensor/tensor.ts";
import { liftNamed, liftReduction, type Named, type ReductionOp } from "./lift.ts";
import * as p from "./primitives.ts";

/** `exp(x) / sum(exp(x))` along `axis` (the last by default). */
export const softmax: Named<[x: Operand], [axis?: Axes], { axis?: Axes }> = liftNamed(1, ["axis"], (x, axis = -1) => {
  const shifted = p.exp(p.subtract(x, p.max(x, axis, true)));
  return p.divide(shifted, p.sum(shifted, axis, true));
});

/** `log(softmax(x))` along `axis` (the last by default), without overflow. */
export const logSoftmax: Named<[x: Operand], [axis?: Axes], { axis?: Axes }> = liftNamed(
  1,
  ["axis"],
  (x, axis = -1) => {
    const shifted = p.subtract(x, p.max(x, axis, true));
    return p.subtract(shifted, p.log(p.sum(p.exp(shifted), axis, true)));
  },
);

/** `log(sum(exp(x)))` over `axes` (all by default), without overflow. */
export const logSumExp: ReductionOp = liftReduction((x, axes, keepDims = false) => {
  const list = normalizeAxes(axes, shapeOf(x).length, "logSumExp");
  const largest = p.max(x, list, true);
  // An infinite maximum is not subtracted: infinity minus infinity is NaN.
  const top = p.select(p.less(p.abs(largest), Infinity), largest, 0);
  const total = p.log(p.sum(p.exp(p.subtract(x, top)), list, true));
  const result = p.add(total, top);
  return keepDims ? result : squeeze(result, list);
});

/** The variance over `axes` (all by default): the mean squared distance from the mean. */
export const variance: ReductionOp = liftReduction((x, axes, keepDims = false) => {
  const centred = p.subtract(x, p.mean(x, axes, true));
  return p.mean(p.square(centred), axes, keepDims);
});

/** The standard deviation over `axes` (all by default): the square root of {@linkcode variance}. */
export const std: ReductionOp = liftReduction((x, axes, keepDims = false) => p.sqrt(variance(x, axes, keepDims)));

/** `x` clipped to the range `low` to `high`. */
export const clip: Named<[x: Operand], [low: number, high: number], { xMin: number; xMax: number }> = liftNamed(1, [
  "xMin",
  "xMax",
], (x, low, high) => p.minimum(p.maximum(x, low), high));

/** Removes axes of extent 1: all of them, or those given. */
export const squeeze: Named<[x: Operand], [axes?: Axes | null], { axis?: Axes | null }> = liftNamed(
  1,
  ["axis"],
  (x, axes) => {
    const shape = shapeOf(x);
    const dropped = axes === undefined || axes === null
      ? shape.map((_, axis) => axis).filter((axis) => shape[axis] === 1)
      : normalizeAxes(axes, shape.length, "squeeze");
    if (dropped.some((axis) => shape[axis] !== 1)) {
      throw new ShapeError({
        what: "Cannot squeeze",
        rule: "squeezed axes must have extent 1",
        received: `axes [${dropped.join(", ")}] of ${formatShape(shape)}`,
        hint: "name only axes of extent 1, or take one element of a longer axis with slice first",
      });
    }
    return p.reshape(x, shape.filter((_, axis) => !dropped.includes(axis)));
  },
);

/** Inserts an axis of extent 1 at `axis`. */
export const expandDims: Named<[x: Operand], [axis: number], { axis: number }> = liftNamed(1, ["axis"], (x, axis) => {
  const shape = shapeOf(x);
  const at = normalizeAxis(axis, shape.length + 1, "expandDims");
  return p.reshape(x, [...shape.slice(0, at), 1, ...shape.slice(at)]);
});

/** 1 at each index along a new axis of `classes` (the last by default), else 0; all 0 for an index out of range. */
export const oneHot: Named<
  [x: Operand],
  [classes: number, axis?: number, dtype?: DType],
  { numClasses: number; axis?: number; dtype?: DType }
> = liftNamed(1, ["numClasses", "axis", "dtype"], (x, classes, axis = -1, dtype = "float32") => {
  const rank = shapeOf(x).length;
  checkCount(classes, "oneHot", "the number of classes");
  const at = normalizeAxis(axis, rank + 1, "oneHot");
  const indices = expandDims(p.cast(x, "int32"), at);
  const hits = p.equal(indices, p.reshape(p.iota([classes]), [classes, ...new Array<number>(rank - at).fill(1)]));
  return p.cast(hits, dtype);
});

/**
 * 1 for each class among the indices of a row, else 0: `[rows, classes]` from `[rows, n]`, or `[classes]` from `[n]`.
 * As in Keras, axes after the second stay, and `axis` is the position of the classes before the second axis is removed.
 */
export const multiHot: Named<
  [x: Operand],
  [classes: number, axis?: number, dtype?: DType],
  { numClasses: number; axis?: number; dtype?: DType }
> = liftNamed(1, ["numClasses", "axis", "dtype"], (x, classes, axis = -1, dtype = "float32") => {
  const rank = shapeOf(x).length;
  return p.max(oneHot(x, classes, axis, dtype), rank > 1 ? 1 : 0);
});

/** A tensor of zeros. */
export const zeros: Named<[shape: Shape], [dtype?: DType], { dtype?: DType }, Tensor> = liftNamed(
  1,
  ["dtype"],
  (shape, dtype = "float32") => p.full(shape, 0, dtype),
);
/** A tensor of ones. */
export const ones: Named<[shape: Shape], [dtype?: DType], { dtype?: DType }, Tensor> = liftNamed(
  1,
  ["dtype"],
  (shape, dtype = "float32") => p.full(shape, 1, dtype),
);

/**
 * `start`, `start + step`, ... below `stop` (above it for a negative `step`); with one argument, from 0 to that.
 * Without `dtype`, int32 if all three are integers, else float32.
 */
export const arange: Named<
  [start: number],
  [stop?: number | null, step?: number | null, dtype?: DType],
  { stop?: number | null; step?: number | null; dtype?: DType },
  Tensor
> = liftNamed(1, ["stop", "step", "dtype"], (start, stop, by, dtype) => {
  const step = by ?? 1;
  const [from, to] = stop === undefined || stop === null ? [0, start] : [start, stop];
  const areNumbers = [from, to, step].every((number: unknown) => typeof number === "number");
  const count = areNumbers ? Math.max(0, Math.ceil((to - from) / step)) : NaN;
  if (step === 0 || !Number.isFinite(count)) {
    throw new ValueError({
      what: "Cannot count with arange",
      rule: "start and stop must be finite and step not 0",
      received: `from ${describe(from)} to ${describe(to)} by ${describe(step)}`,
      hint: "give a step that leads from start to stop",
    });
  }
  checkSize([count], "Cannot count with arange");
  if (dtype !== undefined) checkDType(dtype, "Cannot count with arange");
  const kind = dtype ?? ([from, to, step].every(Number.isInteger) ? "int32" : "float32");
  return new Tensor([count], kind, makeArray(kind, Array.from({ length: count }, (_, i) => from + i * step)));
});

/**
 * The index of the first largest element along `axis`, int32; without an axis, of the flattened elements. With
 * `keepdims` the axis, or all axes, stay with extent 1.
 */
export const argmax: Named<
  [x: Operand],
  [axis?: number | null, keepDims?: boolean],
  { axis?: number | null; keepdims?: boolean }
> = liftNamed(1, ["axis", "keepdims"], (x, axis = null, keepDims = false) => {
  const indices = axis === null ? p.argMax(p.reshape(x, [-1]), 0) : p.argMax(x, axis);
  if (!keepDims) return indices;
  const shape = shapeOf(x);
  const gone = axis === null ? undefined : normalizeAxis(axis, shape.length, "argmax");
  return p.reshape(indices, shape.map((extent, i) => (gone === undefined || gone === i ? 1 : extent)));
});

/**
 * Elements of `x` along `axis` by int32 `indices`, negative ones counted from the end; without an axis, of the
 * flattened elements. An index out of range gives NaN, or 0 for integers.
 */
export const take: Named<[x: Operand, indices: Operand], [axis?: number | null], { axis?: number | null }> = liftNamed(
  2,
  ["axis"],
  (x, indices, axis = null) => {
    if (axis === null) return take(p.reshape(x, [-1]), indices, 0);
    const rank = shapeOf(x).length;
    const at = normalizeAxis(axis, rank, "take");
    const from = p.cast(indices, "int32");
    const wrapped = p.select(p.less(from, 0), p.add(from, shapeOf(x)[at]), from);
    if (at === 0) return p.gather(x, wrapped);
    // gather works on the first axis: the axis moves there and back.
    const others = Array.from({ length: rank }, (_, i) => i).filter((i) => i !== at);
    const rows = p.gather(p.transpose(x, [at, ...others]), wrapped);
    const width = shapeOf(from).length;
    const taken = Array.from({ length: width }, (_, i) => i);
    const rest = others.map((_, i) => width + i);
    return p.transpose(rows, [...rest.slice(0, at), ...taken, ...rest.slice(at)]);
  },
);

/** How Keras's files write these functions. */
export const savedComposed: SavedForms = {
  argmax: { keys: { axis: null, keepdims: false } },
  clip: { keys: { x_min: null, x_max: null } },
  expandDims: { keys: { axis: null } },
  logSoftmax: { module: "nn", keys: { axis: -1 } },
  logsumexp: { module: "math", keys: { axis: null, keepdims: false } },
  multiHot: { module: "nn", keys: { num_classes: null, axis: -1, dtype: "float32" }, fixed: { sparse: false } },
  oneHot: { module: "nn", keys: { num_classes: null, axis: -1, dtype: "float32" }, fixed: { sparse: false } },
  softmax: { module: "nn", keys: { axis: -1 } },
  squeeze: { keys: { axis: null } },
  std: { keys: { axis: null, keepdims: false } },
  take: { inputs: 2, keys: { axis: null } },
  var: { keys: { axis: null, keepdims: false } },
};
