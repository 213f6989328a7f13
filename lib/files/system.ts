// The file system of Deno, Node or Bun: writing so that a crash leaves the old file or the new one, and its errors.
import { isFirst } from "../communicator.ts";
import { CeratopsError, FileError, StateError } from "../errors.ts";
import { chunkBytes, fileProgress } from "./progress.ts";

type NodeFiles = typeof import("node:fs");

/** What is used of Node's module of compression. */
interface NodeCompression {
  crc32?(data: Uint8Array): number;
  gunzipSync(
    data: Uint8Array,
    options: { readonly chunkSize: number; readonly maxOutputLength: number },
  ): Uint8Array<ArrayBuffer>;
}

/** What is used of Node's global object, which Deno and Bun have too. */
interface Process {
  getBuiltinModule?(name: "node:fs"): NodeFiles | undefined;
  getBuiltinModule?(name: "node:zlib"): NodeCompression | undefined;
}

/** Node's global object. Deno makes its own where it is first read, with a dozen modules: so none reads it on import. */
const nodeProcess = () => (globalThis as { process?: Process }).process;

/** Whether there is a file system. */
export const hasFiles = (): boolean => typeof Deno !== "undefined" || nodeProcess()?.getBuiltinModule !== undefined;

/** Node's module of files, which Deno and Bun have too, loaded at the first use. Throws {@linkcode StateError} in a browser. */
export function fileSystem(what: string): NodeFiles {
  const files = nodeProcess()?.getBuiltinModule?.("node:fs");
  if (files) return files;
  throw new StateError({
    what,
    rule: "there are files in Deno, Node and Bun, not in a browser",
    hint: "give bytes, a Blob or a stream instead of a path, and leave out callbacks that write files",
  });
}

/** Node's module of compression, which Deno and Bun have too; undefined in a browser. */
export const compression = (): NodeCompression | undefined => nodeProcess()?.getBuiltinModule?.("node:zlib");

/** Throws {@linkcode StateError} if there is no file system. */
export function requireFiles(what: string): void {
  fileSystem(`Cannot ${what}`);
}

/** Whether an error says that there is no such file. */
export const isMissing = (error: unknown) => (error as { code?: unknown } | null)?.code === "ENOENT";

/** The size of a file in bytes; 0 if there is none. Throws {@linkcode FileError} if it cannot be read. */
export function sizeOfFile(path: string): number {
  const { statSync } = fileSystem(`Cannot read "${path}"`);
  try {
    return statSync(path).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw notReadable(`Cannot read "${path}"`, error);
  }
}

/**
 * Writes a text as a file, or at the end of one. Throws {@linkcode FileError} if that fails. As with all that is written
 * here, of several processes that train together only the first one writes.
 */
export function writeText(path: string, text: string, { append }: { append: boolean }): void {
  if (!isFirst()) return;
  const { writeFileSync } = fileSystem(`Cannot write "${path}"`);
  try {
    writeFileSync(path, text, { flag: append ? "a" : "w" });
  } catch (error) {
    throw notWritable(`Cannot write "${path}"`, error);
  }
}

/** Writes bytes at the end of a file, which is made if there is none. Throws {@linkcode FileError} if that fails. */
export function appendBytes(path: string, bytes: Uint8Array): void {
  if (!isFirst()) return;
  const { appendFileSync } = fileSystem(`Cannot write "${path}"`);
  try {
    appendFileSync(path, bytes);
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
  const { promises } = fileSystem(what);
  if (!isFirst()) return;
  const paths: string[] = [];
  try {
    for await (const [path, content] of files) {
      paths.push(path);
      const file = await promises.open(`${path}.new`, "w");
      try {
        const parts = partsOf(content);
        const progress = fileProgress(parts.reduce((total, { length }) => total + length, 0));
        for (const part of parts) {
          for (let at = 0; at < part.length;) {
            const { bytesWritten } = await file.write(part, at, Math.min(chunkBytes, part.length - at));
            progress?.(bytesWritten);
            at += bytesWritten;
          }
        }
        await file.sync();
      } finally {
        await file.close();
      }
    }
    for (const path of paths) await promises.rename(`${path}.new`, path);
  } catch (error) {
    // Half a file would only take up room; that it is not there is as good.
    for (const path of paths) await promises.rm(`${path}.new`, { force: true }).catch(() => {});
    throw error instanceof CeratopsError ? error : notWritable(what, error);
  }
}

/** A file's bytes. Errors are the system's. */
export async function readWhole(path: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  const { promises } = fileSystem(`Cannot read "${path}"`);
  const file = await promises.open(path, "r");
  try {
    const { size } = await file.stat();
    const progress = fileProgress(size);
    // Also what has no size, such as standard input.
    if (!progress) return bytesOf(await file.readFile());
    const bytes = new Uint8Array(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await file.read(bytes, length, Math.min(chunkBytes, size - length));
      // Someone made it shorter meanwhile.
      if (bytesRead === 0) break;
      progress(bytesRead);
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** The bytes of a buffer, without a copy. */
function bytesOf({ buffer, byteOffset, length }: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, length);
}

/** A file's bytes; undefined if there is none. Throws {@linkcode FileError} if it cannot be read. */
export async function readIfThere(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  try {
    return await readWhole(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw notReadable(`Cannot read "${path}"`, error);
  }
}

/** Makes a folder, if there is none yet, with those that it is in. Throws {@linkcode FileError} if that fails. */
export async function makeFolder(path: string): Promise<void> {
  const { promises } = fileSystem(`Cannot make the folder "${path}"`);
  try {
    await promises.mkdir(path, { recursive: true });
  } catch (error) {
    throw notWritable(`Cannot make the folder "${path}"`, error);
  }
}

/** Removes a folder with what is in it, if it is there. Throws {@linkcode FileError} if that fails. */
export async function removeFolder(path: string): Promise<void> {
  const { promises } = fileSystem(`Cannot remove the folder "${path}"`);
  try {
    await promises.rm(path, { recursive: true });
  } catch (error) {
    if (!isMissing(error)) throw notWritable(`Cannot remove the folder "${path}"`, error);
  }
}

/** The error for a file that the system does not let be written. */
export function notWritable(what: string, error: unknown): FileError {
  return new FileError({
    what,
    rule: "the folder must be there, and may be written to",
    received: reasonOf(error),
    hint: "check the path and the space that is left, and in Deno run with --allow-write",
  });
}

/** The error for a file that the system, or the host that has it, does not let be read. */
export function notReadable(what: string, error: unknown): FileError {
  return new FileError({
    what,
    rule: "the file must be there and may be read",
    received: reasonOf(error),
    hint: "check the path, and in Deno that it may be read or the host reached (--allow-read, --allow-net)",
  });
}

function reasonOf(error: unknown): string {
  // Without the system's code, such as "ENOENT: ".
  return (error instanceof Error ? error.message : String(error)).split("\n")[0].replace(/^E[A-Z]+: /, "");
}
