// The state store: variables in flat buffers, each padded to 256 bytes, packed as they are on the host.
import { bytesPerElement, makeArray, type TypedArray } from "../../dtype.ts";
import type { VariableSpec } from "../../ir/variable_spec.ts";
import { sizeOf } from "../../shape.ts";
import type { Gpu } from "./device.ts";
import { isPacked, padded, type View } from "./view.ts";

/** A buffer of variables that were laid next to each other. */
interface Flat {
  readonly buffer: GPUBuffer;
  members: number;
}

interface Segment {
  readonly flat: Flat;
  readonly offset: number;
}

interface PendingRead {
  readonly variable: VariableSpec;
  resolve(data: TypedArray): void;
  reject(error: unknown): void;
}

/** Variables larger than this get a buffer of their own, so that it is freed with them. */
const largeBytes = 2 ** 20;

/** The memory of an executor's variables. */
export class StateStore {
  readonly #gpu: Gpu;
  readonly #segments = new Map<VariableSpec, Segment>();
  #reads: PendingRead[] = [];
  /** Rises whenever a variable gets another place: programs bound before must be bound again. */
  version = 0;

  /** Starts empty. */
  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Whether a variable lies here. */
  has(variable: VariableSpec): boolean {
    return this.#segments.has(variable);
  }

  /** Where a variable lies. */
  view(variable: VariableSpec): View {
    const { flat, offset } = this.#segments.get(variable)!;
    const { shape, dtype } = variable;
    return { buffer: flat.buffer, offset, bytes: segmentBytes(variable), shape, dtype, packed: isPacked(dtype) };
  }

  /** Makes room for variables, next to each other in their order where one binding can hold them. */
  allocate(variables: readonly VariableSpec[]): void {
    for (const [list, bytes] of this.#cut(variables)) {
      const what = list.length === 1 ? `variable "${list[0].name}"` : `${list.length} variables`;
      this.#place(list, { buffer: this.#gpu.buffer(bytes, usage(), what), members: 0 });
    }
  }

  /** Lays variables next to each other in their order, moving those that are here; others only get room. */
  arrange(variables: readonly VariableSpec[]): void {
    for (const [list, bytes] of this.#cut(variables, Infinity)) {
      if (this.#isFlat(list)) continue;
      const flat: Flat = { buffer: this.#gpu.buffer(bytes, usage(), `${list.length} variables`), members: 0 };
      const encoder = this.#gpu.device.createCommandEncoder();
      let at = 0;
      for (const variable of list) {
        const size = segmentBytes(variable);
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

  #place(variables: readonly VariableSpec[], flat: Flat): void {
    let offset = 0;
    for (const variable of variables) {
      this.#segments.set(variable, { flat, offset });
      flat.members++;
      offset += segmentBytes(variable);
    }
    this.version++;
  }

  #isFlat(variables: readonly VariableSpec[]): boolean {
    const [first] = variables;
    if (!this.has(first)) return false;
    const { flat, offset } = this.#segments.get(first)!;
    let at = offset;
    return variables.every((variable) => {
      const segment = this.#segments.get(variable);
      const fits = segment?.flat === flat && segment.offset === at;
      at += segmentBytes(variable);
      return fits;
    });
  }

  /** Lists of variables that fit into one buffer, with their bytes. */
  #cut(variables: readonly VariableSpec[], large = largeBytes): [VariableSpec[], number][] {
    const limit = Math.min(this.#gpu.device.limits.maxStorageBufferBindingSize, this.#gpu.device.limits.maxBufferSize);
    const lists: [VariableSpec[], number][] = [];
    let open: [VariableSpec[], number] | undefined;
    for (const variable of variables) {
      const bytes = segmentBytes(variable);
      if (bytes > large) lists.push([[variable], bytes]);
      else if (open && open[1] + bytes <= limit) {
        open[0].push(variable);
        open[1] += bytes;
      } else lists.push(open = [[variable], bytes]);
    }
    return lists;
  }

  /** Forgets a variable; its buffer is freed with the last one in it. */
  release(variable: VariableSpec): void {
    const segment = this.#segments.get(variable);
    if (!segment) return;
    this.#segments.delete(variable);
    if (--segment.flat.members === 0) segment.flat.buffer.destroy();
    this.version++;
  }

  /** Replaces a variable's elements. */
  write(variable: VariableSpec, data: TypedArray): void {
    const { buffer, offset } = this.view(variable);
    const whole = data.byteLength - (data.byteLength % 4);
    if (whole > 0) this.#gpu.device.queue.writeBuffer(buffer, offset, data.buffer, data.byteOffset, whole);
    if (whole === data.byteLength) return;
    const rest = new Uint8Array(4);
    rest.set(new Uint8Array(data.buffer, data.byteOffset + whole, data.byteLength - whole));
    this.#gpu.device.queue.writeBuffer(buffer, offset + whole, rest);
  }

  /** A variable's elements as a copy. Reads that are asked for together cost one wait. */
  read(variable: VariableSpec): Promise<TypedArray> {
    return new Promise((resolve, reject) => {
      if (this.#reads.push({ variable, resolve, reject }) === 1) {
        queueMicrotask(() => {
          const reads = this.#reads;
          this.#reads = [];
          this.#readAll(reads).catch((error) => reads.forEach(({ reject }) => reject(error)));
        });
      }
    });
  }

  async #readAll(reads: readonly PendingRead[]): Promise<void> {
    const what = `Cannot read "${reads[0].variable.name}" from the GPU`;
    this.#gpu.check(what);
    const views = reads.map(({ variable }) => this.view(variable));
    const total = views.reduce((sum, { bytes }) => sum + bytes, 0);
    const staging = this.#gpu.buffer(total, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST, "a read-back");
    const encoder = this.#gpu.device.createCommandEncoder();
    let at = 0;
    for (const { buffer, offset, bytes } of views) {
      encoder.copyBufferToBuffer(buffer, offset, staging, at, bytes);
      at += bytes;
    }
    this.#gpu.submit(encoder);
    this.#gpu.counts.readBacks++;
    try {
      await staging.mapAsync(GPUMapMode.READ);
    } catch (error) {
      // The news that the device is lost may come after the failure that it caused.
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.#gpu.check(what);
      throw error;
    }
    this.#gpu.check(what);
    const bytes = staging.getMappedRange();
    at = 0;
    for (const [i, { variable, resolve }] of reads.entries()) {
      const size = sizeOf(variable.shape);
      const copy = bytes.slice(at, at + size * bytesPerElement(variable.dtype));
      resolve(arrayOver(variable, copy));
      at += views[i].bytes;
    }
    staging.unmap();
    staging.destroy();
  }
}

function arrayOver({ dtype }: VariableSpec, bytes: ArrayBuffer): TypedArray {
  if (dtype === "float32") return new Float32Array(bytes);
  if (dtype === "int32") return new Int32Array(bytes);
  return bytes.byteLength === 0 ? makeArray(dtype, 0) : new Uint8Array(bytes);
}

function segmentBytes({ shape, dtype }: VariableSpec): number {
  return padded(sizeOf(shape) * bytesPerElement(dtype));
}

const usage = () => GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
