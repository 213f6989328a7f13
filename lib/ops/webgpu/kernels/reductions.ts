// sum, max, min and argMax along the middle axis of [outer, reduced, inner].
import type { Node } from "../../../ir/graph.ts";
import { reductionExtents } from "../../extents/reduction.ts";
import type { KernelCall, Lowering } from "../lowering.ts";
import type { View } from "../view.ts";
import { orderKey } from "./order_key.ts";

type ReductionName = "sum" | "max" | "min";

/** The neutral value (as bits where no literal can write it), and how to combine two values. */
const rules: { readonly [K in ReductionName]: { readonly [T in "f32" | "i32"]: readonly [string, string] } } = {
  sum: { f32: ["0.0", "a + b"], i32: ["0", "a + b"] },
  max: { f32: ["-infinity()", "maximum_f32(a, b)"], i32: ["i32(-2147483647 - 1)", "max(a, b)"] },
  min: { f32: ["infinity()", "minimum_f32(a, b)"], i32: ["2147483647", "min(a, b)"] },
};

/** Lowers sum, max and min. */
export function lowerReduction(
  lowering: Lowering,
  node: Node<ReductionName>,
  [x]: readonly View[],
  [y]: readonly View[],
): void {
  const [outer, reduced, inner] = reductionExtents(x.shape, node.attrs.axes);
  const outputs = outer * inner;
  // Long sums of few outputs would leave threads idle: split into two rounds.
  if (outputs < 1024 && reduced > 65536) {
    const splits = Math.min(1024, Math.ceil(reduced / 256));
    const partial = { ...lowering.scratch([outer, splits, inner]), dtype: y.dtype };
    reduceBy("reduce_threads", lowering, node.op, x, partial, [outer, reduced, inner], splits);
    reduceBy("reduce_workgroup", lowering, node.op, partial, y, [outer, splits, inner], 1);
    return;
  }
  // A few sums of medium length take two stages, which the stage merging puts into one dispatch.
  if (outputs <= 64 && reduced >= 64 && outputs * reduced <= 4096) {
    const splits = 16;
    const partial = { ...lowering.scratch([outer, splits, inner]), dtype: y.dtype };
    reduceBy("reduce_threads", lowering, node.op, x, partial, [outer, reduced, inner], splits);
    reduceBy("reduce_threads", lowering, node.op, partial, y, [outer, splits, inner], 1);
    return;
  }
  const few = outputs < 2048 && reduced > lowering.tuning.threadReduction;
  reduceBy(few ? "reduce_workgroup" : "reduce_threads", lowering, node.op, x, y, [outer, reduced, inner], 1);
}

function reduceBy(
  entry: "reduce_threads" | "reduce_workgroup",
  lowering: Lowering,
  op: ReductionName,
  x: View,
  y: View,
  [outer, reduced, inner]: readonly [number, number, number],
  splits: number,
): void {
  const type = x.dtype === "float32" ? "f32" : "i32";
  const [initial, combined] = rules[op][type];
  const size = outer * splits * inner;
  const call: KernelCall = {
    file: "reductions.wgsl",
    entry,
    operands: [
      { name: "x", view: x, access: "load", type },
      { name: "y", view: y, access: "store", type },
    ],
    params: [
      ["reduced", "u32", reduced],
      ["inner", "u32", inner],
      ["splits", "u32", splits],
    ],
    constants: [`alias T = ${type};`],
    functions: `fn initial() -> T {\n  return ${initial};\n}\nfn combine(a: T, b: T) -> T {\n  return ${combined};\n}`,
  };
  if (entry === "reduce_threads") lowering.emitThreads(call, size, { loop: reduced / splits });
  else lowering.emitWorkgroups(call, size, 64);
}

/** Lowers argMax. */
export function lowerArgMax(
  lowering: Lowering,
  { attrs: { axis } }: Node<"argMax">,
  [x]: readonly View[],
  [y]: readonly View[],
): void {
  const [outer, reduced, inner] = reductionExtents(x.shape, [axis]);
  const outputs = outer * inner;
  // Adjacent threads read adjacent elements of a row only if a workgroup shares it.
  const isShared = reduced > lowering.tuning.threadReduction && (outputs < 2048 || inner === 1);
  const { operand, functions } = orderKey(x, "least");
  const call: KernelCall = {
    file: "arg_max.wgsl",
    entry: isShared ? "arg_max_workgroup" : "arg_max_threads",
    operands: [operand, { name: "y", view: y, access: "store", type: "i32" }],
    params: [["reduced", "u32", reduced], ["inner", "u32", inner]],
    functions,
  };
  if (isShared) lowering.emitWorkgroups(call, outputs, 64);
  else lowering.emitThreads(call, outputs, { loop: reduced });
}
