// foreach: a range that is contiguous in every list is one call of the op, as if it were one value.
import type { ForeachName } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import { listsOf } from "../../defs/lists.ts";
import { sameShape, sizeOf } from "../../../shape.ts";
import { type Lower, type Lowering, maxStageThreads, maxStageWork } from "../lowering.ts";
import { elementBytes, isSameRange, type View } from "../view.ts";

/** Lowers a `foreach`; `lower` lowers the repeated op. */
export function lowerForeach(
  lowering: Lowering,
  { attrs: { count, each }, origin }: Node<ForeachName>,
  inputs: readonly View[],
  outputs: readonly View[],
  lower: Lower,
): void {
  const operands = listsOf(inputs, count);
  const results = listsOf(outputs, count);
  const isNumber = (list: readonly View[]) =>
    list[0].shape.length === 0 && list.every((view) => isSameRange(view, list[0]));
  const lists = [...operands.filter((list) => !isNumber(list)), ...results];
  const node: Node = { ...each, inputs: [], outputs: [], origin };
  for (const [from, to] of flatRuns(lists, fitsStages(results[0]) ? 4 * maxStageThreads : lowering.maxBindingBytes)) {
    // Includes the padding in between, which nothing else reads.
    const bytesOf = (list: readonly View[]) => list[to - 1].offset + list[to - 1].bytes - list[from].offset;
    // The padding of the last ones differs where some are halves.
    const extent = Math.min(...lists.map((list) => bytesOf(list) / elementBytes(list[from])));
    const range = (list: readonly View[]): View =>
      to - from === 1 || isNumber(list) ? list[from] : { ...list[from], bytes: bytesOf(list), shape: [extent] };
    lower(lowering, node, operands.map(range), results.map(range));
  }
}

/** Whether values are small enough to share a dispatch with neighbours, a few at a time. */
function fitsStages(list: readonly View[]): boolean {
  const sizes = list.map(({ shape }) => sizeOf(shape));
  return sizes.every((size) => size <= maxStageThreads) && sizes.reduce((a, b) => a + b, 0) <= maxStageWork;
}

/** The elements from the one before value `at` of a list to it, padding included. */
function strideAt(list: readonly View[], at: number): number {
  return list[at - 1].bytes / elementBytes(list[at - 1]);
}

/** Ranges `[from, to)` that are contiguous in each list, with shapes that agree across the lists. */
function flatRuns(lists: readonly (readonly View[])[], maxBytes: number): [number, number][] {
  const runs: [number, number][] = [];
  lists[0].forEach((_, at) => {
    const run = runs[runs.length - 1];
    const follows = run &&
      lists.every((views) =>
        sameShape(views[at].shape, lists[0][at].shape) && sameShape(views[at - 1].shape, lists[0][at - 1].shape) &&
        views[at].buffer === views[at - 1].buffer && views[at].offset === views[at - 1].offset + views[at - 1].bytes &&
        views[at].storage === views[at - 1].storage && strideAt(views, at) === strideAt(lists[0], at) &&
        views[at].offset + views[at].bytes - views[run[0]].offset <= maxBytes
      );
    if (follows) run[1] = at + 1;
    else runs.push([at, at + 1]);
  });
  return runs;
}
