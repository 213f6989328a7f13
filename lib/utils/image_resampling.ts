// Resizing single images on the host: in float32 as TensorFlow's tf.image, and in 8 bits as Pillow.
import { makeArray, type TypedArray } from "../dtype.ts";
import { extentInRatio, type Kernel, type Taps, tapsOf } from "../ops/resize_taps.ts";
import { sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** How `imageDatasetFromDirectory` interpolates. */
export const imageInterpolations = [
  "bilinear",
  "nearest",
  "bicubic",
  "area",
  "lanczos3",
  "lanczos5",
  "gaussian",
  "mitchellcubic",
] as const;

/** The interpolation of images in datasets. */
export type ImageInterpolation = typeof imageInterpolations[number];

/** A part of an image. */
interface Part {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** How sums of pixels become pixels. */
interface Sums {
  /** What a sum begins at; 0 by default. */
  readonly start?: number;
  /** What is stored of a sum; itself by default. */
  store?(sum: number): number;
}

/** An image `[height, width, channels]` resized along one axis: its rows, 0, or its columns, 1. */
function alongAxis(
  image: Tensor,
  axis: 0 | 1,
  taps: readonly Taps[],
  dtype: "uint8" | "float32",
  { start = 0, store = (sum) => sum }: Sums = {},
): Tensor {
  const shape = image.shape.with(axis, taps.length);
  const { data } = image;
  const out = makeArray(dtype, sizeOf(shape));
  const [outer, extent] = axis === 0 ? [1, image.shape[0]] : image.shape;
  const inner = image.size / (outer * extent);
  for (let o = 0; o < outer; o++) {
    for (let t = 0; t < taps.length; t++) {
      const { indices, weights } = taps[t];
      const to = (o * taps.length + t) * inner;
      for (let i = 0; i < inner; i++) {
        let sum = start;
        for (let k = 0; k < indices.length; k++) sum += weights[k] * data[(o * extent + indices[k]) * inner + i];
        out[to + i] = store(sum);
      }
    }
  }
  return new Tensor(shape, dtype, out as TypedArray);
}

/** An image of another size, float32; with `nearest` of bytes. */
function resized(image: Tensor, height: number, width: number, interpolation: ImageInterpolation): Tensor {
  const [rows, columns] = image.shape;
  const dtype = interpolation === "nearest" ? "uint8" : "float32";
  const tall = alongAxis(image, 0, tapsOf(rows, height, interpolation), dtype);
  return alongAxis(tall, 1, tapsOf(columns, width, interpolation), dtype);
}

/** The pixels of a part of an image. */
function cropped(image: Tensor, { top, left, height, width }: Part): Tensor {
  const [, columns, channels] = image.shape;
  const data = new Uint8Array(height * width * channels);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * columns + left) * channels;
    data.set(image.data.subarray(from, from + width * channels), row * width * channels);
  }
  return new Tensor([height, width, channels], image.dtype, data);
}

/** An image in the middle of another of zeros. */
function placed(image: Tensor, [height, width]: readonly [number, number], top: number, left: number): Tensor {
  const [rows, columns, channels] = image.shape;
  const data = image.dtype === "uint8"
    ? new Uint8Array(height * width * channels)
    : new Float32Array(height * width * channels);
  for (let row = 0; row < rows; row++) {
    const from = row * columns * channels;
    data.set(image.data.subarray(from, from + columns * channels), ((top + row) * width + left) * channels);
  }
  return new Tensor([height, width, channels], image.dtype, data);
}

/** How an image of another aspect ratio is fitted. */
type Fitting = "stretch" | "crop" | "pad";

/**
 * An image of bytes `[height, width, channels]` as `tf.image.resize` makes it of a size, `smart_resize` by cropping, and
 * `tf.image.resize_with_pad` by padding: float32, or bytes with `nearest`.
 */
export function fitImage(
  image: Tensor,
  [height, width]: readonly [number, number],
  interpolation: ImageInterpolation,
  fitting: Fitting,
): Tensor {
  const [rows, columns] = image.shape;
  if (fitting === "crop") {
    const part = {
      height: Math.max(1, Math.min(rows, extentInRatio(columns, height, width))),
      width: Math.max(1, Math.min(columns, extentInRatio(rows, width, height))),
    };
    const [top, left] = [Math.floor((rows - part.height) / 2), Math.floor((columns - part.width) / 2)];
    return resized(cropped(image, { ...part, top, left }), height, width, interpolation);
  }
  if (fitting === "stretch") return resized(image, height, width, interpolation);
  // In float32, as in TensorFlow.
  const { fround } = Math;
  const ratio = Math.max(fround(columns / width), fround(rows / height));
  const [tall, wide] = [fround(rows / ratio), fround(columns / ratio)];
  const inner = resized(image, Math.max(1, Math.floor(tall)), Math.max(1, Math.floor(wide)), interpolation);
  const before = (target: number, extent: number) => Math.max(0, Math.floor(fround(fround(target - extent) / 2)));
  return placed(inner, [height, width], before(height, tall), before(width, wide));
}

/** The interpolations of Pillow, by the kernels that they use. */
export const pillowKernels = {
  nearest: "nearest",
  bilinear: "bilinear",
  bicubic: "bicubic",
  lanczos: "lanczos3",
  box: "box",
  hamming: "hamming",
} as const satisfies Readonly<Record<string, Kernel>>;

/** The name of an interpolation of Pillow. */
export type PillowInterpolation = keyof typeof pillowKernels;

/** The bits after the point of Pillow's weights, in its sums of 32 bits. */
const precision = 22;

/**
 * An image of bytes `[height, width, channels]` in another size, bit for bit as Pillow's `Image.resize` makes it; with
 * `keepsAspectRatio` of its largest part in the middle that has the new aspect ratio.
 */
export function resizeAsPillow(
  image: Tensor,
  [height, width]: readonly [number, number],
  interpolation: PillowInterpolation,
  keepsAspectRatio: boolean,
): Tensor {
  const [rows, columns, channels] = image.shape;
  const part = { height: rows, width: columns };
  if (keepsAspectRatio) {
    part.height = Math.min(rows, Math.floor(columns * height / width));
    part.width = Math.min(columns, Math.floor(rows * width / height));
  }
  const [top, left] = [Math.floor((rows - part.height) / 2), Math.floor((columns - part.width) / 2)];
  const kernel = pillowKernels[interpolation];
  const axis = (from: number, to: number, begin: number, extent: number): Taps[] | undefined => {
    if (kernel === "nearest") return nearestTaps(from, to, begin, extent);
    if (from === to && begin === 0 && extent === from) return undefined;
    return tapsOf(from, to, kernel, { antialias: true, part: [begin, begin + extent] }).map(inFixedPoint);
  };
  const [across, down] = [axis(columns, width, left, part.width), axis(rows, height, top, part.height)];
  const sums: Sums = kernel === "nearest" ? {} : {
    start: 2 ** (precision - 1),
    store: (sum) => Math.max(0, Math.min(255, Math.floor(sum / 2 ** precision))),
  };
  const pass = (of: Tensor, axis: 0 | 1) => {
    const taps = [down, across][axis];
    return taps ? alongAxis(of, axis, taps, "uint8", sums) : of;
  };
  // Pixels count in their mixtures by their opacity.
  const isMixed = channels === 4 && kernel !== "nearest";
  const given = isMixed ? withData(image, premultiplied(image.data)) : image;
  // Pillow begins with the pass that leaves less for the other; each rounds, so that the order is seen.
  const isDownFirst = rows > height && rows - height > 2 * (columns - width);
  const resized = isDownFirst ? pass(pass(given, 0), 1) : pass(pass(given, 1), 0);
  return isMixed ? withData(resized, unmultiplied(resized.data)) : resized;
}

const withData = ({ shape }: Tensor, data: Uint8Array<ArrayBuffer>) => new Tensor(shape, "uint8", data);

/** The pixel of each of `to` outputs, at places that Pillow adds up one after the other. */
function nearestTaps(from: number, to: number, begin: number, extent: number): Taps[] {
  const step = extent / to;
  let at = begin + step * 0.5;
  return Array.from({ length: to }, () => {
    const taps = { indices: [Math.min(from - 1, Math.floor(at))], weights: [1] };
    at += step;
    return taps;
  });
}

function inFixedPoint({ indices, weights }: Taps): Taps {
  return { indices, weights: weights.map((weight) => Math.trunc(weight * 2 ** precision + (weight < 0 ? -0.5 : 0.5))) };
}

/** Colors times their opacity, in bytes. */
function premultiplied(data: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(data, (value, i) => {
    if (i % 4 === 3) return value;
    const product = value * data[i - i % 4 + 3] + 128;
    return ((product >> 8) + product) >> 8;
  });
}

/** Colors by their opacity, in bytes. */
function unmultiplied(data: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(data, (value, i) => {
    const alpha = data[i - i % 4 + 3];
    return i % 4 === 3 || alpha === 0 || alpha === 255 ? value : Math.min(255, Math.floor(255 * value / alpha));
  });
}
