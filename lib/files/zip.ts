// Zip archives, read and written by zip.js.
import { FileError } from "../errors.ts";
import { loadPackage } from "../packages.ts";

/** More bytes are taken out of no archive. */
const maxBytes = 2 ** 32;
/** A member that grows by more than this is a bomb. */
const maxGrowth = 1000;

/**
 * The members of an archive by name. Throws {@linkcode FileError}, whose message begins with `what`, for other bytes, for
 * a member whose bytes do not match their checksum or size, and for one that would be large beyond what it is stored in.
 */
export async function readZip(bytes: Uint8Array, what: string): Promise<ReadonlyMap<string, Uint8Array<ArrayBuffer>>> {
  const zip = await loadPackage("zip", what);
  zip.configure({ useWebWorkers: false });
  const fail = (received: string): never => {
    throw new FileError({
      what,
      rule: "it must be a whole zip archive",
      received,
      hint: "the file is damaged or of another format: save or fetch it again",
    });
  };
  const reader = new zip.ZipReader(new zip.Uint8ArrayReader(bytes), { checkOverlappingEntry: true });
  const members = new Map<string, Uint8Array<ArrayBuffer>>();
  try {
    let total = 0;
    for (const entry of await reader.getEntries()) {
      if (entry.directory) continue;
      const { filename: name, compressedSize, uncompressedSize } = entry;
      total += uncompressedSize;
      if (total > maxBytes || uncompressedSize > maxGrowth * Math.max(compressedSize, 1024)) {
        fail(`a member "${name}" of ${uncompressedSize} bytes, stored in ${compressedSize}`);
      }
      const data = storedMember(bytes, entry) ??
        await entry.getData(new zip.Uint8ArrayWriter(), { checkSignature: true });
      if (data.length !== uncompressedSize) fail(`${data.length} of the ${uncompressedSize} bytes of "${name}"`);
      members.set(name, data);
    }
    return members;
  } catch (error) {
    if (error instanceof FileError) throw error;
    return fail((error as Error).message);
  } finally {
    await reader.close().catch(() => {});
  }
}

/** The bytes of an archive with these members, in this order, stored as they are unless they are to be `compressed`. */
export async function writeZip(
  members: ReadonlyMap<string, Uint8Array>,
  what: string,
  { compressed = false }: { compressed?: boolean } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const zip = await loadPackage("zip", what);
  zip.configure({ useWebWorkers: false });
  // Room for all, so that the archive is not copied as it grows.
  const bytes = new Uint8Array(
    [...members].reduce((total, [name, data]) => total + roomOf(name, data.length), 1024),
  );
  let length = 0;
  const writable = new WritableStream<Uint8Array>({
    write(part) {
      bytes.set(part, length);
      length += part.length;
    },
  });
  const writer = new zip.ZipWriter({ writable }, {
    level: compressed ? 6 : 0,
    extendedTimestamp: false,
    dataDescriptor: false,
  });
  for (const [name, data] of members) {
    const crc = compressed ? undefined : crc32?.(data);
    const known = crc === undefined ? {} : {
      passThrough: true,
      uncompressedSize: data.length,
      compressionMethod: 0,
      crc32: crc,
    };
    await writer.add(name, Object.assign(new zip.Uint8ArrayReader(data), { readUint8Array: view(data) }), known);
  }
  await writer.close();
  return bytes.subarray(0, length);
}

/** More bytes than a member takes: what compression cannot shrink grows by less, and the name stands there twice. */
const roomOf = (name: string, bytes: number) => bytes + Math.ceil(bytes / 1000) + 8 * name.length + 1024;

/** Reads a range of bytes without a copy. */
const view = (data: Uint8Array) => (at: number, length: number) => data.subarray(at, at + length);

/** The checksum of zip archives, where the runtime has it: ten times as fast as in JavaScript. */
const crc32 =
  (globalThis as { process?: { getBuiltinModule?(name: "node:zlib"): { crc32?(data: Uint8Array): number } } })
    .process?.getBuiltinModule?.("node:zlib").crc32;

/** What an archive says of a member. */
interface Entry {
  readonly encrypted: boolean;
  readonly compressionMethod: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly crc32?: number;
  readonly offset: number;
}

/** The bytes of a member that is stored as it is, without a copy; undefined for others, and where the checksum differs. */
function storedMember(bytes: Uint8Array, entry: Entry): Uint8Array<ArrayBuffer> | undefined {
  if (!crc32 || entry.encrypted || entry.compressionMethod !== 0) return undefined;
  if (entry.compressedSize !== entry.uncompressedSize || entry.offset + 30 > bytes.length) return undefined;
  // A local header: 30 bytes, of which the last four are the lengths of a name and of further fields.
  const header = new DataView(bytes.buffer, bytes.byteOffset + entry.offset, 30);
  if (header.getUint32(0, true) !== 0x04034b50) return undefined;
  const start = entry.offset + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  const data = bytes.subarray(start, start + entry.uncompressedSize) as Uint8Array<ArrayBuffer>;
  return data.length === entry.uncompressedSize && crc32(data) === entry.crc32 ? data : undefined;
}
