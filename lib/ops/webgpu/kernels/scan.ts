// scan: unrolled into the body's dispatches, once per step, bound to that step's rows; there is no loop on the GPU.
import type { Node, ValueId } from "../../../ir/graph.ts";
import { runs } from "../../../ir/op_def.ts";
import { sizeOf } from "../../../shape.ts";
import type { LoopBody, Lowering } from "../lowering.ts";
import { rowView, valueView, type View } from "../view.ts";
import { copyElements } from "./moves.ts";

/** The memory of a body value in step `t`. */
type Target = (t: number) => View;

/**
 * Lowers a loop. If rows start at bindable offsets, the body reads scanned rows and writes stacked rows in place, and a
 * carried value is read from the row or buffer that the previous step wrote. Otherwise rows are copied.
 */
export function lowerScan(
  lowering: Lowering,
  { attrs: { length, carries, scanned, reverse }, origin }: Node<"scan">,
  inputs: readonly View[],
  outputs: readonly View[],
  body?: LoopBody,
): void {
  if (!body) throw new Error("a loop cannot be lowered without its body");
  if (length === 0) {
    outputs.slice(0, carries).forEach((view, i) => copyElements(lowering, inputs[i], view, sizeOf(view.shape)));
    return;
  }
  const { graph } = body;
  const rowAt = (t: number) => (reverse ? length - 1 - t : t);
  const memoryFor = ({ shape, dtype, storage }: View) =>
    valueView(lowering.scratch(shape).buffer, 0, { shape, dtype, half: storage === "halves" });
  const made = new Set<ValueId>();
  for (const node of graph.nodes) if (runs(node)) node.outputs.forEach((id) => made.add(id));

  const targets = new Map<ValueId, Target>();
  const copied: number[] = [];
  for (let i = carries; i < graph.outputs.length; i++) {
    const id = body.root(graph.outputs[i]);
    if (!made.has(id) || targets.has(id) || !rowView(outputs[i], 0)) copied.push(i);
    else targets.set(id, (t) => rowView(outputs[i], rowAt(t))!);
  }
  const moved: number[] = [];
  for (let i = 0; i < carries; i++) {
    const id = body.root(graph.outputs[i]);
    if (!made.has(id) || targets.has(id)) {
      moved.push(i);
      continue;
    }
    // The step's result must not overwrite what the step still reads: two buffers alternate.
    const turns = [memoryFor(outputs[i]), memoryFor(outputs[i])];
    targets.set(id, (t) => (t === length - 1 ? outputs[i] : turns[t % 2]));
  }
  const rows = inputs.slice(carries, carries + scanned).map((view) =>
    rowView(view, 0) ? undefined : memoryFor({ ...view, shape: view.shape.slice(1) })
  );

  let carried: readonly View[] = inputs.slice(0, carries);
  lowering.keepingScratch(() => {
    for (let t = 0; t < length; t++) {
      // Stages do not cross steps, so that all steps share one compound shader.
      lowering.flush();
      lowering.begin(origin);
      carried.forEach((view, i) => body.set(graph.inputs[i], view));
      for (let i = carries; i < inputs.length; i++) {
        const row = i < carries + scanned ? rows[i - carries] : undefined;
        if (row) copyElements(lowering, inputs[i], row, sizeOf(row.shape), rowAt(t) * sizeOf(row.shape));
        const whole = i < carries + scanned ? rowView(inputs[i], rowAt(t)) : inputs[i];
        body.set(graph.inputs[i], row ?? whole!);
      }
      for (const [id, target] of targets) body.set(id, target(t));
      body.lower();
      lowering.begin(origin);
      for (const i of copied) {
        const view = body.get(graph.outputs[i]);
        copyElements(lowering, view, outputs[i], sizeOf(view.shape), 0, rowAt(t) * sizeOf(view.shape));
      }
      carried = graph.outputs.slice(0, carries).map((id) => body.get(id));
    }
  });
  lowering.flush();
  lowering.begin(origin);
  for (const i of moved) copyElements(lowering, carried[i], outputs[i], sizeOf(outputs[i].shape));
}
