// HDF5, the format of Keras's weights: a tree of groups with arrays and attributes, read and written by h5wasm.
import { type DType, makeArray, type TypedArray } from "../dtype.ts";
import type { Packages } from "../deps.ts";
import { FileError } from "../errors.ts";
import { loadPackage } from "../packages.ts";
import { formatShape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor/tensor.ts";

/** A group of an HDF5 file. */
export interface H5Group {
  /** What is noted of the group: texts, numbers and lists of texts. */
  readonly attributes: ReadonlyMap<string, unknown>;
  /** The groups inside. */
  readonly groups: ReadonlyMap<string, H5Group>;
  /** The arrays inside. */
  readonly arrays: ReadonlyMap<string, Tensor>;
}

type H5 = Packages["h5wasm"];
type Module = Awaited<H5["ready"]>;

/** Deeper groups are no weights file's. */
const maxDepth = 64;

let count = 0;

/** Runs `body` on the package, and on the name of a file in its memory that is removed after. */
async function withFile<T>(what: string, body: (h5: H5, module: Module, name: string) => T): Promise<T> {
  const h5 = await loadPackage("h5wasm", what);
  const module = await h5.ready;
  module.activate_throwing_error_handler();
  const name = `/ceratops-${count++}.h5`;
  try {
    return body(h5, module, name);
  } finally {
    if (module.FS.analyzePath(name, false).exists) module.FS.unlink(name);
  }
}

/**
 * The tree in the bytes of a file, with arrays of float32, int32 and uint8; wider numbers are rounded to these.
 * Throws {@linkcode FileError}, whose message begins with `what`, for bytes of another format, for links, and for arrays
 * that no tensor can hold.
 */
export function readHdf5(bytes: Uint8Array, what: string): Promise<H5Group> {
  return withFile(what, (h5, { FS }, name) => {
    FS.writeFile(name, bytes);
    const file = attempt(() => new h5.File(name, "r"), what);
    try {
      return new Reader(h5, file, what).group(file, "", 0);
    } finally {
      file.close();
    }
  });
}

/** The bytes of a file with this tree. */
export function writeHdf5(root: H5Group, what: string): Promise<Uint8Array<ArrayBuffer>> {
  return withFile(what, (h5, { FS }, name) => {
    const file = new h5.File(name, "w");
    try {
      writeGroup(root, file);
    } finally {
      file.close();
    }
    return FS.readFile(name) as Uint8Array<ArrayBuffer>;
  });
}

/** The result of a call of the package, whose errors say what in the file is wrong. */
function attempt<T>(body: () => T, what: string): T {
  try {
    return body();
  } catch (error) {
    throw new FileError({
      what,
      rule: "it must be a whole HDF5 file",
      received: (error as Error).message.split("\n")[0],
      hint: "the file is damaged or of another format: save or fetch it again",
    });
  }
}

class Reader {
  constructor(readonly h5: H5, readonly file: InstanceType<H5["File"]>, readonly what: string) {}

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
    const attributes = new Map(
      attempt(() => Object.entries(group.attrs), this.what).map(([name, attribute]) => [
        name,
        attempt(() => attribute.value, this.what),
      ]),
    );
    return { attributes, groups, arrays };
  }

  #array(dataset: InstanceType<H5["Dataset"]>, path: string): Tensor {
    const { metadata, shape } = attempt(() => ({ metadata: dataset.metadata, shape: dataset.shape }), this.what);
    // Classes of HDF5's types: 0 are integers, 1 are fractions.
    const isNumeric = metadata.type === 0 || metadata.type === 1;
    if (!isNumeric || shape === null) this.#refuse("an array must be of numbers", path);
    const dtype: DType = metadata.type === 1 ? "float32" : metadata.size === 1 && !metadata.signed ? "uint8" : "int32";
    const value: unknown = attempt(() => dataset.value, this.what);
    const data = ArrayBuffer.isView(value) ? value as ArrayLike<number | bigint> & ArrayBufferView : [Number(value)];
    if (data.length !== sizeOf(shape)) {
      this.#refuse(`an array of ${formatShape(shape)} must have ${sizeOf(shape)} elements, not ${data.length}`, path);
    }
    const exact = makeArray(dtype, 0).constructor;
    if (data.constructor === exact) return new Tensor(shape, dtype, data as unknown as TypedArray);
    return new Tensor(shape, dtype, makeArray(dtype, Array.from(data, Number)));
  }

  #refuse(rule: string, path: string): never {
    throw new FileError({ what: this.what, rule, received: `another thing at "${path || "/"}"` });
  }
}

const elementTypes: Readonly<Record<DType, string>> = { float32: "<f4", int32: "<i4", uint8: "<B", bool: "<B" };

function writeGroup({ attributes, groups, arrays }: H5Group, to: InstanceType<H5["Group"]>): void {
  for (const [name, value] of attributes) to.create_attribute(name, value as string);
  for (const [name, { shape, dtype, data }] of arrays) {
    to.create_dataset({ name, data, shape: [...shape], dtype: elementTypes[dtype] });
  }
  for (const [name, group] of groups) writeGroup(group, to.create_group(name));
}
