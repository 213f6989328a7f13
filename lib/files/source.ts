// Where the bytes of a file come from.
import { describe, FileError, ValueError } from "../errors.ts";
import { fileProgress } from "./progress.ts";
import { hasFiles, notReadable, readWhole } from "./system.ts";

/** A file: its path, its URL (`file:`, `http:` or `https:`), its bytes, a file that the user picked, or a stream. */
export type FileSource = string | URL | Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array>;

/** A file, or several that belong together as the user picked them: a `model.json` and the files of its weights. */
export type FilesSource = FileSource | readonly File[];

/** What messages call a source. */
export function nameOfSource(source: FilesSource): string {
  if (typeof source === "string") return `"${source}"`;
  if (source instanceof URL) return `"${source.href}"`;
  if (Array.isArray(source)) return "the given files";
  return typeof File !== "undefined" && source instanceof File ? `"${source.name}"` : "the given bytes";
}

/** The bytes of a source. Throws {@linkcode FileError} where it cannot be read, {@linkcode ValueError} where it is none. */
export async function readSource(source: FileSource, what: string): Promise<Uint8Array> {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  if (source instanceof ReadableStream) return await new Response(source).bytes();
  if (typeof source !== "string" && !(source instanceof URL)) {
    throw new ValueError({
      what,
      rule: "a file is given by its path, its URL, its bytes, a Blob or a stream",
      received: describe(source),
      hint: 'write it as in "model.keras"',
    });
  }
  try {
    if (hasFiles() && (!isUrl(source) || `${source}`.startsWith("file:"))) {
      return await readWhole(isUrl(source) ? new URL(source) : source);
    }
    const response = await fetch(source);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return await received(response);
  } catch (error) {
    throw notReadable(what, error);
  }
}

/** The bytes of a response. */
async function received(response: Response): Promise<Uint8Array> {
  const progress = fileProgress(Number(response.headers.get("content-length") ?? 0));
  if (!progress || !response.body) return await response.bytes();
  const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(part, controller) {
      progress(part.length);
      controller.enqueue(part);
    },
  });
  return await new Response(response.body.pipeThrough(counting)).bytes();
}

const isUrl = (source: string | URL) => source instanceof URL || /^(file|https?|data|blob):/.test(source);

/** The bytes of a file, and the way to those that it names. */
export interface OpenFile {
  readonly bytes: Uint8Array;
  /**
   * The bytes of the file with a name that this file gives, which lies beside it or in a folder there. Throws {@linkcode
   * FileError} for a name that leads elsewhere, and where the file is not there.
   */
  beside(name: string): Promise<Uint8Array>;
}

/** Opens a file of which others may be a part. Errors are those of {@linkcode readSource}. */
export async function openSource(source: FilesSource, what: string): Promise<OpenFile> {
  const main = Array.isArray(source) ? mainOf(source, what) : source as FileSource;
  return {
    bytes: await readSource(main, what),
    beside(name) {
      const steps = name.split("/");
      const isInside = steps.every((step) => step !== "" && step !== ".." && !/[\\:?#\0]/.test(step));
      if (!isInside) {
        throw new FileError({
          what,
          rule: "the files that it names must lie beside it",
          received: describe(name),
          hint: "take such a file from nobody whom you do not trust",
        });
      }
      return Array.isArray(source) ? readNamed(source, name, what) : readBeside(main, name, what);
    },
  };
}

/** The most files of a list: more than weights are ever divided among. */
const maxFiles = 2 ** 16;

/** The file that names the others: the only one, or the one of JSON. */
function mainOf(files: readonly unknown[], what: string): File {
  const named = files.length > maxFiles ? [] : files.filter((file) => file instanceof File);
  const main = named.length === 1 ? named : named.filter(({ name }) => name.endsWith(".json"));
  if (named.length === files.length && main.length === 1) return main[0];
  throw new ValueError({
    what,
    rule: "a list of files must be of File objects, of which one is of JSON and names the others",
    received: files.length > maxFiles
      ? `a list of ${files.length}`
      : named.length < files.length
      ? describe(files.find((file) => !(file instanceof File)))
      : named.map(({ name }) => name).join(", ") || "none",
    hint: "give all that the user picked: model.json and the files of its weights",
  });
}

function readNamed(files: readonly File[], name: string, what: string): Promise<Uint8Array> {
  const found = files.find((file) => file.name === name.split("/").at(-1));
  if (found) return readSource(found, what);
  throw new FileError({
    what,
    rule: "all files that it names must be given",
    received: `${files.map(({ name }) => `"${name}"`).join(", ")} without "${name}"`,
    hint: "pick the files of its weights too",
  });
}

function readBeside(main: FileSource, name: string, what: string): Promise<Uint8Array> {
  if (typeof main !== "string" && !(main instanceof URL)) {
    throw new FileError({
      what,
      rule: "it names further files, which bytes alone do not lead to",
      received: `bytes that name "${name}"`,
      hint: "give its path or URL, or a list of File objects: itself and those that it names",
    });
  }
  if (!isUrl(main)) return readSource(`${(main as string).replace(/[^/\\]*$/, "")}${name}`, what);
  const url = new URL(main);
  url.pathname = url.pathname.replace(/[^/]*$/, "") + name.split("/").map(encodeURIComponent).join("/");
  return readSource(url, what);
}
