// Files of data sets as they are published: fetched once, checked, and what they hold.
import { option } from "../options.ts";
import { describe, FileError, ValueError } from "../errors.ts";
import { readSource } from "../files/source.ts";
import { getFile } from "../utils/get_file.ts";

/** A file that is published. */
export interface PublishedFile {
  /** The name by which it is kept, that of Keras's own; of an archive, of the folder that it becomes. */
  readonly name: string;
  readonly url: string;
  /** Its SHA-256, or its MD5 where only that is published; null where nothing is. */
  readonly hash: string | null;
  /** The folder in which it is kept; that of all data sets by default. */
  readonly folder?: string;
}

/** A file that Keras publishes. */
export const keras = (name: string, hash: string | null, folder?: string): PublishedFile => ({
  name,
  url: `https://storage.googleapis.com/tensorflow/tf-keras-datasets/${name}`,
  hash,
  folder,
});

/** The share of rows that are for tests. */
export const testSplitOption = option<number>({
  fallback: 0.2,
  read: (given, { what }) => {
    if (typeof given === "number" && given >= 0 && given < 1) return given;
    throw new ValueError({
      what,
      rule: "testSplit must be a number from 0 to less than 1",
      received: describe(given),
      hint: "write it as in testSplit: 0.2",
    });
  },
});

/** How many of the rows are for training. */
export const splitAt = (rows: number, testSplit: number): number => Math.trunc(rows * (1 - testSplit));

/** The arrays of an `.npz` file by name, as bytes of `.npy` files. Throws {@linkcode FileError} for one that it lacks. */
export async function npzMembers(file: Uint8Array, what: string): Promise<(name: string) => Uint8Array> {
  const { readZip } = await import("../files/zip.ts");
  const members = await readZip(file, what);
  return (name) => {
    const member = members.get(`${name}.npy`);
    if (member) return member;
    throw new FileError({
      what,
      rule: `the file must have the array "${name}"`,
      received: [...members.keys()].slice(0, 8).join(", ") || "none",
      hint: "remove the file, which is another one, so that it is fetched again",
    });
  };
}

/** The bytes of a file, which is fetched where it is not yet in the folder of Keras's data sets. */
export async function readPublished(
  { name, url, hash, folder = "datasets" }: PublishedFile,
  what: string,
): Promise<Uint8Array> {
  const path = await getFile({ origin: url, fname: name, fileHash: hash, cacheSubdir: folder });
  return await readSource(path, what);
}

/** The ids of words in a published file of JSON. Throws {@linkcode FileError} for another content. */
export async function readWordIndex(file: PublishedFile, what: string): Promise<Record<string, number>> {
  const text = new TextDecoder().decode(await readPublished(file, what));
  try {
    return JSON.parse(text);
  } catch (error) {
    const hint = "remove the file, which is damaged, so that it is fetched again";
    throw new FileError({ what, rule: "its words must be JSON", received: (error as Error).message, hint });
  }
}

/** The members of a published archive by name, which is fetched and taken apart where it is not yet in the folder. */
export async function readPublishedArchive(
  { name, url, hash, folder: cacheSubdir = "datasets" }: PublishedFile,
  names: readonly string[],
  what: string,
): Promise<(name: string) => Uint8Array> {
  const folder = await getFile({ origin: url, fname: name, fileHash: hash, cacheSubdir, extract: true });
  const members = new Map<string, Uint8Array>();
  for (const member of names) members.set(member, await readSource(`${folder}/${member}`, what));
  return (member) => members.get(member)!;
}
