// A page that trains on WebAssembly in its main thread and in a worker, which is this module too.
import type { NativeExecutor } from "../../lib/exec/native/executor.ts";
import type { WasmThreads } from "../../lib/exec/native/wasm_threads.ts";
import { getExecutor } from "../../lib/exec/select.ts";
import { clearSession, Input, layers, Sequential, setBackend, setRandomSeed, tensor } from "../../mod.ts";

/** What a training found. */
export interface Training {
  readonly isolated: boolean;
  readonly description: string;
  /** Whether every thread has done tasks. */
  readonly all: boolean;
  readonly weights: readonly number[];
  /** How many workers there are after the session is cleared. */
  readonly left: number;
  /** What asking for two threads says, if it is an error. */
  readonly refused: string;
}

const scope = globalThis as unknown as {
  readonly crossOriginIsolated: boolean;
  readonly document?: unknown;
  report?: Training[] | string;
  postMessage(message: unknown): void;
};

const rows = 128;
const width = 256;
const values = (count: number) => Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 1009) / 1009 - 0.5);

async function train(): Promise<number[]> {
  setRandomSeed(1);
  const model = new Sequential([
    Input({ shape: [width] }),
    new layers.Dense(512, { activation: "relu" }),
    new layers.Dense(width),
  ]);
  model.compile({ optimizer: "adam", loss: "mean_squared_error" });
  const x = tensor(values(rows * width), [rows, width]);
  await model.fit(x, x, { epochs: 3, batchSize: 64, verbose: 0 });
  return (await model.getWeights()).flatMap(({ data }) => Array.from(data.slice(0, 500)));
}

async function run(): Promise<Training> {
  await setBackend("wasm");
  const executor = await getExecutor() as NativeExecutor;
  const { threads } = executor.module as { threads?: WasmThreads };
  let weights = await train();
  while (threads?.taken.some((count) => count === 0)) weights = await train();
  await clearSession();
  const left = threads?.running ?? 0;
  const all = threads?.taken.every((count) => count > 0) ?? false;
  const refused = await setBackend("wasm", { threads: 2 }).then(() => "", (error: Error) => error.message);
  return { isolated: scope.crossOriginIsolated, description: executor.description, all, weights, left, refused };
}

if (scope.document === undefined) run().then((training) => scope.postMessage(training));
else {
  try {
    const here = await run();
    const worker = new Worker("/page.js", { type: "module" });
    const there = await new Promise<Training>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
    });
    scope.report = [here, there];
  } catch (error) {
    scope.report = String(error);
  }
}
