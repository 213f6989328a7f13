// Fetching a file to a folder, going on where an earlier attempt ended.
import { FileError } from "../errors.ts";
import { fileProgress } from "./progress.ts";
import { notReadable, readIfThere, sizeOfFile, writeText } from "./system.ts";

/** How often a connection that broke is taken up again, if each time something came. */
const maxAttempts = 5;

/**
 * Fetches a URL to a path. What has come of it lies in a file beside it, ending in `.part`, until it is whole: a connection
 * that breaks, and a later call, go on from there if the host has the same file still. Throws {@linkcode FileError}.
 */
export async function download(origin: URL, path: string, what: string): Promise<void> {
  const part = `${path}.part`;
  for (let attempt = 1;; attempt++) {
    const before = sizeOfFile(part);
    try {
      await fetchOnward(origin, part, what);
      break;
    } catch (error) {
      if (error instanceof FileError) throw error;
      const goesOn = attempt < maxAttempts && sizeOfFile(part) > before && await tagOf(part) !== undefined;
      if (!goesOn) throw notReadable(what, error);
    }
  }
  await Deno.rename(part, path);
  await Deno.remove(`${part}.tag`).catch(() => {});
}

/** What the host called the version of the file that a part is of. */
async function tagOf(part: string): Promise<string | undefined> {
  const tag = await readIfThere(`${part}.tag`);
  return tag && new TextDecoder().decode(tag);
}

async function fetchOnward(origin: URL, part: string, what: string): Promise<void> {
  const tag = await tagOf(part);
  const have = tag === undefined ? 0 : sizeOfFile(part);
  // Of bytes that are compressed on their way no part can be asked for.
  const identity = { "accept-encoding": "identity" };
  const headers = have > 0 ? { ...identity, range: `bytes=${have}-`, "if-range": tag! } : identity;
  const response = await fetch(origin, { headers });
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get("content-range") ?? "");
  const goesOn = response.status === 206 && Number(range?.[1]) === have;
  // All of it had come, and only its name was not given yet.
  if (response.status === 416 && have > 0) {
    await response.body?.cancel();
    await Deno.remove(`${part}.tag`);
    return await fetchOnward(origin, part, what);
  }
  if (!response.ok || (response.status === 206 && !goesOn)) {
    await response.body?.cancel();
    throw new FileError({
      what,
      rule: "the host must give the file",
      received: `${response.status} ${response.statusText}`.trim(),
      hint: "check the URL",
    });
  }
  const start = goesOn ? have : 0;
  const length = Number(response.headers.get("content-length") ?? NaN);
  const isEncoded = response.headers.has("content-encoding");
  const total = isEncoded ? NaN : goesOn && range![2] !== "*" ? Number(range![2]) : start + length;
  const newTag = isEncoded ? null : response.headers.get("etag") ?? response.headers.get("last-modified");
  using file = await Deno.open(part, { write: true, create: true, truncate: !goesOn, append: goesOn });
  if (!goesOn) {
    // A weak tag does not say that bytes are the same.
    if (newTag && !newTag.startsWith("W/")) writeText(`${part}.tag`, newTag, { append: false });
    else await Deno.remove(`${part}.tag`).catch(() => {});
  }
  const progress = Number.isNaN(total) ? undefined : fileProgress(total);
  progress?.(start);
  let size = start;
  for await (const bytes of response.body ?? []) {
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
    size += bytes.length;
    progress?.(bytes.length);
  }
  if (!Number.isNaN(total) && size !== total) {
    throw new Error(`${size} of ${total} bytes came`);
  }
}
