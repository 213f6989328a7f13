// Rows by index: gather, scatterAdd, dynamicSlice, dynamicUpdateSlice.
import type { Node } from "../../../ir/graph.ts";
import { sizeOf } from "../../../shape.ts";
import { reductionExtents } from "../../extents/reduction.ts";
import type { Lowering } from "../lowering.ts";
import type { Operand } from "../operand.ts";
import type { Param } from "../uniform.ts";
import { partsOf, type View } from "../view.ts";
import { copyElements } from "./moves.ts";
import { emitArgSort } from "./sort.ts";

const widthOf = ({ shape }: View) => sizeOf(shape.slice(1));
const bits = (name: string, view: View, access: Operand["access"]): Operand => ({ name, view, access, type: "u32" });
const integers = (name: string, view: View): Operand => ({ name, view, access: "load", type: "i32" });

const quietNan = 0x7fc00000;

/** Lowers gather. */
export function lowerGather(
  lowering: Lowering,
  _node: Node<"gather">,
  [table, indices]: readonly View[],
  [y]: readonly View[],
): void {
  for (const { from, count, ...part } of partsOf(table)) {
    lowering.emitThreads({
      file: "gather.wgsl",
      entry: "gather",
      operands: [bits("x", { ...table, ...part }, "load"), integers("indices", indices), bits("y", y, "store")],
      params: [
        ["rows", "u32", table.shape[0]],
        ["width", "u32", widthOf(table)],
        ["missing", "u32", table.dtype === "float32" ? quietNan : 0],
        ["part_from", "u32", from],
        ["part_count", "u32", count],
      ],
    }, sizeOf(y.shape));
  }
}

/** The number of positions of one row whose updates one thread adds up. */
const scatterChunk = 64;

/**
 * Lowers scatterAdd. With few indices every thread reads them all; buckets use more threads at the cost of more reads.
 * Many indices are sorted first, so that each row finds its own.
 */
export function lowerScatterAdd(
  lowering: Lowering,
  _node: Node<"scatterAdd">,
  [indices, updates]: readonly View[],
  [y]: readonly View[],
): void {
  const { scatterThreads, sortedScatter } = lowering.tuning;
  const [rows, width, count] = [y.shape[0], widthOf(y), sizeOf(indices.shape)];
  if (rows * width === 0) return;
  const type = y.dtype === "float32" ? "f32" : "i32";
  const elements = (name: string, view: View, access: Operand["access"]): Operand => ({ name, view, access, type });
  const buckets = Math.max(1, Math.min(rows, Math.ceil(scatterThreads / width)));
  const emit = (entry: string, operands: readonly Operand[], threads: number, loop: number) => {
    const numbers = { rows, width, count, buckets, chunk: scatterChunk };
    const params = Object.entries(numbers).map(([name, value]): Param => [name, "u32", value]);
    const call = { file: "scatter_add.wgsl", entry, operands, params, constants: [`alias T = ${type};`] } as const;
    lowering.emitThreads(call, threads, { loop });
  };
  if (count < sortedScatter) {
    const operands = [integers("indices", indices), elements("updates", updates, "load"), elements("y", y, "both")];
    emit("scatter_buckets", operands, buckets * width, count + rows / buckets);
    return;
  }
  const positions = { ...lowering.scratch([count]), dtype: "int32" } as const;
  emitArgSort(lowering, { ...indices, shape: [count] }, positions, 0, false);
  const order = integers("order", positions);
  const sorted = [integers("indices", indices), order];
  const starts = lowering.scratch([rows + 1]);
  emit("scatter_starts", [...sorted, bits("starts", starts, "store")], rows + 1, 2 * Math.log2(count));
  const chunks = Math.floor(count / scatterChunk);
  const sums = { ...lowering.scratch([chunks, width]), dtype: y.dtype };
  const summed = elements("updates", updates, "load");
  emit("scatter_chunks", [...sorted, summed, elements("sums", sums, "store")], chunks * width, 2 * scatterChunk);
  emit(
    "scatter_sorted",
    [order, summed, bits("starts", starts, "load"), elements("sums", sums, "load"), elements("y", y, "store")],
    rows * width,
    2 + (2 * count) / rows,
  );
}

/** What finds the rows of a slice along an axis of an array. */
function sliceParams(x: View, slice: View, axis: number, element: number): Param[] {
  const [, rows, width] = reductionExtents(x.shape, [axis]);
  return [
    ["rows", "u32", rows],
    ["width", "u32", width],
    ["block", "u32", slice.shape[axis] * width],
    ["element", "u32", element],
    ["last", "u32", rows - slice.shape[axis]],
  ];
}

/** Lowers dynamicSlice. */
export function lowerDynamicSlice(
  lowering: Lowering,
  { attrs: { element, axis } }: Node<"dynamicSlice">,
  [x, counters]: readonly View[],
  [y]: readonly View[],
): void {
  for (const { from, count, ...part } of partsOf(x)) {
    lowering.emitThreads({
      file: "dynamic_slice.wgsl",
      entry: "dynamic_slice",
      operands: [bits("x", { ...x, ...part }, "load"), integers("counters", counters), bits("y", y, "store")],
      params: [
        ...sliceParams(x, y, axis, element),
        ["part_from", "u32", from],
        ["part_count", "u32", count],
      ],
    }, sizeOf(y.shape));
  }
}

/** Lowers dynamicUpdateSlice: in place if the plan allows it, else into a copy. */
export function lowerDynamicUpdateSlice(
  lowering: Lowering,
  { attrs: { element, axis } }: Node<"dynamicUpdateSlice">,
  [x, update, counters]: readonly View[],
  [y]: readonly View[],
): void {
  if (x.buffer !== y.buffer || x.offset !== y.offset) copyElements(lowering, x, y, sizeOf(x.shape));
  for (const { from, count, ...part } of partsOf(y)) {
    lowering.emitThreads({
      file: "dynamic_update_slice.wgsl",
      entry: "dynamic_update_slice",
      operands: [bits("update", update, "load"), integers("counters", counters), bits("y", { ...y, ...part }, "store")],
      params: [
        ...sliceParams(x, update, axis, element),
        ["part_from", "u32", from],
        ["part_count", "u32", count],
      ],
    }, sizeOf(update.shape));
  }
}
