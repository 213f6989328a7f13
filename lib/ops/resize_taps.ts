// What each pixel of a resized image is made of, along one axis.

/** For each output element: its input elements and their weights. */
export interface Taps {
  readonly indices: number[];
  readonly weights: number[];
}

const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));
const lanczos = (radius: number) => (x: number) => sinc(x) * sinc(x / radius);

/** Keys's cubic kernel with a = -1/2. */
function cubic(x: number): number {
  return x < 1 ? (1.5 * x - 2.5) * x * x + 1 : ((-0.5 * x + 2.5) * x - 4) * x + 2;
}

/** The cubic kernel of Mitchell and Netravali with B = C = 1/3. */
function mitchell(x: number): number {
  return x < 1 ? (7 / 6 * x - 2) * x * x + 8 / 9 : ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9;
}

/** The radius of each kernel, and its weight at a distance below that. */
const kernels = {
  box: [0.5, () => 1],
  bilinear: [1, (x) => 1 - x],
  hamming: [1, (x) => sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x))],
  gaussian: [1.5, (x) => Math.exp(-2 * x * x)],
  bicubic: [2, cubic],
  mitchellcubic: [2, mitchell],
  lanczos3: [3, lanczos(3)],
  lanczos5: [5, lanczos(5)],
} satisfies Readonly<Record<string, readonly [radius: number, weight: (x: number) => number]>>;

/** The name of a kernel; `nearest` takes one pixel, and `area` what a pixel covers. */
export type Kernel = keyof typeof kernels | "nearest" | "area";

/** How pixels are taken. */
interface TapOptions {
  /** Whether kernels are as much wider as the image shrinks. */
  readonly antialias?: boolean;
  /** The part of the input that becomes the output; all by default. */
  readonly part?: readonly [from: number, to: number];
}

/** The inputs of each of `to` elements among `from`; pixel centers are at halves. */
export function tapsOf(from: number, to: number, kernel: Kernel, { antialias = false, part }: TapOptions = {}): Taps[] {
  const [begin, end] = part ?? [0, from];
  const ratio = (end - begin) / to;
  return Array.from({ length: to }, (_, i) => {
    if (kernel === "nearest") {
      // In float32, as in TensorFlow.
      const at = Math.floor(Math.fround(Math.fround(i + 0.5) * Math.fround(ratio)));
      return { indices: [begin + Math.min(at, end - begin - 1)], weights: [1] };
    }
    if (kernel === "area") return covered(begin + i * ratio, begin + (i + 1) * ratio, from);
    const [radius, weight] = kernels[kernel];
    const scale = antialias ? Math.max(1, ratio) : 1;
    const centre = begin + (i + 0.5) * ratio;
    const indices: number[] = [];
    const weights: number[] = [];
    const first = Math.max(0, Math.ceil(centre - radius * scale - 0.5));
    const last = Math.min(from - 1, Math.floor(centre + radius * scale - 0.5));
    for (let j = first; j <= last; j++) {
      const offset = (j + 0.5 - centre) * (1 / scale);
      const distance = Math.abs(offset);
      // Of a box the upper end belongs to it, as in Pillow.
      if (distance >= radius && !(kernel === "box" && offset === radius)) continue;
      indices.push(j);
      weights.push(weight(distance));
    }
    const total = weights.reduce((sum, w) => sum + w, 0);
    return { indices, weights: weights.map((w) => w / total) };
  });
}

/** The pixels between two places, weighted by how much of them lies there. */
function covered(begin: number, end: number, from: number): Taps {
  const indices: number[] = [];
  const weights: number[] = [];
  for (let j = Math.floor(begin); j < Math.min(end, from); j++) {
    indices.push(j);
    weights.push((Math.min(end, j + 1) - Math.max(begin, j)) / (end - begin));
  }
  return { indices, weights };
}

/** The extent of an axis for extent `other` of the other one at the aspect ratio of two sizes; in float32, as in Keras. */
export const extentInRatio = (other: number, size: number, otherSize: number): number =>
  Math.trunc(Math.fround(Math.fround(other * size) / otherSize));

/** A part of images. */
export interface ImagePart {
  /** Its first row. */
  readonly top: number;
  /** Its first column. */
  readonly left: number;
  /** Its height. */
  readonly rows: number;
  /** Its width. */
  readonly columns: number;
}

/** The largest part in the middle of `rows` by `columns` pixels with the aspect ratio of `height` and `width`. */
export function centralPart(rows: number, columns: number, height: number, width: number): ImagePart {
  const keptRows = Math.max(1, Math.min(rows, extentInRatio(columns, height, width)));
  const keptColumns = Math.max(1, Math.min(columns, extentInRatio(rows, width, height)));
  const [top, left] = [Math.floor((rows - keptRows) / 2), Math.floor((columns - keptColumns) / 2)];
  return { top, left, rows: keptRows, columns: keptColumns };
}
