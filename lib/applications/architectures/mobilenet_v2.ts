// MobileNetV2: inverted residual blocks with linear bottlenecks. https://arxiv.org/abs/1801.04381
import { ReLU } from "../../layers/activations.ts";
import { type KeptOptions, optionTable } from "../../options.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import { formatFixed, formatFloat } from "../../terminal/python_format.ts";
import { applicationOptions, Architecture, reading, shapeOfImages } from "../application.ts";
import type { MobileNetV2Options } from "../options.ts";
import { fileOfKeras } from "../published_weights.ts";
import { batchNorm, channelsOf, classify, conv, divisible } from "./blocks.ts";
import { type BlockStyle, invertedResidual } from "./inverted_residual.ts";
import { alphaOption, checkAlpha, checkInputTensor, pretrainedSize, usualSize } from "./widths.ts";

const options = optionTable<MobileNetV2Options>()({ ...applicationOptions, alpha: alphaOption });

/** The sizes of images, and the widths, for which Keras has weights. */
const sizes = [96, 128, 160, 192, 224];
const alphas = [0.35, 0.5, 0.75, 1, 1.3, 1.4];

/** The expansion, the filters and the stride of the first of so many blocks. */
const stacks: readonly (readonly [expansion: number, filters: number, strides: number, count: number])[] = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 2, 3],
  [6, 64, 2, 4],
  [6, 96, 1, 3],
  [6, 160, 2, 3],
  [6, 320, 1, 1],
];

const norm = { epsilon: 1e-3, momentum: 0.999 };

const style: BlockStyle = {
  names: {
    expand: "expand",
    expandNorm: "expand_BN",
    expandActivation: "expand_relu",
    pad: "pad",
    depthwise: "depthwise",
    norm: "depthwise_BN",
    activation: "depthwise_relu",
    project: "project",
    projectNorm: "project_BN",
  },
  norm,
  pads: true,
  inputFirst: true,
};

const relu6 = (x: SymbolicTensor, name: string): SymbolicTensor => new ReLU({ maxValue: 6, name }).apply(x);

export const MobileNetV2: Architecture<KeptOptions<typeof options>> = new Architecture({
  name: "MobileNetV2",
  modelName: ({ alpha, weights }, shape) =>
    `mobilenetv2_${formatFixed(alpha, 2)}_${weights === "imagenet" ? usualSize(shape, sizes) : shape[0] ?? "None"}`,
  read: reading(options),
  shape(kept, what) {
    checkInputTensor(kept, what);
    const shape = kept.inputShape ?? kept.inputTensor?.shape.slice(1);
    return shapeOfImages(kept, { usual: usualSize(shape, sizes), least: 32 }, what);
  },
  features(x, { alpha }) {
    x = conv(x, divisible(32 * alpha), 3, { strides: 2, padding: "same", useBias: false, name: "Conv1" });
    x = relu6(batchNorm(x, { ...norm, name: "bn_Conv1" }), "Conv1_relu");
    let id = 0;
    for (const [expansion, filters, strides, count] of stacks) {
      for (let i = 0; i < count; i++, id++) {
        const block = {
          name: id === 0 ? "expanded_conv_" : `block_${id}_`,
          expanded: id === 0 ? null : expansion * channelsOf(x),
          filters: divisible(Math.trunc(filters * alpha)),
          size: 3,
          strides: i === 0 ? strides : 1,
          activate: relu6,
        };
        x = invertedResidual(x, block, style);
      }
    }
    x = conv(x, alpha > 1 ? divisible(1280 * alpha) : 1280, 1, { useBias: false, name: "Conv_1" });
    return relu6(batchNorm(x, { ...norm, name: "Conv_1_bn" }), "out_relu");
  },
  top: (x, kept) => classify(x, kept),
  published({ alpha, includeTop }, shape, what) {
    checkAlpha(alpha, alphas, what);
    const size = pretrainedSize(shape, sizes, "MobileNetV2");
    const file = `mobilenet_v2_weights_tf_dim_ordering_tf_kernels_${formatFloat(alpha)}_${size}`;
    return fileOfKeras("mobilenet_v2", `${file}${includeTop ? "" : "_no_top"}.h5`);
  },
});
