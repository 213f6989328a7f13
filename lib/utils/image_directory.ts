// Pictures in the files of a directory.
import { describe, FileError, ValueError } from "../errors.ts";
import { readImage } from "../files/images.ts";
import { readSource } from "../files/source.ts";
import { type DataFormat, dataFormatOption } from "../layers/data_format.ts";
import { boolean, choice } from "../option_kinds.ts";
import { optionTable, readMethodOptions, withFacts } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { type FileDatasets, openDirectory, readAll, stack, withoutBatch } from "./directory_dataset.ts";
import { type DirectoryOptions, directoryOptions } from "./directory_files.ts";
import { channelsFirst, type ColorMode, colorModes, withColors } from "./image_channels.ts";
import { sizeOption } from "./image_files.ts";
import { fitImage, type ImageInterpolation, imageInterpolations } from "./image_resampling.ts";

/** Options of {@linkcode imageDatasetFromDirectory}. */
export interface ImageDatasetOptions extends DirectoryOptions {
  /** `rgb`, the default, gives 3 channels, `rgba` 4, and `grayscale` 1. */
  colorMode?: ColorMode;
  /** The height and width of all pictures, or one number for both; `[256, 256]` by default. */
  imageSize?: number | readonly [height: number, width: number];
  /** How pictures are resized; `bilinear` by default. */
  interpolation?: ImageInterpolation;
  /** Whether pictures are cropped around their middle to keep their aspect ratio; false by default. */
  cropToAspectRatio?: boolean;
  /** Whether pictures are padded with zeros to keep their aspect ratio; false by default. */
  padToAspectRatio?: boolean;
  /** Where the channels are; `channels_last` by default. */
  dataFormat?: DataFormat | null;
}

const imageDatasetOptions = optionTable<ImageDatasetOptions>()({
  ...directoryOptions,
  colorMode: choice(colorModes),
  imageSize: withFacts(sizeOption, {
    fallback: 256,
    read: (given, place) => sizeOption.read(typeof given === "number" ? [given, given] : given, place),
  }),
  interpolation: choice(imageInterpolations),
  cropToAspectRatio: boolean(false),
  padToAspectRatio: boolean(false),
  dataFormat: dataFormatOption,
});

const endings = [".bmp", ".gif", ".jpeg", ".jpg", ".png"];

/**
 * The pictures in a directory, whose folders are the classes, as a dataset: batches `[x, y]` where `x` is float32 `[batch,
 * height, width, channels]` from 0 to 255, and `y` their labels. With the interpolation `nearest`, `x` is uint8. The files,
 * their order and the parts of a split are those of Keras for the same seed; the orders of passes with `shuffle` are not.
 * Pixels of PNG files are those of Keras, up to rounding; those of JPEG files may differ by a few of 255, as decoders do.
 *
 * Source: `keras.utils.image_dataset_from_directory`.
 *
 * @param directory its path
 * @returns a dataset with `classNames` and `filePaths`; with `subset: "both"` two, for training and for validation
 * @throws {FileError} for a directory that cannot be read, has no picture, or has BMP or GIF files, which are not read
 * @throws {ValueError} for labels of another number than files, and for options that do not suit each other
 *
 * @example A split of photos
 * ```ts ignore
 * const [training, validationData] = await utils.imageDatasetFromDirectory("photos", {
 *   imageSize: [180, 180],
 *   validationSplit: 0.2,
 *   subset: "both",
 *   seed: 1,
 * });
 * await model.fit(training, undefined, { epochs: 10, validationData });
 * ```
 */
export async function imageDatasetFromDirectory<const O extends ImageDatasetOptions>(
  directory: string,
  options?: O,
): Promise<FileDatasets<O, Tensor>> {
  const what = `Cannot read the pictures in ${describe(directory)}`;
  const kept = readMethodOptions("imageDatasetFromDirectory", imageDatasetOptions, options, what);
  const { colorMode, imageSize, interpolation, dataFormat } = kept;
  if (kept.cropToAspectRatio && kept.padToAspectRatio) {
    throw new ValueError({
      what,
      rule: "pictures are either cropped or padded to keep their aspect ratio",
      received: "both",
      hint: "leave out cropToAspectRatio or padToAspectRatio",
    });
  }
  const fitting = kept.cropToAspectRatio ? "crop" : kept.padToAspectRatio ? "pad" : "stretch";
  const readPicture = async (path: string) => {
    const what = `Cannot read "${path}"`;
    const image = withColors(await readImage(await readSource(path, what), what), colorMode, "libpng");
    const fitted = fitImage(image, imageSize, interpolation, fitting);
    return dataFormat === "channels_first" ? channelsFirst(fitted) : fitted;
  };
  return await openDirectory<O, Tensor, Tensor>(directory, kept, {
    what,
    endings,
    check(paths) {
      const odd = paths.find((path) => /\.(bmp|gif)$/i.test(path));
      if (odd === undefined) return;
      throw new FileError({
        what,
        rule: "pictures must be PNG or JPEG",
        received: `"${odd}"`,
        hint: "convert it, or move it elsewhere",
      });
    },
    load: async (paths, signal) => stack(await readAll(paths, signal, readPicture)),
    alone: withoutBatch,
  });
}
