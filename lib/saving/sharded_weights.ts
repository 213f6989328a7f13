// Keras's `.weights.json`: the weights of a model in several `.weights.h5` files, each of a limited size.
import { bytesPerElement } from "../dtype.ts";
import { FileError, ValueError } from "../errors.ts";
import { readHdf5 } from "../files/hdf5.ts";
import type { OpenFile } from "../files/source.ts";
import type { NewFile } from "../files/target.ts";
import type { Config } from "../json_config.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { isNamed } from "../structure.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { WeightGroup } from "./weight_groups.ts";
import { type GroupPart, storedInHdf5, type StoredWeights, writeWeights } from "./weights_file.ts";

/** Whether JSON is such a file's. */
export function isSharded(json: Config): boolean {
  return "weight_map" in json;
}

/** The arrays of all files that one names. Throws {@linkcode FileError} for what is missing, damaged or lies elsewhere. */
export async function storedInShards(
  { weight_map: map }: Config,
  file: OpenFile,
  what: string,
): Promise<StoredWeights> {
  const names = isNamed(map) ? Object.values(map).flat() : [null];
  const arrays = new Map<string, Tensor>();
  let stored = storedInHdf5({ attributes: new Map(), groups: new Map(), arrays });
  for (const name of new Set(names)) {
    if (typeof name !== "string") return damaged("a weight_map that does not name files by path", what);
    stored = storedInHdf5(await readHdf5(await file.beside(name), `${what}, in its "${name}"`));
    for (const [key, array] of stored.arrays) {
      if (arrays.has(key)) damaged(`"${key}" in two of its files`, what);
      arrays.set(key, array);
    }
  }
  return { ...stored, arrays };
}

function damaged(received: string, what: string): never {
  throw new FileError({
    what,
    rule: "it must be a whole .weights.json file of Keras",
    received,
    hint: "the files are damaged or do not belong together: save or fetch them again",
  });
}

/**
 * The files of these groups, each with at most so many bytes of arrays; the last is the one of `name`, which names the
 * others. Throws {@linkcode ValueError} for an array that is larger.
 */
export function shardedFiles(
  groups: readonly WeightGroup[],
  { name, maxBytes, what }: { name: string; maxBytes: number; what: string },
): NewFile[] {
  const shards: GroupPart[][] = [[]];
  let size = 0;
  let total = 0;
  for (const group of groups) {
    let first = 0;
    const cut = (end: number) => {
      if (end > first) shards.at(-1)!.push({ ...group, entries: group.entries.slice(first, end), first });
      first = end;
    };
    group.entries.forEach(({ name: entry, shape, dtype }, i) => {
      const bytes = sizeOf(shape) * bytesPerElement(dtype);
      if (bytes > maxBytes) {
        throw new ValueError({
          what,
          rule: `maxShardSize must hold the largest array, ${entry} of ${formatShape(shape)} with ${bytes} bytes`,
          received: `${maxBytes / 2 ** 30} GiB`,
          hint: `give at least ${bytes / 2 ** 30}`,
        });
      }
      total += bytes;
      size += bytes;
      if (size <= maxBytes) return;
      cut(i);
      shards.push([]);
      size = bytes;
    });
    cut(group.entries.length);
  }
  const base = name.replace(/\.weights\.json$/, "");
  const map: Record<string, string | string[]> = {};
  const files = shards.map((parts, i): NewFile => {
    const file = `${base}_${String(i).padStart(5, "0")}.weights.h5`;
    for (const { path } of parts) {
      const key = path ? `/${path}/vars` : "/vars";
      map[key] = key in map ? [map[key], file].flat() : file;
    }
    return { name: file, bytes: () => writeWeights(parts, what) };
  });
  const json = JSON.stringify({ metadata: { total_size: total }, weight_map: map }, null, 4);
  return [...files, { name, bytes: () => Promise.resolve(new TextEncoder().encode(json)) }];
}
