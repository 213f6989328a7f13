// DenseNet: each block takes the outputs of all before it. https://arxiv.org/abs/1608.06993
import { Concatenate } from "../../layers/joining.ts";
import { AveragePooling2D, MaxPooling2D } from "../../layers/pooling.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import { applicationOptions, Architecture, reading, shapeOfImages } from "../application.ts";
import { type Hashes, weightsOfKeras } from "../published_weights.ts";
import { batchNorm, channelsOf, classify, conv, relu, zeroPad } from "./blocks.ts";

/** How many channels a block adds. */
const growth = 32;

/** A normalization and a ReLU with the names of a layer. */
const activated = (x: SymbolicTensor, name: string): SymbolicTensor =>
  relu(batchNorm(x, { axis: 3, epsilon: 1.001e-5, name: `${name}bn` }), `${name}relu`);

function block(x: SymbolicTensor, name: string): SymbolicTensor {
  let y = conv(activated(x, `${name}_0_`), 4 * growth, 1, { useBias: false, name: `${name}_1_conv` });
  y = conv(activated(y, `${name}_1_`), growth, 3, { padding: "same", useBias: false, name: `${name}_2_conv` });
  return new Concatenate({ axis: 3, name: `${name}_concat` }).apply([x, y]);
}

/** Half of the channels, and images of half the size. */
function transition(x: SymbolicTensor, name: string): SymbolicTensor {
  x = conv(activated(x, `${name}_`), Math.floor(channelsOf(x) / 2), 1, { useBias: false, name: `${name}_conv` });
  return new AveragePooling2D(2, { strides: 2, name: `${name}_pool` }).apply(x);
}

/** DenseNet with so many blocks in each stack. */
function densenet(
  name: string,
  counts: readonly number[],
  hashes: Hashes,
): Architecture {
  const modelName = name.toLowerCase();
  return new Architecture({
    name,
    modelName,
    read: reading(applicationOptions),
    shape: (kept, what) => shapeOfImages(kept, { usual: 224, least: 32 }, what),
    features(x) {
      x = activated(conv(zeroPad(x, 3), 64, 7, { strides: 2, useBias: false, name: "conv1_conv" }), "conv1_");
      x = new MaxPooling2D(3, { strides: 2, name: "pool1" }).apply(zeroPad(x, 1));
      counts.forEach((count, i) => {
        if (i > 0) x = transition(x, `pool${i + 1}`);
        for (let j = 1; j <= count; j++) x = block(x, `conv${i + 2}_block${j}`);
      });
      return activated(x, "");
    },
    top: (x, kept) => classify(x, kept, "avg_pool"),
    namesPooling: true,
    published: weightsOfKeras("densenet", modelName, hashes),
  });
}

export const DenseNet121: Architecture = densenet(
  "DenseNet121",
  [6, 12, 24, 16],
  ["9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"],
);

export const DenseNet169: Architecture = densenet(
  "DenseNet169",
  [6, 12, 32, 32],
  ["d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"],
);

export const DenseNet201: Architecture = densenet(
  "DenseNet201",
  [6, 12, 48, 32],
  ["1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"],
);
