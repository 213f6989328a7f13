// Looks for performance cliffs: convolutions and both their gradients around a baseline, one axis changed at a time.
import type { Executor } from "../lib/exec/executor.ts";
import { getExecutor, setBackend } from "../lib/exec/select.ts";
import { vjpOf } from "../lib/ir/grad.ts";
import { withContext } from "../lib/ir/context.ts";
import { recording, Trace } from "../lib/ir/trace.ts";
import type { Value } from "../lib/ir/value.ts";
import { conv } from "../lib/ops/convolve.ts";
import { full } from "../lib/ops/primitives.ts";
import type { Shape } from "../lib/shape.ts";
import { Variable } from "../lib/tensor/variable.ts";
import { median } from "./median.ts";

/** A convolution: `size` x `size` images, a kernel of `kernel` x `kernel` taps, padding "same". */
interface Point {
  readonly channels: number;
  readonly filters: number;
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly batch: number;
}

/** Points along each axis; each has the baseline's value too. */
type Axes = { readonly [K in keyof Point]: readonly number[] };

/** The backends that can be swept. */
export const sweptBackends = ["eigen", "wasm", "webgpu"] as const;
/** One of them. */
export type SweptBackend = (typeof sweptBackends)[number];

const baseline: Point = { channels: 32, filters: 32, size: 28, kernel: 3, stride: 1, batch: 32 };
const axes: Axes = {
  channels: [1, 3, 16, 32, 64, 128],
  filters: [1, 3, 16, 32, 64, 128],
  size: [7, 14, 28, 56],
  kernel: [1, 3, 5],
  stride: [1, 2],
  batch: [1, 8, 32, 128],
};

/** For slow backends: smaller images in smaller batches. */
const smallBaseline: Point = { ...baseline, size: 14, batch: 8 };
const fewAxes: Axes = {
  channels: [1, 3, 16, 32, 128],
  filters: [1, 3, 16, 32, 128],
  size: [7, 14, 28],
  kernel: [1, 3, 5],
  stride: [1, 2],
  batch: [1, 8, 32],
};

/** Only the ends of each axis: shows that the sweep runs. */
const endsOf = (all: Axes, { channels, size }: Point): Axes => ({
  ...all,
  channels: [1, channels],
  filters: [],
  size: [7, size],
  kernel: [],
  stride: [],
  batch: [],
});

const works = ["forward", "by input", "by kernel"] as const;

/** Floating-point operations of one of the three products; padding counts like the image. */
function flopsOf({ channels, filters, size, kernel, stride, batch }: Point): number {
  return 2 * batch * Math.ceil(size / stride) ** 2 * kernel ** 2 * channels * filters;
}

/** Seconds per step of a program: the median of `repeats` runs of about `milliseconds` each. */
async function secondsOf(
  executor: Executor,
  outputShape: Shape,
  body: (trace: Trace) => Value,
  milliseconds: number,
  repeats: number,
): Promise<number> {
  const output = new Variable(full(outputShape, 0), { name: "output" });
  const trace = new Trace();
  withContext(recording(trace), () => output.assign(body(trace)));
  const executable = await executor.compile(trace.graph);
  // Reading this last waits for everything that was submitted.
  const probe = new Variable([1], { name: "probe" });
  await executor.attach([probe]);
  const timed = async (steps: number) => {
    const start = performance.now();
    await executable.run(steps);
    await executor.read(probe);
    return (performance.now() - start) / 1000 / steps;
  };
  await timed(1);
  const steps = Math.max(1, Math.min(20000, Math.round(milliseconds / 1000 / await timed(2))));
  const seconds: number[] = [];
  for (let i = 0; i < repeats; i++) seconds.push(await timed(steps));
  executable.dispose();
  for (const variable of [probe, output]) await variable.transferTo(undefined);
  return median(seconds);
}

/** GFLOP/s of the three products, and of the whole step. */
async function ratesOf(executor: Executor, point: Point, milliseconds: number, repeats: number): Promise<number[]> {
  const { channels, filters, size, kernel, stride, batch } = point;
  const positions = Math.ceil(size / stride);
  const filled = (shape: Shape, name: string) => new Variable(full(shape, 0.5), { name });
  const x = filled([batch, size, size, channels], "x");
  const taps = filled([kernel, kernel, channels, filters], "kernel");
  const dy = filled([batch, positions, positions, filters], "gradient");
  const y = () => conv(x.value(), taps.value(), { strides: stride, padding: "same" });
  const gradient = (by: Variable) => (trace: Trace) => vjpOf(trace, [y()], [dy.value()], [by.value()])[0]!;
  const bodies = [[dy.shape, y], [x.shape, gradient(x)], [taps.shape, gradient(taps)]] as const;
  const seconds: number[] = [];
  for (const [shape, body] of bodies) {
    seconds.push(await secondsOf(executor, shape, body, milliseconds, repeats));
  }
  for (const variable of [x, taps, dy]) await variable.transferTo(undefined);
  const flops = flopsOf(point);
  const together = 3 * flops / seconds.reduce((a, b) => a + b);
  return [...seconds.map((time) => flops / time), together].map((rate) => rate / 1e9);
}

/** Whether point `at` of an axis is below a third of the median of its neighbours, up to two on each side. */
function isCliff(rates: readonly number[], at: number): boolean {
  const near = rates.filter((_, i) => i !== at && Math.abs(i - at) <= 2);
  return near.length > 0 && rates[at] < median(near) / 3;
}

/** Prints the sweep on a backend, and marks each cliff. */
export async function convSweep(backend: SweptBackend, smoke: boolean): Promise<void> {
  await setBackend(backend);
  const executor = await getExecutor();
  const center = backend === "eigen" ? baseline : smallBaseline;
  const all = backend === "eigen" ? axes : fewAxes;
  const swept = smoke ? endsOf(all, center) : all;
  const [milliseconds, repeats] = smoke ? [1, 1] : [backend === "webgpu" ? 150 : 60, 3];
  const { channels, filters, size, kernel, stride, batch } = center;
  console.log(`\nConvolutions on ${backend} (${executor.description}), GFLOP/s of what one product takes`);
  console.log(
    `  around ${size}x${size}, ${channels} channels to ${filters} filters, kernel ${kernel}x${kernel}, stride ${stride}, ` +
      `batch ${batch}; padding "same"; < marks less than a third of the median of its neighbours`,
  );
  const columns = [...works, "together"];
  console.log(`  ${"".padEnd(14)}${columns.map((name) => name.padStart(12)).join("")}`);
  const atCenter = await ratesOf(executor, center, milliseconds, repeats);
  let cliffs = 0;
  for (const axis of Object.keys(center) as (keyof Point)[]) {
    const rates: number[][] = [];
    for (const value of swept[axis]) {
      const isCenter = value === center[axis];
      rates.push(isCenter ? atCenter : await ratesOf(executor, { ...center, [axis]: value }, milliseconds, repeats));
    }
    swept[axis].forEach((value, at) => {
      const cells = columns.map((_, column) => {
        const falls = isCliff(rates.map((row) => row[column]), at);
        if (falls) cliffs++;
        return `${rates[at][column].toFixed(1)}${falls ? "<" : " "}`.padStart(12);
      });
      console.log(`  ${`${axis} ${value}`.padEnd(14)}${cells.join("")}`);
    });
  }
  console.log(cliffs === 0 ? "  no cliff" : `  ${cliffs} marked`);
}
