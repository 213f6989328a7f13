// Files of data sets as they are published: fetched once, checked, and what they hold.
import { FileError } from "../errors.ts";
import { readZip } from "../files/zip.ts";
import { option } from "../options.ts";
import { describe, ValueError } from "../errors.ts";

/** A file that is published. */
export interface PublishedFile {
  readonly name: string;
  readonly url: string;
  /** Its SHA-256, or its MD5 where only that is published; undefined where nothing is. */
  readonly hash: string | undefined;
}

/** A file that Keras publishes. */
export const keras = (name: string, hash: string | undefined, folder = ""): PublishedFile => ({
  name: folder ? `${folder}/${name}` : name,
  url: `https://storage.googleapis.com/tensorflow/tf-keras-datasets/${name}`,
  hash,
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

/** The bytes of a file. */
export async function readPublished(file: PublishedFile, what: string): Promise<Uint8Array<ArrayBuffer>> {
  throw new Error(`${what} ${file.name}`);
}

/** The ids of words in a published file of JSON. */
export async function readWordIndex(file: PublishedFile, what: string): Promise<Record<string, number>> {
  return JSON.parse(new TextDecoder().decode(await readPublished(file, what)));
}

/** The members of a published archive, by name. */
export async function readPublishedArchive(
  file: PublishedFile,
  names: readonly string[],
  what: string,
): Promise<(name: string) => Uint8Array> {
  await readPublished(file, what);
  return (name) => new Uint8Array(names.indexOf(name));
}
