// Blocks of images as channels, and patches as columns. https://keras.io/api/ops/nn/
import { ShapeError } from "../errors.ts";
import type { SavedForms } from "../ir/saved_form.ts";
import { checkCount, formatShape, sizeOf } from "../shape.ts";
import { type Operand, shapeOf } from "../tensor/apply.ts";
import { liftNamed, type Named } from "./lift.ts";
import * as p from "./primitives.ts";
import { checkName, type DataFormat, type PerAxis, perAxis } from "./spatial.ts";

/** A function of images `[batch, height, width, channels]` on those of either format. */
function onImages(
  what: string,
  x: Operand,
  blockSize: number,
  dataFormat: DataFormat,
  move: (x: Operand) => Operand,
): Operand {
  checkCount(blockSize, what, "blockSize", 2);
  checkName(`Cannot ${what}`, "dataFormat", dataFormat, ["channels_last", "channels_first"]);
  if (shapeOf(x).length !== 4) {
    throw new ShapeError({
      what: `Cannot ${what}`,
      rule: "there must be four axes, of a batch of images",
      received: formatShape(shapeOf(x)),
      hint: "add an axis with ops.expandDims",
    });
  }
  if (dataFormat === "channels_last") return move(x);
  return p.transpose(move(p.transpose(x, [0, 2, 3, 1])), [0, 3, 1, 2]);
}

/** Throws {@linkcode ShapeError} unless each of some extents is a multiple of `by`. */
function checkMultiple(what: string, name: string, extents: readonly number[], by: number): void {
  if (extents.every((extent) => extent % by === 0)) return;
  throw new ShapeError({
    what: `Cannot ${what}`,
    rule: `${name} must be a multiple of ${by}`,
    received: extents.join(" and "),
    hint: "choose another size",
  });
}

/**
 * Images whose channels become blocks of pixels: `[batch, height * size, width * size, channels / size ** 2]` from
 * `[batch, height, width, channels]`. Throws {@linkcode ShapeError} for extents that do not divide.
 */
export const depthToSpace: Named<
  [x: Operand],
  [blockSize: number, dataFormat?: DataFormat],
  { blockSize: number; dataFormat?: DataFormat }
> = liftNamed(
  1,
  ["blockSize", "dataFormat"],
  (x, blockSize, dataFormat = "channels_last") =>
    onImages("move depth to space", x, blockSize, dataFormat, (images) => {
      const [batch, height, width, channels] = shapeOf(images);
      checkMultiple("move depth to space", "the number of channels", [channels], blockSize ** 2);
      const rest = channels / blockSize ** 2;
      const split = p.reshape(images, [batch, height, width, blockSize, blockSize, rest]);
      const turned = p.transpose(split, [0, 1, 3, 2, 4, 5]);
      return p.reshape(turned, [batch, height * blockSize, width * blockSize, rest]);
    }),
);

/**
 * Images whose blocks of pixels become channels: the reverse of {@linkcode depthToSpace}. Throws {@linkcode ShapeError}
 * for extents that do not divide.
 */
export const spaceToDepth: Named<
  [x: Operand],
  [blockSize: number, dataFormat?: DataFormat],
  { blockSize: number; dataFormat?: DataFormat }
> = liftNamed(
  1,
  ["blockSize", "dataFormat"],
  (x, blockSize, dataFormat = "channels_last") =>
    onImages("move space to depth", x, blockSize, dataFormat, (images) => {
      const [batch, height, width, channels] = shapeOf(images);
      checkMultiple("move space to depth", "height and width", [height, width], blockSize);
      const [rows, columns] = [height / blockSize, width / blockSize];
      const split = p.reshape(images, [batch, rows, blockSize, columns, blockSize, channels]);
      return p.reshape(p.transpose(split, [0, 1, 3, 2, 4, 5]), [batch, rows, columns, channels * blockSize ** 2]);
    }),
);

/** The most taps of a patch: each adds an op. */
const maxTaps = 2 ** 10;

/** How a window moves over images of two spatial extents. */
function windowOf(
  what: string,
  extents: readonly number[],
  sizes: readonly [kernel: PerAxis, dilation: PerAxis, padding: PerAxis, stride: PerAxis],
) {
  const names = ["kernelSize", "dilation", "padding", "stride"] as const;
  const [kernel, dilation, padding, stride] = sizes.map((size, i) =>
    perAxis(`Cannot ${what}`, names[i], size, 2, names[i] === "padding" ? 0 : 1)
  );
  const wide = extents.map((extent, i) => extent + 2 * padding[i]);
  const counts = wide.map((extent, i) => Math.floor((extent - dilation[i] * (kernel[i] - 1) - 1) / stride[i]) + 1);
  if (counts.some((count) => count < 1) || sizeOf(kernel) > maxTaps) {
    throw new ShapeError({
      what: `Cannot ${what}`,
      rule: `a patch must fit into the image, and have at most ${maxTaps} elements of each channel`,
      received: `a kernel of ${formatShape(kernel)} for ${formatShape(wide)}`,
      hint: "choose a smaller kernel",
    });
  }
  const taps = Array.from({ length: sizeOf(kernel) }, (_, i) => [Math.floor(i / kernel[1]), i % kernel[1]]);
  return { dilation, padding, stride, wide, counts, taps };
}

/** Throws {@linkcode ShapeError} unless `x` has `rank` axes. */
function checkRank(what: string, x: Operand, rank: number, axes: string): void {
  if (shapeOf(x).length === rank) return;
  throw new ShapeError({
    what: `Cannot ${what}`,
    rule: `there must be ${rank} axes, ${axes}`,
    received: formatShape(shapeOf(x)),
    hint: "reshape it",
  });
}

/**
 * The patches of images `[batch, channels, height, width]` as columns: `[batch, channels * taps, patches]`, each
 * `kernelSize` large, its elements `dilation` apart, `stride` after the one before; `padding` zeros are around the image.
 */
export const unfold: Named<
  [x: Operand],
  [kernelSize: PerAxis, dilation?: PerAxis, padding?: PerAxis, stride?: PerAxis],
  { kernelSize: PerAxis; dilation?: PerAxis; padding?: PerAxis; stride?: PerAxis }
> = liftNamed(
  1,
  ["kernelSize", "dilation", "padding", "stride"],
  (x, kernelSize, dilation = 1, padding = 0, stride = 1) => {
    checkRank("unfold", x, 4, "[batch, channels, height, width]");
    const [batch, channels, ...extents] = shapeOf(x);
    const at = windowOf("unfold", extents, [kernelSize, dilation, padding, stride]);
    const around = [0, 0, ...at.padding];
    const padded = p.pad(x, around, around);
    const parts = at.taps.map((tap) =>
      p.slice(padded, [0, 0, ...tap.map((place, i) => place * at.dilation[i])], [batch, channels, ...at.counts], [
        1,
        1,
        ...at.stride,
      ])
    );
    return p.reshape(p.stack(parts, 2), [batch, channels * at.taps.length, sizeOf(at.counts)]);
  },
);

/**
 * The images of `outputSize` that patches in columns `[batch, channels * taps, patches]` add up to where they overlap:
 * `[batch, channels, height, width]`; other arguments as of {@linkcode unfold}, of which it is the adjoint.
 */
export const fold: Named<
  [x: Operand],
  [outputSize: PerAxis, kernelSize: PerAxis, dilation?: PerAxis, padding?: PerAxis, stride?: PerAxis],
  { outputSize: PerAxis; kernelSize: PerAxis; dilation?: PerAxis; padding?: PerAxis; stride?: PerAxis }
> = liftNamed(
  1,
  ["outputSize", "kernelSize", "dilation", "padding", "stride"],
  (x, outputSize, kernelSize, dilation = 1, padding = 0, stride = 1) => {
    checkRank("fold", x, 3, "[batch, channels * taps, patches]");
    const [batch, depth, patches] = shapeOf(x);
    const extents = perAxis("Cannot fold", "outputSize", outputSize, 2);
    const at = windowOf("fold", extents, [kernelSize, dilation, padding, stride]);
    const taps = at.taps.length;
    if (depth % taps !== 0 || patches !== sizeOf(at.counts)) {
      throw new ShapeError({
        what: "Cannot fold",
        rule: `there must be a multiple of ${taps} rows, and ${sizeOf(at.counts)} patches`,
        received: formatShape(shapeOf(x)),
        hint: "give the sizes that unfold was given",
      });
    }
    const parts = p.reshape(x, [batch, depth / taps, taps, ...at.counts]);
    const images = at.taps.map((tap, k) => {
      const part = p.slice(parts, [0, 0, k, 0, 0], [batch, depth / taps, 1, ...at.counts]);
      const low = tap.map((place, i) => place * at.dilation[i]);
      const reach = at.counts.map((count, i) => (count - 1) * at.stride[i] + 1);
      const high = at.wide.map((extent, i) => extent - low[i] - reach[i]);
      const plain = p.reshape(part, [batch, depth / taps, ...at.counts]);
      return p.pad(plain, [0, 0, ...low], [0, 0, ...high], { interior: [0, 0, ...at.stride.map((by) => by - 1)] });
    });
    const whole = images.reduce((sum, image) => p.add(sum, image));
    return p.slice(whole, [0, 0, ...at.padding], [batch, depth / taps, ...extents]);
  },
);

/** How Keras's files write these functions. */
export const savedBlocks: SavedForms = {
  depthToSpace: { module: "nn", keys: { block_size: null, data_format: "channels_last" } },
  fold: { module: "nn", keys: { output_size: null, kernel_size: null, dilation: 1, padding: 0, stride: 1 } },
  spaceToDepth: { module: "nn", keys: { block_size: null, data_format: "channels_last" } },
  unfold: { module: "nn", keys: { kernel_size: null, dilation: 1, padding: 0, stride: 1 } },
};
