// The four files of MNIST: where their base64 text comes from, and how it is decoded to tensors.
import { FileError } from "../errors.ts";
import { fromBase64, inOnePiece, type TextInPieces } from "../files/base64.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { readGzippedIdx } from "./idx.ts";

/** One gzipped IDX file, kept as base64 text in `mnist/<name>.txt`. */
export interface MnistFile {
  /** The name as Yann LeCun published it. */
  readonly name: string;
  /** The SHA-256 of the gzipped file. */
  readonly sha256: string;
  /** The shape of the data. */
  readonly shape: Shape;
}

/** The files in the order training images, training labels, test images, test labels. */
export const mnistFiles: readonly [MnistFile, MnistFile, MnistFile, MnistFile] = [
  {
    name: "train-images-idx3-ubyte.gz",
    sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    shape: [60000, 28, 28],
  },
  {
    name: "train-labels-idx1-ubyte.gz",
    sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    shape: [60000],
  },
  {
    name: "t10k-images-idx3-ubyte.gz",
    sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    shape: [10000, 28, 28],
  },
  {
    name: "t10k-labels-idx1-ubyte.gz",
    sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    shape: [10000],
  },
];

const embedded = new Map<string, string>();

/** Embeds the base64 text of a file, so that {@linkcode readMnistText} need not read it. */
export function embedMnistText(name: string, text: string): void {
  embedded.set(name, text);
}

const embed =
  "import lib/datasets/mnist_embedded.ts of this library too, which carries the data: it needs no permission, and a bundle has it inside";

/**
 * The base64 text of a file: as embedded, else from `base`, read from disk for `file:` and imported for `http(s):`. From
 * disk its pieces are read when they are asked for.
 *
 * @throws {FileError} if it is missing, cannot be read, or cannot be fetched
 */
export async function readMnistText(
  file: MnistFile,
  base: URL = new URL("./mnist/", import.meta.url),
): Promise<TextInPieces> {
  const text = embedded.get(file.name);
  if (text !== undefined) return inOnePiece(text);
  const url = new URL(`${file.name}.txt`, base);
  try {
    if (url.protocol === "file:" && typeof Deno !== "undefined") {
      return { length: Deno.statSync(url).size, pieces: () => readPieces(file, url) };
    }
    if (url.protocol === "http:" || url.protocol === "https:") return inOnePiece(await fetchText(url));
  } catch (error) {
    throw unreadable(file, url, error);
  }
  throw new FileError({
    what: cannotLoad(file),
    rule: `its text can be read from file:, http: and https: in Deno, and from http: and https: elsewhere`,
    received: url.protocol,
    hint: embed,
  });
}

// So many bytes stay in a processor's cache, while new memory for all would take longer to get than to fill.
const pieceBytes = 1 << 16;

/** The text of a file on disk, a piece at a time. */
function* readPieces(file: MnistFile, url: URL): Generator<string> {
  try {
    using opened = Deno.openSync(url);
    const bytes = new Uint8Array(pieceBytes);
    const decoder = new TextDecoder();
    for (let read = opened.readSync(bytes); read !== null; read = opened.readSync(bytes)) {
      yield decoder.decode(bytes.subarray(0, read));
    }
  } catch (error) {
    throw unreadable(file, url, error);
  }
}

// Deno keeps an imported text in its module cache; browsers do not support text imports yet. The computed specifier
// keeps the data out of what importers of mod.ts download and bundlers inline.
async function fetchText(url: URL): Promise<string> {
  if (typeof Deno !== "undefined") return (await import(url.href, { with: { type: "text" } })).default as string;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`status ${response.status}`);
  return await response.text();
}

function unreadable(file: MnistFile, url: URL, error: unknown): FileError {
  const what = cannotLoad(file);
  const name = error instanceof Error ? error.name : "";
  if (url.protocol !== "file:") {
    const received = `${error instanceof Error ? error.message : error} for ${url.href}`;
    return new FileError({ what, rule: "its text must be served next to the loader", received, hint: embed });
  }
  const path = decodeURIComponent(url.pathname).replace(/^\/([A-Za-z]:)/, "$1");
  if (name === "NotFound") {
    const hint = `restore it from the repository, or ${embed}`;
    return new FileError({ what, rule: "its text must be next to the loader", received: `no file ${path}`, hint });
  }
  if (name === "NotCapable" || name === "PermissionDenied") {
    const folder = path.slice(0, path.lastIndexOf("/"));
    const hint = `run with --allow-read="${folder}", or ${embed}`;
    return new FileError({ what, rule: "reading its text needs permission", received: `none for ${path}`, hint });
  }
  return new FileError({ what, rule: "its text must be readable", received: `${error} for ${path}`, hint: embed });
}

/**
 * Decodes a file from its base64 text and checks it.
 *
 * @throws {FileError} if the text is not base64, or not that of this file
 */
export async function decodeMnistFile(file: MnistFile, text: TextInPieces): Promise<Tensor> {
  const what = cannotLoad(file);
  const hint = "restore the file from the repository (an interrupted download or a changed line breaks it)";
  let gzipped: Uint8Array<ArrayBuffer>;
  try {
    gzipped = fromBase64(text);
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new FileError({ what, rule: "its text must be base64", received: describe(text), hint });
  }
  // Pages without HTTPS have no crypto.subtle; gzip's checksum and the header are still checked.
  const digest = globalThis.crypto?.subtle?.digest("SHA-256", gzipped);
  const tensor = readGzippedIdx(gzipped, file.shape, { what, hint });
  // What is another file need not unzip either: its hash is told first.
  tensor.catch(() => {});
  if (digest) {
    const sha256 = new Uint8Array(await digest);
    const received = Array.from(sha256, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (received !== file.sha256) {
      const rule = `its SHA-256 must be ${file.sha256}`;
      throw new FileError({ what, rule, received: `${received} of ${gzipped.length} bytes`, hint });
    }
  }
  return await tensor;
}

function cannotLoad(file: MnistFile): string {
  return `Cannot load MNIST file "${file.name}"`;
}

function describe(text: TextInPieces): string {
  if (text.length === 0) return "an empty file";
  const [start] = text.pieces();
  return `${text.length} characters that begin with "${start.slice(0, 24).replace(/\s+/g, " ")}"`;
}
