// Rows by index: gather, scatterAdd, dynamicSlice, dynamicUpdateSlice.
import type { Node } from "../../../ir/graph.ts";
import { sizeOf } from "../../../shape.ts";
import type { Lowering } from "../lowering.ts";
import type { Operand } from "../operand.ts";
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
  const isSorted = count >= sortedScatter;
  const order = isSorted ? { ...lowering.scratch([count]), dtype: "int32" as const } : undefined;
  if (order) emitArgSort(lowering, { ...indices, shape: [count] }, order, 0, false);
  const buckets = Math.max(1, Math.min(rows, Math.ceil(scatterThreads / width)));
  lowering.emitThreads(
    {
      file: "scatter_add.wgsl",
      entry: order ? "scatter_sorted" : "scatter_buckets",
      operands: [
        integers("indices", indices),
        ...(order ? [integers("order", order)] : []),
        { name: "updates", view: updates, access: "load", type },
        { name: "y", view: y, access: order ? "store" : "both", type },
      ],
      params: [["rows", "u32", rows], ["width", "u32", width], ["count", "u32", count], ["buckets", "u32", buckets]],
      constants: [`alias T = ${type};`],
    },
    (order ? rows : buckets) * width,
    { loop: order ? Math.log2(count) + count / rows : count + rows / buckets },
  );
}

/** Lowers dynamicSlice. */
export function lowerDynamicSlice(
  lowering: Lowering,
  { attrs: { element, size } }: Node<"dynamicSlice">,
  [x, counters]: readonly View[],
  [y]: readonly View[],
): void {
  for (const { from, count, ...part } of partsOf(x)) {
    lowering.emitThreads({
      file: "dynamic_slice.wgsl",
      entry: "dynamic_slice",
      operands: [bits("x", { ...x, ...part }, "load"), integers("counters", counters), bits("y", y, "store")],
      params: [
        ["width", "u32", widthOf(x)],
        ["element", "u32", element],
        ["last", "u32", x.shape[0] - size],
        ["part_from", "u32", from],
        ["part_count", "u32", count],
      ],
    }, sizeOf(y.shape));
  }
}

/** Lowers dynamicUpdateSlice: in place if the plan allows it, else into a copy. */
export function lowerDynamicUpdateSlice(
  lowering: Lowering,
  { attrs: { element } }: Node<"dynamicUpdateSlice">,
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
        ["width", "u32", widthOf(x)],
        ["element", "u32", element],
        ["last", "u32", x.shape[0] - update.shape[0]],
        ["part_from", "u32", from],
        ["part_count", "u32", count],
      ],
    }, sizeOf(update.shape));
  }
}
