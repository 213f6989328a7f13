// The backends that tests run on.
import type { BackendName } from "../lib/exec/executor.ts";
import { openEigen } from "../lib/exec/native/eigen.ts";
import { setBackend, useExecutor } from "../lib/exec/select.ts";
import type { BuildOptions } from "../ffi/build.ts";

/** Every backend that must agree with the float64 reference. */
export const backends: readonly BackendName[] = ["reference", "eigen", "wasm", "webgpu"];

/** How to build the native library where a test of a test says so: see tests/exec/builds_test.ts. */
const build = Deno.env.get("CERATOPS_TEST_BUILD");

/** Chooses a backend, as tests want it. */
async function choose(backend: BackendName): Promise<void> {
  if (backend !== "eigen" || !build) return await setBackend(backend);
  await useExecutor(await openEigen({ build: JSON.parse(build) as BuildOptions }));
}

/** Declares the test once for each backend, each run on that backend. */
export function testOnBackends(name: string, body: (backend: BackendName) => Promise<void> | void): void {
  for (const backend of backends) {
    Deno.test(`${name} [${backend}]`, async () => {
      await choose(backend);
      await body(backend);
    });
  }
}
