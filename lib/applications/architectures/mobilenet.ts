// MobileNet: convolutions of each channel by itself, then across channels. https://arxiv.org/abs/1704.04861
import { ValueError } from "../../errors.ts";
import { ReLU } from "../../layers/activations.ts";
import { GlobalAveragePooling2D } from "../../layers/global_pooling.ts";
import { Dropout } from "../../layers/regularization.ts";
import { Reshape } from "../../layers/reshaping.ts";
import { number, positiveInteger } from "../../option_kinds.ts";
import { type KeptOptions, optionTable } from "../../options.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import { formatFixed } from "../../terminal/python_format.ts";
import { applicationOptions, Architecture, reading, shapeOfImages } from "../application.ts";
import type { MobileNetOptions } from "../options.ts";
import { fileOfKeras } from "../published_weights.ts";
import { activate, batchNorm, conv, depthwise, zeroPad } from "./blocks.ts";
import { alphaOption, checkAlpha, pretrainedSize, usualSize } from "./widths.ts";

const options = optionTable<MobileNetOptions>()({
  ...applicationOptions,
  alpha: alphaOption,
  depthMultiplier: positiveInteger(1),
  dropout: number(1e-3, { min: 0, max: 1 }),
});

/** The sizes of images for which Keras has weights. */
const sizes = [128, 160, 192, 224];

/** The widths that Keras has weights for, as their files are named. */
const alphas: ReadonlyMap<number, string> = new Map([[0.25, "2_5"], [0.5, "5_0"], [0.75, "7_5"], [1, "1_0"]]);

/** The filters of the blocks, of which those with a stride of 2 halve images. */
const blocks: readonly (readonly [filters: number, strides: number])[] = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  ...Array.from({ length: 5 }, () => [512, 1] as const),
  [1024, 2],
  [1024, 1],
];

const activated = (x: SymbolicTensor, name: string): SymbolicTensor =>
  new ReLU({ maxValue: 6, name: `${name}_relu` }).apply(batchNorm(x, { name: `${name}_bn` }));

export const MobileNet: Architecture<KeptOptions<typeof options>> = new Architecture({
  name: "MobileNet",
  modelName: ({ alpha, weights }, shape) =>
    `mobilenet_${formatFixed(alpha, 2)}_${weights === "imagenet" ? usualSize(shape, sizes) : shape[0] ?? "None"}`,
  read: reading(options),
  shape: (kept, what) => shapeOfImages(kept, { usual: usualSize(kept.inputShape, sizes), least: 32 }, what),
  features(x, { alpha, depthMultiplier }) {
    const filtersOf = (filters: number) => Math.trunc(filters * alpha);
    x = conv(x, filtersOf(32), 3, { padding: "same", useBias: false, strides: 2, name: "conv1" });
    x = activated(x, "conv1");
    blocks.forEach(([filters, strides], i) => {
      const [pad, first, second] = ["pad", "dw", "pw"].map((part) => `conv_${part}_${i + 1}`);
      if (strides === 2) x = zeroPad(x, [[0, 1], [0, 1]], pad);
      const padding = strides === 2 ? "valid" : "same";
      x = activated(depthwise(x, 3, { padding, depthMultiplier, strides, useBias: false, name: first }), first);
      x = conv(x, filtersOf(filters), 1, { padding: "same", useBias: false, name: second });
      x = activated(x, second);
    });
    return x;
  },
  top(x, { classes, classifierActivation, dropout }) {
    x = new GlobalAveragePooling2D({ keepdims: true }).apply(x);
    x = new Dropout(dropout, { name: "dropout" }).apply(x);
    x = conv(x, classes, 1, { padding: "same", name: "conv_preds" });
    x = new Reshape([classes], { name: "reshape_2" }).apply(x);
    return activate(classifierActivation, x, { name: "predictions" });
  },
  published({ alpha, depthMultiplier, includeTop }, shape, what) {
    checkAlpha(alpha, [...alphas.keys()], what);
    if (depthMultiplier !== 1) {
      throw new ValueError({
        what,
        rule: 'with weights: "imagenet", depthMultiplier must be 1',
        received: `depthMultiplier: ${depthMultiplier}`,
        hint: "leave it out, or give weights: null",
      });
    }
    const size = pretrainedSize(shape, sizes, "MobileNet");
    return fileOfKeras("mobilenet", `mobilenet_${alphas.get(alpha)}_${size}_tf${includeTop ? "" : "_no_top"}.h5`);
  },
});
