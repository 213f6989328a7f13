// Archives for tests of files.
import { writeZip } from "../../lib/files/zip.ts";

/** The bytes of an archive of these members. */
export async function zipped(
  members: Iterable<readonly [name: string, bytes: Uint8Array<ArrayBuffer>]>,
  options: { compressed?: boolean } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return await new Blob([...await writeZip(new Map(members), "Cannot write", options)]).bytes();
}
