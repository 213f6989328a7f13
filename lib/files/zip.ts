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
      const data = await entry.getData(new zip.Uint8ArrayWriter(), { checkSignature: true });
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
  const writer = new zip.ZipWriter(new zip.Uint8ArrayWriter(), { level: compressed ? 6 : 0, extendedTimestamp: false });
  for (const [name, data] of members) await writer.add(name, new zip.Uint8ArrayReader(data));
  return await writer.close();
}
