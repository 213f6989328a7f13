// Attention in ONNX, which has no operator for it in opset 18: products and a softmax.
import { ValueError } from "../errors.ts";
import { attentionExtras, unseenScore } from "../ops/extents/attention.ts";
import type { Extent } from "./inference.ts";
import type { Call, Refused, Translation } from "./onnx_call.ts";
import type { Held } from "./onnx_scope.ts";

/** 0, 1, 2, ... below an extent. */
function places(call: Call<"attention">, extent: Extent): string {
  const end = call.cast(call.node("Squeeze", [call.extents([extent])]), "int32");
  return call.node("Range", [call.scalar(0, "int32"), end, call.scalar(1, "int32")]);
}

/** Which keys a query sees; undefined for all. */
function seenKeys(call: Call<"attention">, mask: Held | undefined): string | undefined {
  const [query, key] = call.inputs;
  const { causal, window } = call.attrs;
  const masks = mask ? [mask.in("plain")] : [];
  if (causal || window > 0) {
    const rows = call.node("Unsqueeze", [places(call, query.shape[1]), call.integers([1])]);
    const columns = places(call, key.shape[1]);
    if (causal) masks.push(call.node("GreaterOrEqual", [rows, columns]));
    if (window > 0) {
      const away = call.node("Abs", [call.node("Sub", [rows, columns])]);
      masks.push(call.node("Less", [away, call.scalar(window, "int32")]));
    }
  }
  return masks.length === 0 ? undefined : masks.reduce((a, b) => call.node("And", [a, b]));
}

const attention: Translation<"attention"> = {
  emit: (call) => {
    const [query, key, value, ...others] = call.inputs;
    const { mask, bias, counter } = attentionExtras(others);
    if (counter) {
      throw new ValueError({
        what: "Cannot write a model as ONNX",
        rule: "an attention of it must not drop weights, since ONNX has no such random numbers",
        received: `"${call.origin}"`,
        hint: "leave out training: true",
      });
    }
    const [heads] = query.shape[2];
    const shared = heads / key.shape[2][0];
    const groups = call.integers(Array.from({ length: heads }, (_, h) => Math.floor(h / shared)));
    const ofHeads = (name: string) => shared === 1 ? name : call.node("Gather", [name, groups], { axis: 1 });
    const products = call.node("MatMul", [query.permuted([0, 2, 1, 3]), ofHeads(key.permuted([0, 2, 3, 1]))]);
    const scores = call.node("Mul", [products, call.scalar(call.attrs.scale, "float32")]);
    const biased = bias ? call.node("Add", [scores, bias.in("plain")]) : scores;
    const seen = seenKeys(call, mask);
    const masked = seen ? call.node("Where", [seen, biased, call.scalar(unseenScore, "float32")]) : biased;
    const weights = call.node("Softmax", [masked], { axis: -1 });
    const kept = seen && call.attrs.zeroEmpty
      ? call.node("Where", [seen, weights, call.scalar(0, "float32")])
      : weights;
    const outputs = call.node("MatMul", [kept, ofHeads(value.permuted([0, 2, 1, 3]))]);
    return [call.node("Transpose", [outputs], { perm: [0, 2, 1, 3] }), undefined];
  },
};

const attentionGradient: Refused = { refused: "it is a gradient" };

/** Attention; its gradient is not written. */
export const attentionTranslations = { attention, attentionGradient };
