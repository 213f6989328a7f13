// Resampling along an axis: each element becomes a weighted sum of a few, by tables computed on the host.
import { DTypeError, ShapeError } from "../../errors.ts";
import type { ValueType } from "../../ir/graph.ts";
import { formatShape, sameShape, sizeOf } from "../../shape.ts";
import { apply } from "../../tensor/apply.ts";
import { lowerResample } from "../webgpu/kernels/windows.ts";
import type { Definition } from "./definition.ts";
import { divideResample } from "./division.ts";

const what = "Cannot resample";

function checkTable(indices: ValueType, weights: ValueType): void {
  if (indices.shape.length !== 2 || !sameShape(indices.shape, weights.shape)) {
    throw new ShapeError({
      what,
      rule: "indices and weights must be tables [extent, taps] of one shape",
      received: `${formatShape(indices.shape)} and ${formatShape(weights.shape)}`,
    });
  }
  if (indices.dtype !== "int32" || weights.dtype !== "float32") {
    throw new DTypeError({
      what,
      rule: "indices must be int32 and weights float32",
      received: `${indices.dtype} and ${weights.dtype}`,
    });
  }
}

/** The definition of `resample`. */
export const resampleDef: Definition<"resample"> = {
  shape: ([x, indices, weights, backIndices, backWeights], { axis }) => {
    checkTable(indices, weights);
    checkTable(backIndices, backWeights);
    if (!(axis >= 0 && axis < x.shape.length) || backIndices.shape[0] !== x.shape[axis]) {
      throw new ShapeError({
        what,
        rule: `axis ${axis} must have the ${backIndices.shape[0]} elements that the tables are for`,
        received: formatShape(x.shape),
      });
    }
    return [x.shape.map((extent, i) => (i === axis ? indices.shape[0] : extent))];
  },
  dtype: ([x]) => {
    if (x.dtype !== "float32") throw new DTypeError({ what, rule: "it must be float32", received: x.dtype });
    return ["float32"];
  },
  vjp: ({ inputs: [, indices, weights, backIndices, backWeights], gradients: [g], attrs }) => [
    apply("resample", [g!, backIndices, backWeights, indices, weights], attrs)[0],
  ],
  divide: divideResample,
  lower: lowerResample,
  storesOnce: true,
  nativeAttrs: { axis: "int" },
  reference: ([x, indices, weights], { axis }, [output]) => {
    const [outer, inner] = [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis + 1))];
    const [extent, taps] = indices.shape;
    const result = new Float64Array(sizeOf(output.shape));
    for (let i = 0; i < outer; i++) {
      for (let j = 0; j < extent; j++) {
        for (let t = 0; t < taps; t++) {
          const from = (i * x.shape[axis] + indices.data[j * taps + t]) * inner;
          const weight = weights.data[j * taps + t];
          for (let k = 0; k < inner; k++) result[(i * extent + j) * inner + k] += weight * x.data[from + k];
        }
      }
    }
    return [result];
  },
};
