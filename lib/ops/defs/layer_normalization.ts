// layerNormalization: rows scaled to mean 0 and variance 1, and then by trained weights. Ba et al., 2016.
import { DTypeError, ShapeError } from "../../errors.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { Value } from "../../ir/value.ts";
import { formatShape, sameShape, type Shape, sizeOf } from "../../shape.ts";
import { apply } from "../../tensor/apply.ts";
import * as o from "../primitives.ts";
import { lowerLayerNormalization, lowerLayerNormalizationGradient } from "../webgpu/kernels/layer_normalization.ts";
import { gradientsThrough } from "./composed_gradient.ts";
import type { Definition } from "./definition.ts";
import { divideNormalization, divideNormalizationGradient } from "./division.ts";

const what = "Cannot normalize rows";

/** Throws {@linkcode ShapeError} or {@linkcode DTypeError} unless operands are float32 of these shapes. */
function check(operands: readonly ValueType[], shapes: readonly Shape[]): void {
  if (operands.some(({ dtype }) => dtype !== "float32")) {
    throw new DTypeError({
      what,
      rule: "operands must be float32",
      received: operands.map(({ dtype }) => dtype).join(", "),
    });
  }
  if (operands.every(({ shape }, i) => sameShape(shape, shapes[i]))) return;
  throw new ShapeError({
    what,
    rule: `operands must be ${shapes.map((shape) => formatShape(shape)).join(", ")}`,
    received: operands.map(({ shape }) => formatShape(shape)).join(", "),
  });
}

/** The shape of a weight, and that of mean and scale of each row. */
function shapesFor({ shape }: ValueType): { weight: Shape; stats: Shape } {
  if (shape.length === 0) {
    throw new ShapeError({ what, rule: "it must have an axis of features", received: formatShape(shape) });
  }
  return { weight: shape.slice(-1), stats: [...shape.slice(0, -1), 2] };
}

/** Mean and scale, each with an extent of 1 in place of the features. */
function parts(stats: Value): [Value, Value] {
  const sizes = [...stats.shape.slice(0, -1), 1];
  const starts = sizes.map(() => 0);
  return [o.slice(stats, starts, sizes), o.slice(stats, [...starts.slice(1), 1], sizes)];
}

function composed([x, gamma, beta]: readonly Value[], { epsilon }: { epsilon: number }): Value[] {
  const mean = o.mean(x, -1, true);
  const scale = o.rsqrt(o.add(o.mean(o.square(o.subtract(x, mean)), -1, true), epsilon));
  const y = o.add(o.multiply(o.multiply(o.subtract(x, mean), scale), gamma), beta);
  return [y, o.concat([mean, scale], x.shape.length - 1)];
}

function composedGradient([x, gamma, stats, gradient]: readonly Value[]): Value[] {
  const [mean, scale] = parts(stats);
  const normalized = o.multiply(o.subtract(x, mean), scale);
  const slope = o.multiply(gradient, gamma);
  const along = o.multiply(normalized, o.mean(o.multiply(slope, normalized), -1, true));
  const rows = x.shape.slice(1).map((_, axis) => axis);
  return [
    o.multiply(scale, o.subtract(o.subtract(slope, o.mean(slope, -1, true)), along)),
    o.sum(o.multiply(gradient, normalized), rows),
    o.sum(gradient, rows),
  ];
}

/** The definitions of layerNormalization and its gradient. */
export const layerNormalizationDefs = {
  layerNormalization: {
    workgroupWork: ([x]) => 4 * sizeOf(x.shape),
    shape: ([x, gamma, beta]) => {
      const { weight, stats } = shapesFor(x);
      check([x, gamma, beta], [x.shape, weight, weight]);
      return [x.shape, stats];
    },
    dtype: () => ["float32", "float32"],
    vjp: ({ inputs, outputs: [, stats], gradients: [g, ofStats], attrs }) => {
      if (ofStats || !g) return gradientsThrough(composed, inputs, [g, ofStats], attrs);
      const [x, gamma] = inputs;
      return apply("layerNormalizationGradient", [x, gamma, stats, g], {}) as Value[];
    },
    divide: divideNormalization,
    lower: lowerLayerNormalization,
    storesOnce: true,
    nativeAttrs: { epsilon: "float" },
    reference: ([x, gamma, beta], { epsilon }) => {
      const [size] = gamma.shape;
      const rows = sizeOf(x.shape.slice(0, -1));
      const y = new Float64Array(x.data.length);
      const stats = new Float64Array(2 * rows);
      for (let row = 0; row < rows; row++) {
        const values = x.data.subarray(row * size, (row + 1) * size);
        const mean = values.reduce((a, b) => a + b, 0) / size;
        const scale = 1 / Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / size + epsilon);
        stats.set([mean, scale], 2 * row);
        values.forEach((value, i) => y[row * size + i] = (value - mean) * scale * gamma.data[i] + beta.data[i]);
      }
      return [y, stats];
    },
  } satisfies Definition<"layerNormalization">,
  layerNormalizationGradient: {
    workgroupWork: () => Infinity,
    shape: ([x, gamma, stats, gradient]) => {
      const shapes = shapesFor(x);
      check([x, gamma, stats, gradient], [x.shape, shapes.weight, shapes.stats, x.shape]);
      return [x.shape, shapes.weight, shapes.weight];
    },
    dtype: () => ["float32", "float32", "float32"],
    vjp: ({ inputs, gradients, attrs }) => gradientsThrough(composedGradient, inputs, gradients, attrs),
    divide: divideNormalizationGradient,
    lower: lowerLayerNormalizationGradient,
    storesOnce: true,
    nativeAttrs: {},
    reference: ([x, gamma, stats, gradient]) => {
      const [size] = gamma.shape;
      const ofX = new Float64Array(x.data.length);
      const [ofGamma, ofBeta] = [new Float64Array(size), new Float64Array(size)];
      for (let row = 0; row < stats.data.length / 2; row++) {
        const [mean, scale] = stats.data.subarray(2 * row, 2 * row + 2);
        let [sum, product] = [0, 0];
        for (let i = 0; i < size; i++) {
          const normalized = (x.data[row * size + i] - mean) * scale;
          const slope = gradient.data[row * size + i];
          ofGamma[i] += slope * normalized;
          ofBeta[i] += slope;
          sum += slope * gamma.data[i] / size;
          product += slope * gamma.data[i] * normalized / size;
        }
        for (let i = 0; i < size; i++) {
          const normalized = (x.data[row * size + i] - mean) * scale;
          ofX[row * size + i] = scale * (gradient.data[row * size + i] * gamma.data[i] - sum - normalized * product);
        }
      }
      return [ofX, ofGamma, ofBeta];
    },
  } satisfies Definition<"layerNormalizationGradient">,
};
