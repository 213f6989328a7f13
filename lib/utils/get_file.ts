// Files from the network, kept in a folder.
import { describe, FileError, StateError, ValueError } from "../errors.ts";
import { type ArchiveFormat, extractArchive } from "../files/archive.ts";
import { download } from "../files/download.ts";
import { chunkBytes } from "../files/progress.ts";
import { makeFolder, notReadable } from "../files/system.ts";
import { boolean, choice, text } from "../option_kinds.ts";
import { nullable, option, optionTable, readMethodOptions } from "../options.ts";
import { printLine } from "../terminal/terminal.ts";

/** Options of {@linkcode getFile}. */
export interface GetFileOptions {
  /** The URL of the file: `http:` or `https:`. */
  origin: string | URL;
  /** The name of the file, or with `extract` of the folder; the last part of the URL's path by default. */
  fname?: string | null;
  /** The hash that the file must have, SHA-256 or MD5, in hexadecimal digits; not checked by default. */
  fileHash?: string | null;
  /** Which hash it is; `auto`, the default, tells by its length. */
  hashAlgorithm?: "auto" | "sha256" | "md5";
  /** Whether the file is an archive whose files are taken out; false by default. */
  extract?: boolean;
  /** What archives may be: `tar`, also of gzip, `zip`, or `auto`, the default, either. */
  archiveFormat?: "auto" | ArchiveFormat;
  /** The folder in `cacheDir`, or the whole path of another; `datasets` by default. */
  cacheSubdir?: string;
  /** The folder of all files; by default that of Keras, `KERAS_HOME` or `.keras` in the user's folder. */
  cacheDir?: string | null;
  /** Whether to fetch it though it is there; false by default. */
  forceDownload?: boolean;
}

const getFileOptions = optionTable<GetFileOptions>()({
  origin: option<URL>({
    read: (given, { what, option }) => {
      const isAddress = (typeof given === "string" || given instanceof URL) && URL.canParse(String(given));
      const url = isAddress ? new URL(given) : undefined;
      if (url?.protocol === "http:" || url?.protocol === "https:") return url;
      throw new ValueError({
        what,
        rule: `${option} must be a URL of http: or https:`,
        received: given instanceof URL ? describe(given.href) : describe(given),
        hint: 'write it as in { origin: "https://example.org/data.zip" }',
      });
    },
  }),
  fname: nullable(option<string>({
    read: (given, { what, option }) => {
      if (typeof given === "string" && isName(given)) return given;
      throw new ValueError({
        what,
        rule: `${option} must be the name of a file, without folders`,
        received: describe(given),
        hint: "give the folder as cacheDir and cacheSubdir",
      });
    },
  })),
  fileHash: nullable(option<string>({
    read: (given, { what, option }) => {
      if (typeof given === "string" && /^([0-9a-f]{64}|[0-9a-f]{32})$/i.test(given)) return given.toLowerCase();
      throw new ValueError({
        what,
        rule: `${option} must be 64 hexadecimal digits of SHA-256, or 32 of MD5`,
        received: describe(given),
        hint: "the programs sha256sum and md5sum print it",
      });
    },
  })),
  hashAlgorithm: choice(["auto", "sha256", "md5"]),
  extract: boolean(false),
  archiveFormat: choice(["auto", "tar", "zip"]),
  cacheSubdir: text("datasets"),
  cacheDir: nullable(text()),
  forceDownload: boolean(false),
});

const isName = (name: string) => name !== "" && name !== "." && name !== ".." && !/[/\\:\0]/.test(name);

/**
 * Fetches a file, unless it is there, and gives its path; with `extract`, the path of the folder of what was in it. The
 * places are those of Keras, so that each finds what the other has fetched. A download that was cut off goes on where it
 * ended; one whose hash is another is removed. Names in archives that lead out of their folder are refused.
 *
 * Source: `keras.utils.get_file`.
 *
 * @throws {ValueError} for a URL, a name or a hash that is none
 * @throws {FileError} where the file cannot be fetched or written, has another hash, or is no archive
 * @throws {StateError} outside of Deno, and where there is no folder for files
 *
 * @example The pictures of an archive
 * ```ts ignore
 * const folder = await utils.getFile({ origin: "https://example.org/flowers.tgz", extract: true });
 * const flowers = await utils.imageDatasetFromDirectory(`${folder}/flowers`);
 * ```
 */
export async function getFile(options: GetFileOptions): Promise<string> {
  const kept = readMethodOptions("getFile", getFileOptions, options, "Cannot get a file");
  const { origin, fileHash, hashAlgorithm, extract, archiveFormat, forceDownload } = kept;
  const what = `Cannot get ${origin.href}`;
  if (typeof Deno === "undefined") throw new StateError({ what, rule: "files are kept only in Deno" });
  const isMd5 = fileHash?.length === 32;
  if (fileHash !== null && hashAlgorithm !== "auto" && (hashAlgorithm === "md5") !== isMd5) {
    throw new ValueError({
      what,
      rule: `a hash of ${hashAlgorithm} has ${isMd5 ? 64 : 32} digits`,
      received: `${fileHash.length}`,
      hint: "leave hashAlgorithm out",
    });
  }
  const name = kept.fname ?? nameIn(origin, what);
  const isAbsolute = /^(\/|[A-Za-z]:[\\/])/.test(kept.cacheSubdir);
  const parent = isAbsolute ? "" : `${kept.cacheDir ?? kerasHome(what)}/`;
  const folder = `${parent}${kept.cacheSubdir}`.replace(/\/+$/, "");
  const [path, extracted] = extract ? placesOf(folder, name, kept.fname !== null) : [`${folder}/${name}`, undefined];
  await makeFolder(folder);

  let isFresh = forceDownload || !await isThere(path);
  if (!isFresh && fileHash !== null && await hashOf(path, isMd5) !== fileHash) {
    printLine(`"${path}" has another hash than ${fileHash}, so that it is fetched again`);
    isFresh = true;
  }
  if (isFresh) {
    printLine(`Downloading data from ${origin.href}`);
    await download(origin, path, what);
    const hash = fileHash === null ? null : await hashOf(path, isMd5);
    if (hash !== fileHash) {
      await Deno.remove(path);
      throw new FileError({
        what,
        rule: `its ${isMd5 ? "MD5" : "SHA-256"} must be ${fileHash}`,
        received: `${hash}`,
        hint: "the file is another one than expected: it was removed",
      });
    }
  }
  if (extracted === undefined) return path;
  const formats = archiveFormat === "auto" ? ["tar", "zip"] as const : [archiveFormat];
  if (isFresh || !await isThere(extracted)) await extractArchive(path, extracted, formats, what);
  return extracted;
}

/** The places of an archive and of what is in it, by Keras's rules. */
function placesOf(folder: string, name: string, isGiven: boolean): [archive: string, extracted: string] {
  if (!isGiven || !name.includes(".")) return [`${folder}/${name}_archive`, `${folder}/${name}`];
  return [`${folder}/${name}`, `${folder}/${name.slice(0, name.indexOf("."))}_extracted`];
}

function nameIn(origin: URL, what: string): string {
  let name = origin.pathname.split("/").at(-1)!;
  try {
    name = decodeURIComponent(name);
  } catch {
    // What is no text in percent signs is a name as it is.
  }
  if (isName(name)) return name;
  throw new ValueError({
    what,
    rule: "its path must end in a name",
    received: `"${origin.pathname}"`,
    hint: "give fname",
  });
}

function kerasHome(what: string): string {
  try {
    const home = Deno.env.get("KERAS_HOME");
    if (home) return home;
    const user = Deno.env.get("HOME") ?? Deno.env.get("USERPROFILE");
    if (user) return `${user}/.keras`;
  } catch {
    // Without permission there is no folder either.
  }
  throw new StateError({
    what,
    rule: "there must be a folder for it, and neither KERAS_HOME nor HOME is set or may be read",
    received: "none",
    hint: "give cacheDir, or run with --allow-env",
  });
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw notReadable(`Cannot read "${path}"`, error);
  }
}

/** The hash of a file, read in parts. */
async function hashOf(path: string, isMd5: boolean): Promise<string> {
  // Not a literal, since bundlers for pages would look for it.
  const specifier: string = "node:crypto";
  const { createHash }: typeof import("node:crypto") = await import(specifier);
  const hash = createHash(isMd5 ? "md5" : "sha256");
  using file = await Deno.open(path);
  const part = new Uint8Array(chunkBytes);
  for (let count = await file.read(part); count !== null; count = await file.read(part)) {
    hash.update(part.subarray(0, count));
  }
  return hash.digest("hex");
}
