// Tar archives, read as they come. https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
import { FileError } from "../errors.ts";

/** A member of an archive. */
export interface TarMember {
  readonly name: string;
  /** A file, a folder, or what is neither, such as a link. */
  readonly kind: "file" | "folder" | "other";
  /** The bytes of a file, in parts; what is not taken of them is passed over. */
  readonly parts: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

const block = 512;

/** The most bytes of a name, or of further facts on a member. */
const maxHeader = 2 ** 20;

/** Whether bytes are the header of a member: its checksum is that of its bytes. */
export function isTarHeader(header: Uint8Array): boolean {
  if (header.length < block) return false;
  // The checksum itself counts as spaces.
  const sum = header.subarray(0, block).reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 32 : byte), 0);
  return sum === numberIn(header, 148, 8);
}

function numberIn(header: Uint8Array, at: number, length: number): number {
  // Large numbers are in bytes, which the highest bit of the first says.
  if (header[at] & 0x80) {
    return header.subarray(at + 1, at + length).reduce((value, byte) => value * 256 + byte, header[at] & 0x7f);
  }
  return parseInt(textIn(header, at, length).trim() || "0", 8);
}

function textIn(header: Uint8Array, at: number, length: number): string {
  const field = header.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end === -1 ? field : field.subarray(0, end));
}

/** Takes bytes from a stream in pieces of any size. */
class Bytes {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  #rest: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.getReader();
  }

  /** At least one byte and at most `most`; none at the end. */
  async some(most: number): Promise<Uint8Array<ArrayBuffer>> {
    while (this.#rest.length === 0) {
      const { done, value } = await this.#reader.read();
      if (done) return this.#rest;
      this.#rest = value;
    }
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  /** So many bytes, or as many as there are. */
  async exactly(count: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(count);
    let length = 0;
    while (length < count) {
      const part = await this.some(count - length);
      if (part.length === 0) break;
      bytes.set(part, length);
      length += part.length;
    }
    return bytes.subarray(0, length);
  }

  /** Gives up the stream. */
  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}

/**
 * The members of an archive, one after the other. Throws {@linkcode FileError}, whose message begins with `what`, for other
 * bytes and for an archive that is cut off.
 */
export async function* readTar(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  what: string,
): AsyncGenerator<TarMember, void, undefined> {
  const bytes = new Bytes(stream);
  const fail = (received: string): never => {
    throw new FileError({
      what,
      rule: "it must be a whole tar archive",
      received,
      hint: "the file is damaged or of another format: fetch it again",
    });
  };
  /** The name that an earlier header gives for the next member. */
  let longName: string | undefined;
  let longSize: number | undefined;
  try {
    while (true) {
      const header = await bytes.exactly(block);
      // Two blocks of zeros are the end; some archives leave them out.
      if (header.length === 0 || header.every((byte) => byte === 0)) return;
      if (!isTarHeader(header)) fail("a header whose checksum is wrong");
      const type = String.fromCharCode(header[156]);
      const size = longSize ?? numberIn(header, 124, 12);
      if (!Number.isSafeInteger(size) || size < 0) fail(`a member of ${size} bytes`);
      const padding = (block - size % block) % block;
      if (type === "L" || type === "x" || type === "g") {
        if (size > maxHeader) fail(`a header of ${size} bytes`);
        const data = await bytes.exactly(size + padding);
        if (data.length < size) fail("an end within a header");
        if (type === "L") longName = textIn(data, 0, size);
        if (type === "x") {
          const facts = factsIn(data.subarray(0, size));
          longName = facts.get("path") ?? longName;
          const given = facts.get("size");
          longSize = given === undefined ? undefined : Number(given);
        }
        continue;
      }
      const prefix = textIn(header, 257, 5) === "ustar" ? textIn(header, 345, 155) : "";
      const name = longName ?? `${prefix && `${prefix}/`}${textIn(header, 0, 100)}`;
      longName = longSize = undefined;
      let left = size;
      const parts = async function* () {
        while (left > 0) {
          const part = await bytes.some(left);
          if (part.length === 0) fail(`an end within "${name}"`);
          left -= part.length;
          yield part;
        }
      };
      const isFile = type === "0" || type === "\0" || type === "7";
      yield {
        name,
        kind: isFile && !name.endsWith("/") ? "file" : type === "5" || isFile ? "folder" : "other",
        parts: parts(),
      };
      for await (const _ of parts());
      await bytes.exactly(padding);
    }
  } finally {
    await bytes.close();
  }
}

/** The facts of an extended header: lines `length key=value`. */
function factsIn(data: Uint8Array): Map<string, string> {
  const facts = new Map<string, string>();
  const decoder = new TextDecoder();
  for (let at = 0; at < data.length;) {
    const length = parseInt(decoder.decode(data.subarray(at, at + 20)), 10);
    if (!(length > 0)) break;
    const line = decoder.decode(data.subarray(at, at + length));
    const [, key, value] = /^\d+ ([^=]*)=([^]*)\n$/.exec(line) ?? [];
    if (key !== undefined) facts.set(key, value);
    at += length;
  }
  return facts;
}
