// argSort: sorts blocks by comparing all pairs, then merges runs pairwise, alternating between two buffers.
import type { Node } from "../../../ir/graph.ts";
import { reductionExtents } from "../../extents/reduction.ts";
import { sizeOf } from "../../../shape.ts";
import type { KernelCall, Lowering } from "../lowering.ts";
import type { Operand } from "../operand.ts";
import type { View } from "../view.ts";
import { orderKey } from "./order_key.ts";

/** Elements that are compared with all others of their block. */
const blockWidth = 32;

/** Lowers argSort. */
export function lowerArgSort(
  lowering: Lowering,
  { attrs: { axis, descending } }: Node<"argSort">,
  [x]: readonly View[],
  [y]: readonly View[],
): void {
  emitArgSort(lowering, x, y, axis, descending);
}

/** Adds the dispatches that store the sorted order of `x` along an axis in `y`; the sort is stable. */
export function emitArgSort(lowering: Lowering, x: View, y: View, axis: number, descending: boolean): void {
  const [, length, inner] = reductionExtents(x.shape, [axis]);
  const { operand, functions } = orderKey(x, "largest", descending);
  const widths: number[] = [];
  for (let width = blockWidth; width < length; width *= 2) widths.push(width);
  const size = sizeOf(x.shape);
  const scratch = widths.length > 0 && size > 0 ? { ...lowering.scratch(x.shape), dtype: y.dtype } : y;
  // The rounds alternate between y and the scratch buffer, so that the last one writes to y.
  const targetOf = (round: number) => (widths.length - round) % 2 === 0 ? y : scratch;
  const emit = (entry: "rank_blocks" | "merge_runs", width: number, operands: readonly Operand[], loop: number) => {
    const call: KernelCall = {
      file: entry === "rank_blocks" ? "sort_blocks.wgsl" : "sort_merge.wgsl",
      entry,
      operands: [operand, ...operands],
      params: [["length", "u32", length], ["inner", "u32", inner], ["width", "u32", width]],
      functions,
    };
    lowering.emitThreads(call, size, { loop });
  };
  const stored = (view: View): Operand => ({ name: "y", view, access: "store", type: "i32" });
  emit("rank_blocks", blockWidth, [stored(targetOf(0))], Math.min(blockWidth, length));
  widths.forEach((width, round) => {
    const runs: Operand = { name: "runs", view: targetOf(round), access: "load", type: "i32" };
    emit("merge_runs", width, [runs, stored(targetOf(round + 1))], Math.log2(width));
  });
}
