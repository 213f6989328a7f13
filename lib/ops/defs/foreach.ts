// foreach: an op applied to several lists of operands at once, made by the pass that merges updates.
import type { ForeachName } from "../../ir/attrs.ts";
import type { Node } from "../../ir/graph.ts";
import { opDef } from "../../ir/op_def.ts";
import { Origin } from "../../ir/origin.ts";
import { lowerForeach } from "../webgpu/kernels/foreach.ts";
import type { Lower } from "../webgpu/lowering.ts";
import type { Definition } from "./definition.ts";
import { elementsOf } from "./lists.ts";

/** Merges nodes that apply one op with the same attributes into one. */
export function foreachNode(nodes: readonly Node[]): Node<ForeachName> {
  const [{ inputs, outputs, origin: _, ...each }] = nodes;
  return {
    op: "foreach",
    inputs: inputs.flatMap((_, at) => nodes.map((node) => node.inputs[at])),
    outputs: outputs.flatMap((_, at) => nodes.map((node) => node.outputs[at])),
    attrs: { count: nodes.length, each },
    origin: Origin.merged(nodes.map(({ origin }) => origin)),
  };
}

/** The results of all applications, as lists. */
function applied<T, R>(inputs: readonly T[], count: number, apply: (inputs: T[], index: number) => R[]): R[] {
  const each = Array.from({ length: count }, (_, i) => apply(elementsOf(inputs, count, i), i));
  return each[0].flatMap((_, at) => each.map((results) => results[at]));
}

/** The definition of `foreach`; `lower` lowers the repeated op on WebGPU. */
export function foreachDef(lower: Lower): Definition<"foreach"> {
  return {
    shape: (inputs, { count, each }) => applied(inputs, count, (own) => opDef(each.op).shape(own, each.attrs)),
    dtype: (inputs, { count, each }) => applied(inputs, count, (own) => opDef(each.op).dtype(own, each.attrs)),
    vjp: { none: "updates are merged after differentiation" },
    lower: (lowering, node, inputs, outputs) => lowerForeach(lowering, node, inputs, outputs, lower),
    nativeAttrs: {},
    nativeCall: ({ each }) => each,
    reference: (inputs, { count, each }, outputs) =>
      applied(inputs, count, (own, i) => opDef(each.op).reference(own, each.attrs, elementsOf(outputs, count, i))),
    inPlace: (inputs, outputs, { count, each }) =>
      Array.from({ length: count }, (_, i) => {
        const own = [inputs, outputs].map((types) => elementsOf(types, count, i));
        const pairs = opDef(each.op).inPlace?.(own[0], own[1], each.attrs) ?? [];
        return pairs.map(([output, input]): [number, number] => [output * count + i, input * count + i]);
      }).flat(),
  };
}
