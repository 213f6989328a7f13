// MobileNetV3: inverted residual blocks with squeeze-and-excitation and hard swish. https://arxiv.org/abs/1905.02244
import { ReLU } from "../../layers/activations.ts";
import { GlobalAveragePooling2D } from "../../layers/global_pooling.ts";
import { Multiply } from "../../layers/merging.ts";
import { Rescaling } from "../../layers/preprocessing.ts";
import { Dropout } from "../../layers/regularization.ts";
import { Flatten } from "../../layers/reshaping.ts";
import { add, multiply } from "../../ops/ops.ts";
import { boolean, number } from "../../option_kinds.ts";
import { type KeptOptions, optionTable } from "../../options.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import { formatFloat } from "../../terminal/python_format.ts";
import { Architecture, checkLeast, preprocessingApplicationOptions, reading } from "../application.ts";
import type { MobileNetV3Options } from "../options.ts";
import { fileOfKeras, type Hashes } from "../published_weights.ts";
import { activate, batchNorm, channelsOf, conv, divisible } from "./blocks.ts";
import { type BlockStyle, invertedResidual } from "./inverted_residual.ts";
import { alphaOption, checkAlpha, checkInputTensor, pretrainedSize } from "./widths.ts";

const options = optionTable<MobileNetV3Options>()({
  ...preprocessingApplicationOptions,
  alpha: alphaOption,
  minimalistic: boolean(false),
  dropoutRate: number(0.2, { min: 0, max: 1 }),
});

/**
 * A block: its expansion and filters; whether its kernels are the larger ones; its stride; whether it excites channels;
 * whether its activation is hard swish.
 */
type Row = readonly [expansion: number, filters: number, large: 0 | 1, strides: 1 | 2, excites: 0 | 1, swish: 0 | 1];

const small: readonly Row[] = [
  [1, 16, 0, 2, 1, 0],
  [72 / 16, 24, 0, 2, 0, 0],
  [88 / 24, 24, 0, 1, 0, 0],
  [4, 40, 1, 2, 1, 1],
  [6, 40, 1, 1, 1, 1],
  [6, 40, 1, 1, 1, 1],
  [3, 48, 1, 1, 1, 1],
  [3, 48, 1, 1, 1, 1],
  [6, 96, 1, 2, 1, 1],
  [6, 96, 1, 1, 1, 1],
  [6, 96, 1, 1, 1, 1],
];

const large: readonly Row[] = [
  [1, 16, 0, 1, 0, 0],
  [4, 24, 0, 2, 0, 0],
  [3, 24, 0, 1, 0, 0],
  [3, 40, 1, 2, 1, 0],
  [3, 40, 1, 1, 1, 0],
  [3, 40, 1, 1, 1, 0],
  [6, 80, 0, 2, 0, 1],
  [2.5, 80, 0, 1, 0, 1],
  [2.3, 80, 0, 1, 0, 1],
  [2.3, 80, 0, 1, 0, 1],
  [6, 112, 0, 1, 1, 1],
  [6, 112, 0, 1, 1, 1],
  [6, 160, 1, 2, 1, 1],
  [6, 160, 1, 1, 1, 1],
  [6, 160, 1, 1, 1, 1],
];

const norm = { epsilon: 1e-3, momentum: 0.999 };

const style: BlockStyle = {
  names: {
    expand: "expand",
    expandNorm: "expand_bn",
    expandActivation: "",
    pad: "depthwise_pad",
    depthwise: "depthwise",
    norm: "depthwise_bn",
    activation: "",
    project: "project",
    projectNorm: "project_bn",
  },
  norm,
  pads: true,
  inputFirst: true,
};

const relu = (x: SymbolicTensor): SymbolicTensor => new ReLU().apply(x);
const hardSwish = (x: SymbolicTensor): SymbolicTensor => activate("hard_swish", x);

/** Each channel times a factor that the means of all channels give. */
function excited(x: SymbolicTensor, name: string): SymbolicTensor {
  const filters = channelsOf(x);
  let factor = new GlobalAveragePooling2D({ keepdims: true, name: `${name}avg_pool` }).apply(x);
  factor = conv(factor, divisible(filters * 0.25), 1, { padding: "same", name: `${name}conv` });
  factor = new ReLU({ name: `${name}relu` }).apply(factor);
  factor = conv(factor, filters, 1, { padding: "same", name: `${name}conv_1` });
  factor = multiply(new ReLU({ maxValue: 6 }).apply(add(factor, 3)), 1 / 6);
  return new Multiply({ name: `${name}mul` }).apply([x, factor]);
}

type KeptV3 = KeptOptions<typeof options>;

/** MobileNetV3 of such blocks, with so many filters behind them. */
function mobilenetV3(
  name: string,
  rows: readonly Row[],
  lastFilters: number,
  hashes: Readonly<Record<string, Hashes>>,
): Architecture<KeptV3> {
  const activationOf = ({ minimalistic }: KeptV3) => minimalistic ? relu : hardSwish;
  return new Architecture<KeptV3>({
    name,
    modelName: name,
    read: reading(options),
    shape(kept, what) {
      checkInputTensor(kept, what);
      const [height, width] = kept.inputTensor?.shape.slice(1) ?? [null, null];
      const shape = kept.inputShape ?? [height, width, 3];
      checkLeast(shape, 32, what);
      return shape;
    },
    features(x, kept) {
      const { alpha, minimalistic, includePreprocessing } = kept;
      const swish = activationOf(kept);
      if (includePreprocessing) x = new Rescaling(1 / 127.5, { offset: -1 }).apply(x);
      x = conv(x, 16, 3, { strides: 2, padding: "same", useBias: false, name: "conv" });
      x = swish(batchNorm(x, { ...norm, name: "conv_bn" }));
      rows.forEach(([expansion, filters, isLarge, strides, excites, swishes], i) => {
        const name = i === 0 ? "expanded_conv_" : `expanded_conv_${i}_`;
        const block = {
          name,
          expanded: i === 0 ? null : divisible(channelsOf(x) * expansion),
          filters: divisible(filters * alpha),
          size: isLarge && !minimalistic ? 5 : 3,
          strides,
          activate: swishes ? swish : relu,
          ...(excites && !minimalistic &&
            { excite: (x: SymbolicTensor) => excited(x, `${name}squeeze_excite_`) }),
        };
        x = invertedResidual(x, block, style);
      });
      x = conv(x, divisible(channelsOf(x) * 6), 1, { padding: "same", useBias: false, name: "conv_1" });
      return swish(batchNorm(x, { ...norm, name: "conv_1_bn" }));
    },
    top(x, kept) {
      const { alpha, classes, dropoutRate, classifierActivation } = kept;
      const filters = alpha > 1 ? divisible(lastFilters * alpha) : lastFilters;
      x = new GlobalAveragePooling2D({ keepdims: true }).apply(x);
      x = activationOf(kept)(conv(x, filters, 1, { padding: "same", name: "conv_2" }));
      if (dropoutRate > 0) x = new Dropout(dropoutRate).apply(x);
      x = new Flatten().apply(conv(x, classes, 1, { padding: "same", name: "logits" }));
      return activate(classifierActivation, x, { name: "predictions" });
    },
    namesPooling: true,
    published({ alpha, minimalistic, includeTop }, shape, what) {
      checkAlpha(alpha, minimalistic ? [1] : [0.75, 1], what);
      pretrainedSize(shape, [224], name);
      const key = `${minimalistic ? "minimalistic_" : ""}224_${formatFloat(alpha)}`;
      const model = `${name.replace("MobileNetV3", "").toLowerCase()}_${key}_float`;
      const file = `weights_mobilenet_v3_${model}${includeTop ? "" : "_no_top_v2"}.h5`;
      return fileOfKeras("mobilenet_v3", file, hashes[key][includeTop ? 0 : 1]);
    },
  });
}

export const MobileNetV3Small: Architecture<KeptV3> = mobilenetV3("MobileNetV3Small", small, 1024, {
  "224_0.75": ["cb65d4e5be93758266aa0a7f2c6708b7", "ebdb5cc8e0b497cd13a7c275d475c819"],
  "224_1.0": ["8768d4c2e7dee89b9d02b2d03d65d862", "d3e8ec802a04aa4fc771ee12a9a9b836"],
  "minimalistic_224_1.0": ["99cd97fb2fcdad2bf028eb838de69e37", "cde8136e733e811080d9fcd8a252f7e4"],
});

export const MobileNetV3Large: Architecture<KeptV3> = mobilenetV3("MobileNetV3Large", large, 1280, {
  "224_0.75": ["765b44a33ad4005b3ac83185abf1d0eb", "40af19a13ebea4e2ee0c676887f69a2e"],
  "224_1.0": ["59e551e166be033d707958cf9e29a6a7", "07fb09a5933dd0c8eaafa16978110389"],
  "minimalistic_224_1.0": ["675e7b876c45c57e9e63e6d90a36599c", "ec5221f64a2f6d1ef965a614bdae7973"],
});
