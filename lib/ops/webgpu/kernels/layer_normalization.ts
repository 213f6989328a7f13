// layerNormalization and its gradient: rows by one thread or one workgroup each, columns by workgroups of 16.
import type { Node } from "../../../ir/graph.ts";
import { sizeOf } from "../../../shape.ts";
import type { KernelCall, Lowering } from "../lowering.ts";
import type { Operand } from "../operand.ts";
import type { View } from "../view.ts";

/** The columns of a workgroup that sums the gradients by the weights, and its threads for each. */
const columns = 16;
const threadsEach = 16;

const load = (name: string, view: View): Operand => ({ name, view, access: "load", type: "f32" });
const store = (name: string, view: View): Operand => ({ name, view, access: "store", type: "f32" });

/** Adds a dispatch that has a thread or a workgroup for each row. */
function emitRows(lowering: Lowering, call: Omit<KernelCall, "entry">, rows: number, size: number): void {
  if (size > lowering.tuning.threadRow) lowering.emitWorkgroups({ ...call, entry: "row_workgroup" }, rows, 64);
  else lowering.emitThreads({ ...call, entry: "row_threads" }, rows, { loop: 4 * size });
}

/** Lowers layerNormalization. */
export function lowerLayerNormalization(
  lowering: Lowering,
  { attrs: { epsilon } }: Node<"layerNormalization">,
  [x, gamma, beta]: readonly View[],
  [y, stats]: readonly View[],
): void {
  const size = gamma.shape[0];
  const rows = sizeOf(x.shape.slice(0, -1));
  if (rows === 0 || size === 0) return;
  emitRows(
    lowering,
    {
      file: "layer_normalization.wgsl",
      operands: [load("x", x), load("gamma", gamma), load("beta", beta), store("y", y), store("stats", stats)],
      params: [["size", "u32", size], ["epsilon", "f32", epsilon]],
    },
    rows,
    size,
  );
}

/** Lowers layerNormalizationGradient. */
export function lowerLayerNormalizationGradient(
  lowering: Lowering,
  _node: Node<"layerNormalizationGradient">,
  [x, gamma, stats, gradient]: readonly View[],
  [ofX, ofGamma, ofBeta]: readonly View[],
): void {
  const size = gamma.shape[0];
  const rows = sizeOf(x.shape.slice(0, -1));
  if (size === 0) return;
  const read = [load("x", x), load("stats", stats), load("gradient", gradient)];
  if (rows > 0) {
    emitRows(
      lowering,
      {
        file: "layer_normalization_gradient.wgsl",
        operands: [...read, load("gamma", gamma), store("y", ofX)],
        params: [["size", "u32", size]],
      },
      rows,
      size,
    );
  }
  lowering.emitWorkgroups(
    {
      file: "layer_normalization_weights.wgsl",
      entry: "columns",
      operands: [...read, store("of_gamma", ofGamma), store("of_beta", ofBeta)],
      params: [["size", "u32", size], ["rows", "u32", rows]],
    },
    Math.ceil(size / columns),
    columns * threadsEach,
  );
}
