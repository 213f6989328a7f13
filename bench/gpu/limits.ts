// The limits of a GPU: multiply-adds in registers, memory bandwidth, and what a dispatch and a submit cost.
import { type Context, type Finding, type Item, runItems } from "./findings.ts";
import { openTimed, type TimedGpu } from "./timed_gpu.ts";

type Found = Omit<Finding, "item">;

/** Eight sums of four lanes, eight times each: named, so that they stay in registers. */
const sums = [0, 1, 2, 3, 4, 5, 6, 7];
const unrolled = 8;
const flopsPerRound = 2 * 4 * sums.length * unrolled;
const workgroup = 256;

const header = `@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@compute @workgroup_size(${workgroup})
fn run(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let i = id.x + id.y * groups.x * ${workgroup}u;
`;

/** Every sum tends to 2 where x is (0.5, 1, rounds, 0): nothing of it can be folded or left out. */
const multiplyAdds = `${header}
  let factor = vec4(x[0].x);
  let term = vec4(x[0].y);
  let rounds = u32(x[0].z);
${sums.map((s) => `  var sum_${s} = vec4<f32>(f32(i % 7u) + ${s}.0);`).join("\n")}
  for (var round = 0u; round < rounds; round++) {
${
  Array.from({ length: unrolled }, () => sums.map((s) => `    sum_${s} = fma(sum_${s}, factor, term);`)).flat().join(
    "\n",
  )
}
  }
  y[i] = ${sums.map((s) => `sum_${s}`).join(" + ")};
}`;

const copying = `${header}
  y[i] = x[i];
}`;

/** Uses x, since a binding that a shader does not use is not in its layout. */
const counting = `${header}
  if (i == 0u) {
    y[0] = y[0] + x[0];
  }
}`;

/** A kernel with its two buffers. */
class Kernel {
  readonly #gpu: TimedGpu;
  readonly #pipeline: GPUComputePipeline;
  readonly #group: GPUBindGroup;
  readonly #x: GPUBuffer;
  readonly #y: GPUBuffer;
  readonly #threads: number;

  /** Compiles `code`; x and y have `quads` elements of four floats. */
  constructor(gpu: TimedGpu, code: string, { x, y, threads }: { x: number; y: number; threads: number }) {
    this.#gpu = gpu;
    this.#threads = threads;
    const { device } = gpu;
    const module = device.createShaderModule({ code });
    this.#pipeline = device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "run" } });
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.#x = device.createBuffer({ size: 16 * x, usage });
    this.#y = device.createBuffer({ size: 16 * y, usage });
    this.#group = device.createBindGroup({
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [this.#x, this.#y].map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  /** Writes floats to x from quad `at` on. */
  write(data: Float32Array<ArrayBuffer>, at = 0): void {
    this.#gpu.device.queue.writeBuffer(this.#x, 16 * at, data);
  }

  /** Records so many dispatches in one pass and submits it. */
  submit(dispatches: number): void {
    const encoder = this.#gpu.device.createCommandEncoder();
    const pass = this.#gpu.beginPass(encoder);
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#group);
    const groups = this.#threads / workgroup;
    const across = Math.min(groups, 32768);
    for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(across, groups / across);
    pass.end();
    this.#gpu.submit(encoder);
  }

  /** A quad of y, once all work is done. */
  async quad(at: number): Promise<Float32Array> {
    return new Float32Array(await this.#gpu.readBack(this.#y, 16, 16 * at));
  }

  /** Seconds that `body` and the work that it submits take, on the host. */
  async hostSeconds(body: () => void): Promise<number> {
    await this.quad(0);
    const start = performance.now();
    body();
    await this.quad(0);
    return (performance.now() - start) / 1000;
  }

  /** Seconds of so many dispatches on the device, or on the host if the device cannot tell. */
  async seconds(dispatches: number): Promise<number> {
    await this.#gpu.secondsOfPasses();
    const waited = await this.hostSeconds(() => this.submit(dispatches));
    return await this.#gpu.secondsOfPasses() ?? waited;
  }

  dispose(): void {
    this.#x.destroy();
    this.#y.destroy();
  }
}

/** Uses a kernel, then frees it. */
async function using<T>(kernel: Kernel, body: (kernel: Kernel) => Promise<T>): Promise<T> {
  try {
    return await body(kernel);
  } finally {
    kernel.dispose();
  }
}

/** The smallest result of a few measurements. */
async function fastest(count: number, measure: () => Promise<number>): Promise<number> {
  let best = Infinity;
  for (let i = 0; i < count; i++) best = Math.min(best, await measure());
  return best;
}

/** A figure with three digits. */
export const digits = (value: number) => value >= 1000 ? Math.round(value).toString() : value.toPrecision(3);

async function measurePeak(gpu: TimedGpu, smoke: boolean): Promise<Found> {
  const threads = workgroup * (smoke ? 16 : 2048);
  return await using(new Kernel(gpu, multiplyAdds, { x: 1, y: threads, threads }), async (kernel) => {
    const wanted = smoke ? 0.001 : 0.05;
    let rounds = 2;
    let seconds = 0;
    for (; seconds < wanted && rounds < 2 ** 20; rounds *= 2) {
      kernel.write(Float32Array.of(0.5, 1, 2 * rounds, 0));
      seconds = await kernel.seconds(1);
    }
    const best = await fastest(smoke ? 1 : 5, () => kernel.seconds(1));
    const peak = threads * rounds * flopsPerRound / best;
    const last = await kernel.quad(threads - 1);
    const failed = !last.every((sum) => Math.abs(sum - 2 * sums.length) < 1e-3);
    const text = `${digits(peak / 1e9)} GFLOP/s of multiply-adds in registers`;
    return failed ? { text: `${text}, but the sums are ${last}`, failed } : { text, failed, peak };
  });
}

async function measureBandwidth(gpu: TimedGpu, smoke: boolean): Promise<Found> {
  // Larger than caches.
  const most = Math.min(256 * 2 ** 20, gpu.device.limits.maxStorageBufferBindingSize);
  const quads = (smoke ? 2 ** 20 : 2 ** Math.floor(Math.log2(most))) / 16;
  return await using(new Kernel(gpu, copying, { x: quads, y: quads, threads: quads }), async (kernel) => {
    const mark = Float32Array.of(1, 2, 3, 4);
    kernel.write(mark, quads - 1);
    const dispatches = smoke ? 1 : 4;
    const best = await fastest(smoke ? 1 : 5, () => kernel.seconds(dispatches));
    const last = await kernel.quad(quads - 1);
    const failed = !last.every((value, i) => value === mark[i]);
    const rate = dispatches * 2 * 16 * quads / best / 1e9;
    const text = `${digits(rate)} GB/s read and written, by a copy of ${16 * quads / 2 ** 20} MiB`;
    return { text: failed ? `${text}, but the copy ends in ${last}` : text, failed };
  });
}

/** The cost of one more of something: dispatches in a pass, or submits. */
async function measureEach(gpu: TimedGpu, what: "dispatch" | "submit", smoke: boolean): Promise<Found> {
  const kernel = new Kernel(gpu, counting, { x: 1, y: 1, threads: workgroup });
  return await using(kernel, async () => {
    kernel.write(Float32Array.of(1, 0, 0, 0));
    const few = smoke ? 20 : what === "dispatch" ? 2000 : 200;
    let expected = 0;
    const secondsOf = (count: number) =>
      fastest(smoke ? 1 : 5, () => {
        expected += count;
        return kernel.hostSeconds(() => {
          if (what === "dispatch") kernel.submit(count);
          else for (let i = 0; i < count; i++) kernel.submit(1);
        });
      });
    const [once, thrice] = [await secondsOf(few), await secondsOf(3 * few)];
    const [counted] = await kernel.quad(0);
    const failed = counted !== expected;
    const text = `${digits(Math.max(0, thrice - once) / (2 * few) * 1e6)} us each`;
    return { text: failed ? `${text}, but ${counted} of ${expected} ran` : text, failed };
  });
}

/** Measures the limits of this machine's adapter. */
export async function limits(context: Context): Promise<void> {
  const gpu = await openTimed();
  const { smoke } = context;
  const items: Item[] = [
    { name: "f32 peak", run: () => measurePeak(gpu, smoke) },
    { name: "memory bandwidth", run: () => measureBandwidth(gpu, smoke) },
    { name: "dispatch in a pass", run: () => measureEach(gpu, "dispatch", smoke) },
    { name: "submit", run: () => measureEach(gpu, "submit", smoke) },
  ];
  await runItems(context, items);
  gpu.device.destroy();
}
