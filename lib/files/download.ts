// Files of a known content that are downloaded once, and kept where Python Keras keeps them.
import { FileError, StateError } from "../errors.ts";
import { readSource } from "./source.ts";
import { makeFolder, readIfThere, writeSafely } from "./system.ts";

/** A published file. */
export interface PublishedFile {
  /** Its name where it is kept. */
  readonly name: string;
  /** Where it is published. */
  readonly url: string;
  /** Its MD5 or SHA-256 in hexadecimal digits, if it is known. */
  readonly hash?: string;
}

/**
 * The folder of Keras's downloads of a kind, such as `models`: in the environment's `KERAS_HOME`, else in `.keras` in the
 * user's home. Throws {@linkcode StateError} outside of Deno, {@linkcode FileError} where the environment names neither.
 */
export function folderOfKeras(kind: string, what: string): string {
  if (typeof Deno === "undefined") {
    throw new StateError({
      what,
      rule: "files are downloaded and kept only in Deno",
      hint: "give the file by its URL or its bytes",
    });
  }
  const [root, ...homes] = ["KERAS_HOME", "HOME", "USERPROFILE"].map((name) => variable(name, what));
  const home = homes.find((path) => path !== undefined);
  if (root === undefined && home === undefined) {
    throw new FileError({
      what,
      rule: "the environment must say where files are kept",
      received: "neither KERAS_HOME nor HOME",
      hint: "set KERAS_HOME to a folder",
    });
  }
  return `${root ?? `${home}/.keras`}/${kind}`;
}

function variable(name: string, what: string): string | undefined {
  try {
    return Deno.env.get(name) || undefined;
  } catch {
    throw new FileError({
      what,
      rule: "finding the folder of kept files needs the environment",
      received: `no permission to read ${name}`,
      hint: "run with --allow-env=KERAS_HOME,HOME,USERPROFILE",
    });
  }
}

/**
 * The path of a file in a folder, to which it is downloaded unless it is there with its hash. Throws {@linkcode FileError}
 * where it cannot be had, or is another one.
 */
export async function downloadOnce(file: PublishedFile, folder: string, what: string): Promise<string> {
  const path = `${folder}/${file.name}`;
  const kept = await readIfThere(path);
  if (kept && await hashOf(kept, file) === file.hash) return path;
  const bytes = new Uint8Array(await readSource(new URL(file.url), what));
  const hash = await hashOf(bytes, file);
  if (hash !== file.hash) {
    throw new FileError({
      what,
      rule: `the hash of ${file.url} must be ${file.hash}`,
      received: `${hash} of ${bytes.length} bytes`,
      hint: "try again, in case the download was cut off",
    });
  }
  await makeFolder(folder);
  await writeSafely(path, bytes, what);
  return path;
}

/** The hash of bytes, of the kind that the file's hash is of; undefined if it has none. */
async function hashOf(bytes: Uint8Array<ArrayBuffer>, { hash }: PublishedFile): Promise<string | undefined> {
  if (hash === undefined) return undefined;
  // Not a literal, since bundlers for pages would look for it.
  const specifier: string = "node:crypto";
  const { createHash }: typeof import("node:crypto") = await import(specifier);
  return createHash(hash.length === 32 ? "md5" : "sha256").update(bytes).digest("hex");
}
