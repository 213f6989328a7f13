// What a timestamp of the GPU counts: nanoseconds by WebGPU's standard, but some runtimes give the ticks of the GPU as they
// are, which are 10 ns on some GPUs and 80 on others.
import type { Gpu } from "./device.ts";

/** A timestamp, and the milliseconds of the host's clock between which the GPU took it. */
interface Sighting {
  readonly ticks: number;
  readonly after: number;
  readonly before: number;
}

/** Milliseconds between two sightings: far longer than what a single one may take. */
const apart = 200;

const units = new WeakMap<GPUDevice, Promise<number>>();

/** The nanoseconds of a tick of the device's timestamps; measured once. */
export function timestampUnit(gpu: Gpu): Promise<number> {
  let unit = units.get(gpu.device);
  if (!unit) units.set(gpu.device, unit = measure(gpu));
  return unit;
}

async function measure(gpu: Gpu): Promise<number> {
  const first = await see(gpu);
  await new Promise((resolve) => setTimeout(resolve, apart));
  return unitBetween(first, await see(gpu));
}

/** The nanoseconds of a tick: 1, if the clock of the host allows that, and else what it says. */
export function unitBetween(first: Sighting, second: Sighting): number {
  const ticks = second.ticks - first.ticks;
  const [least, most] = [second.after - first.before, second.before - first.after].map((ms) => ms * 1e6);
  // A clock that was set back in between says nothing. Clocks of host and GPU differ by less than a percent.
  if (ticks <= 0 || (ticks >= 0.99 * least && ticks <= 1.01 * most)) return 1;
  return (least + most) / 2 / ticks;
}

/** A timestamp of an empty pass. */
async function see(gpu: Gpu): Promise<Sighting> {
  const { device } = gpu;
  const querySet = device.createQuerySet({ type: "timestamp", count: 2 });
  const bytes = 2 * BigUint64Array.BYTES_PER_ELEMENT;
  const times = gpu.buffer(bytes, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC, "times");
  const staging = gpu.buffer(bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST, "times to read");
  const encoder = device.createCommandEncoder();
  encoder.beginComputePass({ timestampWrites: { querySet, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 } })
    .end();
  encoder.resolveQuerySet(querySet, 0, 2, times, 0);
  encoder.copyBufferToBuffer(times, 0, staging, 0, bytes);
  const after = performance.now();
  gpu.submit(encoder);
  await staging.mapAsync(GPUMapMode.READ);
  const before = performance.now();
  const ticks = Number(new BigUint64Array(staging.getMappedRange())[1]);
  querySet.destroy();
  for (const buffer of [times, staging]) gpu.free(buffer);
  return { ticks, after, before };
}
