// Zip archives, read and written by zip.js.
import { FileError } from "../errors.ts";
import { loadPackage } from "../packages.ts";
import { compression, type FileParts } from "./system.ts";

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

/** The parts of an archive with these members, in this order, stored as they are unless they are to be `compressed`. */
export async function writeZip(
  members: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  what: string,
  { compressed = false }: { compressed?: boolean } = {},
): Promise<FileParts> {
  if (crc32 && !compressed) return storedZip(members, crc32, what);
  const zip = await loadPackage("zip", what);
  zip.configure({ useWebWorkers: false });
  const writer = new zip.ZipWriter(new zip.Uint8ArrayWriter(), { level: compressed ? 6 : 0, extendedTimestamp: false });
  for (const [name, data] of members) await writer.add(name, new zip.Uint8ArrayReader(data));
  return [await writer.close()];
}

/** Archives of members as they are may be larger only in a newer form of the format. */
const largestArchive = 0xffff_ffff;

/**
 * An archive whose members are parts of it as they are, not copies as the package makes them: headers, members, and the
 * directory. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
function storedZip(
  members: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  crc32: (data: Uint8Array) => number,
  what: string,
): FileParts {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const [name, data] of members) {
    const text = new TextEncoder().encode(name);
    // Version 2.0, names in UTF-8, stored, 1980-01-01, which Python writes too.
    const shared = [[20, 2], [0x800, 2], [0, 2], [0, 2], [0x21, 2], [crc32(data), 4]] as const;
    const lengths = [[data.length, 4], [data.length, 4], [text.length, 2], [0, 2]] as const;
    const header = fields([[0x04034b50, 4], ...shared, ...lengths]);
    // No comment, first disk, no attributes, and where the member is.
    const place = [[0, 2], [0, 2], [0, 2], [0, 4], [offset, 4]] as const;
    directory.push(fields([[0x02014b50, 4], [20, 2], ...shared, ...lengths, ...place]), text);
    parts.push(header, text, data);
    offset += header.length + text.length + data.length;
  }
  const size = directory.reduce((total, { length }) => total + length, 0);
  if (offset + size > largestArchive) {
    throw new FileError({
      what,
      rule: "an archive may have at most 4 GiB",
      received: `${offset + size} bytes`,
      hint: "save the weights in several files, with maxShardSize",
    });
  }
  const { size: count } = members;
  const end = fields([[0x06054b50, 4], [0, 2], [0, 2], [count, 2], [count, 2], [size, 4], [offset, 4], [0, 2]]);
  return [...parts, ...directory, end];
}

/** Whole numbers of so many bytes each, the lowest byte first. */
function fields(values: readonly (readonly [value: number, bytes: number])[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    values.flatMap(([value, bytes]) => Array.from({ length: bytes }, (_, i) => (value >>> (8 * i)) & 0xff)),
  );
}

/** The checksum of zip archives, where the runtime has it: ten times as fast as in JavaScript. */
const crc32 = compression()?.crc32;

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
