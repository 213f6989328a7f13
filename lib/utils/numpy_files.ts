// NumPy's files, .npy and .npz: arrays that came from Python, or go there.
import { describe, ValueError } from "../errors.ts";
import { readNpy, writeNpy } from "../files/npy.ts";
import { type FileSource, nameOfSource, readSource } from "../files/source.ts";
import { type FileTarget, nameOfTarget, requireEnding, writeTarget } from "../files/target.ts";
import { boolean } from "../option_kinds.ts";
import { optionTable, readMethodOptions } from "../options.ts";
import { isNamed } from "../structure.ts";
import { type Tensor, type TensorLike, toTensor } from "../tensor/tensor.ts";

/**
 * The array in a `.npy` file, as `numpy.save` writes it. `float64` and `float16` become `float32`, which rounds the
 * former; integers other than `uint8` become `int32`. Arrays in Fortran's order and with the highest byte first are read
 * too.
 *
 * @param source a path, a URL, bytes, a `Blob` or a stream
 * @returns the array, of the shape that it had
 * @throws {FileError} for a file that is missing or damaged, for elements that are no numbers such as Python's objects,
 *   and for integers that `int32` cannot hold
 *
 * @example An array to a file and back
 * ```ts
 * import { tensor, utils } from "./mod.ts";
 * const path = `${await Deno.makeTempDir()}/x.npy`;
 * await utils.saveNpy(path, tensor([[1, 2], [3, 4]]));
 * console.log((await utils.loadNpy(path)).toArray()); // [ [ 1, 2 ], [ 3, 4 ] ]
 * ```
 */
export async function loadNpy(source: FileSource): Promise<Tensor> {
  const what = `Cannot load ${nameOfSource(source)}`;
  return readNpy(await readSource(source, what), what);
}

/**
 * Writes an array as a `.npy` file, byte for byte as `numpy.save` does; `numpy.load` reads it.
 *
 * @param target a path that ends in `.npy`, its `file:` URL, or a stream; in a browser the name of a download
 * @param array a tensor, nested arrays or a typed array
 * @throws {ValueError} for another ending, and for what is no array
 * @throws {FileError} where the file cannot be written
 *
 * @example Predictions for Python
 * ```ts
 * import { utils } from "./mod.ts";
 * const path = `${await Deno.makeTempDir()}/predictions.npy`;
 * await utils.saveNpy(path, [0.25, 0.75]); // in Python: numpy.load("predictions.npy")
 * ```
 */
export async function saveNpy(target: FileTarget, array: TensorLike): Promise<void> {
  const what = `Cannot save ${nameOfTarget(target)}`;
  requireEnding(target, [".npy"], what);
  await writeTarget(target, writeNpy(toTensor(array, what, "")), what);
}

/**
 * The arrays in a `.npz` file by name, as `numpy.savez` and `numpy.savez_compressed` write them. Element types become
 * those of {@linkcode loadNpy}.
 *
 * @param source a path, a URL, bytes, a `Blob` or a stream
 * @returns the arrays by name, `arr_0`, `arr_1`, ... for those that were given without one
 * @throws {FileError} as {@linkcode loadNpy}, and for an archive whose checksums or sizes are wrong
 *
 * @example Two arrays to a file and back
 * ```ts
 * import { utils } from "./mod.ts";
 * const path = `${await Deno.makeTempDir()}/data.npz`;
 * await utils.saveNpz(path, { x: [[1, 2], [3, 4]], y: [0, 1] });
 * const { x, y } = await utils.loadNpz(path);
 * console.log(x.shape, y.toArray()); // [ 2, 2 ] [ 0, 1 ]
 * ```
 */
export async function loadNpz(source: FileSource): Promise<Record<string, Tensor>> {
  const what = `Cannot load ${nameOfSource(source)}`;
  const { readZip } = await import("../files/zip.ts");
  const members = await readZip(await readSource(source, what), what);
  return Object.fromEntries(
    [...members].map(([name, bytes]) => {
      const key = name.replace(/\.npy$/, "");
      return [key, readNpy(bytes, `${what}, in its "${key}"`)];
    }),
  );
}

/** Options of {@linkcode saveNpz}. */
export interface SaveNpzOptions {
  /** Whether the arrays are compressed, as by `numpy.savez_compressed`; false by default. */
  compressed?: boolean;
}

const saveNpzOptions = optionTable<SaveNpzOptions>()({ compressed: boolean(false) });

/**
 * Writes arrays as a `.npz` file, as `numpy.savez` does; `numpy.load` reads it.
 *
 * @param target a path that ends in `.npz`, its `file:` URL, or a stream; in a browser the name of a download
 * @param arrays the arrays by name, or a list of them, whose names become `arr_0`, `arr_1`, ...
 * @param options whether they are compressed
 * @throws {ValueError} for another ending, and for what is no array
 * @throws {FileError} where the file cannot be written
 *
 * @example Compressed
 * ```ts
 * import { ops, utils } from "./mod.ts";
 * const path = `${await Deno.makeTempDir()}/data.npz`;
 * await utils.saveNpz(path, { mask: ops.zeros([1000, 10]) }, { compressed: true });
 * console.log((await Deno.stat(path)).size < 1000); // true
 * ```
 */
export async function saveNpz(
  target: FileTarget,
  arrays: Readonly<Record<string, TensorLike>> | readonly TensorLike[],
  options: SaveNpzOptions = {},
): Promise<void> {
  const what = `Cannot save ${nameOfTarget(target)}`;
  const { compressed } = readMethodOptions("saveNpz", saveNpzOptions, options, what);
  requireEnding(target, [".npz"], what);
  if (!isNamed(arrays) && !Array.isArray(arrays)) {
    throw new ValueError({
      what,
      rule: "there must be arrays by name, or a list of arrays",
      received: describe(arrays),
      hint: "write them as in { x, y }",
    });
  }
  const named = Array.isArray(arrays)
    ? arrays.map((array, i): [string, TensorLike] => [`arr_${i}`, array])
    : Object.entries(arrays as Readonly<Record<string, TensorLike>>);
  const members = named.map(([name, array]) => [`${name}.npy`, writeNpy(toTensor(array, what, name))] as const);
  const { writeZip } = await import("../files/zip.ts");
  await writeTarget(target, await writeZip(new Map(members), what, { compressed }), what);
}
