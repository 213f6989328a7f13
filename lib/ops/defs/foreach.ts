// foreach: an op applied to several lists of operands at once, made by the pass that merges updates.
import type { OpAttrs } from "../../ir/attrs.ts";
import { type OpDef, opDef } from "../../ir/op_def.ts";

/** What application `index` of `count` has in `lists`, which are `count` first elements, then `count` second ones ... */
export function elementsOf<T>(lists: readonly T[], count: number, index: number): T[] {
  return Array.from({ length: lists.length / count }, (_, list) => lists[list * count + index]);
}

/** The lists themselves: `count` first elements, `count` second ones ... */
export function listsOf<T>(lists: readonly T[], count: number): T[][] {
  return Array.from({ length: lists.length / count }, (_, i) => lists.slice(i * count, (i + 1) * count));
}

/** What `apply` gives for each application, as lists. */
function applied<T, R>(inputs: readonly T[], count: number, apply: (inputs: T[], index: number) => R[]): R[] {
  const each = Array.from({ length: count }, (_, i) => apply(elementsOf(inputs, count, i), i));
  return each[0].flatMap((_, at) => each.map((results) => results[at]));
}

/** The row of `foreach`. */
export const foreachRow: OpDef<"foreach"> = {
  shape: (inputs, { count, each }) => applied(inputs, count, (own) => opDef(each.op).shape(own, each.attrs as never)),
  dtype: (inputs, { count, each }) => applied(inputs, count, (own) => opDef(each.op).dtype(own, each.attrs as never)),
  vjp: { none: "updates are merged after differentiation" },
  wgsl: { file: "fused.wgsl", entry: "fused" },
  eigen: () => [],
  reference: (inputs, { count, each }, outputs) =>
    applied(
      inputs,
      count,
      (own, i) => opDef(each.op).reference(own, each.attrs as never, elementsOf(outputs, count, i)),
    ),
  inPlace: (inputs, outputs, { count, each }) =>
    Array.from({ length: count }, (_, i) => {
      const pairs = opDef(each.op).inPlace?.(
        elementsOf(inputs, count, i),
        elementsOf(outputs, count, i),
        each.attrs as never,
      ) ?? [];
      return pairs.map(([output, input]): [number, number] => [output * count + i, input * count + i]);
    }).flat(),
};
