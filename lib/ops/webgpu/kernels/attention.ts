// attention and its gradient: tiles of scores in workgroup memory.
import type { AttentionAttrs } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import { attentionExtents, type AttentionExtras, attentionExtras, scoreStrides } from "../../extents/attention.ts";
import type { KernelCall, Lowering } from "../lowering.ts";
import type { Operand } from "../operand.ts";
import type { Param } from "../uniform.ts";
import type { View } from "../view.ts";

/** The queries of a tile, and its keys; the elements of a result that a workgroup computes for each. */
const tile = 16;
const columns = 64;

const load = (name: string, view: View): Operand => ({ name, view, access: "load", type: "f32" });
const store = (view: View): Operand => ({ name: "y", view, access: "store", type: "f32" });

/** A function of head, query and key in the shader's header. */
const perScore = (name: string, type: "bool" | "f32", result: string) =>
  `fn ${name}(b: u32, h: u32, i: u32, j: u32) -> ${type} {\n  return ${result};\n}`;

/** The strides of a mask or bias as parameters, and the place of a score in it. */
function placed(name: "mask" | "bias", view: View | undefined): { params: Param[]; at: string } {
  const axes = ["b", "h", "i", "j"];
  return {
    params: scoreStrides(view).map((stride, axis): Param => [`${name}_${axes[axis]}`, "u32", stride]),
    at: axes.map((axis) => `${axis} * params.${name}_${axis}`).join(" + "),
  };
}

/** What all kernels of an attention have. */
function shared(
  operands: readonly View[],
  { mask, bias, counter }: AttentionExtras<View>,
  { scale, causal, window, zeroEmpty, dropout, path, first }: AttentionAttrs,
): { params: Param[]; functions: string; extras: Operand[] } {
  const { queries, keys, heads, groups, size, valueSize } = attentionExtents(operands);
  const [ofMask, ofBias] = [placed("mask", mask), placed("bias", bias)];
  const drawn = "drawn_factor(vec2(load_counter(0u), load_counter(1u)), b, h, i, j)";
  return {
    params: [
      ["queries", "u32", queries],
      ["keys", "u32", keys],
      ["heads", "u32", heads],
      ["groups", "u32", groups],
      ["size", "u32", size],
      ["value_size", "u32", valueSize],
      ["scale", "f32", scale],
      ["causal", "u32", Number(causal)],
      ["window", "u32", window],
      ["zero_empty", "u32", Number(zeroEmpty)],
      ["threshold", "u32", Math.ceil(dropout * 2 ** 24)],
      ["path", "u32", path],
      ["first", "u32", first],
      ["kept", "f32", dropout < 1 ? 1 / (1 - dropout) : 0],
      ...ofMask.params,
      ...ofBias.params,
    ],
    functions: [
      perScore("in_mask", "bool", mask ? `load_mask(${ofMask.at})` : "true"),
      perScore("bias_of", "f32", bias ? `load_bias(${ofBias.at})` : "0.0"),
      perScore("factor_of", "f32", counter ? drawn : "1.0"),
    ].join("\n"),
    extras: [
      ...(mask ? [{ name: "mask", view: mask, access: "load", type: "bool" } as const] : []),
      ...(bias ? [load("bias", bias)] : []),
      ...(counter ? [{ name: "counter", view: counter, access: "load", type: "u32" } as const] : []),
    ],
  };
}

/** Lowers attention. */
export function lowerAttention(
  lowering: Lowering,
  { attrs }: Node<"attention">,
  [query, key, value, ...others]: readonly View[],
  [y, stats]: readonly View[],
): void {
  const { batch, queries, heads, valueSize } = attentionExtents([query, key, value]);
  const { extras, ...rest } = shared([query, key, value], attentionExtras(others), attrs);
  const call: KernelCall = {
    file: "attention.wgsl",
    entry: "attention",
    operands: [
      ...[load("query", query), load("key", key), load("value", value)],
      ...extras,
      ...[store(y), { name: "stats", view: stats, access: "store", type: "f32" } as const],
    ],
    ...rest,
  };
  const tiles = Math.ceil(queries / tile) * Math.ceil(valueSize / columns);
  lowering.emitWorkgroups(call, batch * heads * tiles, 64);
}

/** Lowers attentionGradient: a dispatch for each of its outputs, which computes the scores again. */
export function lowerAttentionGradient(
  lowering: Lowering,
  { attrs }: Node<"attentionGradient">,
  [query, key, value, stats, gradient, ...others]: readonly View[],
  outputs: readonly View[],
): void {
  const { batch, queries, keys, heads, groups, size, valueSize } = attentionExtents([query, key, value]);
  const { extras, ...rest } = shared([query, key, value], attentionExtras(others), attrs);
  const scored = [load("query", query), load("key", key), load("stats", stats), load("gradient", gradient), ...extras];
  const all = [...scored, load("value", value)];
  const kernels = [
    { entry: "query_gradient", operands: all, rows: heads * Math.ceil(queries / tile), width: size },
    { entry: "key_gradient", operands: all, rows: groups * Math.ceil(keys / tile), width: size },
    { entry: "value_gradient", operands: scored, rows: groups * Math.ceil(keys / tile), width: valueSize },
  ];
  kernels.forEach(({ entry, operands, rows, width }, i) => {
    const call: KernelCall = { file: "attention.wgsl", entry, operands: [...operands, store(outputs[i])], ...rest };
    lowering.emitWorkgroups(call, batch * rows * Math.ceil(width / columns), 64);
  });
}
