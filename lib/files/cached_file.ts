// Files of the network that are fetched once, and checked by their hash.
import { FileError, StateError } from "../errors.ts";
import { printLine } from "../terminal/terminal.ts";
import { download } from "./download.ts";
import { chunkBytes } from "./progress.ts";
import { fileSystem, isMissing, notReadable } from "./system.ts";

/** Node's global object, which Deno and Bun have too. */
interface Process {
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Fetches a URL to a path, unless the file is there and has the hash, SHA-256 or MD5 in lower case; returns whether it was
 * fetched. Throws {@linkcode FileError} where that fails, or the hash is another; then there is no file.
 */
export async function fetchOnce(
  origin: URL,
  path: string,
  hash: string | null,
  isForced: boolean,
  what: string,
): Promise<boolean> {
  const isMd5 = hash?.length === 32;
  let isFresh = isForced || !await isThere(path);
  if (!isFresh && hash !== null && await hashOf(path, isMd5) !== hash) {
    printLine(`"${path}" has another hash than ${hash}, so that it is fetched again`);
    isFresh = true;
  }
  if (!isFresh) return false;
  printLine(`Downloading data from ${origin.href}`);
  await download(origin, path, what);
  const received = hash === null ? null : await hashOf(path, isMd5);
  if (received === hash) return true;
  await fileSystem(what).promises.rm(path);
  throw new FileError({
    what,
    rule: `its ${isMd5 ? "MD5" : "SHA-256"} must be ${hash}`,
    received: `${received}`,
    hint: "the file is another one than expected: it was removed",
  });
}

/** The folder in which Keras keeps files. Throws {@linkcode StateError} where there is none. */
export function kerasHome(what: string): string {
  try {
    const { env = {} } = (globalThis as { process?: Process }).process ?? {};
    if (env.KERAS_HOME) return env.KERAS_HOME;
    const user = env.HOME ?? env.USERPROFILE;
    if (user) return `${user}/.keras`;
  } catch {
    // Without permission there is no folder either.
  }
  throw new StateError({
    what,
    rule: "there must be a folder for it, and neither KERAS_HOME nor HOME is set or may be read",
    received: "none",
    hint: "give cacheDir, or run with --allow-env",
  });
}

/** Whether there is a file or a folder. Throws {@linkcode FileError} if that cannot be determined. */
export async function isThere(path: string): Promise<boolean> {
  const what = `Cannot read "${path}"`;
  try {
    await fileSystem(what).promises.stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw notReadable(what, error);
  }
}

/** The hash of a file, read in parts. */
async function hashOf(path: string, isMd5: boolean): Promise<string> {
  // Not a literal, since bundlers for pages would look for it.
  const specifier: string = "node:crypto";
  const { createHash }: typeof import("node:crypto") = await import(specifier);
  const hash = createHash(isMd5 ? "md5" : "sha256");
  const file = await fileSystem(`Cannot read "${path}"`).promises.open(path, "r");
  try {
    const part = new Uint8Array(chunkBytes);
    for (let read = await file.read(part); read.bytesRead > 0; read = await file.read(part)) {
      hash.update(part.subarray(0, read.bytesRead));
    }
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}
