// The GPU time of each dispatch of a program, for profiles; costs one pass per dispatch and one wait per step.
import { BackendError } from "../../errors.ts";
import type { Origin } from "../../ir/origin.ts";
import type { NodeTime } from "../executor.ts";
import type { Gpu } from "./device.ts";
import { timestampUnit } from "./timestamp_unit.ts";

/** A recorded dispatch. */
export interface Recorded {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly groups: readonly [number, number];
  /** The kernel, and where its nodes come from. */
  readonly label: string;
  readonly origin: Origin;
  /** Counts the floating-point operations of its nodes. */
  readonly flops: () => number;
}

/** The most dispatches of a WebGPU query set, with two timestamps each. */
const most = 2048;

/** What says whether a device has timestamps. */
interface Timed {
  readonly description: string;
  readonly device: { readonly features: { has(name: string): boolean } };
}

/** Throws {@linkcode BackendError} if the device has no timestamps. */
export function requireTimestamps({ device, description }: Timed, what: string): void {
  if (device.features.has("timestamp-query")) return;
  throw new BackendError({
    what,
    rule: 'the GPU and the browser must offer WebGPU\'s feature "timestamp-query"',
    received: `"${description}" without it`,
    hint:
      "update both; in Chrome turn on chrome://flags/#enable-webgpu-developer-features; or measure on another backend",
  });
}

/** Sums of dispatch times over steps. */
export class DispatchTimes {
  readonly #gpu: Gpu;
  #times: NodeTime[] = [];

  /** Starts at zero. The device must have timestamps. */
  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** Runs one step, each dispatch in its own pass, and waits for it. */
  async runStep(dispatches: readonly Recorded[]): Promise<void> {
    const unit = await timestampUnit(this.#gpu);
    const nanoseconds: number[] = [];
    for (let from = 0; from < dispatches.length; from += most) {
      const ticks = await this.#run(dispatches.slice(from, from + most));
      nanoseconds.push(...ticks.map((count) => unit * count));
    }
    this.#times = dispatches.map(({ label, origin, flops }, i) => ({
      op: label,
      origin,
      flops: this.#times[i]?.flops ?? flops(),
      nanoseconds: nanoseconds[i] + (this.#times[i]?.nanoseconds ?? 0),
    }));
  }

  async #run(dispatches: readonly Recorded[]): Promise<number[]> {
    const { device } = this.#gpu;
    const count = 2 * dispatches.length;
    const querySet = device.createQuerySet({ type: "timestamp", count });
    const bytes = count * BigUint64Array.BYTES_PER_ELEMENT;
    const times = this.#gpu.buffer(bytes, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC, "times");
    const staging = this.#gpu.buffer(bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST, "times to read");
    const encoder = device.createCommandEncoder();
    dispatches.forEach(({ pipeline, bindGroup, groups }, i) => {
      const timestampWrites = { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
      const pass = encoder.beginComputePass({ timestampWrites });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(groups[0], groups[1]);
      pass.end();
    });
    encoder.resolveQuerySet(querySet, 0, count, times, 0);
    encoder.copyBufferToBuffer(times, 0, staging, 0, bytes);
    this.#gpu.submit(encoder);
    await staging.mapAsync(GPUMapMode.READ);
    const read = new BigUint64Array(staging.getMappedRange());
    // A browser may round times so that an end is before its start.
    const result = dispatches.map((_, i) => Math.max(0, Number(read[2 * i + 1] - read[2 * i])));
    querySet.destroy();
    for (const buffer of [times, staging]) this.#gpu.free(buffer);
    return result;
  }

  /** The sums. */
  get sums(): readonly NodeTime[] {
    return this.#times;
  }
}
