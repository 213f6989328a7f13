// Moves: ops that only move elements (reshape, transpose, slice, pad, concat, reverse), and sources of elements.
import type { DType, TypedArray } from "../../dtype.ts";
import { ShapeError } from "../../errors.ts";
import type { Node, ValueId } from "../../ir/graph.ts";
import type { Origin } from "../../ir/origin.ts";
import { formatShape, sameShape, type Shape, sizeOf, stridesOf } from "../../shape.ts";
import * as o from "../primitives.ts";
import {
  lowerConcat,
  lowerIota,
  lowerPad,
  lowerRandomBits,
  lowerReverse,
  lowerSlice,
  lowerTranspose,
} from "../webgpu/kernels/moves.ts";
import { philox } from "./philox.ts";
import type { Definition } from "./definition.ts";
import {
  divideBeside,
  divideConcat,
  dividePad,
  divideReshape,
  divideSlice,
  divideTranspose,
  reshapeBack,
  transposeBack,
} from "./division.ts";

/** The offset of each element of `shape`, in row-major order, for axes with `strides`, starting at `start`. */
function offsets(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  let list = Int32Array.of(start);
  shape.forEach((extent, axis) => {
    const next = new Int32Array(list.length * extent);
    for (let i = 0; i < list.length; i++) {
      for (let j = 0; j < extent; j++) next[i * extent + j] = list[i] + j * strides[axis];
    }
    list = next;
  });
  return list;
}

/** The elements of `data` at these places. */
function elementsAt(places: Int32Array, data: Float64Array): Float64Array {
  const result = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) result[i] = data[places[i]];
  return result;
}

function check(ok: boolean, what: string, rule: string, received: string, hint: string): void {
  if (!ok) throw new ShapeError({ what: `Cannot ${what}`, rule, received, hint });
}

/** A node that is a constant. */
export function constantNode(
  output: ValueId,
  attrs: { readonly shape: Shape; readonly dtype: DType; readonly data: TypedArray },
  origin: Origin,
): Node<"constant"> {
  return { op: "constant", inputs: [], outputs: [output], attrs, origin };
}

/** The definitions of the moves. */
export const moveDefs = {
  reshape: {
    kind: "alias",
    foldable: true,
    isLinear: true,
    moves: () => [0],
    equals: () => [0],
    simplify: (node, { producer }) => {
      const inner = producer(node.inputs[0]);
      return inner?.op === "reshape" ? { ...node, inputs: inner.inputs } : node;
    },
    shape: ([x], { shape }) => {
      check(
        sizeOf(shape) === sizeOf(x.shape),
        "reshape",
        `the new shape must have ${sizeOf(x.shape)} elements`,
        formatShape(shape),
        "check the extents",
      );
      return [shape];
    },
    dtype: ([x]) => [x.dtype],
    vjp: ({ inputs: [x], gradients: [g] }) => [o.reshape(g!, x.shape)],
    divide: divideReshape,
    divideBack: reshapeBack,
    shapeAttr: "shape",
    nativeAttrs: {},
    reference: ([x]) => [x.data.slice()],
    direct: ([x]) => [x.data.slice()],
  } satisfies Definition<"reshape">,
  transpose: {
    foldable: true,
    isLinear: true,
    permutes: ({ permutation }) => permutation,
    moves: () => [0],
    equals: ({ permutation }) => (permutation.every((axis, i) => axis === i) ? [0] : []),
    simplify: (node, { producer, type }) => {
      const { permutation } = node.attrs;
      const inner = producer(node.inputs[0]);
      if (inner?.op === "transpose") {
        const both = permutation.map((axis) => inner.attrs.permutation[axis]);
        return { ...node, inputs: inner.inputs, attrs: { permutation: both } };
      }
      // Permuting only axes of extent 1 moves no element.
      const { shape } = type(node.inputs[0]);
      const long = permutation.filter((axis) => shape[axis] !== 1);
      const isInOrder = long.every((axis, i) => i === 0 || axis > long[i - 1]);
      return isInOrder ? { ...node, op: "reshape", attrs: { shape: type(node.outputs[0]).shape } } : node;
    },
    shape: ([x], { permutation }) => {
      const sorted = [...permutation].sort((a, b) => a - b);
      check(
        permutation.length === x.shape.length && sorted.every((axis, i) => axis === i),
        "transpose",
        `the permutation must name each axis of ${formatShape(x.shape)} once`,
        formatShape(permutation),
        "list every axis, from 0, in the new order",
      );
      return [permutation.map((axis) => x.shape[axis])];
    },
    dtype: ([x]) => [x.dtype],
    vjp: ({ gradients: [g], attrs: { permutation } }) => [
      o.transpose(g!, permutation.map((_, axis) => permutation.indexOf(axis))),
    ],
    divide: divideTranspose,
    divideBack: transposeBack,
    lower: lowerTranspose,
    nativeAttrs: { permutation: "ints" },
    reference: ([x], { permutation }, [output]) => {
      const strides = stridesOf(x.shape);
      return [elementsAt(offsets(output.shape, permutation.map((axis) => strides[axis])), x.data)];
    },
  } satisfies Definition<"transpose">,
  slice: {
    foldable: true,
    moves: () => [0],
    equals: () => [0],
    shape: ([x], { starts, sizes, strides }) => {
      const fits = [starts, sizes, strides].every((list) => list.length === x.shape.length) &&
        x.shape.every((extent, axis) =>
          starts[axis] >= 0 && sizes[axis] >= 0 && strides[axis] >= 1 &&
          (sizes[axis] === 0 || starts[axis] + (sizes[axis] - 1) * strides[axis] < extent)
        );
      check(
        fits,
        "slice",
        `the slice must lie within ${formatShape(x.shape)}`,
        `from ${formatShape(starts)}, sizes ${formatShape(sizes)}`,
        "keep start + size within each axis",
      );
      return [sizes];
    },
    dtype: ([x]) => [x.dtype],
    vjp: ({ inputs: [x], gradients: [g], attrs: { starts, sizes, strides } }) => [
      o.pad(
        g!,
        starts,
        x.shape.map((extent, axis) =>
          extent - starts[axis] - (sizes[axis] === 0 ? 0 : (sizes[axis] - 1) * strides[axis] + 1)
        ),
        { interior: strides.map((stride) => stride - 1) },
      ),
    ],
    divide: divideSlice,
    shapeAttr: "sizes",
    lower: lowerSlice,
    nativeAttrs: { starts: "ints", strides: "ints" },
    reference: ([x], { starts, strides }, [output]) => {
      const steps = stridesOf(x.shape);
      const start = starts.reduce((at, from, axis) => at + from * steps[axis], 0);
      return [elementsAt(offsets(output.shape, steps.map((step, axis) => step * strides[axis]), start), x.data)];
    },
  } satisfies Definition<"slice">,
  pad: {
    foldable: true,
    moves: () => [0],
    shape: ([x], { low, high, interior }) => {
      const fits = [low, high, interior].every((list) => list.length === x.shape.length && list.every((n) => n >= 0));
      check(
        fits,
        "pad",
        `there must be a count of 0 or more for each axis of ${formatShape(x.shape)}`,
        `low ${formatShape(low)}, high ${formatShape(high)}, interior ${formatShape(interior)}`,
        "give 0 for the axes that stay as they are",
      );
      return [
        x.shape.map((extent, axis) => low[axis] + high[axis] + extent + Math.max(0, extent - 1) * interior[axis]),
      ];
    },
    dtype: ([x]) => [x.dtype],
    vjp: ({ inputs: [x], gradients: [g], attrs: { low, interior } }) => [
      o.slice(g!, low, x.shape, interior.map((gap) => gap + 1)),
    ],
    divide: dividePad,
    lower: lowerPad,
    nativeAttrs: { low: "ints", interior: "ints", value: "float" },
    reference: ([x], { low, interior, value }, [output]) => {
      const steps = stridesOf(output.shape);
      const start = low.reduce((at, from, axis) => at + from * steps[axis], 0);
      const result = new Float64Array(sizeOf(output.shape)).fill(value);
      offsets(x.shape, steps.map((step, axis) => step * (interior[axis] + 1)), start).forEach((at, i) =>
        result[at] = x.data[i]
      );
      return [result];
    },
  } satisfies Definition<"pad">,
  concat: {
    foldable: true,
    moves: (count) => Array.from({ length: count }, (_, i) => i),
    equals: () => [0],
    shape: (inputs, { axis }) => {
      const [first] = inputs;
      const fits = inputs.every(({ shape }) =>
        shape.length === first.shape.length && shape.every((extent, at) => at === axis || extent === first.shape[at])
      );
      check(
        fits && axis < first.shape.length,
        "concatenate",
        `shapes must be equal but for axis ${axis}`,
        inputs.map(({ shape }) => formatShape(shape)).join(", "),
        "reshape or cut what is too large, or choose another axis",
      );
      const extent = inputs.reduce((total, { shape }) => total + shape[axis], 0);
      return [first.shape.map((old, at) => (at === axis ? extent : old))];
    },
    dtype: ([x]) => [x.dtype],
    vjp: ({ inputs, gradients: [g], attrs: { axis } }) => {
      let from = 0;
      return inputs.map(({ shape }) => {
        const starts = shape.map((_, at) => (at === axis ? from : 0));
        from += shape[axis];
        return o.slice(g!, starts, shape);
      });
    },
    divide: divideConcat,
    lower: lowerConcat,
    nativeAttrs: { axis: "int" },
    reference: (inputs, { axis }, [output]) => {
      const outer = sizeOf(output.shape.slice(0, axis));
      const runs = inputs.map(({ shape }) => sizeOf(shape.slice(axis)));
      const result = new Float64Array(sizeOf(output.shape));
      for (let i = 0, at = 0; i < outer; i++) {
        inputs.forEach(({ data }, k) => {
          result.set(data.subarray(i * runs[k], (i + 1) * runs[k]), at);
          at += runs[k];
        });
      }
      return [result];
    },
  } satisfies Definition<"concat">,
  reverse: {
    foldable: true,
    moves: () => [0],
    shape: ([x]) => [x.shape],
    dtype: ([x]) => [x.dtype],
    vjp: ({ gradients: [g], attrs: { axes } }) => [o.reverse(g!, axes)],
    divide: (inputs, { axes }) => divideBeside(inputs, axes),
    lower: lowerReverse,
    nativeAttrs: { axes: "ints" },
    reference: ([x], { axes }) => {
      const steps = stridesOf(x.shape);
      const start = axes.reduce((at, axis) => at + (x.shape[axis] - 1) * steps[axis], 0);
      const at = offsets(x.shape, steps.map((step, axis) => (axes.includes(axis) ? -step : step)), start);
      return [elementsAt(at, x.data)];
    },
  } satisfies Definition<"reverse">,
  iota: {
    foldable: true,
    shape: (_inputs, { shape }) => [shape],
    dtype: (_inputs, { dtype }) => [dtype],
    vjp: { none: "constant" },
    lower: lowerIota,
    nativeAttrs: { axis: "int" },
    reference: (_inputs, { shape, axis }) => {
      const inner = sizeOf(shape.slice(axis + 1));
      return [Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.floor(i / inner) % shape[axis])];
    },
  } satisfies Definition<"iota">,
  constant: {
    kind: "constant",
    shape: (_inputs, { shape, data }) => {
      check(
        sizeOf(shape) === data.length,
        "make a constant",
        `shape ${formatShape(shape)} must match the data`,
        `${data.length} elements`,
        "give the shape that the data has",
      );
      return [shape];
    },
    dtype: (_inputs, { dtype }) => [dtype],
    vjp: { none: "constant" },
    nativeAttrs: {},
    reference: (_inputs, { data }) => [Float64Array.from(data)],
  } satisfies Definition<"constant">,
  randomBits: {
    shape: ([counter], { shape }) => {
      check(
        sameShape(counter.shape, [2]),
        "draw random bits",
        "the counter must be [seed, step]",
        formatShape(counter.shape),
        "give int32 [2]",
      );
      return [shape];
    },
    dtype: () => ["int32"],
    vjp: { none: "constant" },
    lower: lowerRandomBits,
    nativeAttrs: { path: "int", first: "int" },
    shapeAttr: "shape",
    firstAttr: "first",
    reference: ([counter], { shape, path, first }) => {
      const words = new Int32Array(4);
      return [Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
        const at = first + i;
        if (i === 0 || at % 4 === 0) philox([counter.data[0], path], [at >>> 2, counter.data[1], 0, 0], words);
        return words[at % 4];
      })];
    },
  } satisfies Definition<"randomBits">,
};
