// Texts in the files of a directory.
import { describe } from "../errors.ts";
import { readSource } from "../files/source.ts";
import { integerAtLeast } from "../option_kinds.ts";
import { nullable, optionTable, readMethodOptions } from "../options.ts";
import { type FileDatasets, openDirectory, readAll } from "./directory_dataset.ts";
import { type DirectoryOptions, directoryOptions } from "./directory_files.ts";

/** Options of {@linkcode textDatasetFromDirectory}. */
export interface TextDatasetOptions extends DirectoryOptions {
  /** The most characters of a text that are kept; all by default. */
  maxLength?: number | null;
}

const textDatasetOptions = optionTable<TextDatasetOptions>()({
  ...directoryOptions,
  maxLength: nullable(integerAtLeast(1)),
});

/**
 * The texts in the `.txt` files of a directory, whose folders are the classes, as a dataset: batches `[x, y]` where `x` is
 * a list of strings and `y` their labels. `map` makes numbers of the strings, which models take. The files, their order
 * and the parts of a split are those of Keras for the same seed; the orders of passes with `shuffle` are not.
 *
 * Source: `keras.utils.text_dataset_from_directory`.
 *
 * @param directory its path
 * @returns a dataset with `classNames` and `filePaths`; with `subset: "both"` two, for training and for validation
 * @throws {FileError} for a directory that cannot be read, or has no such file
 * @throws {ValueError} for labels of another number than files, and for options that do not suit each other
 *
 * @example Two classes
 * ```ts
 * import { utils } from "./mod.ts";
 * const folder = await Deno.makeTempDir();
 * for (const [name, text] of [["bad", "awful"], ["good", "lovely"]]) {
 *   await Deno.mkdir(`${folder}/${name}`);
 *   await Deno.writeTextFile(`${folder}/${name}/1.txt`, text);
 * }
 * const data = await utils.textDatasetFromDirectory(folder, { shuffle: false, verbose: false });
 * console.log(data.classNames); // [ "bad", "good" ]
 * for await (const [texts, labels] of data) console.log(texts, labels.toArray());
 * // [ "awful", "lovely" ] [ 0, 1 ]
 * await Deno.remove(folder, { recursive: true });
 * ```
 */
export async function textDatasetFromDirectory<const O extends TextDatasetOptions>(
  directory: string,
  options?: O,
): Promise<FileDatasets<O, string[], string>> {
  const what = `Cannot read the texts in ${describe(directory)}`;
  const kept = readMethodOptions("textDatasetFromDirectory", textDatasetOptions, options, what);
  const { maxLength } = kept;
  return await openDirectory<O, string[], string>(directory, kept, {
    what,
    endings: [".txt"],
    load: (paths, signal) =>
      readAll(paths, signal, async (path) => {
        const text = new TextDecoder().decode(await readSource(path, `Cannot read "${path}"`));
        return maxLength === null ? text : [...text].slice(0, maxLength).join("");
      }),
    alone: ([text]) => text,
  });
}
