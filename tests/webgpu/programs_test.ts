// Programs that the op table does not reach, on WebGPU: with the kernels for each kind of adapter, and every product.
import assert from "node:assert/strict";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import type { WebGpuExecutor } from "../../lib/exec/webgpu/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { checks } from "./program_checks.ts";
import { checkTiles } from "./tiles.ts";

const reference = new ReferenceExecutor();

for (const tunedFor of ["software", "gpu"] as const) {
  let opened: Promise<WebGpuExecutor> | undefined;
  for (const [name, check] of Object.entries(checks)) {
    Deno.test(`${name}, with kernels for ${tunedFor} [webgpu]`, async () => {
      const executor = await (opened ??= openWebGpu({ tunedFor }));
      assert.deepEqual(await check(executor, reference), []);
    });
  }
}

Deno.test("products by every kernel for real GPUs [webgpu]", async () => {
  assert.deepEqual(await checkTiles(reference), []);
});
