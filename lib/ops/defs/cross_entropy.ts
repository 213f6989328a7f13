// Softmax with cross-entropy on integer labels: loss and gradient in one read of the logits.
import { DTypeError, ShapeError } from "../../errors.ts";
import { formatShape, sizeOf } from "../../shape.ts";
import * as o from "../primitives.ts";
import { lowerCrossEntropy } from "../webgpu/kernels/cross_entropy.ts";
import type { Definition } from "./definition.ts";
import { divideRows } from "./division.ts";

/** The definition of `softmaxCrossEntropy`. */
export const crossEntropyDef: Definition<"softmaxCrossEntropy"> = {
  workgroupWork: ([logits]) => 4 * sizeOf(logits.shape),
  shape: ([logits, labels]) => {
    if (logits.shape.length !== 2 || labels.shape.length !== 1 || logits.shape[0] !== labels.shape[0]) {
      throw new ShapeError({
        what: "Cannot take the cross-entropy",
        rule: "logits must be [rows, classes] and labels [rows]",
        received: `${formatShape(logits.shape)} and ${formatShape(labels.shape)}`,
      });
    }
    return [labels.shape, logits.shape];
  },
  dtype: ([logits, labels]) => {
    if (logits.dtype !== "float32" || labels.dtype !== "int32") {
      throw new DTypeError({
        what: "Cannot take the cross-entropy",
        rule: "logits must be float32 and labels int32",
        received: `${logits.dtype} and ${labels.dtype}`,
      });
    }
    return ["float32", "float32"];
  },
  vjp: ({ inputs: [logits], outputs: [, gradient], gradients: [byLoss, byGradient] }) => {
    if (byGradient) {
      throw new Error(
        "the gradient of a cross-entropy has no gradient of its own here: compose it from ops.logSoftmax",
      );
    }
    return [o.multiply(o.broadcastTo(o.reshape(byLoss!, [logits.shape[0], 1]), logits.shape), gradient), undefined];
  },
  divide: (inputs) => divideRows(inputs, 2, [0, 1]),
  lower: lowerCrossEntropy,
  nativeAttrs: {},
  reference: ([logits, labels]) => {
    const [rows, classes] = logits.shape;
    const loss = new Float64Array(rows);
    const gradient = new Float64Array(rows * classes);
    for (let i = 0; i < rows; i++) {
      const label = labels.data[i];
      if (label < 0 || label >= classes) continue;
      const row = logits.data.subarray(i * classes, (i + 1) * classes);
      const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
      const total = row.reduce((acc, x) => acc + Math.exp(x - top), 0);
      loss[i] = Math.log(total) + top - row[label];
      row.forEach((x, j) => gradient[i * classes + j] = Math.exp(x - top) / total - (j === label ? 1 : 0));
    }
    return [loss, gradient];
  },
};
