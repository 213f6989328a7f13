// Reductions over adjacent axes, arg-max, and broadcasting, the adjoint of sum.
import { ShapeError } from "../../errors.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { Vjp } from "../../ir/op_def.ts";
import type { Value } from "../../ir/value.ts";
import { broadcastShapes, formatShape, sameShape, type Shape, sizeOf } from "../../shape.ts";
import { reductionExtents } from "../extents/reduction.ts";
import * as o from "../primitives.ts";
import { lowerBroadcast } from "../webgpu/kernels/moves.ts";
import { lowerArgMax, lowerReduction } from "../webgpu/kernels/reductions.ts";
import { broadcastData } from "./broadcast.ts";
import type { Definition } from "./definition.ts";
import { divideElements, divideReduction, divideSum, elementsBack } from "./division.ts";

function checkAxes(op: string, shape: Shape, axes: readonly number[]): void {
  const ok = axes.length > 0 &&
    axes.every((axis, i) => axis >= 0 && axis < shape.length && (i === 0 || axis === axes[i - 1] + 1));
  if (!ok) {
    throw new ShapeError({
      what: `Cannot take ${op}`,
      rule: `axes must be neighbours within ${formatShape(shape)}`,
      received: `[${axes.join(", ")}]`,
    });
  }
}

const keptShape = (shape: Shape, axes: readonly number[]) =>
  shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
const reducedShape = (shape: Shape, axes: readonly number[]) => shape.filter((_, axis) => !axes.includes(axis));

/** A workgroup reads all inputs, and has few outputs to divide among its threads. */
function reductionWork([x]: readonly ValueType[], [y]: readonly ValueType[]): number {
  return Math.max(sizeOf(x.shape), 4 * sizeOf(y.shape));
}

function reduceDef(
  op: "sum" | "max" | "min",
  initial: number,
  step: (acc: number, x: number) => number,
  vjp: Vjp<typeof op>,
): Definition<typeof op> {
  return {
    foldable: true,
    workgroupWork: reductionWork,
    shape: ([x], { axes }) => {
      checkAxes(op, x.shape, axes);
      if (op !== "sum" && reductionExtents(x.shape, axes)[1] === 0) {
        throw new ShapeError({
          what: `Cannot take ${op}`,
          rule: "there must be at least one element",
          received: formatShape(x.shape),
          hint: "check that the data is not empty",
        });
      }
      return [reducedShape(x.shape, axes)];
    },
    dtype: ([x]) => [op === "sum" && x.dtype !== "float32" ? "int32" : x.dtype],
    vjp,
    divide: (inputs, attrs) => op === "sum" ? divideSum(inputs, attrs) : divideReduction(inputs, attrs.axes),
    lower: lowerReduction,
    storesOnce: true,
    nativeAttrs: { axes: "ints" },
    reference: ([x], { axes }, [output]) => {
      const [outer, reduced, inner] = reductionExtents(x.shape, axes);
      const result = new Float64Array(outer * inner).fill(initial);
      for (let i = 0; i < outer; i++) {
        for (let j = 0; j < reduced; j++) {
          for (let k = 0; k < inner; k++) {
            result[i * inner + k] = step(result[i * inner + k], x.data[(i * reduced + j) * inner + k]);
          }
        }
      }
      return [output.dtype === "int32" ? result.map((value) => value | 0) : result];
    },
  };
}

/** Divides the gradient equally among the elements that are the extreme one. */
function extremeVjp(x: Value, y: Value, g: Value, axes: readonly number[]): Value {
  const kept = keptShape(x.shape, axes);
  const hits = o.cast(o.equal(x, o.reshape(y, kept)), "float32");
  return o.multiply(hits, o.divide(o.reshape(g, kept), o.sum(hits, axes, true)));
}

/** The definitions of the reductions, and of broadcasting. */
export const reductionDefs = {
  sum: {
    ...reduceDef("sum", 0, (acc, x) => acc + x, ({ inputs: [x], gradients: [g], attrs: { axes } }) => [
      o.broadcastTo(o.reshape(g!, keptShape(x.shape, axes)), x.shape),
    ]),
    sumOverSteps: (_inputs, { axes }) =>
      axes[0] === 0 ? ([stacked]) => o.sum(stacked, [0, ...axes.map((axis) => axis + 1)]) : undefined,
  } satisfies Definition<"sum">,
  max: reduceDef(
    "max",
    -Infinity,
    Math.max,
    ({ inputs: [x], outputs: [y], gradients: [g], attrs: { axes } }) => [extremeVjp(x, y, g!, axes)],
  ),
  min: reduceDef(
    "min",
    Infinity,
    Math.min,
    ({ inputs: [x], outputs: [y], gradients: [g], attrs: { axes } }) => [extremeVjp(x, y, g!, axes)],
  ),
  argMax: {
    foldable: true,
    workgroupWork: reductionWork,
    shape: ([x], { axis }) => {
      checkAxes("argMax", x.shape, [axis]);
      if (x.shape[axis] === 0) {
        throw new ShapeError({
          what: "Cannot take argMax",
          rule: "there must be at least one element",
          received: formatShape(x.shape),
          hint: "check that the data is not empty",
        });
      }
      return [reducedShape(x.shape, [axis])];
    },
    dtype: () => ["int32"],
    vjp: { none: "constant" },
    divide: (inputs, { axis }) => divideReduction(inputs, [axis]),
    lower: lowerArgMax,
    nativeAttrs: { axis: "int" },
    reference: ([x], { axis }) => {
      const [outer, reduced, inner] = reductionExtents(x.shape, [axis]);
      const result = new Float64Array(outer * inner);
      for (let i = 0; i < outer; i++) {
        for (let k = 0; k < inner; k++) {
          let largest = -Infinity;
          for (let j = 0; j < reduced; j++) {
            const value = x.data[(i * reduced + j) * inner + k];
            if (value > largest) [largest, result[i * inner + k]] = [value, j];
          }
        }
      }
      return [result];
    },
  } satisfies Definition<"argMax">,
  broadcastTo: {
    repeats: true,
    moves: () => [0],
    equals: () => [0],
    shape: ([x], { shape }) => {
      if (!sameShape(broadcastShapes(x.shape, shape, "broadcast"), shape)) {
        throw new ShapeError({
          what: "Cannot broadcast",
          rule: `the result must have shape ${formatShape(shape)}`,
          received: formatShape(x.shape),
          hint: "sum over the axes that are too many",
        });
      }
      return [shape];
    },
    dtype: ([x]) => [x.dtype],
    vjp: ({ inputs: [x], gradients: [g] }) => [o.sumTo(g!, x.shape)],
    divide: divideElements,
    divideBack: elementsBack,
    shapeAttr: "shape",
    lower: lowerBroadcast,
    nativeAttrs: {},
    reference: ([x], _attrs, [output]) => [broadcastData(x, output)],
  } satisfies Definition<"broadcastTo">,
};
