// The file system: whether there is one, and writing so that a crash leaves the old file or the new one.
import { StateError } from "../errors.ts";

/** Throws {@linkcode StateError} if there is no file system. */
export function requireFiles(what: string): void {
  if (typeof Deno !== "undefined") return;
  throw new StateError({
    what: `Cannot ${what}`,
    rule: "files can be written only in Deno",
    hint: "leave this callback out here",
  });
}

/** The size of a file in bytes; 0 if there is none. */
export function sizeOfFile(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Writes a file so that a crash at any time leaves the old or the new one: writes another file, then renames it. */
export async function writeSafely(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.new`;
  const file = await Deno.open(temporary, { write: true, create: true, truncate: true });
  try {
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    await file.sync();
  } finally {
    file.close();
  }
  await Deno.rename(temporary, path);
}

/** A file's bytes; undefined if there is none. */
export async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
