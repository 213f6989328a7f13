// Every op in ONNX: how its nodes are written with operators of opset 18, or why they cannot be.
import type { OpName } from "../ir/attrs.ts";
import type { Refused, Result, Translation } from "./onnx_call.ts";
import { attentionTranslations } from "./onnx_attention.ts";
import { elementwiseTranslations } from "./onnx_elementwise.ts";
import { indexingTranslations } from "./onnx_indexing.ts";
import { scan } from "./onnx_loops.ts";
import { moveTranslations } from "./onnx_moves.ts";
import { recurrenceTranslations } from "./onnx_recurrence.ts";
import { axisIn } from "./onnx_scope.ts";
import { windowTranslations } from "./onnx_windows.ts";

/** A reduction; bools and small integers are int32 meanwhile. */
function reduction(op: "sum" | "max" | "min", opType: string): Translation<typeof op> {
  return {
    emit: (call): Result => {
      const [x] = call.inputs;
      const [{ dtype }] = call.outputs;
      const { rank } = x;
      const { axes } = call.attrs;
      const rest = rank - axes.length;
      // What is left must be in the graph's order, or have a batch before the channels.
      const isPlain = axes.includes(0) && !axes.includes(rank - 1) && rest > 1;
      const layout = isPlain ? "plain" : x.layout;
      const isWide = x.dtype === "float32" || x.dtype === "int32";
      const name = isWide ? x.in(layout) : call.cast(x.in(layout), "int32");
      const places = call.integers(axes.map((axis) => axisIn(layout, axis, rank)));
      const y = call.node(opType, [name, places], { keepdims: 0 });
      const result = isWide || dtype === "int32" ? y : call.narrowed(y, dtype);
      return rest > 2 && !axes.includes(rank - 1) ? { name: result, layout } : result;
    },
  };
}

const argMax: Translation<"argMax"> = {
  emit: (call) => {
    const [x] = call.inputs;
    let name = x.in("plain");
    if (x.dtype === "float32") {
      name = call.node("Where", [call.node("IsNaN", [name]), call.scalar(-Infinity, "float32"), name]);
    } else if (x.dtype === "bool") name = call.cast(name, "int32");
    return call.cast(call.node("ArgMax", [name], { axis: call.attrs.axis, keepdims: 0 }), "int32");
  },
};

const largestFloat = (2 - 2 ** -23) * 2 ** 127;

const argSort: Translation<"argSort"> = {
  emit: (call) => {
    const [x] = call.inputs;
    const { axis, descending } = call.attrs;
    let name = x.in("plain");
    if (x.dtype === "float32") {
      // NaN counts as larger than infinity.
      const finite = call.node("Min", [name, call.scalar(largestFloat, "float32")]);
      name = call.node("Where", [call.node("IsNaN", [name]), call.scalar(Infinity, "float32"), finite]);
    } else if (x.dtype !== "int32") name = call.cast(name, "int32");
    const attributes = { axis, largest: descending ? 1 : 0, sorted: 1 };
    const count = call.extents([x.shape[axis]]);
    const [, order] = call.model.node(call.scope.graph, "TopK", [name, count], attributes, call.origin, 2);
    return call.cast(order, "int32");
  },
};

const matmul: Translation<"matmul"> = {
  emit: (call) => {
    const [a, b] = call.inputs;
    const { transposeA, transposeB } = call.attrs;
    if (a.rank === 2 && (transposeA || transposeB) && !b.constant) {
      const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
      return call.node("Gemm", [a.in("plain"), b.in("plain")], attributes);
    }
    const swapped = Array.from({ length: a.rank }, (_, axis) => axis);
    swapped.push(...swapped.splice(-2).reverse());
    const operands = [a, b].map((held, i) => [transposeA, transposeB][i] ? held.permuted(swapped) : held.in("plain"));
    return call.node("MatMul", operands);
  },
};

/** Composed, since the operator's epsilon would be the only attribute that is no integer. */
const layerNormalization: Translation<"layerNormalization"> = {
  emit: (call) => {
    const [x, gamma, beta] = call.inputs.map((held) => held.in("plain"));
    const mean = (name: string) => call.node("ReduceMean", [name, call.integers([-1])]);
    const distance = call.node("Sub", [x, mean(x)]);
    const variance = mean(call.node("Mul", [distance, distance]));
    const deviation = call.node("Sqrt", [call.node("Add", [variance, call.scalar(call.attrs.epsilon, "float32")])]);
    const scaled = call.node("Mul", [call.node("Div", [distance, deviation]), gamma]);
    return [call.node("Add", [scaled, beta]), undefined];
  },
};

const update: Refused = { refused: "it is an optimizer's update" };
const distributed: Refused = { refused: "it adds up over processes" };
const merged: Refused = { refused: "a pass for executors made it" };

/** The translation of every op; a missing one is a type error. */
export const onnxOps: { readonly [K in OpName]: Translation<K> | Refused } = {
  ...elementwiseTranslations,
  ...moveTranslations,
  ...windowTranslations,
  ...indexingTranslations,
  sum: reduction("sum", "ReduceSum"),
  max: reduction("max", "ReduceMax"),
  min: reduction("min", "ReduceMin"),
  argMax,
  argSort,
  matmul,
  ...attentionTranslations,
  ...recurrenceTranslations,
  scan,
  layerNormalization,
  layerNormalizationGradient: { refused: "it is a gradient" },
  softmaxCrossEntropy: { refused: "it is a loss" },
  sgdUpdate: update,
  rmspropUpdate: update,
  adamUpdate: update,
  allReduce: distributed,
  fused: merged,
  foreach: merged,
};
