// Functions that Keras has under two names, with a class for each in files. https://keras.io/api/ops/numpy/
import type { SavedForms } from "../ir/saved_form.ts";
import { type BinaryOp, lift, liftReduction, type ReductionOp } from "./lift.ts";
import { divide, max, min } from "./primitives.ts";

/** The largest element over `axes` (all by default): an alias of {@linkcode max}. */
export const amax: ReductionOp = liftReduction((x, axes, keepDims) => max(x, axes, keepDims));
/** The smallest element over `axes` (all by default): an alias of {@linkcode min}. */
export const amin: ReductionOp = liftReduction((x, axes, keepDims) => min(x, axes, keepDims));
/** `a / b` in float32: an alias of {@linkcode divide}. */
export const trueDivide: BinaryOp = lift((a, b) => divide(a, b));

/** How Keras's files write these functions. */
export const savedAliases: SavedForms = {
  amax: { keys: { axis: null, keepdims: false } },
  amin: { keys: { axis: null, keepdims: false } },
  trueDivide: { inputs: 2 },
};
