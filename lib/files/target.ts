// Where the bytes of a file go.
import { describe, FileError, ValueError } from "../errors.ts";
import { type FileContent, fileSystem, hasFiles, notWritable, partsOf, writeAllSafely, writeSafely } from "./system.ts";

/** A file to be written: its path, its `file:` URL, or a stream. In a browser a name is what the user downloads. */
export type FileTarget = string | URL | WritableStream<Uint8Array>;

/** The path or URL of a target; undefined for a stream, which has none. */
export function addressOf(target: FileTarget): string | undefined {
  return target instanceof URL ? target.href : typeof target === "string" ? target : undefined;
}

/** What messages call a target. */
export function nameOfTarget(target: FileTarget): string {
  const address = addressOf(target);
  return address === undefined ? "the given stream" : `"${address}"`;
}

function refuseTarget(target: unknown, what: string): never {
  throw new ValueError({
    what,
    rule: "it must be a path, a file: URL or a stream",
    received: target instanceof URL ? target.href : describe(target),
    hint: 'write it as in "model.keras"',
  });
}

/**
 * Throws {@linkcode ValueError} for what is no target, and for a path that has none of these endings; a stream has none.
 */
export function requireEnding(target: FileTarget, endings: readonly string[], what: string): void {
  const address = addressOf(target);
  if (address === undefined && !(target instanceof WritableStream)) refuseTarget(target, what);
  if (address === undefined || endings.some((ending) => address.endsWith(ending))) return;
  throw new ValueError({
    what,
    rule: `the path must end in ${endings.join(" or ")}`,
    received: `"${address}"`,
    hint: `write it as in "file${endings[0]}"`,
  });
}

/** Throws {@linkcode FileError} if a file cannot be written later: the folder is not there, or must not be written to. */
export async function requireWritable(path: string, what: string): Promise<void> {
  if (!hasFiles) return;
  const { promises } = fileSystem(what);
  try {
    await (await promises.open(`${path}.new`, "w")).close();
    await promises.rm(`${path}.new`);
  } catch (error) {
    throw notWritable(what, error);
  }
}

/**
 * Writes a file; an old one of that path stays whole until the new one is. Throws {@linkcode FileError} where it cannot
 * be written, {@linkcode ValueError} for what is no target.
 */
export async function writeTarget(target: FileTarget, content: FileContent, what: string): Promise<void> {
  if (target instanceof WritableStream) {
    const writer = target.getWriter();
    for (const part of partsOf(content)) await writer.write(part);
    return await writer.close();
  }
  const isFile = typeof target === "string" || target instanceof URL && target.protocol === "file:";
  if (!isFile) refuseTarget(target, what);
  if (!hasFiles()) return download(String(target), content, what);
  await writeSafely(typeof target === "string" ? target : pathOf(target, what), content, what);
}

/**
 * The path of a target that is to be several files of one folder. Throws {@linkcode ValueError} for a stream, which has
 * none.
 */
export function pathOfTarget(target: FileTarget, what: string): string {
  if (typeof target === "string") return target;
  if (target instanceof URL && target.protocol === "file:") return pathOf(target, what);
  throw new ValueError({
    what,
    rule: "several files need a folder",
    received: target instanceof URL ? target.href : "a stream",
    hint: "give a path",
  });
}

/** A file that is made when it is its turn to be written. */
export interface NewFile {
  readonly name: string;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Writes files into the folder of a path, so that none takes the place of an old one before all are written. */
export async function writeBeside(path: string, files: readonly NewFile[], what: string): Promise<void> {
  const folder = path.slice(0, path.length - fileNameOf(path).length);
  if (!hasFiles()) {
    for (const { name, bytes } of files) download(name, await bytes(), what);
    return;
  }
  const made = async function* () {
    for (const { name, bytes } of files) yield [`${folder}${name}`, await bytes()] as const;
  };
  await writeAllSafely(made(), what);
}

/** The name of a file in its folder. */
export const fileNameOf = (path: string): string => path.match(/[^/\\]*$/)![0];

function pathOf(url: URL, what: string): string {
  try {
    return decodeURIComponent(url.pathname);
  } catch (error) {
    throw notWritable(what, error);
  }
}

/** The part of a page's document that a download takes. */
interface Page {
  createElement(name: "a"): { href: string; download: string; click(): void };
}

/** Lets the user of a page save the bytes under a name. */
function download(name: string, content: FileContent, what: string): void {
  const { document } = globalThis as { document?: Page };
  if (!document) {
    throw new FileError({ what, rule: "there is no file system here", hint: "give a stream: a WritableStream" });
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([...partsOf(content)]));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
