// Taking the files out of an archive into a folder.
import { FileError } from "../errors.ts";
import { makeFolder, notWritable, removeFolder } from "./system.ts";
import { isTarHeader, readTar, type TarMember } from "./tar.ts";
import { readZip } from "./zip.ts";

/** The format of an archive; tar may be compressed by gzip. */
export type ArchiveFormat = "tar" | "zip";

/** An archive that grows by more than this is a bomb. */
const maxGrowth = 1000;

/**
 * Takes the files of an archive out into a folder, which is there once all are. Links are left out, with a warning. Throws
 * {@linkcode FileError} for other files, for archives of another format than one of `formats`, and for names that lead out
 * of the folder; then there is no folder.
 */
export async function extractArchive(
  path: string,
  folder: string,
  formats: readonly ArchiveFormat[],
  what: string,
): Promise<void> {
  const temporary = `${folder}.new`;
  await removeFolder(temporary);
  await makeFolder(temporary);
  try {
    const left = await writeMembers(await membersOf(path, formats, what), temporary, what);
    if (left > 0) console.warn(`${what} with links, which are not taken out of archives: ${left} are left out`);
    await removeFolder(folder);
    await Deno.rename(temporary, folder);
  } catch (error) {
    await removeFolder(temporary);
    throw error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied
      ? notWritable(what, error)
      : error;
  }
}

async function membersOf(
  path: string,
  formats: readonly ArchiveFormat[],
  what: string,
): Promise<AsyncIterable<TarMember> | Iterable<TarMember>> {
  const file = await Deno.open(path);
  const { size } = await file.stat();
  const start = new Uint8Array(512);
  let length = 0;
  for (let count: number | null = 0; count !== null && length < start.length; length += count ?? 0) {
    count = await file.read(start.subarray(length));
  }
  await file.seek(0, Deno.SeekMode.Start);
  const magic = [...start.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (/^504b(0304|0506)/.test(magic) && formats.includes("zip")) {
    const bytes = await new Response(file.readable).bytes();
    return [...await readZip(bytes, what)].map(([name, data]) => ({ name, kind: "file", parts: partsOf(data) }));
  }
  const isGzip = magic.startsWith("1f8b");
  if ((isGzip || isTarHeader(start)) && formats.includes("tar")) {
    if (!isGzip) return readTar(file.readable, what);
    return readTar(unzipped(file.readable, size, what), what);
  }
  file.close();
  throw new FileError({
    what,
    rule: `it must be an archive: ${formats.map((format) => (format === "tar" ? "tar, tar.gz" : format)).join(" or ")}`,
    received: magic.startsWith("425a68")
      ? "one of bzip2"
      : magic.startsWith("fd377a58")
      ? "one of xz"
      : "another format",
    hint: "take it out by another program, and give the folder",
  });
}

async function* partsOf(data: Uint8Array<ArrayBuffer>) {
  yield await Promise.resolve(data);
}

/** The bytes that gzip compressed to `size`; a bomb is an error. */
function unzipped(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  size: number,
  what: string,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const fail = (received: string) =>
    new FileError({ what, rule: "it must be whole, and compressed by gzip", received, hint: "fetch it again" });
  const reader = stream.pipeThrough(new DecompressionStream("gzip")).getReader();
  const most = Math.max(size, 1024) * maxGrowth;
  let total = 0;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await reader.read().catch((error: Error) => {
        throw fail(error.message);
      });
      if (done) return controller.close();
      total += value.length;
      if (total > most) throw fail(`more than ${most} bytes, stored in ${size}`);
      controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

/** Writes members into a folder; the number of those that were left out. */
async function writeMembers(
  members: AsyncIterable<TarMember> | Iterable<TarMember>,
  folder: string,
  what: string,
): Promise<number> {
  let left = 0;
  for await (const { name, kind, parts } of members) {
    const steps = stepsOf(name, what);
    if (kind === "other") left++;
    if (steps.length === 0 || kind === "other") continue;
    const path = [folder, ...steps].join("/");
    if (kind === "folder") {
      await makeFolder(path);
      continue;
    }
    await makeFolder([folder, ...steps.slice(0, -1)].join("/"));
    using file = await Deno.open(path, { write: true, create: true, truncate: true });
    for await (const part of parts) {
      for (let at = 0; at < part.length;) at += await file.write(part.subarray(at));
    }
  }
  return left;
}

/** The folders and the name that a member's name has. Throws {@linkcode FileError} for one that leads elsewhere. */
function stepsOf(name: string, what: string): string[] {
  const steps = name.split("/").filter((step, i) => step !== "." && !(step === "" && i > 0));
  if (steps.every((step) => step !== "" && step !== ".." && !/[\\:\0]/.test(step))) return steps;
  throw new FileError({
    what,
    rule: "the names in it must lie in its folder",
    received: `"${name}"`,
    hint: "take such an archive from nobody whom you do not trust",
  });
}
