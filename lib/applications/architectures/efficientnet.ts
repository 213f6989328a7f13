// EfficientNet: depth, width and size of images are scaled together. https://arxiv.org/abs/1905.11946
import { Normalization, Rescaling } from "../../layers/preprocessing.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import { applicationOptions, Architecture, reading, shapeOfImages } from "../application.ts";
import { type Hashes, weightsByName } from "../published_weights.ts";
import { batchNorm, channelsOf, conv, divisible, halvingPadding, zeroPad } from "./blocks.ts";
import { invertedResidual } from "./inverted_residual.ts";
import {
  applyStacks,
  convolve,
  countOf,
  excited,
  kernelInitializer,
  type Stack,
  style,
  swish,
  topOf,
} from "./mb_conv.ts";

/** The stacks of B0. */
const stacks: readonly Stack[] = [
  { size: 3, repeats: 1, filters: 16, expansion: 1, strides: 1 },
  { size: 3, repeats: 2, filters: 24, expansion: 6, strides: 2 },
  { size: 5, repeats: 2, filters: 40, expansion: 6, strides: 2 },
  { size: 3, repeats: 3, filters: 80, expansion: 6, strides: 2 },
  { size: 5, repeats: 3, filters: 112, expansion: 6, strides: 1 },
  { size: 5, repeats: 4, filters: 192, expansion: 6, strides: 2 },
  { size: 3, repeats: 1, filters: 320, expansion: 6, strides: 1 },
];

const { norm } = style;

/** How B0 is scaled: the factors of its channels and its blocks, the size of images, and the top's dropout. */
interface Scale {
  readonly width: number;
  readonly depth: number;
  readonly size: number;
  readonly dropout: number;
}

function efficientnet(variant: string, { width, depth, size, dropout }: Scale, hashes: Hashes): Architecture {
  const modelName = `efficientnet${variant.toLowerCase()}`;
  const scaled = stacks.map((stack) => ({
    ...stack,
    repeats: Math.ceil(depth * stack.repeats),
    filters: divisible(width * stack.filters),
  }));
  return new Architecture({
    name: `EfficientNet${variant}`,
    modelName,
    read: reading(applicationOptions),
    shape: (kept, what) => shapeOfImages(kept, { usual: size, least: 32 }, what),
    features(x, { weights }) {
      x = new Normalization({ axis: 3 }).apply(new Rescaling(1 / 255).apply(x));
      // The published weights were trained so: https://github.com/tensorflow/tensorflow/issues/49930
      if (weights === "imagenet") {
        x = new Rescaling([0.229, 0.224, 0.225].map((deviation) => 1 / Math.sqrt(deviation))).apply(x);
      }
      x = zeroPad(x, halvingPadding(x, 3), "stem_conv_pad");
      x = conv(x, divisible(width * 32), 3, {
        strides: 2,
        useBias: false,
        kernelInitializer: kernelInitializer(),
        name: "stem_conv",
      });
      x = swish(batchNorm(x, { ...norm, name: "stem_bn" }), "stem_activation");
      x = applyStacks(
        x,
        scaled,
        countOf(scaled.map(({ repeats }) => repeats)),
        (x, { size, filters, expansion }, place) => {
          const channels = channelsOf(x);
          const block = {
            ...place,
            expanded: expansion === 1 ? null : channels * expansion,
            filters,
            size,
            activate: swish,
            excite: (x: SymbolicTensor) => excited(x, channels, place.name),
          };
          return invertedResidual(x, block, style);
        },
      );
      x = convolve(x, divisible(width * 1280), 1, "top_conv");
      return swish(batchNorm(x, { ...norm, name: "top_bn" }), "top_activation");
    },
    top: (x, kept) => topOf(x, kept, dropout),
    namesPooling: true,
    published: weightsByName("keras-applications", modelName, hashes),
  });
}

export const EfficientNetB0: Architecture = efficientnet(
  "B0",
  { width: 1, depth: 1, size: 224, dropout: 0.2 },
  ["902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d"],
);

export const EfficientNetB1: Architecture = efficientnet(
  "B1",
  { width: 1, depth: 1.1, size: 240, dropout: 0.2 },
  ["1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432"],
);

export const EfficientNetB2: Architecture = efficientnet(
  "B2",
  { width: 1.1, depth: 1.2, size: 260, dropout: 0.3 },
  ["b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39"],
);

export const EfficientNetB3: Architecture = efficientnet(
  "B3",
  { width: 1.2, depth: 1.4, size: 300, dropout: 0.3 },
  ["ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226"],
);

export const EfficientNetB4: Architecture = efficientnet(
  "B4",
  { width: 1.4, depth: 1.8, size: 380, dropout: 0.4 },
  ["18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba"],
);

export const EfficientNetB5: Architecture = efficientnet(
  "B5",
  { width: 1.6, depth: 2.2, size: 456, dropout: 0.4 },
  ["ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f"],
);

export const EfficientNetB6: Architecture = efficientnet(
  "B6",
  { width: 1.8, depth: 2.6, size: 528, dropout: 0.5 },
  ["165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743"],
);

export const EfficientNetB7: Architecture = efficientnet(
  "B7",
  { width: 2, depth: 3.1, size: 600, dropout: 0.5 },
  ["8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a"],
);
