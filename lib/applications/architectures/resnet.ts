// ResNet and ResNetV2: blocks of three convolutions beside a shortcut. https://arxiv.org/abs/1512.03385, and with
// normalization before the convolutions https://arxiv.org/abs/1603.05027
import { Add } from "../../layers/merging.ts";
import { MaxPooling2D } from "../../layers/pooling.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import { applicationOptions, Architecture, reading, shapeOfImages } from "../application.ts";
import { type Hashes, weightsOfKeras } from "../published_weights.ts";
import { batchNorm, classify, conv, relu, zeroPad } from "./blocks.ts";

const norm = (x: SymbolicTensor, name: string) => batchNorm(x, { axis: 3, epsilon: 1.001e-5, name });

/** A block: its filters, its stride, its name, and whether its shortcut has a convolution. */
type Block = (x: SymbolicTensor, filters: number, stride: number, name: string, hasConv: boolean) => SymbolicTensor;

const blockV1: Block = (x, filters, strides, name, hasConv) => {
  let shortcut = x;
  if (hasConv) shortcut = norm(conv(x, 4 * filters, 1, { strides, name: `${name}_0_conv` }), `${name}_0_bn`);
  x = norm(conv(x, filters, 1, { strides, name: `${name}_1_conv` }), `${name}_1_bn`);
  x = relu(x, `${name}_1_relu`);
  x = norm(conv(x, filters, 3, { padding: "same", name: `${name}_2_conv` }), `${name}_2_bn`);
  x = relu(x, `${name}_2_relu`);
  x = norm(conv(x, 4 * filters, 1, { name: `${name}_3_conv` }), `${name}_3_bn`);
  return relu(new Add({ name: `${name}_add` }).apply([shortcut, x]), `${name}_out`);
};

const blockV2: Block = (x, filters, strides, name, hasConv) => {
  const before = relu(norm(x, `${name}_preact_bn`), `${name}_preact_relu`);
  let shortcut = x;
  if (hasConv) shortcut = conv(before, 4 * filters, 1, { strides, name: `${name}_0_conv` });
  else if (strides > 1) shortcut = new MaxPooling2D(1, { strides }).apply(x);
  x = norm(conv(before, filters, 1, { useBias: false, name: `${name}_1_conv` }), `${name}_1_bn`);
  x = zeroPad(relu(x, `${name}_1_relu`), 1, `${name}_2_pad`);
  x = norm(conv(x, filters, 3, { strides, useBias: false, name: `${name}_2_conv` }), `${name}_2_bn`);
  x = conv(relu(x, `${name}_2_relu`), 4 * filters, 1, { name: `${name}_3_conv` });
  return new Add({ name: `${name}_out` }).apply([shortcut, x]);
};

/** ResNet with so many blocks in each stack. */
function resnet(
  name: string,
  counts: readonly number[],
  hashes: Hashes,
): Architecture {
  const modelName = name.toLowerCase();
  const isV2 = name.endsWith("V2");
  return new Architecture({
    name,
    modelName,
    read: reading(applicationOptions),
    shape: (kept, what) => shapeOfImages(kept, { usual: 224, least: 32 }, what),
    features(x) {
      x = conv(zeroPad(x, 3, "conv1_pad"), 64, 7, { strides: 2, name: "conv1_conv" });
      if (!isV2) x = relu(norm(x, "conv1_bn"), "conv1_relu");
      x = new MaxPooling2D(3, { strides: 2, name: "pool1_pool" }).apply(zeroPad(x, 1, "pool1_pad"));
      counts.forEach((count, i) => {
        for (let j = 1; j <= count; j++) {
          // The first version halves images as a stack begins, the second as it ends.
          const halves = isV2 ? j === count && i < counts.length - 1 : j === 1 && i > 0;
          const block = isV2 ? blockV2 : blockV1;
          x = block(x, 64 * 2 ** i, halves ? 2 : 1, `conv${i + 2}_block${j}`, j === 1);
        }
      });
      return isV2 ? relu(norm(x, "post_bn"), "post_relu") : x;
    },
    top: (x, kept) => classify(x, kept, "avg_pool"),
    namesPooling: true,
    published: weightsOfKeras("resnet", modelName, hashes),
  });
}

export const ResNet50: Architecture = resnet(
  "ResNet50",
  [3, 4, 6, 3],
  ["2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"],
);

export const ResNet101: Architecture = resnet(
  "ResNet101",
  [3, 4, 23, 3],
  ["f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"],
);

export const ResNet152: Architecture = resnet(
  "ResNet152",
  [3, 8, 36, 3],
  ["100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"],
);

export const ResNet50V2: Architecture = resnet(
  "ResNet50V2",
  [3, 4, 6, 3],
  ["3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"],
);

export const ResNet101V2: Architecture = resnet(
  "ResNet101V2",
  [3, 4, 23, 3],
  ["6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5"],
);

export const ResNet152V2: Architecture = resnet(
  "ResNet152V2",
  [3, 8, 36, 3],
  ["a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33"],
);
