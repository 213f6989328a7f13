// Rows by index: gather, its gradient scatter-add, and slices whose start is only known at run time.
import { bytesPerElement } from "../../dtype.ts";
import { DTypeError, ShapeError } from "../../errors.ts";
import type { ValueType } from "../../ir/graph.ts";
import type { RefArray } from "../../ir/op_def.ts";
import { formatShape, sameShape, sizeOf } from "../../shape.ts";
import * as o from "../primitives.ts";
import {
  lowerDynamicSlice,
  lowerDynamicUpdateSlice,
  lowerGather,
  lowerScatterAdd,
} from "../webgpu/kernels/indexing.ts";
import type { Definition } from "./definition.ts";

function checkTable(what: string, { shape }: ValueType): void {
  if (shape.length === 0) {
    throw new ShapeError({
      what: `Cannot ${what}`,
      rule: "there must be a first axis",
      received: "[]",
      hint: "reshape it to [1]",
    });
  }
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

/** The first row of a dynamic slice, clamped so that it fits. */
const clampStart = (start: number, rows: number, size: number) => Math.min(Math.max(start, 0), rows - size);

/** The rows of `table` at `indices`. An index out of range gives NaN, or 0 for integers. */
export function gatherRows(table: RefArray, indices: RefArray): Float64Array {
  const width = rowSize(table);
  const missing = table.dtype === "float32" ? NaN : 0;
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
    shape: ([x], { size }) => {
      checkTable("slice", x);
      if (size > x.shape[0]) {
        throw new ShapeError({
          what: "Cannot slice",
          rule: `there must be ${size} rows`,
          received: formatShape(x.shape),
        });
      }
      return [[size, ...x.shape.slice(1)]];
    },
    dtype: ([x, counters]) => (checkIndices("slice", counters), [x.dtype]),
    vjp: ({ inputs: [x, counters], gradients: [g], attrs: { element } }) => [
      o.dynamicUpdateSlice(o.broadcastTo(0, x.shape), g!, counters, element),
      undefined,
    ],
    lower: lowerDynamicSlice,
    nativeAttrs: { element: "int" },
    cost: (_inputs, _attrs, [rows]) => ({ bytes: bytesOf(rows) }),
    reference: ([x, counters], { element, size }) => {
      const from = clampStart(counters.data[element], x.shape[0], size) * rowSize(x);
      return [x.data.slice(from, from + size * rowSize(x))];
    },
  } satisfies Definition<"dynamicSlice">,
  dynamicUpdateSlice: {
    takesParts: true,
    workgroupWork: ([, update]) => 4 * sizeOf(update.shape),
    shape: ([x, update]) => {
      checkTable("update a slice", x);
      if (!sameShape(x.shape.slice(1), update.shape.slice(1)) || update.shape[0] > x.shape[0]) {
        throw new ShapeError({
          what: "Cannot update a slice",
          rule: `the update must be rows of ${formatShape(x.shape)}`,
          received: formatShape(update.shape),
        });
      }
      return [x.shape];
    },
    dtype: ([x, _update, counters]) => (checkIndices("update a slice", counters), [x.dtype]),
    vjp: ({ inputs: [, update, counters], gradients: [g], attrs: { element } }) => [
      o.dynamicUpdateSlice(g!, o.broadcastTo(0, update.shape), counters, element),
      o.dynamicSlice(g!, counters, element, update.shape[0]),
      undefined,
    ],
    lower: lowerDynamicUpdateSlice,
    nativeAttrs: { element: "int" },
    reference: ([x, update, counters], { element }) => {
      const result = x.data.slice();
      result.set(update.data, clampStart(counters.data[element], x.shape[0], update.shape[0]) * rowSize(x));
      return [result];
    },
    inPlace: () => [[0, 0]],
  } satisfies Definition<"dynamicUpdateSlice">,
};
