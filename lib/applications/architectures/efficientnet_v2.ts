// EfficientNetV2: its first blocks expand by the convolution that halves images. https://arxiv.org/abs/2104.00298
import { Constant } from "../../initializers/constant.ts";
import { Normalization, Rescaling } from "../../layers/preprocessing.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import {
  Architecture,
  type KeptPreprocessing,
  preprocessingApplicationOptions,
  reading,
  shapeOfImages,
} from "../application.ts";
import { type Hashes, weightsByName } from "../published_weights.ts";
import { batchNorm, channelsOf, nearMultiple } from "./blocks.ts";
import { addShortcut, type BlockStyle, invertedResidual } from "./inverted_residual.ts";
import {
  applyStacks,
  convolve,
  countOf,
  excited,
  type Place,
  type Stack,
  style as styleOfV1,
  swish,
  topOf,
} from "./mb_conv.ts";

/** The number of blocks, the filters, the expansion and the first stride of a stack. */
type Row = readonly [repeats: number, filters: number, expansion: number, strides: number];

/** The first of the stacks are fused: these many. */
const fusedStacks = 3;

const base: readonly Row[] = [[1, 16, 1, 1], [2, 32, 4, 2], [2, 48, 4, 2], [3, 96, 4, 2], [5, 112, 6, 1], [
  8,
  192,
  6,
  2,
]];

const norm = { axis: 3, momentum: 0.9 };
const style: BlockStyle = { ...styleOfV1, names: { ...styleOfV1.names, depthwise: "dwconv2" }, norm, pads: false };

/** An inverted residual whose expansion and convolution are one. */
function fused(
  input: SymbolicTensor,
  { filters, expansion, size }: Stack,
  { strides, name, drop }: Place,
): SymbolicTensor {
  let x = input;
  if (expansion !== 1) {
    x = batchNorm(convolve(x, channelsOf(x) * expansion, size, `${name}expand_conv`, strides), {
      ...norm,
      name: `${name}expand_bn`,
    });
    x = swish(x, `${name}expand_activation`);
  }
  x = expansion === 1
    ? convolve(x, filters, size, `${name}project_conv`, strides)
    : convolve(x, filters, 1, `${name}project_conv`);
  x = batchNorm(x, { ...norm, name: `${name}project_bn` });
  if (expansion === 1) x = swish(x, `${name}project_activation`);
  const isShort = strides === 1 && channelsOf(input) === filters;
  return isShort ? addShortcut(input, x, { name, drop, inputFirst: false }) : x;
}

/** How a variant is made: its stacks, their factors, its stem's filters, and the size of images. */
interface Variant {
  readonly rows: readonly Row[];
  readonly stem: number;
  readonly size: number;
  readonly width?: number;
  readonly depth?: number;
}

type EfficientNetV2 = Architecture<KeptPreprocessing>;

function efficientnetV2(
  variant: string,
  { rows, stem, size, width = 1, depth = 1 }: Variant,
  hashes: Hashes,
): EfficientNetV2 {
  const modelName = `efficientnetv2-${variant.toLowerCase()}`;
  const filtersOf = (filters: number) => nearMultiple(width * filters);
  const stacks = rows.map(([repeats, filters, expansion, strides], i) => ({
    repeats: Math.ceil(depth * repeats),
    filters: filtersOf(filters),
    expansion,
    strides,
    size: 3,
    isFused: i < fusedStacks,
  }));
  return new Architecture<KeptPreprocessing>({
    name: `EfficientNetV2${variant}`,
    modelName,
    read: reading(preprocessingApplicationOptions),
    shape: (kept, what) => shapeOfImages(kept, { usual: size, least: 32 }, what),
    features(x, { includePreprocessing }, shape) {
      if (includePreprocessing && variant.startsWith("B") && shape[2] === 3) {
        x = new Rescaling(1 / 255).apply(x);
        const variance = [0.229, 0.224, 0.225].map((deviation) => deviation ** 2);
        x = new Normalization({ mean: [0.485, 0.456, 0.406], variance, axis: 3 }).apply(x);
      } else if (includePreprocessing) x = new Rescaling(1 / 128, { offset: -1 }).apply(x);
      x = convolve(x, filtersOf(stem), 3, "stem_conv", 2);
      x = swish(batchNorm(x, { ...norm, name: "stem_bn" }), "stem_activation");
      // As in Keras, the count is that of the variant before its depth is scaled.
      x = applyStacks(x, stacks, countOf(rows.map(([repeats]) => repeats)), (x, stack, place) => {
        if (stack.isFused) return fused(x, stack, place);
        const channels = channelsOf(x);
        const block = {
          ...place,
          expanded: channels * stack.expansion,
          filters: stack.filters,
          size: stack.size,
          activate: swish,
          excite: (x: SymbolicTensor) => excited(x, channels, place.name),
        };
        return invertedResidual(x, block, style);
      });
      x = convolve(x, filtersOf(1280), 1, "top_conv");
      return swish(batchNorm(x, { ...norm, name: "top_bn" }), "top_activation");
    },
    top: (x, kept) => topOf(x, kept, 0.2, { biasInitializer: new Constant(0) }),
    namesPooling: true,
    published: weightsByName("tensorflow/keras-applications/efficientnet_v2", modelName, hashes),
  });
}

export const EfficientNetV2B0: EfficientNetV2 = efficientnetV2(
  "B0",
  { rows: base, stem: 32, size: 224 },
  ["21ecbf6da12460d5c40bb2f29ceb2188", "893217f2bb855e2983157299931e43ff"],
);

export const EfficientNetV2B1: EfficientNetV2 = efficientnetV2(
  "B1",
  { rows: base, stem: 32, size: 240, depth: 1.1 },
  ["069f0534ff22adf035c89e2d9547a9dc", "0e80663031ca32d657f9caa404b6ec37"],
);

export const EfficientNetV2B2: EfficientNetV2 = efficientnetV2(
  "B2",
  { rows: base, stem: 32, size: 260, width: 1.1, depth: 1.2 },
  ["424e49f28180edbde1e94797771950a7", "1dfe2e7a5d45b6632553a8961ea609eb"],
);

export const EfficientNetV2B3: EfficientNetV2 = efficientnetV2(
  "B3",
  { rows: base, stem: 32, size: 300, width: 1.2, depth: 1.4 },
  ["1f1fc43bd98a6e4fd8fdfd551e02c7a0", "f6abf7b5849ac99a89b50dd3fd532856"],
);

export const EfficientNetV2S: EfficientNetV2 = efficientnetV2(
  "S",
  {
    rows: [[2, 24, 1, 1], [4, 48, 4, 2], [4, 64, 4, 2], [6, 128, 4, 2], [9, 160, 6, 1], [15, 256, 6, 2]],
    stem: 24,
    size: 384,
  },
  ["e1d88a8495beba45748fedd0cecbe016", "af0682fb74e8c54910f2d4393339c070"],
);

export const EfficientNetV2M: EfficientNetV2 = efficientnetV2(
  "M",
  {
    rows: [
      [3, 24, 1, 1],
      [5, 48, 4, 2],
      [5, 80, 4, 2],
      [7, 160, 4, 2],
      [14, 176, 6, 1],
      [18, 304, 6, 2],
      [5, 512, 6, 1],
    ],
    stem: 24,
    size: 480,
  },
  ["a3bf6aa3276309f4fc6a34aa114c95cd", "1b8dc055df72dde80d614482840fe342"],
);

export const EfficientNetV2L: EfficientNetV2 = efficientnetV2(
  "L",
  {
    rows: [
      [4, 32, 1, 1],
      [7, 64, 4, 2],
      [7, 96, 4, 2],
      [10, 192, 4, 2],
      [19, 224, 6, 1],
      [25, 384, 6, 2],
      [7, 640, 6, 1],
    ],
    stem: 32,
    size: 480,
  },
  ["27e6d408b53c7ebc868fefa357689935", "b0b66b5c863aef5b46e8608fe1711615"],
);
