// Cross-entropies of probabilities or logits. https://keras.io/api/ops/nn/
import { epsilon } from "../config.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { Value } from "../ir/value.ts";
import { formatShape, normalizeAxis, sameShape, sizeOf } from "../shape.ts";
import { apply, type Operand, shapeOf } from "../tensor/apply.ts";
import { clip, logSoftmax, squeeze } from "./composed.ts";
import { lift, liftNamed, type Named, type UnaryOp } from "./lift.ts";
import * as p from "./primitives.ts";

/** The logits of an output, if it comes straight from that activation. */
export function logitsOf(output: Operand, activation: "softmax" | "sigmoid"): Value | undefined {
  return output instanceof Value && output.logits?.activation === activation ? output.logits.value : undefined;
}

/** Probabilities clipped to epsilon and 1 - epsilon. */
export const clipped: UnaryOp = lift((probabilities) => clip(probabilities, epsilon(), 1 - epsilon()));

/** Throws {@linkcode ShapeError} if targets and outputs differ in shape; `loss` is the name of what is computed. */
export function checkOneShape(targets: Operand, outputs: Operand, loss: string): void {
  if (sameShape(shapeOf(targets), shapeOf(outputs))) return;
  throw new ShapeError({
    what: `Cannot compute ${loss}`,
    rule: "targets and outputs must have one shape",
    received: `${formatShape(shapeOf(targets))} and ${formatShape(shapeOf(outputs))}`,
    hint: "give targets of the model's output shape",
  });
}

/**
 * The cross-entropy of each target from 0 to 1 and the probability at its place, or with `fromLogits` the logit. Outputs that
 * come straight from a sigmoid are computed by their logits. Throws {@linkcode ShapeError} for two shapes.
 */
export const binaryCrossentropy: Named<
  [target: Operand, output: Operand],
  [fromLogits?: boolean],
  { fromLogits?: boolean }
> = liftNamed(
  2,
  ["fromLogits"],
  (target, output, fromLogits = false) => {
    const logits = fromLogits ? output : logitsOf(output, "sigmoid");
    const targets = p.cast(target, "float32");
    checkOneShape(targets, logits ?? output, "binary_crossentropy");
    if (logits !== undefined) {
      // t log(1 + exp(-z)) + (1 - t) log(1 + exp(z)): exact in both tails, and smooth at 0.
      const hit = p.multiply(targets, p.softplus(p.negate(logits)));
      const miss = p.multiply(p.subtract(1, targets), p.softplus(logits));
      return p.add(hit, miss);
    }
    const chances = clipped(output);
    const hit = p.multiply(targets, p.log(chances));
    const miss = p.multiply(p.subtract(1, targets), p.log(p.subtract(1, chances)));
    return p.negate(p.add(hit, miss));
  },
);

/**
 * The cross-entropy of one-hot or soft targets and probabilities, or with `fromLogits` logits, of classes along `axis` (the
 * last by default), which is removed. Outputs that come straight from a softmax are computed by their logits. Throws
 * {@linkcode ShapeError} for two shapes.
 */
export const categoricalCrossentropy: Named<
  [target: Operand, output: Operand],
  [fromLogits?: boolean, axis?: number],
  { fromLogits?: boolean; axis?: number }
> = liftNamed(
  2,
  ["fromLogits", "axis"],
  (target, output, fromLogits = false, axis = -1) => {
    const rank = shapeOf(output).length;
    const at = normalizeAxis(axis, rank, "compute categorical_crossentropy");
    const logits = fromLogits ? output : at === rank - 1 ? logitsOf(output, "softmax") : undefined;
    const targets = p.cast(target, "float32");
    checkOneShape(targets, logits ?? output, "categorical_crossentropy");
    const logs = logits !== undefined
      ? logSoftmax(logits, at)
      : p.log(clipped(p.divide(output, p.sum(output, at, true))));
    return p.negate(p.sum(p.multiply(targets, logs), at));
  },
);

/**
 * Minus the logarithm of the probability of each label's class. Labels `[...]` or `[..., 1]` and probabilities, or with
 * `fromLogits` logits, `[..., classes]` give `[...]`; a label out of range gives 0. Throws {@linkcode ShapeError} if the shapes
 * do not fit.
 */
export const sparseCategoricalCrossentropy: Named<
  [target: Operand, output: Operand],
  [fromLogits?: boolean, axis?: number],
  { fromLogits?: boolean; axis?: number }
> = liftNamed(
  2,
  ["fromLogits", "axis"],
  (target, output, fromLogits = false, axis = -1) => {
    const outShape = shapeOf(output);
    const what = "compute sparse_categorical_crossentropy";
    if (normalizeAxis(axis, outShape.length, what) !== outShape.length - 1) {
      throw new ValueError({
        what: `Cannot ${what}`,
        rule: "the classes must be along the last axis",
        received: `axis ${describe(axis)} of ${formatShape(outShape)}`,
        hint: "move them there with ops.moveaxis",
      });
    }
    const classes = outShape[outShape.length - 1];
    let labels: Operand = p.cast(target, "int32");
    if (shapeOf(labels).length === outShape.length && shapeOf(labels).at(-1) === 1) labels = squeeze(labels, -1);
    const shape = shapeOf(labels);
    if (!sameShape(shape, outShape.slice(0, -1))) {
      throw new ShapeError({
        what: `Cannot ${what}`,
        rule: `targets must be class numbers of shape ${formatShape(outShape.slice(0, -1))} for outputs of ${
          formatShape(outShape)
        }`,
        received: formatShape(shapeOf(target)),
        hint: sizeOf(shape) === sizeOf(outShape)
          ? 'one-hot targets need the loss "categorical_crossentropy"'
          : "give one class number for each sample",
      });
    }
    const logits = fromLogits ? output : logitsOf(output, "softmax") ?? p.log(clipped(output));
    const rows = sizeOf(shape);
    const operands = [p.reshape(logits, [rows, classes]), p.reshape(labels, [rows])];
    return p.reshape(apply("softmaxCrossEntropy", operands, {})[0], shape);
  },
);

/** How Keras's files write these functions. */
export const savedCrossentropies: SavedForms = {
  binaryCrossentropy: { module: "nn", inputs: 2, keys: { from_logits: false } },
  categoricalCrossentropy: { module: "nn", inputs: 2, keys: { from_logits: false, axis: -1 } },
  sparseCategoricalCrossentropy: { module: "nn", inputs: 2, keys: { from_logits: false, axis: -1 } },
};
