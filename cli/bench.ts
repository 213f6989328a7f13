// `ceratops bench`: how fast a model predicts.
import {
  type BackendChoice,
  getBackend,
  loadModel,
  type Model,
  random,
  setBackend,
  type Tensor,
  tensor,
} from "../mod.ts";
import { sizeOf } from "../lib/shape.ts";
import { backendOf, countOf, listOf, type Session, type SharedOptions, withShared } from "./command.ts";
import { inputsOf } from "./data.ts";
import type { Command } from "./deps.ts";
import type { Streams } from "./streams.ts";
import { jsonText, sizeText, textTable } from "./text.ts";

/** Options of the command. */
export interface BenchOptions extends SharedOptions {
  readonly backend?: readonly BackendChoice[];
  readonly batch?: readonly number[];
  readonly repeats?: number;
  /** The extent of axes that vary. */
  readonly length?: number;
}

/** Adds the command. */
export function addBench(program: Command, { streams, end }: Session): void {
  const command = program.command("bench")
    .description("measure how fast a model predicts: times of predict on one batch, from arrays to arrays")
    .argument("<model>", "a model file")
    .option("--backend <names>", "one or several, with commas between; the best one by default", listOf(backendOf))
    .option("--batch <sizes>", "how many samples at once: one or several numbers", listOf(countOf), [1, 32])
    .option("--repeats <n>", "how often each is measured", countOf, 20)
    .option("--length <n>", "the extent of axes that vary, such as the length of texts", countOf, 32);
  withShared(command, ["bench model.keras", "bench model.keras --backend eigen,wasm --batch 1,32,256 --repeats 50"])
    .action(async (model: string, options: BenchOptions) => end(await bench(model, options, streams)));
}

/** What was measured of a backend and a batch size; times are in milliseconds. */
export interface Measured {
  readonly backend: string;
  readonly batch: number;
  readonly repeats: number;
  /** The first call, which compiles. */
  readonly first: number;
  readonly median: number;
  readonly p95: number;
  readonly samplesPerSecond: number;
  /** The most memory that the process held after a call, in bytes. */
  readonly peakMemory: number;
}

/** Prints latency, throughput and memory by backend and batch size. */
export async function bench(
  path: string,
  { backend, batch = [1, 32], repeats = 20, length = 32, json }: BenchOptions,
  { write }: Streams,
): Promise<number> {
  const model = await loadModel(path, { compile: false });
  const rows: Measured[] = [];
  for (const name of backend ?? [undefined]) {
    if (name) await setBackend(name);
    for (const size of batch) rows.push(await measure(model, size, repeats, length));
  }
  if (json) write(jsonText(rows));
  else {
    const header = ["backend", "batch", "first (ms)", "median (ms)", "p95 (ms)", "samples/s", "peak memory"];
    const cells = rows.map(({ backend, batch, first, median, p95, samplesPerSecond, peakMemory }) => [
      backend,
      `${batch}`,
      ...[first, median, p95].map(timeText),
      Math.round(samplesPerSecond).toLocaleString("en-US"),
      sizeText(peakMemory),
    ]);
    write(textTable([header, ...cells], [1, 2, 3, 4, 5, 6]));
  }
  return 0;
}

async function measure(model: Model, batch: number, repeats: number, length: number): Promise<Measured> {
  const x = samples(model, batch, length);
  let peakMemory = 0;
  const time = async () => {
    const start = performance.now();
    await model.predict(x as Tensor, { verbose: 0, batchSize: batch });
    const milliseconds = performance.now() - start;
    peakMemory = Math.max(peakMemory, Deno.memoryUsage().rss);
    return milliseconds;
  };
  const first = await time();
  const times: number[] = [];
  while (times.length < repeats) times.push(await time());
  const median = quantile(times, 0.5);
  return {
    backend: await getBackend(),
    batch,
    repeats,
    first,
    median,
    p95: quantile(times, 0.95),
    samplesPerSecond: 1000 * batch / median,
    peakMemory,
  };
}

/** Samples of a model: numbers from 0 to 1, zeros where it takes integers. */
function samples(model: Model, batch: number, length: number): Readonly<Record<string, Tensor>> | Tensor {
  const arrays = inputsOf(model).map(({ name, sample, dtype }) => {
    const shape = [batch, ...sample.map((extent) => extent ?? length)];
    const isFloat = dtype === undefined || dtype === "float32";
    return [name, isFloat ? random.uniform(shape, { seed: 0 }) : tensor(new Int32Array(sizeOf(shape)), shape)] as const;
  });
  return arrays.length === 1 ? arrays[0][1] : Object.fromEntries(arrays);
}

/** The value below which a share of the values lies, between neighbours in proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  return sorted[below] + (place - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}

const timeText = (milliseconds: number) => milliseconds.toPrecision(3);
