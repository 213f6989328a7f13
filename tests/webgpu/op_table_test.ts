// The op table on WebGPU, with the kernels for both kinds of adapters.
import assert from "node:assert/strict";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import type { WebGpuExecutor } from "../../lib/exec/webgpu/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { checkGradients, checkValues, table } from "../ops/op_table.ts";

const reference = new ReferenceExecutor();

for (const tunedFor of ["software", "gpu"] as const) {
  let tuned: Promise<WebGpuExecutor> | undefined;
  for (const [op, samples] of table) {
    Deno.test(`${op} with kernels for ${tunedFor}: values and gradients [webgpu]`, async () => {
      const executor = await (tuned ??= openWebGpu({ tunedFor }));
      const faults = [
        ...await checkValues(executor, op, samples),
        ...await checkGradients(executor, reference, op, samples),
      ];
      assert.deepEqual(faults, []);
    });
  }
}
