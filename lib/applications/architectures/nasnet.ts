// NASNet: two kinds of cells, found by a search, which take the outputs of the two cells before. Many of its layers have
// numbers for names, so that the order of all is Keras's. https://arxiv.org/abs/1707.07012
import { Concatenate } from "../../layers/joining.ts";
import { add } from "../../layers/merging.ts";
import { AveragePooling2D, MaxPooling2D } from "../../layers/pooling.ts";
import { SeparableConv2D } from "../../layers/separable.ts";
import { Cropping2D } from "../../layers/spatial.ts";
import { ValueError } from "../../errors.ts";
import { formatShape } from "../../shape.ts";
import type { SymbolicTensor } from "../../tensor/symbolic.ts";
import { applicationOptions, Architecture, reading, shapeOfImages } from "../application.ts";
import { fileOfKeras, type Hashes } from "../published_weights.ts";
import { batchNorm, channelsOf, classify, conv, halvingPadding, relu, zeroPad } from "./blocks.ts";

type Image = SymbolicTensor;

const norm = (x: Image, name: string) => batchNorm(x, { momentum: 0.9997, epsilon: 1e-3, name });

const project = (x: Image, filters: number, name: string) =>
  conv(x, filters, 1, { padding: "same", useBias: false, kernelInitializer: "he_normal", name });

const average = (x: Image, name: string) => new AveragePooling2D(3, { strides: 1, padding: "same", name }).apply(x);

/** Two separable convolutions behind a ReLU each. */
function separable(x: Image, filters: number, size: number, id: string, halves = false): Image {
  x = relu(x);
  if (halves) x = zeroPad(x, halvingPadding(x, size), `separable_conv_1_pad_${id}`);
  for (const i of [1, 2]) {
    if (i === 2) x = relu(x);
    const isHalving = halves && i === 1;
    x = new SeparableConv2D(filters, size, {
      strides: isHalving ? 2 : 1,
      padding: isHalving ? "valid" : "same",
      useBias: false,
      name: `separable_conv_${i}_${id}`,
    }).apply(x);
    x = norm(x, `separable_conv_${i}_bn_${id}`);
  }
  return x;
}

/** Brings the output `p` of an earlier cell to the size and the channels of the newer one. */
function adjusted(p: Image | null, x: Image, filters: number, id: string): Image {
  if (p === null) return x;
  if (p.shape[2] !== x.shape[2]) {
    p = relu(p, `adjust_relu_1_${id}`);
    // Every second pixel, of the image and of the image moved by one.
    const half = (p: Image, i: number) => {
      p = new AveragePooling2D(1, { strides: 2, name: `adjust_avg_pool_${i}_${id}` }).apply(p);
      return project(p, Math.floor(filters / 2), `adjust_conv_${i}_${id}`);
    };
    const first = half(p, 1);
    const moved = new Cropping2D([[1, 0], [1, 0]]).apply(zeroPad(p, [[0, 1], [0, 1]]));
    return norm(new Concatenate({ axis: -1 }).apply([first, half(moved, 2)]), `adjust_bn_${id}`);
  }
  if (channelsOf(p) === filters) return p;
  return norm(project(relu(p), filters, `adjust_conv_projection_${id}`), `adjust_bn_${id}`);
}

/** A cell that keeps the size of images. */
function normalCell(x: Image, before: Image | null, filters: number, id: string): Image {
  const p = adjusted(before, x, filters, id);
  const h = norm(project(relu(x), filters, `normal_conv_1_${id}`), `normal_bn_1_${id}`);
  const sum = (items: Image[], i: number) => add(items, { name: `normal_add_${i}_${id}` });
  const apart = (x: Image, size: number, place: string) => separable(x, filters, size, `normal_${place}_${id}`);
  const x1 = sum([apart(h, 5, "left1"), apart(p, 3, "right1")], 1);
  const x2 = sum([apart(p, 5, "left2"), apart(p, 3, "right2")], 2);
  const x3 = sum([average(h, `normal_left3_${id}`), p], 3);
  const x4 = sum([average(p, `normal_left4_${id}`), average(p, `normal_right4_${id}`)], 4);
  const x5 = sum([apart(h, 3, "left5"), h], 5);
  return new Concatenate({ axis: -1, name: `normal_concat_${id}` }).apply([p, x1, x2, x3, x4, x5]);
}

/** A cell that halves images. */
function reductionCell(x: Image, before: Image | null, filters: number, id: string): Image {
  const p = adjusted(before, x, filters, id);
  const h = norm(project(relu(x), filters, `reduction_conv_1_${id}`), `reduction_bn_1_${id}`);
  const padded = zeroPad(h, halvingPadding(h, 3), `reduction_pad_1_${id}`);
  const halved = (x: Image, size: number, place: string) =>
    separable(x, filters, size, `reduction_${place}_${id}`, true);
  const pooled = (Pool: typeof MaxPooling2D | typeof AveragePooling2D, place: string) =>
    new Pool(3, { strides: 2, name: `reduction_${place}_${id}` }).apply(padded);
  const x1 = add([halved(h, 5, "left1"), halved(p, 7, "right1")], { name: `reduction_add_1_${id}` });
  const x2 = add([pooled(MaxPooling2D, "left2"), halved(p, 7, "right2")], { name: `reduction_add_2_${id}` });
  const x3 = add([pooled(AveragePooling2D, "left3"), halved(p, 5, "right3")], { name: `reduction_add3_${id}` });
  const x4 = add([x2, average(x1, `reduction_left4_${id}`)]);
  const x5 = add([separable(x1, filters, 3, `reduction_left4_${id}`), pooled(MaxPooling2D, "right5")], {
    name: `reduction_add4_${id}`,
  });
  return new Concatenate({ axis: -1, name: `reduction_concat_${id}` }).apply([x2, x3, x4, x5]);
}

/** How a variant is made. */
interface Variant {
  /** The height and width of its images. */
  readonly size: number;
  /** How many normal cells follow each other. */
  readonly cells: number;
  /** The filters of the first convolution. */
  readonly stem: number;
  /** The filters of the first normal cells. */
  readonly filters: number;
  /** Whether the cell behind a reduction takes what was before it. */
  readonly skips: boolean;
}

function nasnet(variant: string, { size, cells, stem, filters, skips }: Variant, hashes: Hashes): Architecture {
  const name = `NASNet${variant}`;
  return new Architecture({
    name,
    modelName: `nasnet_${variant.toLowerCase()}`,
    read: reading(applicationOptions),
    shape(kept, what) {
      const { inputShape, includeTop, weights } = kept;
      if (weights === "imagenet" && inputShape?.includes(null)) {
        throw new ValueError({
          what,
          rule: 'with weights: "imagenet", inputShape must have no null',
          received: formatShape(inputShape),
          hint: "give the height and the width",
        });
      }
      const isMobile = variant === "Mobile" && !includeTop && inputShape === null;
      return shapeOfImages(
        isMobile ? { ...kept, inputShape: [size, size, 3] } : kept,
        { usual: size, least: 32 },
        what,
      );
    },
    features(images) {
      const first = conv(images, stem, 3, {
        strides: 2,
        useBias: false,
        kernelInitializer: "he_normal",
        name: "stem_conv1",
      });
      let x = norm(first, "stem_bn1");
      let p: Image | null = null;
      const step = (cell: typeof normalCell, filters: number, id: string) => [p, x] = [x, cell(x, p, filters, id)];
      step(reductionCell, filters / 4, "stem_1");
      step(reductionCell, filters / 2, "stem_2");
      for (const i of [0, 1, 2]) {
        if (i > 0) {
          const before: Image | null = p;
          step(reductionCell, filters * 2 ** i, `reduce_${i * cells}`);
          if (skips) p = before;
        }
        for (let j = 0; j < cells; j++) step(normalCell, filters * 2 ** i, `${i * cells + j + (i > 0 ? 1 : 0)}`);
      }
      return relu(x);
    },
    top: (x, kept) => classify(x, kept),
    published: ({ includeTop }) => {
      const file = fileOfKeras("nasnet", `NASNet-${variant.toLowerCase()}${includeTop ? "" : "-no-top"}.h5`);
      const name = `nasnet_${variant.toLowerCase()}${includeTop ? "" : "_no_top"}.h5`;
      return { ...file, name, hash: hashes[includeTop ? 0 : 1] };
    },
  });
}

export const NASNetMobile: Architecture = nasnet(
  "Mobile",
  { size: 224, cells: 4, stem: 32, filters: 44, skips: false },
  ["020fb642bf7360b370c678b08e0adf61", "1ed92395b5b598bdda52abe5c0dbfd63"],
);

export const NASNetLarge: Architecture = nasnet(
  "Large",
  { size: 331, cells: 6, stem: 96, filters: 168, skips: true },
  ["11577c9a518f0070763c2b964a382f17", "d81d89dc07e6e56530c4e77faddd61b5"],
);
