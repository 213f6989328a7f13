// InceptionV3 and InceptionResNetV2: branches of convolutions side by side. https://arxiv.org/abs/1512.00567 and
// https://arxiv.org/abs/1602.07261
import { Concatenate } from "../../layers/joining.ts";
import { AveragePooling2D, MaxPooling2D } from "../../layers/pooling.ts";
import type { PerAxis } from "../../ops/spatial.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import {
  applicationOptions,
  Architecture,
  type ArchitectureParts,
  type Kept,
  reading,
  shapeOfImages,
} from "../application.ts";
import { CustomScaleLayer } from "../../layers/application_layers.ts";
import { type Hashes, weightsOfKeras } from "../published_weights.ts";
import { batchNorm, channelsOf, classify, conv, relu } from "./blocks.ts";

/** A convolution without bias, its normalization, and a ReLU. */
interface Step {
  readonly filters: number;
  readonly size: PerAxis;
  readonly strides?: number;
  readonly padding?: "valid" | "same";
  readonly name?: string;
}

function convolve(x: SymbolicTensor, { filters, size, strides = 1, padding = "same", name }: Step): SymbolicTensor {
  x = conv(x, filters, size, { strides, padding, useBias: false, name });
  return relu(batchNorm(x, { axis: 3, scale: false, name: name && `${name}_bn` }), name && `${name}_ac`);
}

/** Steps by filters and size: `[64, 3]`, `[64, [1, 7]]`; the last one with a stride of 2, if it halves images. */
type Steps = readonly (readonly [filters: number, size: PerAxis])[];

const halving = { strides: 2, padding: "valid" } as const;

const branch = (x: SymbolicTensor, steps: Steps, halves = false): SymbolicTensor =>
  steps.reduce(
    (x, [filters, size], i) => convolve(x, { filters, size, ...(halves && i === steps.length - 1 && halving) }),
    x,
  );

const join = (branches: SymbolicTensor[], name?: string): SymbolicTensor =>
  new Concatenate({ axis: 3, name }).apply(branches);

const average = (x: SymbolicTensor): SymbolicTensor =>
  new AveragePooling2D(3, { strides: 1, padding: "same" }).apply(x);

const halve = (x: SymbolicTensor): SymbolicTensor => new MaxPooling2D(3, { strides: 2 }).apply(x);

/** Branches from one image, the last of which is pooled first if it has steps of its own. */
const mixed = (x: SymbolicTensor, branches: readonly Steps[], pooled: Steps, name: string): SymbolicTensor =>
  join([...branches.map((steps) => branch(x, steps)), branch(average(x), pooled)], name);

/** The same, halving images: the last branch is a maximum. */
const reduced = (x: SymbolicTensor, branches: readonly Steps[], name: string): SymbolicTensor =>
  join([...branches.map((steps) => branch(x, steps, true)), halve(x)], name);

/** The layers that both begin with. */
function stem(x: SymbolicTensor): SymbolicTensor {
  x = convolve(x, { filters: 32, size: 3, ...halving });
  x = convolve(x, { filters: 32, size: 3, padding: "valid" });
  x = halve(convolve(x, { filters: 64, size: 3 }));
  x = convolve(x, { filters: 80, size: 1, padding: "valid" });
  return halve(convolve(x, { filters: 192, size: 3, padding: "valid" }));
}

/** What both have in common, but for their features. */
const inception = (
  name: string,
  modelName: string,
  hashes: Hashes,
): Omit<ArchitectureParts<Kept>, "features"> => ({
  name,
  modelName,
  read: reading(applicationOptions),
  shape: (kept, what) => shapeOfImages(kept, { usual: 299, least: 75 }, what),
  top: (x, kept) => classify(x, kept, "avg_pool"),
  published: weightsOfKeras(modelName, modelName, hashes),
});

export const InceptionV3: Architecture = new Architecture({
  ...inception(
    "InceptionV3",
    "inception_v3",
    ["9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"],
  ),
  features(x) {
    x = stem(x);
    [32, 64, 64].forEach((filters, i) => {
      const branches: Steps[] = [[[64, 1]], [[48, 1], [64, 5]], [[64, 1], [96, 3], [96, 3]]];
      x = mixed(x, branches, [[filters, 1]], `mixed${i}`);
    });
    x = reduced(x, [[[384, 3]], [[64, 1], [96, 3], [96, 3]]], "mixed3");
    [128, 160, 160, 192].forEach((n, i) => {
      const [wide, tall] = [[1, 7], [7, 1]] as const;
      const long: Steps = [[n, 1], [n, tall], [n, wide], [n, tall], [192, wide]];
      x = mixed(x, [[[192, 1]], [[n, 1], [n, wide], [192, tall]], long], [[192, 1]], `mixed${i + 4}`);
    });
    x = reduced(x, [[[192, 1], [320, 3]], [[192, 1], [192, [1, 7]], [192, [7, 1]], [192, 3]]], "mixed8");
    for (const i of [0, 1]) {
      const split = (x: SymbolicTensor, name?: string) =>
        join([branch(x, [[384, [1, 3]]]), branch(x, [[384, [3, 1]]])], name);
      const first = branch(x, [[320, 1]]);
      const second = split(branch(x, [[384, 1]]), `mixed9_${i}`);
      const third = split(branch(x, [[448, 1], [384, 3]]));
      x = join([first, second, third, branch(average(x), [[192, 1]])], `mixed${9 + i}`);
    }
    return x;
  },
});

/** The branches of the residual blocks of InceptionResNetV2. */
const residualBranches: Readonly<Record<string, readonly Steps[]>> = {
  block35: [[[32, 1]], [[32, 1], [32, 3]], [[32, 1], [48, 3], [64, 3]]],
  block17: [[[192, 1]], [[128, 1], [160, [1, 7]], [192, [7, 1]]]],
  block8: [[[192, 1]], [[192, 1], [224, [1, 3]], [256, [3, 1]]]],
};

/** What branches give, scaled and added to their input. */
function residual(x: SymbolicTensor, block: string, index: number, scale: number, activates = true): SymbolicTensor {
  const name = `${block}_${index}`;
  const joined = join(residualBranches[block].map((steps) => branch(x, steps)), `${name}_mixed`);
  const up = conv(joined, channelsOf(x), 1, { padding: "same", name: `${name}_conv` });
  const sum = new CustomScaleLayer(scale).apply([x, up]);
  return activates ? relu(sum, `${name}_ac`) : sum;
}

export const InceptionResNetV2: Architecture = new Architecture({
  ...inception(
    "InceptionResNetV2",
    "inception_resnet_v2",
    ["e693bd0210a403b3192acc6073ad2e96", "d19885ff4a710c122648d3b5c3b684e4"],
  ),
  features(x) {
    x = mixed(stem(x), [[[96, 1]], [[48, 1], [64, 5]], [[64, 1], [96, 3], [96, 3]]], [[64, 1]], "mixed_5b");
    for (let i = 1; i <= 10; i++) x = residual(x, "block35", i, 0.17);
    x = reduced(x, [[[384, 3]], [[256, 1], [256, 3], [384, 3]]], "mixed_6a");
    for (let i = 1; i <= 20; i++) x = residual(x, "block17", i, 0.1);
    x = reduced(x, [[[256, 1], [384, 3]], [[256, 1], [288, 3]], [[256, 1], [288, 3], [320, 3]]], "mixed_7a");
    for (let i = 1; i <= 9; i++) x = residual(x, "block8", i, 0.2);
    return convolve(residual(x, "block8", 10, 1, false), { filters: 1536, size: 1, name: "conv_7b" });
  },
});
