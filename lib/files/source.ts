// Where the bytes of a file come from.
import { describe, ValueError } from "../errors.ts";
import { notReadable } from "./system.ts";

/** A file: its path, its URL (`file:`, `http:` or `https:`), its bytes, a file that the user picked, or a stream. */
export type FileSource = string | URL | Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array>;

/** What messages call a source. */
export function nameOfSource(source: FileSource): string {
  if (typeof source === "string") return `"${source}"`;
  if (source instanceof URL) return `"${source.href}"`;
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
  const isUrl = source instanceof URL || /^(file|https?|data|blob):/.test(source);
  try {
    if (typeof Deno !== "undefined" && (!isUrl || `${source}`.startsWith("file:"))) {
      return await Deno.readFile(isUrl ? new URL(source) : source);
    }
    const response = await fetch(source);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
    return await response.bytes();
  } catch (error) {
    throw notReadable(what, error);
  }
}
