// attention and its gradient: tiles of scores in workgroup memory.
import type { AttentionAttrs } from "../../../ir/attrs.ts";
import type { Node } from "../../../ir/graph.ts";
import { attentionExtents, maskStrides } from "../../extents/attention.ts";
import type { KernelCall, Lowering } from "../lowering.ts";
import type { Operand } from "../operand.ts";
import type { Param } from "../uniform.ts";
import type { View } from "../view.ts";

/** The queries of a tile, and its keys; the elements of a result that a workgroup computes for each. */
const tile = 16;
const columns = 64;

const load = (name: string, view: View): Operand => ({ name, view, access: "load", type: "f32" });
const store = (view: View): Operand => ({ name: "y", view, access: "store", type: "f32" });

/** What all kernels of an attention have. */
function shared(
  operands: readonly View[],
  mask: View | undefined,
  { scale, causal, window, zeroEmpty }: AttentionAttrs,
): { params: Param[]; functions: string; masks: Operand[] } {
  const { queries, keys, heads, groups, size, valueSize } = attentionExtents(operands);
  const [ofBatch, ofHead, ofQuery, ofKey] = maskStrides(mask);
  const at = "b * params.mask_b + h * params.mask_h + i * params.mask_i + j * params.mask_j";
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
      ["mask_b", "u32", ofBatch],
      ["mask_h", "u32", ofHead],
      ["mask_i", "u32", ofQuery],
      ["mask_j", "u32", ofKey],
    ],
    functions: `fn in_mask(b: u32, h: u32, i: u32, j: u32) -> bool {\n  return ${
      mask ? `load_mask(${at})` : "true"
    };\n}`,
    masks: mask ? [{ name: "mask", view: mask, access: "load", type: "bool" }] : [],
  };
}

/** Lowers attention. */
export function lowerAttention(
  lowering: Lowering,
  { attrs }: Node<"attention">,
  [query, key, value, mask]: readonly View[],
  [y, stats]: readonly View[],
): void {
  const { batch, queries, heads, valueSize } = attentionExtents([query, key, value]);
  const { masks, ...rest } = shared([query, key, value], mask, attrs);
  const call: KernelCall = {
    file: "attention.wgsl",
    entry: "attention",
    operands: [
      ...[load("query", query), load("key", key), load("value", value)],
      ...masks,
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
  [query, key, value, stats, gradient, products, mask]: readonly View[],
  outputs: readonly View[],
): void {
  const { batch, queries, keys, heads, groups, size, valueSize } = attentionExtents([query, key, value]);
  const { masks, ...rest } = shared([query, key, value], mask, attrs);
  const scored = [load("query", query), load("key", key), load("stats", stats), load("gradient", gradient), ...masks];
  const all = [...scored, load("value", value), load("products", products)];
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
