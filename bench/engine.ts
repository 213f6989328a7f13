// The cost of the engine: import, compile, calls into the library, products by size, and a step's time by op.
import { datasets, Input, layers, Sequential, setBackend } from "../mod.ts";
import type { NativeExecutable, NativeExecutor } from "../lib/exec/native/executor.ts";
import { getExecutor } from "../lib/exec/select.ts";
import { withContext } from "../lib/ir/context.ts";
import { recording, Trace } from "../lib/ir/trace.ts";
import type { Value } from "../lib/ir/value.ts";
import * as ops from "../lib/ops/primitives.ts";
import { Variable } from "../lib/tensor/variable.ts";
import { compiledBy } from "./compiled.ts";
import { median } from "./median.ts";

/** Prints the cost of the engine; with `smoke` only a quick part. */
export async function engineReport(smoke: boolean): Promise<void> {
  console.log(`Machine: ${await cpuName()}, ${navigator.hardwareConcurrency} threads`);
  await setBackend("eigen");
  const executor = await getExecutor() as NativeExecutor;
  console.log(`Backend: ${executor.description}`);
  await importTime(smoke ? 1 : 5);
  const threads = navigator.hardwareConcurrency;
  const peak = await fmaPeak(threads);
  if (peak) console.log(`AVX2 FMA peak of ${threads} threads: ${peak.toFixed(0)} GFLOP/s`);
  await callCost(executor, smoke ? 100 : 20000);
  await products(executor, peak, smoke ? 1 : 7);
  await stepByOp(executor, peak, smoke ? 5 : 300);
}

async function cpuName(): Promise<string> {
  const info = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  return /model name\s*:\s*(.+)/.exec(info)?.[1] ?? `${Deno.build.os} ${Deno.build.arch}`;
}

async function importTime(repeats: number): Promise<void> {
  const mod = new URL("../mod.ts", import.meta.url).href;
  const code = `const t = performance.now(); await import(${JSON.stringify(mod)}); console.log(performance.now() - t)`;
  const times: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["eval", "--no-check", code], stdout: "piped" })
      .output();
    times.push(Number(new TextDecoder().decode(stdout)));
  }
  console.log(`import of mod.ts: ${median(times).toFixed(0)} ms (bar: under 150 ms)`);
}

/** The FMA peak in GFLOP/s, if a compiler is available to measure it and the processor has AVX2. */
async function fmaPeak(threads: number): Promise<number | undefined> {
  if (Deno.build.arch !== "x86_64") return undefined;
  const program = await Deno.makeTempFile({ prefix: "fma-peak-" });
  try {
    const source = new URL("./fma_peak.cpp", import.meta.url).pathname;
    const compiler = Deno.env.get("CXX") ?? "g++";
    const built = await new Deno.Command(compiler, {
      args: ["-O3", "-march=x86-64-v3", "-pthread", source, "-o", program],
    }).output();
    if (!built.success) return undefined;
    const { stdout, success } = await new Deno.Command(program, { args: [String(threads)], stdout: "piped" }).output();
    return success ? Number(new TextDecoder().decode(stdout)) : undefined;
  } finally {
    await Deno.remove(program);
  }
}

/** A program that runs `body`, which works on variables. */
async function program(executor: NativeExecutor, body: () => void): Promise<NativeExecutable> {
  const trace = new Trace();
  withContext(recording(trace), body);
  return await executor.compile(trace.graph);
}

async function callCost(executor: NativeExecutor, calls: number): Promise<void> {
  const count = new Variable([0], { name: "count" });
  const executable = await program(executor, () => count.assign(ops.add(count.value(), 1)));
  for (let i = 0; i < calls; i++) await executable.run(1);
  const start = performance.now();
  for (let i = 0; i < calls; i++) await executable.run(1);
  const nanoseconds = ((performance.now() - start) / calls) * 1e6;
  console.log(`a call that runs one step of one node: ${nanoseconds.toFixed(0)} ns`);
  executable.dispose();
}

async function products(executor: NativeExecutor, peak: number | undefined, repeats: number): Promise<void> {
  console.log("products, GFLOP/s (share of the FMA peak):");
  type Size = [string, number, number, number, boolean?, boolean?];
  const sizes: Size[] = [
    ["128x512x784", 128, 512, 784],
    ["784x512x128, A transposed", 784, 512, 128, true],
    ["128x784x512, B transposed", 128, 784, 512, false, true],
    ["128x10x512", 128, 10, 512],
    ["32x128x784", 32, 128, 784],
    ["1x128x784", 1, 128, 784],
    ["256x256x256", 256, 256, 256],
    ["512x512x512", 512, 512, 512],
    ["1024x1024x1024", 1024, 1024, 1024],
  ];
  for (const [name, m, n, k, transposeA, transposeB] of sizes) {
    const a = new Variable(ops.full(transposeA ? [k, m] : [m, k], 0.5), { name: "a" });
    const b = new Variable(ops.full(transposeB ? [n, k] : [k, n], 0.25), { name: "b" });
    const c = new Variable(ops.full([m, n], 0), { name: "c" });
    const executable = await program(executor, () => {
      const product: Value = ops.matmul(a.value(), b.value(), { transposeA, transposeB });
      c.assign(product);
    });
    const flops = 2 * m * n * k;
    const steps = Math.max(1, Math.round((repeats === 1 ? 1e8 : 3e9) / flops));
    await executable.run(1);
    const rates: number[] = [];
    for (let i = 0; i < repeats; i++) {
      const start = performance.now();
      await executable.run(steps);
      rates.push((flops * steps) / (performance.now() - start) / 1e6);
    }
    const rate = median(rates);
    console.log(
      `  ${name.padEnd(28)} ${rate.toFixed(1).padStart(7)}${peak ? `  (${((100 * rate) / peak).toFixed(0)} %)` : ""}`,
    );
    executable.dispose();
    for (const variable of [a, b, c]) await variable.transferTo(undefined);
  }
}

/** The floating-point operations of a step of the MLP: two products forward, three backward. */
const stepFlops = 2 * 128 * (2 * 784 * 512 + 3 * 512 * 10);

async function stepByOp(executor: NativeExecutor, peak: number | undefined, steps: number): Promise<void> {
  const [[x, y]] = await datasets.mnist.loadData();
  const model = new Sequential([
    Input({ shape: [28, 28], dtype: "uint8" }),
    new layers.Rescaling(1 / 255),
    new layers.Flatten(),
    new layers.Dense(512, { activation: "relu" }),
    new layers.Dense(10, { activation: "softmax" }),
  ]);
  model.compile({ optimizer: "rmsprop", loss: "sparse_categorical_crossentropy", metrics: ["accuracy"] });
  const fit = () => model.fit(x.rows(0, 1280), y.rows(0, 1280), { batchSize: 128, verbose: 0 });
  const start = performance.now();
  const [{ executable, milliseconds }] = await compiledBy(executor, fit);
  const first = performance.now() - start;
  console.log(`passes, plan, encoding and loading of the MLP step: ${milliseconds.toFixed(1)} ms`);
  const again = performance.now();
  await fit();
  const traced = first - (performance.now() - again);
  console.log(`trace and compile of the MLP step: ${traced.toFixed(1)} ms (bar: under 100 ms)`);
  await executable.run(1);
  const times = (await executable.measure(steps)).map((time) => ({ ...time, nanoseconds: time.nanoseconds / steps }));
  const total = times.reduce((sum, { nanoseconds }) => sum + nanoseconds, 0);
  const rate = stepFlops / total;
  const share = peak ? `, ${((100 * rate) / peak).toFixed(0)} % of the FMA peak` : "";
  console.log(
    `the MLP step by op: ${(total / 1000).toFixed(0)} us measured node by node, ${rate.toFixed(0)} GFLOP/s${share}`,
  );
  for (const { origin, op, nanoseconds } of [...times].sort((a, b) => b.nanoseconds - a.nanoseconds)) {
    const percent = (100 * nanoseconds) / total;
    console.log(
      `  ${(nanoseconds / 1000).toFixed(1).padStart(8)} us ${percent.toFixed(1).padStart(5)} %  ${
        op.padEnd(20)
      } ${origin}`,
    );
  }
}
