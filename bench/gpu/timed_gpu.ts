// A device that measures how long its passes take.
import { Gpu } from "../../lib/exec/webgpu/device.ts";
import { softwareReason } from "../../lib/exec/webgpu/open.ts";
import { gpuTuning, type Tuning } from "../../lib/ops/webgpu/kernels/tuning.ts";

/** The most passes that are timed at once. */
const maxPasses = 1024;

/** A device that measures the time of each pass, if the adapter can. */
export class TimedGpu extends Gpu {
  readonly #queries = this.device.features.has("timestamp-query")
    ? this.device.createQuerySet({ type: "timestamp", count: 2 * maxPasses })
    : undefined;
  #passes = 0;

  /** The clock that is used. */
  get clock(): string {
    return this.#queries ? "timestamps of the device" : "the host's clock, waits included";
  }

  override beginPass(encoder: GPUCommandEncoder): GPUComputePassEncoder {
    const at = 2 * this.#passes++;
    if (!this.#queries || at >= 2 * maxPasses) return super.beginPass(encoder);
    return encoder.beginComputePass({
      timestampWrites: { querySet: this.#queries, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 },
    });
  }

  /** Seconds of the passes since the last call; undefined if the adapter cannot measure them. */
  async secondsOfPasses(): Promise<number | undefined> {
    const count = this.#passes;
    this.#passes = 0;
    if (!this.#queries || count === 0 || count > maxPasses) return undefined;
    const size = 16 * count;
    const resolved = this.device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    const encoder = this.device.createCommandEncoder();
    encoder.resolveQuerySet(this.#queries, 0, 2 * count, resolved, 0);
    this.submit(encoder);
    const times = new BigUint64Array(await this.readBack(resolved, size));
    resolved.destroy();
    let nanoseconds = 0;
    for (let i = 0; i < count; i++) nanoseconds += Number(times[2 * i + 1] - times[2 * i]);
    return nanoseconds / 1e9;
  }

  /** The first `size` bytes of a buffer, from `offset` on, once all work is done. */
  async readBack(buffer: GPUBuffer, size: number, offset = 0): Promise<ArrayBuffer> {
    const staging = this.device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, size);
    this.submit(encoder);
    await staging.mapAsync(GPUMapMode.READ);
    const bytes = staging.getMappedRange().slice(0);
    staging.destroy();
    return bytes;
  }
}

/** An adapter, as far as it tells. */
interface Adapter {
  readonly name: string;
  readonly vendor: string;
  readonly architecture: string;
  /** Why it is not a real GPU, if it is none. */
  readonly software?: string;
}

/** This machine's fastest adapter. */
async function requestAdapter(): Promise<GPUAdapter> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("there is no WebGPU adapter");
  return adapter;
}

/** What this machine's adapter tells. */
export async function describeAdapter(): Promise<Adapter> {
  const { info } = await requestAdapter();
  const { description, device, architecture, vendor } = info;
  const name = [description, device, architecture, vendor].find((text) => text) ?? "an unnamed adapter";
  return { name, vendor, architecture, software: softwareReason({ vendor, architecture, device, description }) };
}

/** Opens this machine's adapter, with the kernels for real GPUs, except for what `tuning` says. */
export async function openTimed(tuning: Partial<Tuning> = {}): Promise<TimedGpu> {
  const adapter = await requestAdapter();
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
    requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
  });
  return new TimedGpu(device, { ...gpuTuning, ...tuning }, adapter.info.description);
}
