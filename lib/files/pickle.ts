// Pickles of Python that hold data alone: numbers, texts, lists, dicts and NumPy's arrays. Nothing in one is run.
// https://docs.python.org/3/library/pickletools.html
import { FileError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bytesOfShape, tensorOfBytes } from "./elements.ts";
import { elementTypeOf } from "./npy.ts";

/** What a pickle may hold; `bytes`, and texts of Python 2, are bytes, and arrays of objects are lists. */
type PickleValue =
  | number
  | bigint
  | boolean
  | string
  | null
  | Uint8Array
  | Tensor
  | PickleValue[]
  | Map<PickleValue, PickleValue>;

/** A function or class that a pickle names; it is never called. */
class Named {
  constructor(readonly name: "reconstruct" | "ndarray" | "dtype" | "encode") {}
}

/** An element type of NumPy. */
class ArrayType {
  bigEndian = false;
  constructor(readonly code: string) {}
}

/** An array of NumPy, which gets its elements after it is made. */
class ArrayPart {
  value: Tensor | Item[] | undefined;
}

/** What is on the stack. */
type Item = Exclude<PickleValue, PickleValue[] | Map<PickleValue, PickleValue>> | Item[] | Map<Item, Item> | Part;
type Part = Named | ArrayType | ArrayPart;

/** The functions and classes that pickles of NumPy's arrays name. */
const known: Readonly<Record<string, Named["name"]>> = {
  "numpy.core.multiarray _reconstruct": "reconstruct",
  "numpy._core.multiarray _reconstruct": "reconstruct",
  "numpy ndarray": "ndarray",
  "numpy dtype": "dtype",
  // How Python 3 writes bytes for Python 2.
  "_codecs encode": "encode",
};

/** Lists in lists in more levels are no data set's. */
const maxDepth = 64;

/**
 * The value in a pickle. Throws {@linkcode FileError}, whose message begins with `what`, for one that is damaged, or that
 * names anything but NumPy's arrays.
 */
export function readPickle(bytes: Uint8Array, what: string): PickleValue {
  return new Reader(bytes, what).read();
}

const ofLatin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

const toLatin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

const plain = (value: bigint): number | bigint => Number.isSafeInteger(Number(value)) ? Number(value) : value;

/** The stack machine that a pickle is a program of. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  readonly #memo = new Map<number, Item>();
  #stack: Item[] = [];
  readonly #outer: Item[][] = [];
  readonly #done = new Map<Item, PickleValue>();
  #at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  read(): PickleValue {
    while (this.#at < this.#bytes.length) {
      const at = this.#at;
      const code = String.fromCharCode(this.#bytes[this.#at++]);
      if (code === ".") return this.#resolved(this.pop(), 0);
      if (!Object.hasOwn(instructions, code)) {
        throw this.damaged(`the instruction ${JSON.stringify(code)} at byte ${at}`);
      }
      instructions[code](this);
    }
    throw this.damaged(`no end after ${this.#bytes.length} bytes`);
  }

  damaged(received: string): FileError {
    return new FileError({
      what: this.#what,
      rule: "it must be a pickle of numbers, texts, lists, dicts and NumPy's arrays",
      received,
      hint: "the file is damaged or of another kind: fetch it again",
    });
  }

  take(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) throw this.damaged(`${this.#bytes.length} bytes, cut off`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  unsigned(size: 1 | 2 | 4 | 8): number {
    const at = this.#at;
    this.take(size);
    if (size === 1) return this.#view.getUint8(at);
    if (size === 2) return this.#view.getUint16(at, true);
    return size === 4 ? this.#view.getUint32(at, true) : Number(this.#view.getBigUint64(at, true));
  }

  signed(): number {
    return this.unsigned(4) | 0;
  }

  float(): number {
    const at = this.#at;
    this.take(8);
    return this.#view.getFloat64(at);
  }

  line(): string {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) throw this.damaged("a line without an end");
    const text = ofLatin1(this.take(end - this.#at));
    this.#at++;
    return text;
  }

  /** An integer of so many bytes, the lowest first, the highest with the sign. */
  long(size: number): number | bigint {
    if (size > 16) throw this.damaged(`an integer of ${size} bytes`);
    const value = this.take(size).reduceRight((sum, byte) => sum << 8n | BigInt(byte), 0n);
    return plain(BigInt.asIntN(8 * size, value));
  }

  /** The integer that a line writes. */
  integer(): number | bigint {
    const text = this.line().replace(/L$/, "");
    if (!/^-?\d{1,40}$/.test(text)) throw this.damaged(`the integer ${JSON.stringify(text.slice(0, 40))}`);
    return plain(BigInt(text));
  }

  text(size: number): string {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(this.take(size));
    } catch {
      throw this.damaged(`${size} bytes that are no text in UTF-8`);
    }
  }

  push(item: Item): void {
    this.#stack.push(item);
  }

  pop(): Item {
    const item = this.#stack.pop();
    if (item === undefined) throw this.damaged("an instruction for a value that is not there");
    return item;
  }

  #top(): Item | undefined {
    return this.#stack.at(-1);
  }

  mark(): void {
    this.#outer.push(this.#stack);
    this.#stack = [];
  }

  /** What was pushed since the last mark. */
  sinceMark(): Item[] {
    const outer = this.#outer.pop();
    if (!outer) throw this.damaged("the end of a list without its start");
    const items = this.#stack;
    this.#stack = outer;
    return items;
  }

  /** So many values, in the order in which they were pushed. */
  last(count: number): Item[] {
    return Array.from({ length: count }, () => this.pop()).reverse();
  }

  append(items: readonly Item[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.damaged("items of what is no list");
    for (const item of items) list.push(item);
  }

  set(items: readonly Item[]): void {
    const dict = this.#top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw this.damaged("items of what is no dict");
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  remember(key: number = this.#memo.size): void {
    const item = this.#top();
    if (item === undefined) throw this.damaged("a note of a value that is not there");
    this.#memo.set(key, item);
  }

  recall(key: number): void {
    const item = this.#memo.get(key);
    if (item === undefined) throw this.damaged(`a value noted as ${key}, which is not there`);
    this.push(item);
  }

  /** Names a function or class. Throws for all but those of arrays: in Python, calling it could do anything. */
  name(module: Item, name: Item): void {
    const full = `${module} ${name}`;
    if (Object.hasOwn(known, full)) return this.push(new Named(known[full]));
    throw new FileError({
      what: this.#what,
      rule: "only data is read, and a pickle that names anything but NumPy's arrays could run any code",
      received: `${module}.${name}`.slice(0, 80),
      hint: "do not trust this file; if it is yours, save arrays by np.savez in Python",
    });
  }

  /** What a named function makes of its arguments. */
  call(): void {
    const [called, args] = this.last(2);
    if (!(called instanceof Named) || !Array.isArray(args)) throw this.damaged("a call of what is no function");
    const [first] = args;
    const text = first instanceof Uint8Array ? ofLatin1(first) : first;
    if (called.name === "reconstruct") return this.push(new ArrayPart());
    if (called.name === "dtype" && typeof text === "string") return this.push(new ArrayType(text));
    if (called.name === "encode" && typeof text === "string") return this.push(toLatin1(text));
    throw this.damaged(`a call of "${called.name}" with other arguments`);
  }

  /** Completes an array, or an element type. */
  build(): void {
    const state = this.pop();
    const part = this.#top();
    if (part instanceof ArrayType && Array.isArray(state)) {
      const order = state[1] instanceof Uint8Array ? ofLatin1(state[1]) : state[1];
      part.bigEndian = order === ">";
    } else if (part instanceof ArrayPart && Array.isArray(state)) part.value = this.#arrayOf(state);
    else throw this.damaged("a state of what has none");
  }

  /** An array by its version, shape, element type, whether its order is Fortran's, and its bytes or its objects. */
  #arrayOf([, shape, type, isFortran, content]: readonly Item[]): Tensor | Item[] {
    if (!(type instanceof ArrayType)) throw this.damaged("an array without an element type");
    if (/^\|?O/.test(type.code) && Array.isArray(content)) return content;
    const element = elementTypeOf(type.code);
    const bytes = typeof content === "string" ? toLatin1(content) : content;
    if (!element || !(bytes instanceof Uint8Array)) {
      throw this.damaged(`an array of elements of ${JSON.stringify(type.code.slice(0, 20))}`);
    }
    if (bytesOfShape(element, shape) !== bytes.length || (isFortran && (shape as number[]).length > 1)) {
      throw this.damaged(`an array of ${bytes.length} bytes that its shape does not take in C's order`);
    }
    const { bigEndian } = type;
    return tensorOfBytes(element, shape as number[], bytes, { what: this.#what, thing: "an array", bigEndian });
  }

  /** A value in which arrays are complete and nothing is named; each is made once, however many lists have it. */
  #resolved(item: Item, depth: number): PickleValue {
    if (typeof item !== "object" || item === null) return item;
    const done = this.#done.get(item);
    if (done !== undefined) return done;
    const value = this.#made(item, depth);
    this.#done.set(item, value);
    return value;
  }

  #made(item: Item, depth: number): PickleValue {
    if (depth > maxDepth) throw this.damaged(`lists in more than ${maxDepth} levels`);
    const inside = (value: Item) => this.#resolved(value, depth + 1);
    if (item instanceof ArrayPart && item.value !== undefined) return inside(item.value);
    if (item instanceof Named || item instanceof ArrayType || item instanceof ArrayPart) {
      throw this.damaged("a function, a type or an array without elements among the data");
    }
    if (Array.isArray(item)) return item.map(inside);
    return item instanceof Map ? new Map(Array.from(item, ([key, value]) => [inside(key), inside(value)])) : item;
  }
}

/** What each instruction does, by its character. */
const instructions: Readonly<Record<string, (reader: Reader) => void>> = {
  // The version, and the length of what follows.
  "\x80": (r) => r.take(1),
  "\x95": (r) => r.take(8),
  N: (r) => r.push(null),
  "\x88": (r) => r.push(true),
  "\x89": (r) => r.push(false),
  I: (r) => {
    const text = r.line();
    if (text === "01" || text === "00") r.push(text === "01");
    else if (/^-?\d{1,15}$/.test(text)) r.push(Number(text));
    else throw r.damaged(`the integer ${JSON.stringify(text.slice(0, 40))}`);
  },
  J: (r) => r.push(r.signed()),
  K: (r) => r.push(r.unsigned(1)),
  M: (r) => r.push(r.unsigned(2)),
  L: (r) => r.push(r.integer()),
  "\x8a": (r) => r.push(r.long(r.unsigned(1))),
  "\x8b": (r) => r.push(r.long(r.unsigned(4))),
  F: (r) => r.push(Number(r.line())),
  G: (r) => r.push(r.float()),
  // Texts of Python 2, which are bytes, and bytes.
  U: (r) => r.push(r.take(r.unsigned(1))),
  T: (r) => r.push(r.take(r.unsigned(4))),
  C: (r) => r.push(r.take(r.unsigned(1))),
  B: (r) => r.push(r.take(r.unsigned(4))),
  "\x8e": (r) => r.push(r.take(r.unsigned(8))),
  "\x8c": (r) => r.push(r.text(r.unsigned(1))),
  X: (r) => r.push(r.text(r.unsigned(4))),
  "\x8d": (r) => r.push(r.text(r.unsigned(8))),
  "(": (r) => r.mark(),
  "]": (r) => r.push([]),
  l: (r) => r.push(r.sinceMark()),
  a: (r) => r.append(r.last(1)),
  e: (r) => r.append(r.sinceMark()),
  ")": (r) => r.push([]),
  t: (r) => r.push(r.sinceMark()),
  "\x85": (r) => r.push(r.last(1)),
  "\x86": (r) => r.push(r.last(2)),
  "\x87": (r) => r.push(r.last(3)),
  "}": (r) => r.push(new Map()),
  d: (r) => {
    const items = r.sinceMark();
    r.push(new Map());
    r.set(items);
  },
  s: (r) => r.set(r.last(2)),
  u: (r) => r.set(r.sinceMark()),
  p: (r) => r.remember(Number(r.line())),
  q: (r) => r.remember(r.unsigned(1)),
  r: (r) => r.remember(r.unsigned(4)),
  "\x94": (r) => r.remember(),
  g: (r) => r.recall(Number(r.line())),
  h: (r) => r.recall(r.unsigned(1)),
  j: (r) => r.recall(r.unsigned(4)),
  c: (r) => r.name(r.line(), r.line()),
  "\x93": (r) => {
    const [module, name] = r.last(2);
    r.name(module, name);
  },
  R: (r) => r.call(),
  b: (r) => r.build(),
};
