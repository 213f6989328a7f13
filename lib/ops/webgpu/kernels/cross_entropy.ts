// softmaxCrossEntropy: loss and gradient of each row in one dispatch.
import type { Node } from "../../../ir/graph.ts";
import type { KernelCall, Lowering } from "../lowering.ts";
import type { View } from "../view.ts";

/** Lowers softmaxCrossEntropy. */
export function lowerCrossEntropy(
  lowering: Lowering,
  _node: Node<"softmaxCrossEntropy">,
  [logits, labels]: readonly View[],
  [loss, gradient]: readonly View[],
): void {
  const [rows, classes] = logits.shape;
  if (rows === 0 || classes === 0) return;
  const wide = classes > lowering.tuning.threadRow;
  const call: KernelCall = {
    file: "softmax_cross_entropy.wgsl",
    entry: wide ? "row_workgroup" : "row_threads",
    operands: [
      { name: "logits", view: logits, access: "load", type: "f32" },
      { name: "labels", view: labels, access: "load", type: "i32" },
      { name: "loss", view: loss, access: "store", type: "f32" },
      { name: "gradient", view: gradient, access: "store", type: "f32" },
    ],
    params: [["classes", "u32", classes]],
  };
  if (wide) lowering.emitWorkgroups(call, rows, 64);
  else lowering.emitThreads(call, rows, { loop: 4 * classes });
}
