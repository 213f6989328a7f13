// Pictures, PNG and JPEG, as arrays of bytes.
import type { Packages } from "../deps.ts";
import { FileError } from "../errors.ts";
import { loadPackage } from "../packages.ts";
import { Tensor } from "../tensor/tensor.ts";

type DecodedPng = ReturnType<Packages["png"]["decode"]>;

/** Whether bytes are those of a PNG file. */
const isPng = (bytes: Uint8Array): boolean =>
  [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => bytes[i] === byte);

/** Whether bytes are those of a JPEG file. */
const isJpeg = ([first, second, third]: Uint8Array): boolean => first === 0xff && second === 0xd8 && third === 0xff;

/**
 * The picture in a PNG or JPEG file: uint8 `[height, width, channels]`, where 1 channel is gray, 2 are gray and opacity, 3
 * red, green and blue, and 4 these and opacity. 16 bits a channel become 8. Throws {@linkcode FileError} for a file that is
 * damaged, cut off, or of another format.
 */
export async function readImage(bytes: Uint8Array, what: string): Promise<Tensor> {
  if (isPng(bytes)) return await readPng(bytes, what);
  if (isJpeg(bytes)) return await readJpeg(bytes, what);
  throw new FileError({
    what,
    rule: "a picture must be a PNG or a JPEG",
    received: `${bytes.length} bytes of another format`,
    hint: "convert it to one of these first",
  });
}

/** The format of a picture. */
export type ImageFormat = "png" | "jpeg";

/** JPEG counts the pixels of a side in 16 bits. */
const largestJpeg = 65_535;

/**
 * A picture, uint8 `[height, width, channels]` of 1, 3 or 4 channels, as a file; JPEG has no opacity, and is of a quality
 * from 1 to 100. Throws {@linkcode FileError} for one that is too large for JPEG.
 */
export async function writeImage(
  image: Tensor,
  format: ImageFormat,
  quality: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const [height, width, channels] = image.shape;
  if (format === "png") {
    const { encode } = await loadPackage("png", what);
    return Uint8Array.from(encode({ width, height, channels, depth: 8, data: Uint8Array.from(image.data) }));
  }
  if (Math.max(height, width) > largestJpeg) {
    throw new FileError({
      what,
      rule: `a JPEG has at most ${largestJpeg} pixels in a row and in a column`,
      received: `${height} by ${width}`,
      hint: "save it as PNG",
    });
  }
  const { encode } = await loadPackage("jpeg", what);
  const data = new Uint8Array(height * width * 4).fill(255);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let color = 0; color < 3; color++) {
      data[4 * pixel + color] = image.data[pixel * channels + (channels === 1 ? 0 : color)];
    }
  }
  return Uint8Array.from(encode({ width, height, data }, quality).data);
}

function damaged(what: string, rule: string, received: string): FileError {
  return new FileError({ what, rule, received, hint: "the file is damaged: save or fetch it again" });
}

async function readPng(bytes: Uint8Array, what: string): Promise<Tensor> {
  const { decode, convertIndexedToRgb } = await loadPackage("png", what);
  try {
    const picture = decode(bytes, { checkCrc: true });
    const { width, height, palette } = picture;
    const data = palette ? convertIndexedToRgb(picture) : bytesOf(picture);
    return new Tensor([height, width, data.length / (height * width)], "uint8", data);
  } catch (error) {
    throw damaged(what, "it must be a whole PNG file", (error as Error).message);
  }
}

/** The elements of a picture without a palette, from 0 to 255. */
function bytesOf({ width, height, channels, depth, data }: DecodedPng): Uint8Array<ArrayBuffer> {
  // Of 8 bits a channel the elements are as they are.
  if (depth === 8) return Uint8Array.from(data);
  if (depth === 16) return Uint8Array.from(data, (value) => Math.round(value / 257));
  // Several pixels share a byte, the first in its highest bits; each row begins a byte.
  const [perByte, rowBytes] = [8 / depth, Math.ceil(width * channels * depth / 8)];
  const most = 2 ** depth - 1;
  return Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const [row, column] = [Math.floor(i / (width * channels)), i % (width * channels)];
    const byte = data[row * rowBytes + Math.floor(column / perByte)];
    return (byte >> (8 - depth * (column % perByte + 1)) & most) * (255 / most);
  });
}

async function readJpeg(bytes: Uint8Array, what: string): Promise<Tensor> {
  const channels = channelsOfJpeg(bytes);
  // The decoder fills up what is missing with gray.
  if (channels === undefined) {
    throw damaged(what, "it must be a whole JPEG file", `${bytes.length} bytes without an end`);
  }
  const { decode } = await loadPackage("jpeg", what);
  try {
    const { width, height, data } = decode(bytes, { useTArray: true, formatAsRGBA: false, tolerantDecoding: false });
    // Gray is given as red, green and blue that are equal; four inks are given as these three too.
    if (channels > 1) return new Tensor([height, width, 3], "uint8", Uint8Array.from(data));
    return new Tensor([height, width, 1], "uint8", Uint8Array.from({ length: height * width }, (_, i) => data[3 * i]));
  } catch (error) {
    throw damaged(what, "it must be a whole JPEG file", (error as Error).message);
  }
}

/**
 * The channels of the picture in a JPEG file, found by its segments: a smaller picture within a segment is passed over.
 * Undefined for a file that is cut off before the marker of its end.
 */
function channelsOfJpeg(bytes: Uint8Array): number | undefined {
  const [endOfImage, startOfScan] = [0xd9, 0xda];
  let channels: number | undefined;
  let at = 2;
  while (at + 1 < bytes.length) {
    const marker = bytes[at + 1];
    // Before a marker there may be any number of filling bytes.
    if (bytes[at] !== 0xff || marker === 0xff) at++;
    else if (marker === endOfImage) return channels;
    else {
      if (isStartOfFrame(marker)) channels = bytes[at + 9];
      at += 2 + (bytes[at + 2] << 8 | bytes[at + 3]);
      // In the data of a scan 0xff is followed by 0, or by a marker without a length.
      if (marker === startOfScan) {
        while (at + 1 < bytes.length && (bytes[at] !== 0xff || bytes[at + 1] === 0 || isRestart(bytes[at + 1]))) at++;
      }
    }
  }
  return undefined;
}

const isRestart = (marker: number) => marker >= 0xd0 && marker <= 0xd7;

/** Markers 0xc0 to 0xcf are those of frames, but for those of tables and of extensions. */
const isStartOfFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
