// Sounds in the files of a directory.
import { describe, FileError } from "../errors.ts";
import { readSource } from "../files/source.ts";
import { readWav } from "../files/wav.ts";
import { positiveInteger } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions, unoffered } from "../options.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type FileDatasets, openDirectory, readAll, stack, withoutBatch } from "./directory_dataset.ts";
import { type DirectoryOptions, directoryOptions } from "./directory_files.ts";

/** Options of {@linkcode audioDatasetFromDirectory}. */
export interface AudioDatasetOptions extends DirectoryOptions {
  /** The samples in a second that all files must have; any by default. Sounds are not resampled. */
  samplingRate?: number | null;
  /** The number of samples of each sound, which is cut or padded with zeros; by default that of the longest of a batch. */
  outputSequenceLength?: number | null;
}

const audioDatasetOptions = optionTable<AudioDatasetOptions>()({
  ...directoryOptions,
  samplingRate: nullable(positiveInteger()),
  outputSequenceLength: nullable(positiveInteger()),
  ragged: unoffered(false, "leave it out: the sounds of a batch are padded to the longest, or to outputSequenceLength"),
});

/**
 * The sounds in the `.wav` files of a directory, whose folders are the classes, as a dataset: batches `[x, y]` where `x` is
 * float32 `[batch, samples, channels]`, from -1 to 1, and `y` their labels. Shorter sounds are padded with zeros. The files,
 * their order and the parts of a split are those of Keras for the same seed; the orders of passes with `shuffle` are not.
 *
 * Source: `keras.utils.audio_dataset_from_directory`. It reads integers of 16 bits alone; here 8, 24 and 32 bits, and
 * floats are read too.
 *
 * @param directory its path
 * @returns a dataset with `classNames` and `filePaths`; with `subset: "both"` two, for training and for validation
 * @throws {FileError} for a directory that cannot be read, or has no such file
 * @throws {ValueError} for labels of another number than files, and for options that do not suit each other
 *
 * @example Sounds of a second each
 * ```ts ignore
 * const data = await utils.audioDatasetFromDirectory("commands", { outputSequenceLength: 16000 });
 * for await (const [sounds, labels] of data) console.log(sounds.shape, labels.shape); // [ 32, 16000, 1 ] [ 32 ]
 * ```
 */
export async function audioDatasetFromDirectory<const O extends AudioDatasetOptions>(
  directory: string,
  options?: O,
): Promise<FileDatasets<O, Tensor>> {
  const what = `Cannot read the sounds in ${describe(directory)}`;
  const kept = readMethodOptions("audioDatasetFromDirectory", audioDatasetOptions, options, what);
  const { samplingRate, outputSequenceLength } = kept;
  const readSound = async (path: string) => {
    const what = `Cannot read "${path}"`;
    const { samples, rate } = readWav(await readSource(path, what), what);
    if (samplingRate === null || samplingRate === rate) return samples;
    throw new FileError({
      what,
      rule: `all files must have ${samplingRate} samples in a second`,
      received: `${rate}`,
      hint: "resample them first, or leave samplingRate out",
    });
  };
  return await openDirectory<O, Tensor, Tensor>(directory, kept, {
    what,
    endings: [".wav"],
    load: async (paths, signal) => {
      const sounds = await readAll(paths, signal, readSound);
      const channels = sounds[0].shape[1];
      const odd = sounds.findIndex((sound) => sound.shape[1] !== channels);
      if (odd !== -1) {
        throw new FileError({
          what: `Cannot read "${paths[odd]}"`,
          rule: `the sounds of a batch must have as many channels, ${channels} as "${paths[0]}"`,
          received: String(sounds[odd].shape[1]),
          hint: "convert all to one channel",
        });
      }
      const length = outputSequenceLength ?? Math.max(...sounds.map(({ shape }) => shape[0]));
      return stack(sounds.map((sound) => ofLength(sound, length)));
    },
    alone: withoutBatch,
  });
}

/** A sound cut or padded with zeros at its end. */
function ofLength(sound: Tensor, length: number): Tensor {
  const [count, channels] = sound.shape;
  const data = new Float32Array(length * channels);
  data.set(sound.data.subarray(0, Math.min(count, length) * channels));
  return new Tensor([length, channels], "float32", data);
}
