// The backends that tests run on.
import type { BackendName, Executor } from "../lib/exec/executor.ts";
import { openEigen } from "../lib/exec/native/eigen.ts";
import { openWasm } from "../lib/exec/native/wasm.ts";
import { ReferenceExecutor } from "../lib/exec/reference/executor.ts";
import { useExecutor } from "../lib/exec/select.ts";
import { openWebGpu } from "../lib/exec/webgpu/open.ts";
import { setRandomSeed } from "../lib/random_stream.ts";
import type { BuildOptions } from "../ffi/build.ts";

/** Every backend that must agree with the float64 reference. */
export const backends: readonly BackendName[] = ["reference", "eigen", "wasm", "webgpu"];

/** A build of the native library that a test asks its test process to use: see tests/exec/builds_test.ts. */
const build = Deno.env.get("CERATOPS_TEST_BUILD");

const openers: Record<BackendName, () => Promise<Executor>> = {
  reference: () => Promise.resolve(new ReferenceExecutor()),
  eigen: () => openEigen(build ? { build: JSON.parse(build) as BuildOptions } : {}),
  wasm: () => Promise.resolve(openWasm()),
  webgpu: () => openWebGpu(),
};

/** One executor per backend for all tests of a process: a GPU device keeps its compiled pipelines. */
const shared = new Map<BackendName, Executor>();

/** Runs what follows on a backend without variables or programs, with fresh names and the same seed. */
export async function useBackend(backend: BackendName): Promise<void> {
  let executor = shared.get(backend);
  if (!executor) shared.set(backend, executor = await openers[backend]());
  await useExecutor(executor);
  setRandomSeed(1);
}

/** Declares the test once per backend. */
export function testOnBackends(name: string, body: (backend: BackendName) => Promise<void> | void): void {
  for (const backend of backends) {
    Deno.test(`${name} [${backend}]`, async () => {
      await useBackend(backend);
      await body(backend);
    });
  }
}
