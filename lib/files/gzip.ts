// Data in gzip's format, of which is known how long it is.
import { compression } from "./system.ts";

/**
 * Unzips data to at most `length` bytes, and checks it by gzip's checksum: at once where the runtime can, which takes a
 * third of the time. Errors are the runtime's, and one that says that there are more bytes.
 */
export async function gunzip(gzipped: Uint8Array<ArrayBuffer>, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const zlib = compression();
  return zlib ? unzipAtOnce(zlib, gzipped, length) : await unzipInParts(gzipped, length);
}

function unzipAtOnce(
  zlib: NonNullable<ReturnType<typeof compression>>,
  gzipped: Uint8Array<ArrayBuffer>,
  length: number,
): Uint8Array<ArrayBuffer> {
  // One part takes all, and one byte too many.
  const size = length + 1;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = zlib.gunzipSync(gzipped, { chunkSize: Math.max(64, size), maxOutputLength: size });
  } catch (error) {
    throw (error as { code?: unknown }).code === "ERR_BUFFER_TOO_LARGE" ? tooLong() : error;
  }
  if (bytes.length > length) throw tooLong();
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Unzips data where the runtime can do so only as a stream, as in a browser. */
export async function unzipInParts(gzipped: Uint8Array<ArrayBuffer>, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  const reader = new Blob([gzipped]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (filled + part.value.length > length) throw tooLong();
    bytes.set(part.value, filled);
    filled += part.value.length;
  }
  return bytes.subarray(0, filled);
}

const tooLong = () => new Error("more bytes than that");
