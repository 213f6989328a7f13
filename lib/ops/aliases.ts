// Functions that Keras has twice, with a class in files for each name. https://keras.io/api/ops/numpy/
import type { SavedForms } from "../ir/saved_form.ts";
import { type BinaryOp, lift, type ReductionOp } from "./lift.ts";
import { divide, max, min } from "./primitives.ts";

/** The largest element over `axes` (all by default): {@linkcode max} by another name. */
export const amax: ReductionOp = lift((x, axes, keepDims) => max(x, axes, keepDims));
/** The smallest element over `axes` (all by default): {@linkcode min} by another name. */
export const amin: ReductionOp = lift((x, axes, keepDims) => min(x, axes, keepDims));
/** `a / b` in float32: {@linkcode divide} by another name. */
export const trueDivide: BinaryOp = lift((a, b) => divide(a, b));

/** How Keras's files write these functions. */
export const savedAliases: SavedForms = {
  amax: { keys: { axis: null, keepdims: false } },
  amin: { keys: { axis: null, keepdims: false } },
  trueDivide: { inputs: 2 },
};
