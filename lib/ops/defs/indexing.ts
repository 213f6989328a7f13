// Rows by index: gather, its gradient scatter-add, and slices whose start is only known at run time.
import { bytesPerElement, isFloat } from "../../dtype.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { RefArray } from "../../ir/op_def.ts";
import { formatShape, sameShape, type Shape, sizeOf } from "../../shape.ts";
import { reductionExtents } from "../extents/reduction.ts";
import * as o from "../primitives.ts";
import {
  lowerDynamicSlice,
  lowerDynamicUpdateSlice,
  lowerGather,
  lowerScatterAdd,
} from "../webgpu/kernels/indexing.ts";
import type { Definition } from "./definition.ts";
import { divideDynamic, divideGather, divideScatter } from "./division.ts";

function checkTable(what: string, { shape }: ValueType, axis = 0): void {
  if (axis < shape.length) return;
  throw new ShapeError({
    what: `Cannot ${what}`,
    rule: axis === 0 ? "there must be a first axis" : `there must be an axis ${axis}`,
    received: formatShape(shape),
    hint: "reshape it, as to [1]",
  });
}

function checkIndices(what: string, { dtype }: ValueType): void {
  if (dtype !== "int32") {
    throw new DTypeError({
      what: `Cannot ${what}`,
      rule: "indices must be int32",
      received: dtype,
      hint: 'cast them with ops.cast(x, "int32")',
    });
  }
}

const bytesOf = ({ shape, dtype }: ValueType) => sizeOf(shape) * bytesPerElement(dtype);
const rowSize = ({ shape }: ValueType) => sizeOf(shape.slice(1));

/** Calls `visit` with where the rows of a slice along `axis` start in an array, and where in the slice, and how many elements. */
function eachBlock(
  x: ValueType,
  slice: ValueType,
  axis: number,
  counter: number,
  visit: (inArray: number, inSlice: number, count: number) => void,
): void {
  const [outer, rows, width] = reductionExtents(x.shape, [axis]);
  const size = slice.shape[axis];
  // A slice that would reach beyond the rows starts so that it fits.
  const start = Math.min(Math.max(counter, 0), rows - size);
  for (let i = 0; i < outer; i++) visit((i * rows + start) * width, i * size * width, size * width);
}

/** A shape with another extent along an axis. */
const withExtent = (shape: Shape, axis: number, extent: number): Shape =>
  shape.map((old, i) => (i === axis ? extent : old));

/** The rows of `table` at `indices`. An index out of range gives NaN, or 0 for integers. */
export function gatherRows(table: RefArray, indices: RefArray): Float64Array {
  const width = rowSize(table);
  const missing = isFloat(table.dtype) ? NaN : 0;
  const result = new Float64Array(indices.data.length * width).fill(missing);
  indices.data.forEach((row, i) => {
    if (row >= 0 && row < table.shape[0]) result.set(table.data.subarray(row * width, (row + 1) * width), i * width);
  });
  return result;
}

/** The definitions of the indexing ops. */
export const indexingDefs = {
  gather: {
    takesParts: true,
    moves: () => [0],
    shape: ([table, indices]) => (checkTable("gather", table), [[...indices.shape, ...table.shape.slice(1)]]),
    dtype: ([table, indices]) => (checkIndices("gather", indices), [table.dtype]),
    vjp: ({ inputs: [table, indices], gradients: [g] }) => [o.scatterAdd(indices, g!, table.shape[0]), undefined],
    divide: divideGather,
    lower: lowerGather,
    nativeAttrs: {},
    cost: (_inputs, _attrs, [rows]) => ({ bytes: bytesOf(rows) }),
    reference: ([table, indices]) => [gatherRows(table, indices)],
    gatheredRows: ({ inputs: [table, indices] }) => ({ table, indices, program: null }),
  } satisfies Definition<"gather">,
  scatterAdd: {
    workgroupWork: () => Infinity,
    shape: ([indices, updates], { rows }) => {
      const lead = updates.shape.slice(0, indices.shape.length);
      if (!sameShape(lead, indices.shape)) {
        throw new ShapeError({
          what: "Cannot scatter",
          rule: `updates must begin with the indices' shape ${formatShape(indices.shape)}`,
          received: formatShape(updates.shape),
          hint: "give one row of updates for each index",
        });
      }
      return [[rows, ...updates.shape.slice(indices.shape.length)]];
    },
    dtype: ([indices, updates]) => (checkIndices("scatter", indices), [updates.dtype]),
    vjp: ({ inputs: [indices, updates], gradients: [g], attrs: { rows } }) => {
      // Updates out of range were dropped: their gradient is 0, where gather would give NaN.
      const inside = o.logicalAnd(o.greaterEqual(indices, 0), o.less(indices, rows));
      const wide = o.reshape(inside, [...indices.shape, ...updates.shape.slice(indices.shape.length).map(() => 1)]);
      return [undefined, o.select(wide, o.gather(g!, indices), 0)];
    },
    divide: divideScatter,
    lower: lowerScatterAdd,
    nativeAttrs: {},
    reference: ([indices, updates], { rows }, [output]) => {
      const width = rowSize(output);
      const result = new Float64Array(rows * width);
      indices.data.forEach((row, i) => {
        if (row < 0 || row >= rows) return;
        for (let j = 0; j < width; j++) result[row * width + j] += updates.data[i * width + j];
      });
      return [result];
    },
  } satisfies Definition<"scatterAdd">,
  dynamicSlice: {
    takesParts: true,
    shape: ([x], { size, axis }) => {
      checkTable("slice", x, axis);
      if (size > x.shape[axis]) {
        throw new ShapeError({
          what: "Cannot slice",
          rule: `there must be ${size} rows`,
          received: formatShape(x.shape),
        });
      }
      return [withExtent(x.shape, axis, size)];
    },
    dtype: ([x, counters]) => (checkIndices("slice", counters), [x.dtype]),
    moves: () => [0],
    vjp: ({ inputs: [x, counters], gradients: [g], attrs: { element, axis } }) => [
      o.dynamicUpdateSlice(o.broadcastTo(0, x.shape), g!, counters, element, axis),
      undefined,
    ],
    divide: divideDynamic,
    lower: lowerDynamicSlice,
    nativeAttrs: { element: "int", axis: "int" },
    cost: (_inputs, _attrs, [rows]) => ({ bytes: bytesOf(rows) }),
    reference: ([x, counters], { element, axis }, [y]) => {
      const result = new Float64Array(sizeOf(y.shape));
      eachBlock(x, y, axis, counters.data[element], (inArray, inSlice, count) => {
        result.set(x.data.subarray(inArray, inArray + count), inSlice);
      });
      return [result];
    },
  } satisfies Definition<"dynamicSlice">,
  dynamicUpdateSlice: {
    takesParts: true,
    workgroupWork: ([, update]) => 4 * sizeOf(update.shape),
    shape: ([x, update], { axis }) => {
      checkTable("update a slice", x, axis);
      const rows = update.shape[axis];
      if (!sameShape(withExtent(x.shape, axis, rows), update.shape) || rows > x.shape[axis]) {
        throw new ShapeError({
          what: "Cannot update a slice",
          rule: `the update must be rows of ${formatShape(x.shape)}`,
          received: formatShape(update.shape),
        });
      }
      return [x.shape];
    },
    dtype: ([x, _update, counters]) => (checkIndices("update a slice", counters), [x.dtype]),
    moves: () => [0, 1],
    vjp: ({ inputs: [, update, counters], gradients: [g], attrs: { element, axis } }) => [
      o.dynamicUpdateSlice(g!, o.broadcastTo(0, update.shape), counters, element, axis),
      o.dynamicSlice(g!, counters, element, update.shape[axis], axis),
      undefined,
    ],
    divide: divideDynamic,
    lower: lowerDynamicUpdateSlice,
    nativeAttrs: { element: "int", axis: "int" },
    reference: ([x, update, counters], { element, axis }) => {
      const result = x.data.slice();
      eachBlock(x, update, axis, counters.data[element], (inArray, inSlice, count) => {
        result.set(update.data.subarray(inSlice, inSlice + count), inArray);
      });
      return [result];
    },
    inPlace: () => [[0, 0]],
  } satisfies Definition<"dynamicUpdateSlice">,
};
