// The state store: variables in flat buffers, each padded to 256 bytes, packed as on the host.
import { bytesPerElement, gibibytes, makeArray, storedDType, type TypedArray } from "../../dtype.ts";
import { BackendError } from "../../errors.ts";
import { formatShape, sizeOf } from "../../shape.ts";
import type { Variable } from "../../tensor/variable.ts";
import { Held } from "../../held.ts";
import type { Gpu } from "./device.ts";
import { elementBytes, padded, type Part, type Storage, type View } from "../../ops/webgpu/view.ts";

/** A buffer with contiguous variables. */
interface Flat {
  readonly buffer: GPUBuffer;
  members: number;
}

/** A buffer range with a variable, or with a part of one that is too large for one binding. */
interface Segment {
  readonly flat: Flat;
  readonly offset: number;
  readonly bytes: number;
}

interface PendingRead {
  readonly variable: Variable;
  resolve(data: TypedArray): void;
  reject(error: unknown): void;
}

/** Variables larger than this have their own buffer, which is freed with them. */
const largeBytes = 2 ** 20;

/** The memory of an executor's variables. */
export class StateStore {
  readonly #gpu: Gpu;
  readonly #segments = new Held<Variable, readonly Segment[]>((segments) => this.#leave(segments));
  #reads: PendingRead[] = [];
  /** Increases whenever a variable moves: programs must then bind again. */
  version = 0;

  /** Starts empty. */
  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** The variables that are here. */
  get variables(): Variable[] {
    return this.#segments.keys();
  }

  /** The number of variables that are here. */
  get count(): number {
    return this.#segments.size;
  }

  /** Whether a variable is here. */
  has(variable: Variable): boolean {
    return this.#segments.has(variable);
  }

  /** How a variable lies in memory: as on the host, but in half of it where the GPU has float16. */
  #storage({ dtype }: Variable): Storage {
    if (dtype === "float16" && this.#gpu.halves) return "halves";
    return dtype === "uint8" || dtype === "bool" ? "bytes" : "words";
  }

  /** The bytes that a variable takes. */
  readonly #bytes = (variable: Variable): number =>
    padded(sizeOf(variable.shape) * elementBytes({ storage: this.#storage(variable) }));

  /** The view of a variable. */
  view(variable: Variable): View {
    const { shape } = variable;
    const dtype = storedDType(variable.dtype);
    const storage = this.#storage(variable);
    let from = 0;
    const parts = this.#segments.get(variable)!.map(({ flat: { buffer }, offset, bytes }): Part => {
      const count = Math.min(bytes / elementBytes({ storage }), sizeOf(shape) - from);
      from += count;
      return { buffer, offset, bytes, from: from - count, count };
    });
    const { buffer, offset, bytes } = parts[0];
    const whole = { buffer, offset, bytes, shape, dtype, storage };
    return parts.length === 1 ? whole : { ...whole, parts };
  }

  /**
   * Allocates variables contiguously in their order, as far as one binding can hold them; a variable that is too large
   * for a binding gets several buffers. Throws {@linkcode BackendError} if the GPU has no memory.
   */
  async allocate(variables: readonly Variable[]): Promise<void> {
    variables.forEach(requireCountable);
    const limit = this.#gpu.bindingBytes;
    for (const { list, bytes } of cut(variables, this.#bytes, limit, Math.min(limit, largeBytes))) {
      const what = list.length === 1 ? `variable "${list[0].name}"` : `${list.length} variables`;
      const flats: Flat[] = [];
      try {
        for (let at = 0; at < bytes; at += limit) flats.push(await this.#flat(Math.min(limit, bytes - at), what));
      } catch (error) {
        flats.forEach(({ buffer }) => this.#gpu.free(buffer));
        throw error;
      }
      if (flats.length === 1) this.#place(list, flats[0]);
      else this.#set(list[0], flats.map((flat) => ({ flat, offset: 0, bytes: flat.buffer.size })));
    }
  }

  /**
   * Makes variables contiguous in their order, moving those that are here and only allocating the others. Variables too
   * large for a binding stay in place.
   */
  async makeContiguous(variables: readonly Variable[]): Promise<void> {
    const limit = this.#gpu.bindingBytes;
    const fitting = variables.filter((variable) => this.#bytes(variable) <= limit);
    for (const { list, bytes } of cut(fitting, this.#bytes, limit)) {
      if (this.#isFlat(list)) continue;
      const flat = await this.#flat(bytes, `${list.length} variables`);
      const encoder = this.#gpu.device.createCommandEncoder();
      let at = 0;
      for (const variable of list) {
        const size = this.#bytes(variable);
        if (this.has(variable)) {
          const { buffer, offset } = this.view(variable);
          encoder.copyBufferToBuffer(buffer, offset, flat.buffer, at, size);
        }
        at += size;
      }
      this.#gpu.submit(encoder);
      list.forEach((variable) => this.release(variable));
      this.#place(list, flat);
    }
  }

  /** A buffer that nothing lies in yet. */
  async #flat(bytes: number, what: string): Promise<Flat> {
    const make = () => this.#gpu.buffer(bytes, usage(), what);
    return { buffer: await this.#gpu.checked(`Cannot make room for ${what} on the GPU`, make), members: 0 };
  }

  #place(variables: readonly Variable[], flat: Flat): void {
    let offset = 0;
    for (const variable of variables) {
      const bytes = this.#bytes(variable);
      this.#set(variable, [{ flat, offset, bytes }]);
      offset += bytes;
    }
  }

  #set(variable: Variable, segments: readonly Segment[]): void {
    this.#segments.set(variable, segments);
    for (const { flat } of segments) flat.members++;
    this.version++;
  }

  #isFlat(variables: readonly Variable[]): boolean {
    const [first] = variables;
    if (!this.has(first)) return false;
    const [{ flat, offset }] = this.#segments.get(first)!;
    let at = offset;
    return variables.every((variable) => {
      const segment = this.#segments.get(variable)?.[0];
      const fits = segment?.flat === flat && segment.offset === at;
      at += this.#bytes(variable);
      return fits;
    });
  }

  /** Forgets a variable; its buffer is freed with the last one in it. */
  release(variable: Variable): void {
    const segments = this.#segments.delete(variable);
    if (!segments) return;
    this.#leave(segments);
    this.version++;
  }

  /** Frees the buffers in which nothing else is left. */
  #leave(segments: readonly Segment[]): void {
    for (const { flat } of segments) if (--flat.members === 0) this.#gpu.free(flat.buffer);
  }

  /** Replaces a variable's elements. */
  write(variable: Variable, data: TypedArray): void {
    const source = bytesOf(this.#storage(variable) === "halves" ? new Float16Array(data) : data);
    let at = 0;
    for (const { flat: { buffer }, offset, bytes } of this.#segments.get(variable)!) {
      this.#write(buffer, offset, source.subarray(at, at + bytes));
      at += bytes;
    }
  }

  #write(buffer: GPUBuffer, offset: number, data: Uint8Array<ArrayBuffer>): void {
    const { queue } = this.#gpu.device;
    // Writes must be a whole number of words.
    const whole = data.length - data.length % 4;
    if (whole > 0) queue.writeBuffer(buffer, offset, data, 0, whole);
    if (whole === data.length) return;
    const rest = new Uint8Array(4);
    rest.set(data.subarray(whole));
    queue.writeBuffer(buffer, offset + whole, rest);
  }

  /** A variable's elements as a copy. Reads requested together cost one wait. */
  read(variable: Variable): Promise<TypedArray> {
    return new Promise((resolve, reject) => {
      if (this.#reads.push({ variable, resolve, reject }) > 1) return;
      queueMicrotask(async () => {
        const reads = this.#reads;
        this.#reads = [];
        const variables = reads.map(({ variable }) => variable);
        try {
          const what = `Cannot read "${variables[0].name}" from the GPU`;
          const found = await this.#gpu.watched(what, () => this.#readAll(variables));
          reads.forEach(({ resolve }, i) => resolve(found[i]));
        } catch (error) {
          reads.forEach(({ reject }) => reject(error));
        }
      });
    });
  }

  async #readAll(variables: readonly Variable[]): Promise<TypedArray[]> {
    const { device } = this.#gpu;
    const found = variables.map((variable) => {
      const size = sizeOf(variable.shape);
      return this.#storage(variable) === "halves" ? new Float16Array(size) : makeArray(variable.dtype, size);
    });
    const ranges = variables.flatMap((variable, i) => {
      const rest = bytesOf(found[i]);
      let at = 0;
      return this.#segments.get(variable)!.map(({ flat: { buffer }, offset, bytes }) => {
        at += bytes;
        return { buffer, offset, bytes, target: rest.subarray(at - bytes, at) };
      });
    });
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const encoder = device.createCommandEncoder();
    const copies = cut(ranges, ({ bytes }) => bytes, device.limits.maxBufferSize).map(({ list, bytes: total }) => {
      const staging = this.#gpu.buffer(total, usage, "a read-back");
      let at = 0;
      for (const { buffer, offset, bytes } of list) {
        encoder.copyBufferToBuffer(buffer, offset, staging, at, bytes);
        at += bytes;
      }
      return { staging, list };
    });
    this.#gpu.submit(encoder);
    this.#gpu.counts.readBacks++;
    try {
      await Promise.all(copies.map(({ staging }) => staging.mapAsync(GPUMapMode.READ)));
      for (const { staging, list } of copies) {
        const mapped = new Uint8Array(staging.getMappedRange());
        let at = 0;
        for (const { target, bytes } of list) {
          target.set(mapped.subarray(at, at + target.length));
          at += bytes;
        }
        staging.unmap();
      }
    } finally {
      copies.forEach(({ staging }) => this.#gpu.free(staging));
    }
    return found.map((data) => data instanceof Float16Array ? Float32Array.from(data) : data);
  }
}

/**
 * Splits items into lists of at most `limit` bytes, with the bytes of each; an item of more than `large` bytes is a
 * list by itself.
 */
function cut<T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  limit: number,
  large = Infinity,
): { list: T[]; bytes: number }[] {
  const lists: { list: T[]; bytes: number }[] = [];
  let open: { list: T[]; bytes: number } | undefined;
  for (const item of items) {
    const bytes = bytesOf(item);
    if (bytes > large) lists.push({ list: [item], bytes });
    else if (open && open.bytes + bytes <= limit) {
      open.list.push(item);
      open.bytes += bytes;
    } else lists.push(open = { list: [item], bytes });
  }
  return lists;
}

function bytesOf({ buffer, byteOffset, byteLength }: TypedArray | Float16Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

/** Throws {@linkcode BackendError} for a variable whose elements WGSL cannot count. */
function requireCountable({ name, shape, dtype }: Variable): void {
  if (sizeOf(shape) < 2 ** 32) return;
  throw new BackendError({
    what: `Cannot make room for variable "${name}" on the GPU`,
    rule: "it may have fewer than 2^32 elements, which is what indices of 32 bits reach",
    received: `${formatShape(shape)}, which is ${gibibytes(sizeOf(shape) * bytesPerElement(dtype))}`,
    hint: "make it smaller, or choose another backend",
  });
}

const usage = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
