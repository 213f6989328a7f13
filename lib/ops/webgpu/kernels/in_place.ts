// Elementwise kernels that would bind too many buffers: operands are copied to where results will be, to share
// bindings.
import { sameShape, sizeOf } from "../../../shape.ts";
import type { Lowering } from "../lowering.ts";
import { isSameRange, maxBuffers, type View } from "../view.ts";
import { copyElements } from "./moves.ts";

/**
 * The operands of an elementwise kernel. If operands and results exceed the bindings of a dispatch, some operands
 * become copies in the memory of a result.
 */
export function withinBindings(lowering: Lowering, inputs: readonly View[], outputs: readonly View[]): View[] {
  const operands = [...inputs];
  const isAt = (views: readonly View[], place: View) => views.some((view) => isSameRange(view, place));
  const count = () => {
    const views = [...operands, ...outputs];
    return views.filter((view, i) => !isAt(views.slice(0, i), view)).length;
  };
  for (const output of outputs) {
    if (count() <= maxBuffers) break;
    const holds = ({ dtype, storage }: View) =>
      dtype === output.dtype && storage !== "bytes" && (storage === output.storage || output.storage === "words");
    const source = operands.find((view) => holds(view) && sameShape(view.shape, output.shape) && !isAt(outputs, view));
    if (!source || isAt(operands, output)) continue;
    copyElements(lowering, source, output, sizeOf(output.shape));
    operands.forEach((view, i) => isSameRange(view, source) && (operands[i] = { ...output, shape: view.shape }));
  }
  return operands;
}
