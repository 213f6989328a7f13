// The channels of pictures: gray, red, green and blue, and these with opacity; in the last axis, or in the first.
import { makeArray, type TypedArray } from "../dtype.ts";
import { Tensor } from "../tensor/tensor.ts";

/** The colors of a picture. */
export type ColorMode = "rgb" | "grayscale" | "rgba";

/** The names of color modes. */
export const colorModes = ["rgb", "grayscale", "rgba"] as const satisfies readonly ColorMode[];

const channelsOf = { grayscale: 1, rgb: 3, rgba: 4 } as const satisfies Readonly<Record<ColorMode, number>>;

/** The brightness of a color in bytes: as libpng, which TensorFlow uses, or as Pillow computes it. */
const brightness = {
  libpng: (red: number, green: number, blue: number) => (red * 9798 + green * 19235 + blue * 3735) >> 15,
  pillow: (red: number, green: number, blue: number) => (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16,
} as const;

/** A picture of bytes, `[height, width, channels]` of 1 to 4 channels, with the channels of a mode. */
export function withColors(image: Tensor, mode: ColorMode, by: keyof typeof brightness): Tensor {
  const [height, width, channels] = image.shape;
  const wanted = channelsOf[mode];
  if (channels === wanted) return image;
  const { data } = image;
  const pixels = height * width;
  const hasColor = channels > 2;
  const hasOpacity = channels % 2 === 0;
  const changed = new Uint8Array(pixels * wanted);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [from, to] = [pixel * channels, pixel * wanted];
    const [red, green, blue] = [data[from], data[hasColor ? from + 1 : from], data[hasColor ? from + 2 : from]];
    if (wanted === 1) {
      changed[to] = hasColor ? brightness[by](red, green, blue) : red;
      continue;
    }
    changed[to] = red;
    changed[to + 1] = green;
    changed[to + 2] = blue;
    if (wanted === 4) changed[to + 3] = hasOpacity ? data[from + channels - 1] : 255;
  }
  return new Tensor([height, width, wanted], "uint8", changed);
}

/** A picture `[height, width, channels]` as `[channels, height, width]`. */
export function channelsFirst(image: Tensor): Tensor {
  const [height, width, channels] = image.shape;
  return transposed(image, height * width, channels, [channels, height, width]);
}

/** A picture `[channels, height, width]` as `[height, width, channels]`. */
export function channelsLast(image: Tensor): Tensor {
  const [channels, height, width] = image.shape;
  return transposed(image, channels, height * width, [height, width, channels]);
}

function transposed({ data, dtype }: Tensor, rows: number, columns: number, shape: readonly number[]): Tensor {
  const changed = makeArray(dtype, data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) changed[column * rows + row] = data[row * columns + column];
  }
  return new Tensor(shape, dtype, changed as TypedArray);
}
