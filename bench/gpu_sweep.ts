// deno run -A bench/gpu_sweep.ts [--smoke]: times every matmul kernel on this machine's adapter, for retuning
// lib/ops/webgpu/kernels/matmul_table.ts.
import { parseArgs } from "node:util";
import "../lib/ops/defs/table.ts";
import type { TypedArray } from "../lib/dtype.ts";
import { Gpu } from "../lib/exec/webgpu/device.ts";
import { WebGpuExecutor } from "../lib/exec/webgpu/executor.ts";
import { withContext } from "../lib/ir/context.ts";
import { recording, Trace } from "../lib/ir/trace.ts";
import type { MatmulExtents } from "../lib/ops/extents/matmul.ts";
import { matmul } from "../lib/ops/primitives.ts";
import type { MatmulChoice, MatmulKernel } from "../lib/ops/webgpu/kernels/matmul.ts";
import { chooseMatmul, matmulKernels } from "../lib/ops/webgpu/kernels/matmul_table.ts";
import { gpuTuning } from "../lib/ops/webgpu/kernels/tuning.ts";
import { Tensor } from "../lib/tensor/tensor.ts";
import { Variable } from "../lib/tensor/variable.ts";

/** A product `[m, k]` by `[k, n]`, with transposed factors or not. */
interface Product extends MatmulExtents {
  readonly name: string;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function productOf(name: string, m: number, k: number, n: number, transposeA = false, transposeB = false): Product {
  return { name, batch: 1, m, k, n, transposeA, transposeB };
}

/** A dense layer of the README's classifier with its two gradients, and square products. */
const products = [
  productOf("dense layer", 128, 784, 512),
  productOf("its input's gradient", 128, 512, 784, false, true),
  productOf("its kernel's gradient", 784, 128, 512, true, false),
  productOf("square", 1024, 1024, 1024),
  productOf("large square", 4096, 4096, 4096),
];

/** Small cases with whole tiles and edges: shows that the sweep runs. */
const smokeProducts = [productOf("in quads", 40, 256, 72), productOf("transposed", 37, 41, 35, true, true)];

/** The numbers of parts to split sums into, for a product with few tiles whose parts remain long. */
const splitsTried = [1, 2, 4, 8];
const fewTiles = 512;
const fewestTerms = 64;

/** The approximate number of elements checked per result. */
const checked = 4096;
/** The most passes that are timed at once. */
const maxPasses = 1024;

/** A device that measures the time of each pass, if the adapter can. */
class TimedGpu extends Gpu {
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
    if (!this.#queries || count > maxPasses) return undefined;
    const size = 16 * count;
    const resolved = this.device.createBuffer({ size, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
    const staging = this.device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const encoder = this.device.createCommandEncoder();
    encoder.resolveQuerySet(this.#queries, 0, 2 * count, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, size);
    this.submit(encoder);
    await staging.mapAsync(GPUMapMode.READ);
    const times = new BigUint64Array(staging.getMappedRange());
    let nanoseconds = 0;
    for (let i = 0; i < count; i++) nanoseconds += Number(times[2 * i + 1] - times[2 * i]);
    staging.destroy();
    resolved.destroy();
    return nanoseconds / 1e9;
  }
}

/** This machine's adapter, with the kernels that `choice` returns. */
async function openTimed(choice: () => MatmulChoice | undefined): Promise<TimedGpu> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("there is no WebGPU adapter");
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
    requiredFeatures: adapter.features.has("timestamp-query") ? ["timestamp-query"] : [],
  });
  const { description, device: name, architecture, vendor } = adapter.info;
  const tuning = { ...gpuTuning, matmul: (extents: MatmulExtents) => choice() ?? chooseMatmul(extents) };
  return new TimedGpu(device, tuning, [description, name, architecture, vendor].find((text) => text) ?? "an adapter");
}

/** Fixed numbers between -1 and 1. */
function numbers(size: number, seed: number): Float32Array<ArrayBuffer> {
  const list = new Float32Array(size);
  let state = seed;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    list[i] = state / 2 ** 31 - 1;
  }
  return list;
}

/** The error of elements of `y`, spread over all of it, against float64 sums, in units of the rounding bound. */
function errorOf(
  { m, k, n, transposeA, transposeB }: Product,
  a: Float32Array,
  b: Float32Array,
  y: TypedArray,
): number {
  // Odd, so that different columns are checked.
  const step = Math.floor(m * n / checked) | 1;
  let worst = 0;
  for (let at = 0; at < m * n; at += step) {
    const [row, col] = [Math.floor(at / n), at % n];
    let [sum, size] = [0, 0];
    for (let i = 0; i < k; i++) {
      const term = a[transposeA ? i * m + row : row * k + i] * b[transposeB ? col * k + i : i * n + col];
      sum += term;
      size += Math.abs(term);
    }
    const error = Math.abs(y[at] - sum) / (2 ** -24 * size * Math.sqrt(k));
    if (Number.isNaN(error)) return Infinity;
    worst = Math.max(worst, error);
  }
  return worst;
}

/** The kernels to try on a product, with their names. */
function candidates({ m, n, k }: Product): [name: string, choice: MatmulChoice][] {
  const kernels = Object.entries<MatmulKernel>(matmulKernels);
  return kernels.flatMap(([name, kernel]) => {
    const tiles = Math.ceil(m / kernel.rows) * Math.ceil(n / kernel.columns);
    const fitting = splitsTried.filter((splits) => splits === 1 || (tiles < fewTiles && k / splits >= fewestTerms));
    return fitting.map((splits): [string, MatmulChoice] => [
      splits === 1 ? name : `${name}, ${splits} splits`,
      { kernel, splits },
    ]);
  });
}

/** Prints the rate of each kernel on each product; returns the number of wrong results. */
async function sweep(smoke: boolean): Promise<number> {
  let choice: MatmulChoice | undefined;
  const gpu = await openTimed(() => choice);
  const executor = new WebGpuExecutor(gpu);
  console.log(`Products on ${gpu.description}: GFLOP/s by ${gpu.clock}`);
  let wrong = 0;
  for (const product of smoke ? smokeProducts : products) {
    const { name, m, k, n, transposeA, transposeB } = product;
    const [left, right] = [numbers(m * k, 1), numbers(k * n, 2)];
    const a = new Variable(new Tensor(transposeA ? [k, m] : [m, k], "float32", left), { name: "a" });
    const b = new Variable(new Tensor(transposeB ? [n, k] : [k, n], "float32", right), { name: "b" });
    const y = Variable.zeros([m, n], { name: "y" });
    const chosen = chooseMatmul(product);
    console.log(
      `\n${name}: ${m} x ${k} by ${k} x ${n}${transposeA ? ", a transposed" : ""}${transposeB ? ", b transposed" : ""}`,
    );
    let best = { text: "none", rate: 0 };
    for (const [text, candidate] of candidates(product)) {
      choice = candidate;
      const trace = new Trace();
      withContext(recording(trace), () => y.assign(matmul(a.value(), b.value(), { transposeA, transposeB })));
      const executable = await executor.compile(trace.graph);
      const secondsOf = async (steps: number) => {
        const start = performance.now();
        await executable.run(steps);
        const data = await executor.read(y);
        const waited = (performance.now() - start) / 1000;
        return { data, seconds: (await gpu.secondsOfPasses() ?? waited) / steps };
      };
      const { data, seconds } = await secondsOf(1);
      const error = errorOf(product, left, right, data);
      const steps = smoke ? 2 : Math.max(20, Math.min(2000, Math.round(0.3 / Math.max(seconds, 1e-6))));
      const rates: number[] = [];
      for (let i = 0; i < (smoke ? 1 : 3); i++) rates.push(2 * m * k * n / (await secondsOf(steps)).seconds / 1e9);
      executable.dispose();
      const rate = rates.sort((low, high) => low - high)[rates.length >> 1];
      const isChosen = candidate.kernel === chosen.kernel && candidate.splits === chosen.splits;
      const notes = [...(error > 1 ? [`WRONG: error ${error}`] : []), ...(isChosen ? ["chosen by the table"] : [])];
      console.log(`  ${text.padEnd(28)}${rate.toFixed(1).padStart(10)}  ${notes.join(", ")}`.trimEnd());
      if (error > 1) wrong++;
      else if (rate > best.rate) best = { text, rate };
    }
    console.log(`  fastest: ${best.text}`);
    for (const variable of [a, b, y]) await variable.transferTo(undefined);
  }
  await executor.dispose();
  return wrong;
}

const { values } = parseArgs({ options: { smoke: { type: "boolean", default: false } } });
const wrong = await sweep(values.smoke);
if (wrong > 0) {
  console.error(`${wrong} results are wrong`);
  Deno.exit(1);
}
