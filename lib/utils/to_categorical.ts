// Integer class labels as one-hot rows.
import { describe, ValueError } from "../errors.ts";
import { checkSize, sizeOf } from "../shape.ts";
import { Tensor, tensor, type TensorLike } from "../tensor/tensor.ts";

/**
 * Turns integer labels of any shape into one-hot rows: `[batch]` or `[batch, 1]` gives `float32` `[batch, numClasses]`.
 * A trailing axis of 1 is dropped. Source: `keras.utils.to_categorical`.
 *
 * @param x labels from 0 to `numClasses - 1`
 * @param numClasses the number of classes; without it, the largest label plus one
 * @throws {ValueError} for a label that is negative, fractional or too large (in Keras negative ones wrap around)
 *
 * @example Three labels
 * ```ts
 * import { utils } from "./mod.ts";
 * console.log(utils.toCategorical([0, 2, 1]).toArray()); // [ [ 1, 0, 0 ], [ 0, 0, 1 ], [ 0, 1, 0 ] ]
 * ```
 */
export function toCategorical(x: TensorLike, numClasses?: number | null): Tensor {
  const what = "Cannot convert labels in toCategorical";
  numClasses ??= undefined;
  const labels = tensor(x);
  const shape = labels.rank > 1 && labels.shape.at(-1) === 1 ? labels.shape.slice(0, -1) : labels.shape;
  if (numClasses !== undefined && !(Number.isInteger(numClasses) && numClasses > 0)) {
    const hint = "leave numClasses out to take the largest label plus one";
    throw new ValueError({ what, rule: "numClasses must be a positive integer", received: describe(numClasses), hint });
  }
  if (numClasses === undefined && labels.size === 0) {
    throw new ValueError({
      what,
      rule: "without numClasses there must be labels",
      received: "none",
      hint: "pass numClasses",
    });
  }
  let largest = 0;
  labels.data.forEach((label, i) => {
    if (!Number.isInteger(label) || label < 0) {
      const hint = "count classes from 0; map other labels to such numbers first";
      throw new ValueError({ what, rule: "labels must be integers from 0", received: `${label} at index ${i}`, hint });
    }
    if (numClasses !== undefined && label >= numClasses) {
      const rule = `with ${numClasses} classes labels must be from 0 to ${numClasses - 1}`;
      const hint = `pass numClasses of at least ${label + 1}, or check the labels (classes are counted from 0)`;
      throw new ValueError({ what, rule, received: `${label} at index ${i}`, hint });
    }
    if (label > largest) largest = label;
  });
  const classes = numClasses ?? largest + 1;
  checkSize([...shape, classes], what);
  const rows = new Float32Array(sizeOf(shape) * classes);
  labels.data.forEach((label, i) => rows[i * classes + label] = 1);
  return new Tensor([...shape, classes], "float32", rows);
}
