// Convolutions, pools and resampling in ONNX.
import type { ConvAttrs, WindowAttrs } from "../ir/attrs.ts";
import { dilatedSize } from "../ops/extents/window.ts";
import type { Call, Refused, Result, Translation } from "./onnx_call.ts";
import { isFixed } from "./inference.ts";
import { axisIn, orderedIn } from "./onnx_scope.ts";

/** The kernel `[...taps, in, out]` as ONNX's `[out, in, ...taps]`. */
function kernelAxes(rank: number): number[] {
  return [rank - 1, rank - 2, ...Array.from({ length: rank - 2 }, (_, i) => i)];
}

const channelsFirst = (name: string): Result => ({ name, layout: "channelsFirst" });

/** The attributes that convolutions and pools share. */
function windowAttributes({ strides, dilation, low, high }: WindowAttrs) {
  return { strides: [...strides], dilations: [...dilation], pads: [...low, ...high] };
}

/** Pads the spatial axes of a value that has its channels first. */
function padded(
  call: Call<"convolutionTranspose" | "maxPool">,
  name: string,
  low: readonly number[],
  high: readonly number[],
  value: number,
): string {
  const pads = call.integers([0, 0, ...low, 0, 0, ...high]);
  return call.node("Pad", [name, pads, call.scalar(value, "float32")]);
}

const convolution: Translation<"convolution"> = {
  emit: (call) => {
    const [x, kernel] = call.inputs;
    const { groups } = call.attrs as ConvAttrs;
    return channelsFirst(
      call.node("Conv", [x.in("channelsFirst"), kernel.permuted(kernelAxes(kernel.rank))], {
        group: groups,
        ...windowAttributes(call.attrs),
      }),
    );
  },
};

const convolutionTranspose: Translation<"convolutionTranspose"> = {
  sizes: ["sizes"],
  emit: (call) => {
    const [y, kernel] = call.inputs;
    const { strides, dilation, low, groups } = call.attrs;
    const sizes = call.sizes((attrs) => attrs.sizes);
    // What ONNX computes is longer by `low` and by this; where it is shorter, zeros follow.
    const over = sizes.map((size, i) => {
      const window = dilatedSize(kernel.shape[i][0], dilation[i]);
      return size.map((extent, probe) => strides[i] * (y.shape[i + 1][probe] - 1) + window - low[i] - extent);
    });
    const variable = over.find((cut) => !isFixed(cut));
    if (variable) call.scope.extent(variable, call.origin);
    const cut = over.map(([first]) => first);
    const name = call.node("ConvTranspose", [y.in("channelsFirst"), kernel.permuted(kernelAxes(kernel.rank))], {
      group: groups,
      ...windowAttributes({ strides, dilation, low, high: cut.map((count) => Math.max(count, 0)) }),
    });
    if (cut.every((count) => count >= 0)) return channelsFirst(name);
    const none = cut.map(() => 0);
    return channelsFirst(padded(call, name, none, cut.map((count) => Math.max(-count, 0)), 0));
  },
};

const maxPool: Translation<"maxPool"> = {
  emit: (call) => {
    const [x] = call.inputs;
    const { sizes, low, high } = call.attrs;
    const attributes = { kernel_shape: [...sizes], ...windowAttributes(call.attrs) };
    let name = x.in("channelsFirst");
    // ONNX Runtime would take zeros around the images for padding of the pool, which is never chosen.
    if (call.makerOf(0) === "pad") name = call.node("Max", [name, call.scalar(-Infinity, "float32")]);
    // ONNX's own padding must be less than the window's taps.
    if (sizes.some((size, i) => low[i] >= size || high[i] >= size)) {
      name = padded(call, name, low, high, -Infinity);
      attributes.pads = attributes.pads.map(() => 0);
    }
    return [channelsFirst(call.node("MaxPool", [name], attributes)), undefined];
  },
};

/** Gathers the taps of each element along the axis, side by side, and sums them by weight. */
const resample: Translation<"resample"> = {
  emit: (call) => {
    const [x, indices, weights] = call.inputs;
    const { layout, rank } = x;
    const axis = axisIn(layout, call.attrs.axis, rank);
    const [[extent], [taps]] = indices.shape;
    const flat = call.reshape(indices.in("plain"), indices.shape, [[extent * taps]]);
    const gathered = call.node("Gather", [x.in(layout), flat], { axis });
    const isCopy = taps === 1 && weights.constant?.data.every((weight) => weight === 1);
    if (isCopy) return { name: gathered, layout };
    const from = orderedIn(layout, x.shape);
    const probe = from[0].map(() => 0);
    const all = (value: number) => probe.map(() => value);
    const apart = [...from.slice(0, axis), all(extent), all(taps), ...from.slice(axis + 1)];
    const before = from.map((one, i) => i === axis ? all(extent * taps) : one);
    const behind = from.slice(axis + 1).map(() => all(1));
    const factors = call.reshape(weights.in("plain"), weights.shape, [all(extent), all(taps), ...behind]);
    const products = call.node("Mul", [call.reshape(gathered, before, apart), factors]);
    const name = call.node("ReduceSum", [products, call.integers([axis + 1])], { keepdims: 0 });
    return { name, layout };
  },
};

const gradient: Refused = { refused: "it is the gradient of another op" };

/** The translations of convolutions, pools and resampling. */
export const windowTranslations = {
  convolution,
  convolutionTranspose,
  convolutionFilter: gradient,
  maxPool,
  maxPoolGradient: gradient,
  resample,
};
