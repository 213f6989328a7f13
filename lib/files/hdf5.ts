// HDF5, the format of Keras's weights: a tree of groups with arrays and attributes, read and written by h5wasm.
import { bytesPerElement, type DType } from "../dtype.ts";
import type { Packages } from "../deps.ts";
import { FileError } from "../errors.ts";
import { loadPackage, renewPackage } from "../packages.ts";
import { formatShape, type Shape, sizeOf } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensorOfNumbers } from "./elements.ts";

/** A group of an HDF5 file. */
export interface H5Group {
  /** What is noted of the group, if it is not deep inside: texts, numbers and lists of texts. */
  readonly attributes: ReadonlyMap<string, unknown>;
  /** The groups inside. */
  readonly groups: ReadonlyMap<string, H5Group>;
  /** The arrays inside. */
  readonly arrays: ReadonlyMap<string, Tensor>;
}

type H5 = Packages["h5wasm"];
type Module = Awaited<H5["ready"]>;

/** A group of a file that is to be written. */
export interface NewH5Group {
  /** What is noted of the group: texts, numbers and lists of texts. */
  readonly attributes: ReadonlyMap<string, unknown>;
  /** The groups inside. */
  readonly groups: ReadonlyMap<string, NewH5Group>;
  /** The arrays inside. */
  readonly arrays: ReadonlyMap<string, NewH5Array>;
}

/** An array of a file that is to be written. Each is read when it is written, so that only one is held. */
interface NewH5Array {
  readonly shape: Shape;
  readonly dtype: DType;
  /** The elements. */
  read(): Promise<Tensor>;
}

/** What deeper groups note is not read: in files of Keras 2 those of layers are at this depth. */
const deepestNotes = 2;

/** Deeper groups are no weights file's. */
const maxDepth = 64;

let count = 0;

/** Runs `body` on the package, and on the name of a file in its memory that is removed after. */
async function withFile<T>(
  what: string,
  body: (h5: H5, module: Module, name: string) => T | Promise<T>,
): Promise<T> {
  const h5 = await loadPackage("h5wasm", what);
  const module = await h5.ready;
  const name = `/ceratops-${count++}.h5`;
  try {
    module.activate_throwing_error_handler();
    return await body(h5, module, name);
  } catch (error) {
    if (!isTrap(error)) throw error;
    // Nothing is known of an instance that trapped but that it is broken.
    renewPackage("h5wasm");
    if (error instanceof FileError) throw error;
    throw new FileError({
      what,
      rule: "the package that reads and writes HDF5 must have the memory that it takes",
      received: reasonOf((error as Error).message),
      hint: "try it again, or take a smaller file",
    });
  } finally {
    if (module.FS.analyzePath(name, false).exists) module.FS.unlink(name);
  }
}

/** Whether an error, or what caused it, is an abort of WebAssembly: a trap, or a stack or memory that is used up. */
function isTrap(error: unknown): boolean {
  if (error instanceof FileError) return isTrap(error.cause);
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

/**
 * The tree in the bytes of a file, with arrays of float32, int32 and uint8; wider numbers are rounded to these.
 * Throws {@linkcode FileError}, whose message begins with `what`, for bytes of another format, for links, and for arrays
 * that no tensor can hold.
 */
export function readHdf5(bytes: Uint8Array, what: string): Promise<H5Group> {
  return withFile(what, (h5, { FS }, name) => {
    // The bytes themselves, not a copy.
    FS.writeFile(name, bytes, { canOwn: true } as WriteOptions);
    const file = attempt(() => new h5.File(name, "r"), what);
    try {
      return new Reader(h5, file, bytes.length, what).group(file, "", 0);
    } finally {
      close(file);
    }
  });
}

/** The bytes of a file with this tree. */
export function writeHdf5(root: NewH5Group, what: string): Promise<Uint8Array<ArrayBuffer>> {
  return withFile(what, async (h5, { FS }, name) => {
    const file = new h5.File(name, "w");
    const node = FS.lookupPath(name, {}).node as unknown as MemoryFile;
    try {
      reserve(node, sizeBound(root));
      await writeGroup(root, file);
    } finally {
      file.close();
    }
    return node.contents.subarray(0, node.usedBytes);
  });
}

/** Closes a file that was read; that it cannot be says less than why it could not be read. */
function close(file: InstanceType<H5["File"]>): void {
  try {
    file.close();
  } catch {
    // The file in memory is removed all the same.
  }
}

/** How the package's file system writes a file. */
interface WriteOptions {
  readonly flags?: string;
  /** Whether it keeps the given bytes, not a copy. */
  readonly canOwn?: boolean;
}

/** A file in the memory of the package's file system. */
interface MemoryFile {
  /** The bytes, and room for more. */
  contents: Uint8Array<ArrayBuffer>;
  usedBytes: number;
  node_ops: { readonly setattr: (file: MemoryFile, change: { readonly size?: number }) => void };
}

/** Gives a file room for so many bytes: it would else be copied each time it grows by an eighth, and when it is closed. */
function reserve(file: MemoryFile, bytes: number): void {
  const contents = new Uint8Array(bytes);
  if (file.contents) contents.set(file.contents.subarray(0, file.usedBytes));
  file.contents = contents;
  const { setattr } = file.node_ops;
  file.node_ops = {
    ...file.node_ops,
    setattr(file, change) {
      const { size } = change;
      if (size === undefined || size > file.contents.length) return setattr(file, change);
      if (size > file.usedBytes) file.contents.fill(0, file.usedBytes, size);
      file.usedBytes = size;
    },
  };
}

/** More bytes than the tables of a group, or what describes an array, take. */
const overhead = 4096;

/** More bytes than a file with this tree takes, but for very long attributes. */
function sizeBound({ groups, arrays }: NewH5Group): number {
  let bytes = overhead;
  for (const { shape, dtype } of arrays.values()) bytes += overhead + sizeOf(shape) * bytesPerElement(dtype);
  for (const group of groups.values()) bytes += sizeBound(group);
  return bytes;
}

/** The result of a call of the package, whose errors say what in the file is wrong. */
function attempt<T>(body: () => T, what: string): T {
  try {
    return body();
  } catch (error) {
    const refused = new FileError({
      what,
      rule: "it must be a whole HDF5 file",
      received: reasonOf(String((error as Error)?.message ?? error)),
      hint: "the file is damaged or of another format: save or fetch it again",
    });
    refused.cause = error;
    throw refused;
  }
}

/** The innermost reason in a message of the package, which traces HDF5's calls: the last line of a call. */
function reasonOf(message: string): string {
  const calls = [...message.matchAll(/^ +#\d+: .*\(\): (.*)$/gm)];
  return calls.at(-1)?.[1] ?? message.split("\n")[0];
}

/** Compressed arrays that grow by more than this are bombs. */
const maxGrowth = 1000;
/** More bytes of arrays are in no file that fits into the memory of WebAssembly. */
const maxBytes = 2 ** 32;

class Reader {
  /** How many bytes of arrays the file may hold further, as they are and in chunks that may be compressed. */
  #plain: number;
  #chunked: number;

  constructor(
    readonly h5: H5,
    readonly file: InstanceType<H5["File"]>,
    bytes: number,
    readonly what: string,
  ) {
    this.#plain = bytes;
    this.#chunked = Math.min(maxBytes, bytes * maxGrowth);
  }

  group(group: InstanceType<H5["Group"]>, path: string, depth: number): H5Group {
    if (depth > maxDepth) this.#refuse(`groups must be at most ${maxDepth} deep`, path);
    const groups = new Map<string, H5Group>();
    const arrays = new Map<string, Tensor>();
    for (const name of attempt(() => group.keys(), this.what)) {
      const inside = `${path}/${name}`;
      if (attempt(() => this.file.get_link(inside), this.what) !== null) {
        this.#refuse("it must hold its data itself, without links", inside);
      }
      const found = attempt(() => group.get(name), this.what);
      if (found instanceof this.h5.Group) groups.set(name, this.group(found, inside, depth + 1));
      else if (found instanceof this.h5.Dataset) arrays.set(name, this.#array(found, inside));
      else this.#refuse("it must hold groups and arrays alone", inside);
    }
    const noted = depth <= deepestNotes ? attempt(() => Object.entries(group.attrs), this.what) : [];
    const attributes = new Map(
      noted.map(([name, attribute]) => [name, attempt(() => attribute.value, this.what)]),
    );
    return { attributes, groups, arrays };
  }

  #array(dataset: InstanceType<H5["Dataset"]>, path: string): Tensor {
    const { metadata, shape } = attempt(() => ({ metadata: dataset.metadata, shape: dataset.shape }), this.what);
    // Classes of HDF5's types: 0 are integers, 1 are fractions.
    const isNumeric = metadata.type === 0 || metadata.type === 1;
    if (!isNumeric || shape === null) this.#refuse("an array must be of numbers", path);
    if (metadata.type === 1 && metadata.size === 2) {
      this.#refuse(
        "an array of floats must be of 32 or 64 bits: save weights as float32, as mixed policies have them",
        path,
      );
    }
    const bytes = sizeOf(shape) * metadata.size;
    const left = metadata.chunks ? this.#chunked -= bytes : this.#plain -= bytes;
    if (!(left >= 0)) {
      this.#refuse(`an array must not be larger than the file can hold, as ${formatShape(shape)} is`, path);
    }
    const dtype: DType = metadata.type === 1 ? "float32" : metadata.size === 1 && !metadata.signed ? "uint8" : "int32";
    const value: unknown = attempt(() => dataset.value, this.what);
    const data = ArrayBuffer.isView(value) ? value as ArrayLike<number | bigint> & ArrayBufferView : [Number(value)];
    if (data.length !== sizeOf(shape)) {
      this.#refuse(`an array of ${formatShape(shape)} must have ${sizeOf(shape)} elements, not ${data.length}`, path);
    }
    return tensorOfNumbers(dtype, shape, data, { what: this.what, thing: `"${path}"` });
  }

  #refuse(rule: string, path: string): never {
    throw new FileError({ what: this.what, rule, received: `another thing at "${path || "/"}"` });
  }
}

const elementTypes: Readonly<Record<DType, string>> = {
  float32: "<f4",
  // Of 16 bits the package reads no floats. Keras rounds what it reads to the type of the variable.
  float16: "<f4",
  bfloat16: "<f4",
  int32: "<i4",
  uint8: "<B",
  bool: "<B",
};

async function writeGroup(
  { attributes, groups, arrays }: NewH5Group,
  to: InstanceType<H5["Group"]>,
): Promise<void> {
  for (const [name, value] of attributes) to.create_attribute(name, value as string);
  for (const [name, array] of arrays) {
    const { shape, dtype, data } = await array.read();
    to.create_dataset({ name, data, shape: [...shape], dtype: elementTypes[dtype] });
  }
  for (const [name, group] of groups) await writeGroup(group, to.create_group(name));
}
