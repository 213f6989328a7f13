// Takes a prebuilt library from beside this module, and only as the table of this version says it is.
import { BackendError } from "../lib/errors.ts";
import { sha256 } from "./cache.ts";

/** A library that was built for others. */
export interface PrebuiltLibrary {
  /** The system and the processor, as `linux-x86_64`. */
  readonly platform: string;
  /** The instruction set. */
  readonly level: string;
  /** The hash that it says it was built from, which begins with that of the sources. */
  readonly build: string;
  /** The name of its file, which is compressed by Brotli. */
  readonly file: string;
  /** The bytes of the library itself, and their hash. */
  readonly size: number;
  readonly sha256: string;
}

/** What a version offers. */
export interface Offer {
  /** The folder of the files, as a URL; a relative one begins at the folder of this module. */
  readonly from: string;
  readonly libraries: readonly PrebuiltLibrary[];
}

/** Why a prebuilt library is not taken. */
export class PrebuiltError extends BackendError {}

/** The platform of this process, as the tables name it. */
export const platform = `${Deno.build.os}-${Deno.build.arch}`;

/** The library for a level of this platform; throws {@linkcode PrebuiltError} if there is none of these sources. */
export function choosePrebuilt({ libraries }: Offer, level: string, sources: string): PrebuiltLibrary {
  const what = `Cannot take a prebuilt native library for ${platform} ${level}`;
  const library = libraries.find((library) => library.platform === platform && library.level === level);
  if (!library) {
    throw new PrebuiltError({
      what,
      rule: "this version must offer one",
      received: [...new Set(libraries.map(({ platform, level }) => `${platform} ${level}`))].join(", "),
    });
  }
  if (!library.build.startsWith(`${sources}-`)) {
    throw new PrebuiltError({
      what,
      rule: `it must be built from the sources beside it (${sources})`,
      received: library.build,
      hint: "deno task build:native makes them again after a change of ffi/",
    });
  }
  return library;
}

/** The bytes of a library, checked; throws {@linkcode PrebuiltError} if they cannot be had or are others. */
export async function downloadPrebuilt(from: string, library: PrebuiltLibrary): Promise<Uint8Array<ArrayBuffer>> {
  const url = new URL(library.file, new URL(from, import.meta.url));
  const refuse = (rule: string, received: string, hint?: string) =>
    new PrebuiltError({ what: `Cannot take the prebuilt native library from ${url.href}`, rule, received, hint });
  let packed: Uint8Array<ArrayBuffer>;
  try {
    packed = await (url.protocol === "file:" ? Deno.readFile(url) : fetchUpTo(url, library.size));
  } catch (error) {
    throw refuse("it must be there and allowed to be read", textOf(error));
  }
  const replaced = (received: string) =>
    refuse(
      `it must hold the ${library.size} bytes with the SHA-256 ${library.sha256} that this version names`,
      received,
      "the file was replaced or cut: tell who publishes it",
    );
  if (packed.length > library.size) throw replaced(`${packed.length} bytes that are compressed`);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await unpack(packed, library.size);
  } catch (error) {
    throw replaced(`what does not unpack to so many (${textOf(error)})`);
  }
  const actual = await sha256(bytes);
  if (bytes.length === library.size && actual === library.sha256) return bytes;
  throw replaced(bytes.length === library.size ? actual : `${bytes.length} bytes`);
}

const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** What is compressed in a file; throws if that is more than `size`, without having memory for it. */
async function unpack(packed: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array<ArrayBuffer>> {
  // A DecompressionStream has no such bound: what it makes of one chunk is one chunk. Few programs need this module.
  const { brotliDecompressSync } = await import("node:zlib");
  return new Uint8Array(brotliDecompressSync(packed, { maxOutputLength: size }));
}

/** The body of a response; of one that is longer than `size`, little more than that. */
async function fetchUpTo(url: URL, size: number): Promise<Uint8Array<ArrayBuffer>> {
  // Nobody is asked: without this permission there are other ways to a library.
  if (Deno.permissions.querySync({ name: "net", host: url.host }).state !== "granted") {
    throw new Error(`the permission --allow-net=${url.host} is not given`);
  }
  const response = await fetch(url);
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    throw new Error(`the server says ${response.status}`);
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > size) break;
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
