// The op table and programs on WebGPU: on the chosen driver, and on the other one if there are two.
import assert from "node:assert/strict";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import type { WebGpuExecutor } from "../../lib/exec/webgpu/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { chosenDriver, environmentFor, swiftShader } from "./drivers.ts";
import type { Report } from "./driver_suite.ts";
import { checkGradients, checkValues, table } from "../ops/op_table.ts";
import { checks } from "./program_checks.ts";
import { checkTiles } from "./tiles.ts";

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
  for (const [name, check] of Object.entries(checks)) {
    Deno.test(`${name}, with kernels for ${tunedFor} [webgpu]`, async () => {
      const executor = await (tuned ??= openWebGpu({ tunedFor }));
      assert.deepEqual(await check(executor, reference), []);
    });
  }
}

Deno.test("products by every kernel for real GPUs on WebGPU", async () => {
  assert.deepEqual(await checkTiles(reference), []);
});

if (!swiftShader) console.log("SwiftShader was not found: WebGPU is tested on the system's driver alone");
const others = [undefined, swiftShader].filter((driver) => driver !== chosenDriver);

Deno.test({
  name: "everything on another driver [webgpu]",
  ignore: !swiftShader,
  fn: async () => {
    for (const driver of others) {
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-check", new URL("./other_driver.ts", import.meta.url).pathname],
        env: environmentFor(driver),
        clearEnv: true,
        stdout: "piped",
        stderr: "piped",
      }).output();
      assert.ok(success, new TextDecoder().decode(stderr));
      const report = JSON.parse(new TextDecoder().decode(stdout)) as Report;
      assert.notEqual(report.adapter, (await openWebGpu()).description);
      assert.deepEqual(report.faults, []);
    }
  },
});
