// VGG16 and VGG19: blocks of convolutions with kernels of 3 by 3. https://arxiv.org/abs/1409.1556
import { MaxPooling2D } from "../../layers/pooling.ts";
import { Dense } from "../../layers/core.ts";
import { Flatten } from "../../layers/reshaping.ts";
import { applicationOptions, Architecture, reading, shapeOfImages } from "../application.ts";
import { type Hashes, weightsOfKeras } from "../published_weights.ts";
import { conv, predictions } from "./blocks.ts";

const filters = [64, 128, 256, 512, 512];

/** VGG with so many convolutions in each block. */
function vgg(name: string, counts: readonly number[], hashes: Hashes): Architecture {
  const modelName = name.toLowerCase();
  return new Architecture({
    name,
    modelName,
    read: reading(applicationOptions),
    shape: (kept, what) => shapeOfImages(kept, { usual: 224, least: 32 }, what),
    features(x) {
      counts.forEach((count, i) => {
        for (let j = 1; j <= count; j++) {
          x = conv(x, filters[i], 3, { activation: "relu", padding: "same", name: `block${i + 1}_conv${j}` });
        }
        x = new MaxPooling2D(2, { strides: 2, name: `block${i + 1}_pool` }).apply(x);
      });
      return x;
    },
    top(x, kept) {
      x = new Flatten({ name: "flatten" }).apply(x);
      for (const name of ["fc1", "fc2"]) x = new Dense(4096, { activation: "relu", name }).apply(x);
      return predictions(x, kept);
    },
    published: weightsOfKeras(modelName, modelName, hashes),
  });
}

export const VGG16: Architecture = vgg(
  "VGG16",
  [2, 2, 3, 3, 3],
  ["64373286793e3c8b2b4e3219cbf3544b", "6d6bbae143d832006294945121d1f1fc"],
);

export const VGG19: Architecture = vgg(
  "VGG19",
  [2, 2, 4, 4, 4],
  ["cbe5617147190e668d6c5d5026f83318", "253f8cb515780f3b799900260a226db6"],
);
