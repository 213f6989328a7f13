// The backends that tests run on.
import type { BackendName } from "../lib/exec/executor.ts";
import { setBackend } from "../lib/exec/select.ts";

/** Every backend that must agree with the float64 reference. */
export const backends: readonly BackendName[] = ["reference", "eigen"];

/** Declares the test once for each backend, each run on that backend. */
export function testOnBackends(name: string, body: (backend: BackendName) => Promise<void> | void): void {
  for (const backend of backends) {
    Deno.test(`${name} [${backend}]`, async () => {
      await setBackend(backend);
      await body(backend);
    });
  }
}
