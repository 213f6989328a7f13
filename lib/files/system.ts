// The file system: whether there is one, writing so that a crash leaves the old file or the new one, and its errors.
import { CeratopsError, FileError, StateError } from "../errors.ts";
import { chunkBytes, fileProgress } from "./progress.ts";

/** Throws {@linkcode StateError} if there is no file system. */
export function requireFiles(what: string): void {
  if (typeof Deno !== "undefined") return;
  throw new StateError({
    what: `Cannot ${what}`,
    rule: "files can be written only in Deno",
    hint: "leave this callback out here",
  });
}

/** The size of a file in bytes; 0 if there is none. Throws {@linkcode FileError} if it cannot be read. */
export function sizeOfFile(path: string): number {
  try {
    return Deno.statSync(path).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw notReadable(`Cannot read "${path}"`, error);
  }
}

/** Writes a text as a file, or at the end of one. Throws {@linkcode FileError} if that fails. */
export function writeText(path: string, text: string, { append }: { append: boolean }): void {
  try {
    Deno.writeTextFileSync(path, text, { append });
  } catch (error) {
    throw notWritable(`Cannot write "${path}"`, error);
  }
}

/** Writes bytes at the end of a file, which is made if there is none. Throws {@linkcode FileError} if that fails. */
export function appendBytes(path: string, bytes: Uint8Array): void {
  try {
    Deno.writeFileSync(path, bytes, { append: true });
  } catch (error) {
    throw notWritable(`Cannot write "${path}"`, error);
  }
}

/** The bytes of a file, one part after the other. */
export type FileParts = readonly Uint8Array<ArrayBuffer>[];

/** The bytes of a file, at once or in parts. */
export type FileContent = Uint8Array<ArrayBuffer> | FileParts;

/** The parts of a file. */
export const partsOf = (content: FileContent): FileParts => (content instanceof Uint8Array ? [content] : content);

/**
 * Writes a file so that a crash at any time leaves the old or the new one: writes another file, then renames it. Throws
 * {@linkcode FileError} if that fails; then the old file is left.
 */
export function writeSafely(path: string, content: FileContent, what = `Cannot write "${path}"`): Promise<void> {
  return writeAllSafely([[path, content]], what);
}

/** Writes files as {@linkcode writeSafely}, one at a time; none takes the place of an old one before all are written. */
export async function writeAllSafely(
  files: Iterable<readonly [path: string, FileContent]> | AsyncIterable<readonly [path: string, FileContent]>,
  what: string,
): Promise<void> {
  const paths: string[] = [];
  try {
    for await (const [path, content] of files) {
      paths.push(path);
      const file = await Deno.open(`${path}.new`, { write: true, create: true, truncate: true });
      try {
        const parts = partsOf(content);
        const progress = fileProgress(parts.reduce((total, { length }) => total + length, 0));
        for (const part of parts) {
          for (let at = 0; at < part.length;) {
            const count = await file.write(part.subarray(at, at + chunkBytes));
            progress?.(count);
            at += count;
          }
        }
        await file.sync();
      } finally {
        file.close();
      }
    }
    for (const path of paths) await Deno.rename(`${path}.new`, path);
  } catch (error) {
    // Half a file would only take up room; that it is not there is as good.
    for (const path of paths) await Deno.remove(`${path}.new`).catch(() => {});
    throw error instanceof CeratopsError ? error : notWritable(what, error);
  }
}

/** A file's bytes. Errors are the system's. */
export async function readWhole(path: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const { size } = await Deno.stat(path);
  const progress = fileProgress(size);
  if (!progress) return await Deno.readFile(path);
  using file = await Deno.open(path);
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const count = await file.read(bytes.subarray(length, length + chunkBytes));
    // Someone made it shorter meanwhile.
    if (count === null) break;
    progress(count);
    length += count;
  }
  return bytes.subarray(0, length);
}

/** A file's bytes; undefined if there is none. Throws {@linkcode FileError} if it cannot be read. */
export async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw notReadable(`Cannot read "${path}"`, error);
  }
}

/** Makes a folder, if there is none yet, with those that it is in. Throws {@linkcode FileError} if that fails. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true });
  } catch (error) {
    throw notWritable(`Cannot make the folder "${path}"`, error);
  }
}

/** Removes a folder with what is in it, if it is there. Throws {@linkcode FileError} if that fails. */
export async function removeFolder(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw notWritable(`Cannot remove the folder "${path}"`, error);
  }
}

/** The error for a file that the system does not let be written. */
export function notWritable(what: string, error: unknown): FileError {
  return new FileError({
    what,
    rule: "the folder must be there, and Deno may write to it",
    received: reasonOf(error),
    hint: "check the path and the space that is left, and run with --allow-write",
  });
}

/** The error for a file that the system, or the host that has it, does not let be read. */
export function notReadable(what: string, error: unknown): FileError {
  return new FileError({
    what,
    rule: "the file must be there and may be read",
    received: reasonOf(error),
    hint: "check the path, and that Deno may read it or reach the host (--allow-read, --allow-net)",
  });
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0];
}
