// Xception: convolutions of each channel by itself, then across channels. https://arxiv.org/abs/1610.02357
import { add } from "../../layers/merging.ts";
import { MaxPooling2D } from "../../layers/pooling.ts";
import { SeparableConv2D } from "../../layers/separable.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import { applicationOptions, Architecture, reading, shapeOfImages } from "../application.ts";
import { weightsOfKeras } from "../published_weights.ts";
import { batchNorm, classify, conv, relu } from "./blocks.ts";

/** A separable convolution and its normalization. */
function separable(x: SymbolicTensor, filters: number, name: string): SymbolicTensor {
  x = new SeparableConv2D(filters, 3, { padding: "same", useBias: false, name }).apply(x);
  return batchNorm(x, { name: `${name}_bn` });
}

/** Separable convolutions behind a ReLU each, but for the first one of block 2. */
function separables(x: SymbolicTensor, block: number, filters: readonly number[]): SymbolicTensor {
  filters.forEach((count, i) => {
    const name = `block${block}_sepconv${i + 1}`;
    x = separable(block === 2 && i === 0 ? x : relu(x, `${name}_act`), count, name);
  });
  return x;
}

/** Separable convolutions and a maximum, added to a convolution of their input: images are halved. */
function halved(x: SymbolicTensor, block: number, filters: readonly number[]): SymbolicTensor {
  const shortcut = batchNorm(conv(x, filters.at(-1)!, 1, { strides: 2, padding: "same", useBias: false }));
  x = separables(x, block, filters);
  x = new MaxPooling2D(3, { strides: 2, padding: "same", name: `block${block}_pool` }).apply(x);
  return add([x, shortcut]);
}

const modelName = "xception";

export const Xception: Architecture = new Architecture({
  name: "Xception",
  modelName,
  read: reading(applicationOptions),
  shape: (kept, what) => shapeOfImages(kept, { usual: 299, least: 71 }, what),
  features(x) {
    for (const [filters, strides, name] of [[32, 2, "block1_conv1"], [64, 1, "block1_conv2"]] as const) {
      x = batchNorm(conv(x, filters, 3, { strides, useBias: false, name }), { name: `${name}_bn` });
      x = relu(x, `${name}_act`);
    }
    [128, 256, 728].forEach((filters, i) => x = halved(x, i + 2, [filters, filters]));
    for (let block = 5; block <= 12; block++) x = add([separables(x, block, [728, 728, 728]), x]);
    x = halved(x, 13, [728, 1024]);
    for (const [filters, name] of [[1536, "block14_sepconv1"], [2048, "block14_sepconv2"]] as const) {
      x = relu(separable(x, filters, name), `${name}_act`);
    }
    return x;
  },
  top: (x, kept) => classify(x, kept, "avg_pool"),
  published: weightsOfKeras(modelName, modelName, [
    "0a58e3b7378bc2990ea3b43d5981f1f6",
    "b0042744bf5b25fce3cb969f33bebb97",
  ]),
});
