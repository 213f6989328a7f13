// Single pictures from files and to files, and as arrays.
import { type DType, makeArray, type TypedArray } from "../dtype.ts";
import { describe, ShapeError, ValueError } from "../errors.ts";
import { type ImageFormat, readImage, writeImage } from "../files/images.ts";
import { type FileSource, nameOfSource, readSource } from "../files/source.ts";
import { addressOf, type FileTarget, nameOfTarget, requireEnding, writeTarget } from "../files/target.ts";
import { type DataFormat, dataFormatOption } from "../layers/data_format.ts";
import { boolean, choice, isList, maxExtent } from "../option_kinds.ts";
import { nullable, type Option, option, optionTable, readMethodOptions } from "../options.ts";
import { checkSize, formatShape } from "../shape.ts";
import { Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";
import { channelsFirst, channelsLast, type ColorMode, colorModes, withColors } from "./image_channels.ts";
import { type PillowInterpolation, pillowKernels, resizeAsPillow } from "./image_resampling.ts";

/** Options of {@linkcode loadImg}. */
export interface LoadImgOptions {
  /** `rgb`, the default, gives 3 channels, `rgba` 4, and `grayscale` 1. */
  colorMode?: ColorMode;
  /** The height and width that the picture gets; its own by default. */
  targetSize?: readonly [height: number, width: number] | null;
  /** How it is resized; `nearest` by default. */
  interpolation?: PillowInterpolation;
  /** Whether it is cropped around its middle to keep its aspect ratio; false by default. */
  keepAspectRatio?: boolean;
}

const isExtent = (item: unknown): item is number =>
  typeof item === "number" && Number.isInteger(item) && item > 0 && item <= maxExtent;

/** The height and width of pictures. */
export const sizeOption: Option<readonly [height: number, width: number]> = option<readonly [number, number]>({
  read: (given, { what, option }) => {
    if (isList(given, isExtent) && given.length === 2) {
      checkSize([...given, 4], what);
      return [given[0], given[1]];
    }
    throw new ValueError({
      what,
      rule: `${option} must be a height and a width`,
      received: Array.isArray(given) ? `a list of ${given.length}` : describe(given),
      hint: "write it as in [180, 240]",
    });
  },
});

const pillowInterpolations = Object.keys(pillowKernels) as PillowInterpolation[];

const loadImgOptions = optionTable<LoadImgOptions>()({
  colorMode: choice(colorModes),
  targetSize: nullable(sizeOption),
  interpolation: choice(pillowInterpolations),
  keepAspectRatio: boolean(false),
});

/**
 * The picture in a PNG or JPEG file, as a tensor uint8 `[height, width, channels]`. Colors and sizes are those that Pillow
 * computes, bit for bit; pixels of JPEG files may differ by a few of 255, as decoders do, and gray of 16 bits becomes 8.
 *
 * Source: `keras.utils.load_img`, which gives a picture of Pillow.
 *
 * @param source a path, a URL, bytes, a `Blob` or a stream
 * @throws {FileError} for a file that cannot be read, is damaged, or of another format
 *
 * @example A picture as a batch of one
 * ```ts
 * import { utils } from "./mod.ts";
 * const path = `${await Deno.makeTempDir()}/dots.png`;
 * await utils.saveImg(path, [[[0], [255]], [[255], [0]]]);
 * const image = await utils.loadImg(path, { targetSize: [4, 4] });
 * console.log(image.shape, image.dtype); // [ 4, 4, 3 ] uint8
 * const batch = utils.imgToArray(image).reshape([1, 4, 4, 3]);
 * ```
 */
export async function loadImg(source: FileSource, options: LoadImgOptions = {}): Promise<Tensor> {
  const what = `Cannot load ${nameOfSource(source)}`;
  const kept = readMethodOptions("loadImg", loadImgOptions, options, what);
  const image = withColors(await readImage(await readSource(source, what), what), kept.colorMode, "pillow");
  const { targetSize: size } = kept;
  if (size === null || (size[0] === image.shape[0] && size[1] === image.shape[1])) return image;
  return resizeAsPillow(image, size, kept.interpolation, kept.keepAspectRatio);
}

/** Options of {@linkcode imgToArray}. */
export interface ImgToArrayOptions {
  /** Where the channels of the array are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
  /** The element type of the array; `float32` by default. */
  dtype?: DType | null;
}

const dtypeOption = nullable(choice(["float32", "int32", "uint8"]));

const imgToArrayOptions = optionTable<ImgToArrayOptions>()({ dataFormat: dataFormatOption, dtype: dtypeOption });

/**
 * A picture as an array `[height, width, channels]`, or `[channels, height, width]`, of the values that it has. Pictures
 * `[height, width]` get an axis of one channel.
 *
 * Source: `keras.utils.img_to_array`.
 *
 * @throws {ShapeError} for what has not two or three axes
 *
 * @example
 * ```ts
 * import { tensor, utils } from "./mod.ts";
 * const image = tensor([[[255, 0, 0], [0, 0, 255]]], undefined, "uint8");
 * console.log(utils.imgToArray(image, { dataFormat: "channels_first" }).shape); // [ 3, 1, 2 ]
 * ```
 */
export function imgToArray(img: TensorLike, options: ImgToArrayOptions = {}): Tensor {
  const what = "Cannot make an array of a picture";
  const { dataFormat, dtype } = readMethodOptions("imgToArray", imgToArrayOptions, options, what);
  const image = toTensor(img, what, "img");
  if (image.rank !== 2 && image.rank !== 3) {
    throw new ShapeError({
      what,
      rule: "a picture has the shape [height, width, channels] or [height, width]",
      received: formatShape(image.shape),
      hint: "take one picture of a batch",
    });
  }
  const array = (image.rank === 2 ? image.reshape([...image.shape, 1]) : image).cast(dtype ?? "float32");
  return dataFormat === "channels_first" ? channelsFirst(array) : array;
}

/** Options of {@linkcode arrayToImg}. */
export interface ArrayToImgOptions {
  /** Where the channels of the array are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
  /** Whether values are scaled such that the smallest becomes 0 and the largest 255; true by default. */
  scale?: boolean;
}

const arrayToImgOptions = optionTable<ArrayToImgOptions>()({ dataFormat: dataFormatOption, scale: boolean(true) });

/**
 * An array `[height, width, channels]`, of 1, 3 or 4 channels, as a picture: uint8 of the same shape. Fractions are cut off.
 *
 * Source: `keras.utils.array_to_img`, which gives a picture of Pillow.
 *
 * @throws {ShapeError} for another shape
 * @throws {ValueError} without `scale` for values that bytes do not hold, and for values that are not finite
 *
 * @example
 * ```ts
 * import { utils } from "./mod.ts";
 * console.log(utils.arrayToImg([[[-1], [0], [1]]]).toArray()); // [ [ [ 0 ], [ 127 ], [ 255 ] ] ]
 * ```
 */
export function arrayToImg(x: TensorLike, options: ArrayToImgOptions = {}): Tensor {
  const what = "Cannot make a picture of an array";
  const { dataFormat, scale } = readMethodOptions("arrayToImg", arrayToImgOptions, options, what);
  return pictureOf(toTensor(x, what, "x"), dataFormat, scale, what);
}

function pictureOf(array: Tensor, dataFormat: DataFormat, scale: boolean, what: string): Tensor {
  const isFirst = dataFormat === "channels_first";
  const channels = array.shape[isFirst ? 0 : 2];
  if (array.rank !== 3 || ![1, 3, 4].includes(channels) || array.size === 0) {
    throw new ShapeError({
      what,
      rule: `it must be [${isFirst ? "channels, height, width" : "height, width, channels"}] of 1, 3 or 4 channels`,
      received: formatShape(array.shape),
      hint: array.rank === 2 ? "add an axis of one channel, as in x.reshape([...x.shape, 1])" : "give one picture",
    });
  }
  const image = isFirst ? channelsLast(array) : array;
  const data = makeArray("uint8", image.data.length);
  const { fround } = Math;
  let [least, most] = [Infinity, -Infinity];
  for (const value of image.data) {
    if (value < least) least = value;
    if (value > most) most = value;
    if (!Number.isFinite(value)) [least, most] = [NaN, value];
    if (Number.isNaN(least)) break;
  }
  if (Number.isNaN(least) || (!scale && (least < 0 || most >= 256))) {
    throw new ValueError({
      what,
      rule: scale ? "values must be finite" : "without scale, values must be from 0 to 255",
      received: String(Number.isNaN(least) || least >= 0 ? most : least),
      hint: scale ? "check what computed them" : "leave scale out, or clip them",
    });
  }
  // Step by step in float32, as NumPy does.
  const range = fround(most - least);
  image.data.forEach((value, i) => {
    const scaled = range === 0 ? fround(value - least) : fround(fround(value - least) / range);
    data[i] = scale ? fround(scaled * 255) : value;
  });
  return new Tensor(image.shape, "uint8", data as TypedArray);
}

/** Options of {@linkcode saveImg}. */
export interface SaveImgOptions extends ArrayToImgOptions {
  /** The format, if the ending of the path does not say it. */
  fileFormat?: ImageFormat | "jpg" | null;
  /** The quality of a JPEG file, from 1 to 100; 75 by default. */
  quality?: number;
}

const saveImgOptions = optionTable<SaveImgOptions>()({
  ...arrayToImgOptions,
  fileFormat: nullable(choice(["png", "jpeg", "jpg"])),
  quality: option<number>({
    fallback: 75,
    read: (given, { what, option }) => {
      if (typeof given === "number" && Number.isInteger(given) && given >= 1 && given <= 100) return given;
      throw new ValueError({ what, rule: `${option} must be a whole number from 1 to 100`, received: describe(given) });
    },
  }),
});

/**
 * Writes an array as a PNG or JPEG file. As in Keras its values are scaled to the range from 0 to 255, unless `scale` is
 * false.
 *
 * Source: `keras.utils.save_img`.
 *
 * @param target a path that ends in `.png`, `.jpg` or `.jpeg`, its `file:` URL, or a stream; in a browser the name of a
 *   download
 * @param x an array `[height, width, channels]` of 1, 3 or 4 channels; of a JPEG file the opacity is left out, with a
 *   warning
 * @throws {ShapeError} for another shape
 * @throws {ValueError} for another ending, and without `scale` for values that bytes do not hold
 *
 * @example A ramp of grays
 * ```ts
 * import { ops, utils } from "./mod.ts";
 * const path = `${await Deno.makeTempDir()}/ramp.png`;
 * await utils.saveImg(path, ops.reshape(ops.arange(256), [16, 16, 1]), { scale: false });
 * console.log((await utils.loadImg(path, { colorMode: "grayscale" })).data[200]); // 200
 * ```
 */
export async function saveImg(target: FileTarget, x: TensorLike, options: SaveImgOptions = {}): Promise<void> {
  const what = `Cannot save ${nameOfTarget(target)}`;
  const { dataFormat, scale, fileFormat, quality } = readMethodOptions("saveImg", saveImgOptions, options, what);
  if (fileFormat === null) {
    requireEnding(target, [".png", ".jpg", ".jpeg"], what);
    if (addressOf(target) === undefined) {
      throw new ValueError({ what, rule: "a stream needs fileFormat", received: "none", hint: 'give "png" or "jpeg"' });
    }
  }
  const isPng = fileFormat === null ? addressOf(target)!.endsWith(".png") : fileFormat === "png";
  let image = pictureOf(toTensor(x, what, "x"), dataFormat, scale, what);
  if (!isPng && image.shape[2] === 4) {
    console.warn(`${what} with opacity: JPEG has none, so that only its colors are written`);
    image = withColors(image, "rgb", "pillow");
  }
  await writeTarget(target, await writeImage(image, isPng ? "png" : "jpeg", quality, what), what);
}
