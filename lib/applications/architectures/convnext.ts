// ConvNeXt: convolutions arranged as Transformers are. https://arxiv.org/abs/2201.03545
import { LayerScale } from "../../layers/application_layers.ts";
import { Dense } from "../../layers/core.ts";
import { GlobalAveragePooling2D } from "../../layers/global_pooling.ts";
import { Conv2D } from "../../layers/convolutional.ts";
import { LayerNormalization } from "../../layers/normalization.ts";
import { Normalization } from "../../layers/preprocessing.ts";
import { Sequential } from "../../models/sequential.ts";
import { add } from "../../ops/ops.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import {
  Architecture,
  type KeptPreprocessing,
  preprocessingApplicationOptions,
  reading,
  shapeOfImages,
} from "../application.ts";
import { type Hashes, weightsByName } from "../published_weights.ts";
import { activate, channelsOf, conv } from "./blocks.ts";

const norm = (name?: string): LayerNormalization => new LayerNormalization({ epsilon: 1e-6, name });

/** The mean and the standard deviation of the channels of ImageNet's images, from 0 to 1. */
const means = [0.485, 0.456, 0.406];
const deviations = [0.229, 0.224, 0.225];

function block(x: SymbolicTensor, name: string): SymbolicTensor {
  const channels = channelsOf(x);
  let y = conv(x, channels, 7, { padding: "same", groups: channels, name: `${name}_depthwise_conv` });
  y = norm(`${name}_layernorm`).apply(y);
  y = new Dense(4 * channels, { name: `${name}_pointwise_conv_1` }).apply(y);
  y = activate("gelu", y, { name: `${name}_gelu` });
  y = new Dense(channels, { name: `${name}_pointwise_conv_2` }).apply(y);
  y = new LayerScale(1e-6, channels, { name: `${name}_layer_scale` }).apply(y);
  return add(x, activate("linear", y, { name: `${name}_identity` }));
}

/** ConvNeXt of four stages with so many blocks and channels. */
function convnext(
  variant: string,
  depths: readonly number[],
  channels: readonly number[],
  hashes: Hashes,
): Architecture<KeptPreprocessing> {
  const modelName = `convnext_${variant.toLowerCase()}`;
  return new Architecture<KeptPreprocessing>({
    name: `ConvNeXt${variant}`,
    modelName,
    read: reading(preprocessingApplicationOptions),
    shape: (kept, what) => shapeOfImages(kept, { usual: 224, least: 32 }, what),
    features(x, { includePreprocessing, ...kept }, shape) {
      const name = kept.name ?? modelName;
      if (includePreprocessing && shape[2] === 3) {
        x = new Normalization({
          mean: means.map((mean) => mean * 255),
          variance: deviations.map((deviation) => (deviation * 255) ** 2),
          name: `${name}_prestem_normalization`,
        }).apply(x);
      }
      // All layers between stages are made first, as in Keras: the names of those without one count.
      const between = channels.map((filters, i) =>
        i === 0
          ? new Sequential(
            [new Conv2D(filters, 4, { strides: 4, name: `${name}_stem_conv` }), norm(`${name}_stem_layernorm`)],
            { name: `${name}_stem` },
          )
          : new Sequential(
            [
              norm(`${name}_downsampling_layernorm_${i - 1}`),
              new Conv2D(filters, 2, { strides: 2, name: `${name}_downsampling_conv_${i - 1}` }),
            ],
            { name: `${name}_downsampling_block_${i - 1}` },
          )
      );
      depths.forEach((depth, stage) => {
        x = between[stage].apply(x) as SymbolicTensor;
        for (let i = 0; i < depth; i++) x = block(x, `${name}_stage_${stage}_block_${i}`);
      });
      return x;
    },
    top(x, { classes, classifierActivation: activation, name }) {
      const prefix = `${name ?? modelName}_head`;
      x = new GlobalAveragePooling2D({ name: `${prefix}_gap` }).apply(x);
      x = norm(`${prefix}_layernorm`).apply(x);
      return new Dense(classes, { activation, name: `${prefix}_dense` }).apply(x);
    },
    takesOneInput: true,
    withoutTop: (x) => norm().apply(x),
    published: weightsByName("tensorflow/keras-applications/convnext", modelName, hashes),
  });
}

type ConvNeXt = Architecture<KeptPreprocessing>;

const deep = [3, 3, 27, 3];

export const ConvNeXtTiny: ConvNeXt = convnext("Tiny", [3, 3, 9, 3], [96, 192, 384, 768], [
  "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
  "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
]);

export const ConvNeXtSmall: ConvNeXt = convnext("Small", deep, [96, 192, 384, 768], [
  "ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
  "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
]);

export const ConvNeXtBase: ConvNeXt = convnext("Base", deep, [128, 256, 512, 1024], [
  "52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
  "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
]);

export const ConvNeXtLarge: ConvNeXt = convnext("Large", deep, [192, 384, 768, 1536], [
  "070c5ed9ed289581e477741d3b34beffa920db8cf590899d6d2c67fba2a198a6",
  "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
]);

export const ConvNeXtXLarge: ConvNeXt = convnext("XLarge", deep, [256, 512, 1024, 2048], [
  "c1f5ccab661354fc3a79a10fa99af82f0fbf10ec65cb894a3ae0815f17a889ee",
  "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
]);
