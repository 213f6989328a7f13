// What all exported modules have in common. It is embedded in each as text, without its types in one in JavaScript: it
// imports nothing, and uses what every runtime has.

/** An input or an output. The first axis has the rows: `null` for any number. */
export interface Part {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | null)[];
}

/** Numbers of a shape. */
export interface Tensor<Data = TypedArray, Nested = unknown> {
  /** The numbers, row after row. */
  readonly data: Data;
  /** The number of rows, then the shape of each. */
  readonly shape: readonly number[];
  /** The numbers as nested arrays, a level for each axis. */
  toArray(): Nested;
}

/** Indices into a table: where they are, how many for all rows, the rows of the table, and its name. */
export interface Indices {
  readonly at: number;
  readonly count: number;
  readonly size: number;
  readonly table: string;
}

/** The program for a number of rows. */
export interface Program {
  readonly rows: number;
  /** Where its words are in the data, and their number. */
  readonly at: number;
  readonly words: number;
  /** The bytes that it works in; where inputs, outputs and indices are in them. */
  readonly memory: number;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly indices: readonly Indices[];
}

/** How a model's data is laid out: weights and constants, then the words of the programs. */
export interface Layout {
  readonly model: string;
  readonly inputs: readonly Part[];
  readonly outputs: readonly Part[];
  /** How many numbers, from the first on, are float32 here and float16 in the module. */
  readonly halves: number;
  /** The bytes of weights and constants. */
  readonly bytes: number;
  /** The programs, for most rows first. The last is for one row, unless the inputs are fixed to some. */
  readonly programs: readonly Program[];
}

export type TypedArray = Float32Array | Int32Array | Uint8Array;

/** Computes the output for the input; several of either are by name. */
export type Compute = (given: unknown) => Promise<unknown>;

/** What the engine exports. */
interface Engine {
  readonly memory: WebAssembly.Memory;
  _initialize(): void;
  ceratops_open(threads: number): number;
  ceratops_allocate(bytes: number): number;
  ceratops_release(address: number): number;
  ceratops_load(words: number, count: number, threads: number): number;
  ceratops_run(program: number, steps: number, done: number): number;
}

/** A program in the engine, and where its memory is. */
interface Loaded {
  readonly program: Program;
  readonly memory: number;
  readonly handle: number;
}

/** Computes the arrays of the outputs from those of the inputs. */
type Run = (x: readonly TypedArray[], rows: number) => TypedArray[];

/** The function that runs a model; engine and data are unpacked at its first call. */
export function computing(layout: Layout, engine: string, data: string): Compute {
  let opened: Promise<Run> | undefined;
  return async (given) => {
    const what = `Cannot predict with "${layout.model}"`;
    const x = readInputs(given, layout.inputs, what);
    const rows = x[0].length / widthOf(layout.inputs[0]);
    const run = await (opened ??= open(layout, engine, data, what));
    const y = run(x, rows).map((data, i) => tensorOf(data, [rows, ...layout.outputs[i].shape.slice(1).map(Number)]));
    return y.length === 1 ? y[0] : Object.fromEntries(layout.outputs.map(({ name }, i) => [name, y[i]]));
  };
}

/** The bytes that a text in base64 holds, inflated. */
async function unpack(text: string): Promise<ArrayBuffer> {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(inflated).arrayBuffer();
}

/** The data, of which so many numbers were float16. */
function widen(data: ArrayBuffer, halves: number): ArrayBuffer {
  const widened = new ArrayBuffer(data.byteLength + 2 * halves);
  const numbers = new Float32Array(widened, 0, halves);
  new Uint16Array(data, 0, halves).forEach((bits, i) => {
    const [sign, exponent, fraction] = [bits >> 15 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    numbers[i] = sign * (exponent > 0 ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24);
  });
  new Uint8Array(widened, 4 * halves).set(new Uint8Array(data, 2 * halves));
  return widened;
}

/** Starts the engine and gives it the weights. */
async function open(layout: Layout, engine: string, data: string, what: string): Promise<Run> {
  const stored = widen(await unpack(data), layout.halves);
  const memory = new WebAssembly.Memory({ initial: 17, maximum: 65536 });
  const { instance } = await WebAssembly.instantiate(await unpack(engine), { env: { memory } });
  const library = instance.exports as unknown as Engine;
  library._initialize();
  library.ceratops_open(1);
  // Views end when the memory grows, so that each is made where it is used.
  const bytesAt = (address: number, length: number) => new Uint8Array(library.memory.buffer, address, length);
  const allocate = (bytes: number) => {
    let address = 0;
    try {
      address = library.ceratops_allocate(bytes);
    } catch {
      // It traps where there is no more memory.
    }
    if (address > 0) return address;
    throw new RangeError(`${what}: there is no memory for ${Math.ceil(bytes / 2 ** 20)} MiB more`);
  };
  const weights = allocate(layout.bytes);
  bytesAt(weights, layout.bytes).set(new Uint8Array(stored, 0, layout.bytes));
  const done = allocate(4);

  const load = (program: Program): Loaded => {
    const memory = allocate(program.memory);
    const words = new Int32Array(stored.slice(program.at, program.at + 4 * program.words));
    // An address is an offset into the weights or, behind their end, into the program's memory.
    for (let i = 4; i < 4 + 4 * words[3]; i += 4) {
      words[i] += words[i] < layout.bytes ? weights : memory - layout.bytes;
    }
    const copy = allocate(words.byteLength);
    bytesAt(copy, words.byteLength).set(new Uint8Array(words.buffer));
    const handle = library.ceratops_load(copy, words.length, 1);
    library.ceratops_release(copy);
    if (handle <= 0) throw new Error(`${what}: the engine refuses its program`);
    return { program, memory, handle };
  };
  const loaded = layout.programs.map((program) => {
    let once: Loaded | undefined;
    return { rows: program.rows, get: () => once ??= load(program) };
  });

  return (x, rows) => {
    const y = layout.outputs.map((part) => makeArray(part, rows));
    for (let row = 0; row < rows;) {
      const { program, memory, handle } = (loaded.find((one) => one.rows <= rows - row) ?? loaded[0]).get();
      const bytesOf = (array: TypedArray) => {
        const width = array.byteLength / rows;
        return new Uint8Array(array.buffer, row * width, program.rows * width);
      };
      program.inputs.forEach((at, i) => {
        const bytes = bytesOf(x[i]);
        bytesAt(memory + at, bytes.length).set(bytes);
      });
      if (library.ceratops_run(handle, 1, done) !== 0) throw new Error(`${what}: the engine stopped`);
      for (const { at, count, size, table } of program.indices) {
        const indices = new Int32Array(library.memory.buffer, memory + at, count);
        const wrong = indices.findIndex((index) => index < 0 || index >= size);
        if (wrong < 0) continue;
        const place = `row ${row + Math.floor(wrong * program.rows / count)}`;
        throw new RangeError(
          `${what}: indices into "${table}" must be from 0 to ${size - 1}, received ${indices[wrong]} in ${place}`,
        );
      }
      program.outputs.forEach((at, i) => {
        const bytes = bytesOf(y[i]);
        bytes.set(bytesAt(memory + at, bytes.length));
      });
      row += program.rows;
    }
    return y;
  };
}

/** The number of elements of a row. */
function widthOf(part: Part): number {
  return part.shape.slice(1).reduce((size: number, extent) => size * Number(extent), 1);
}

function makeArray(part: Part, rows: number): TypedArray {
  const length = rows * widthOf(part);
  if (part.dtype === "float32") return new Float32Array(length);
  return part.dtype === "int32" ? new Int32Array(length) : new Uint8Array(length);
}

function isList(value: unknown): boolean {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value);
}

/** The extents of nested arrays, by their first items. */
function shapeOf(value: unknown): number[] {
  if (!isList(value)) return [];
  const list = value as ArrayLike<unknown>;
  return [list.length, ...shapeOf(list[0])];
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  return isList(value) ? `shape [${shapeOf(value).join(", ")}]` : `a value of type ${typeof value}`;
}

/** The arrays of the inputs in order, each of as many rows. */
function readInputs(given: unknown, inputs: readonly Part[], what: string): TypedArray[] {
  if (inputs.length === 1) return [readInput(given, inputs[0], what)];
  const names = inputs.map(({ name }) => name);
  const byName = Object(given) as Record<string, unknown>;
  const wrong = isList(given) ? "an array" : Object.keys(byName).find((name) => !names.includes(name));
  if (wrong !== undefined) {
    throw new TypeError(`${what}: it takes an object with ${names.join(" and ")}, received ${wrong}`);
  }
  const x = inputs.map((part) => readInput(byName[part.name], part, what));
  const rows = inputs.map((part, i) => x[i].length / widthOf(part));
  if (rows.every((count) => count === rows[0])) return x;
  const counts = names.map((name, i) => `${rows[i]} of ${name}`);
  throw new TypeError(`${what}: all inputs must have the same number of rows, received ${counts.join(", ")}`);
}

/** The elements of an input that is given as nested arrays, or as numbers row after row. */
function readInput(given: unknown, part: Part, what: string): TypedArray {
  const { name, dtype, shape } = part;
  const refuse = (received: string) => {
    const axes = [shape[0] ?? "rows", ...shape.slice(1)].join(", ");
    return new TypeError(`${what}: ${name} must be numbers of shape [${axes}], received ${received}`);
  };
  if (!isList(given)) throw refuse(describe(given));
  const list = given as ArrayLike<unknown>;
  const isFlat = shape.length === 1 || typeof list[0] === "number" || !Array.isArray(given);
  const rows = isFlat ? list.length / widthOf(part) : list.length;
  if (!Number.isInteger(rows) || (shape[0] !== null && rows !== shape[0])) throw refuse(describe(given));
  const array = makeArray(part, rows);
  let filled = 0;
  const take = (item: unknown, axis: number) => {
    if (axis < shape.length) {
      const items = item as ArrayLike<unknown>;
      if (!isList(item) || (axis > 0 && items.length !== shape[axis])) {
        const isLikeFirst = String(shapeOf(given).slice(1)) === String(shape.slice(1));
        throw refuse(isLikeFirst ? "rows of different shapes" : describe(given));
      }
      for (let i = 0; i < items.length; i++) take(items[i], axis + 1);
      return;
    }
    if (isList(item)) throw refuse(describe(given));
    if (typeof item !== "number" && typeof item !== "boolean") throw refuse(`${describe(item)} in it`);
    array[filled++] = dtype === "bool" ? Number(Boolean(item)) : Number(item);
  };
  if (given instanceof Float32Array && array instanceof Float32Array) array.set(given);
  else if (isFlat) { for (let i = 0; i < list.length; i++) take(list[i], shape.length); }
  else take(given, 0);
  return array;
}

function tensorOf(data: TypedArray, shape: readonly number[]): Tensor {
  const nest = (axis: number, first: number, length: number): unknown => {
    if (axis === shape.length) return data[first];
    const width = length / shape[axis];
    return Array.from({ length: shape[axis] }, (_, at) => nest(axis + 1, first + at * width, width));
  };
  return { data, shape, toArray: () => nest(0, 0, data.length) };
}
