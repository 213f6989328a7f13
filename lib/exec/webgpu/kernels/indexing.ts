// Rows by index: gather, scatterAdd, dynamicSlice, dynamicUpdateSlice.
import type { Node } from "../../../ir/graph.ts";
import { sizeOf } from "../../../shape.ts";
import type { Operand } from "../header.ts";
import type { Lowering } from "../lowering.ts";
import { partsOf, type View } from "../view.ts";
import { copyElements } from "./moves.ts";

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
        ["size", "u32", sizeOf(y.shape)],
        ["rows", "u32", table.shape[0]],
        ["width", "u32", widthOf(table)],
        ["missing", "u32", table.dtype === "float32" ? quietNan : 0],
        ["part_from", "u32", from],
        ["part_count", "u32", count],
      ],
    }, sizeOf(y.shape));
  }
}

/** Lowers scatterAdd; buckets trade reads of the indices for threads. */
export function lowerScatterAdd(
  lowering: Lowering,
  _node: Node<"scatterAdd">,
  [indices, updates]: readonly View[],
  [y]: readonly View[],
): void {
  const width = widthOf(y);
  const wanted = lowering.gpu.kind === "gpu" ? 16384 : 128;
  const buckets = Math.max(1, Math.min(y.shape[0], Math.ceil(wanted / Math.max(1, width))));
  const type = y.dtype === "float32" ? "f32" : "i32";
  lowering.emitThreads(
    {
      file: "scatter_add.wgsl",
      entry: "scatter_add",
      operands: [
        integers("indices", indices),
        { name: "updates", view: updates, access: "load", type },
        { name: "y", view: y, access: "both", type },
      ],
      params: [
        ["rows", "u32", y.shape[0]],
        ["width", "u32", width],
        ["count", "u32", sizeOf(indices.shape)],
        ["buckets", "u32", buckets],
      ],
      constants: [`alias T = ${type};`],
    },
    sizeOf(y.shape) === 0 ? 0 : buckets * width,
    { loop: sizeOf(indices.shape) + y.shape[0] / buckets },
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
        ["size", "u32", sizeOf(y.shape)],
        ["width", "u32", widthOf(x)],
        ["element", "u32", element],
        ["last", "u32", x.shape[0] - size],
        ["part_from", "u32", from],
        ["part_count", "u32", count],
      ],
    }, sizeOf(y.shape));
  }
}

/** Lowers dynamicUpdateSlice: in place where the plan allows it, else into a copy. */
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
        ["size", "u32", sizeOf(update.shape)],
        ["width", "u32", widthOf(x)],
        ["element", "u32", element],
        ["last", "u32", x.shape[0] - update.shape[0]],
        ["part_from", "u32", from],
        ["part_count", "u32", count],
      ],
    }, sizeOf(update.shape));
  }
}
