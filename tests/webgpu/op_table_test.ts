// The op table and programs on WebGPU: on this machine's adapter, and on SwiftShader where its driver is installed.
import assert from "node:assert/strict";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import type { WebGpuExecutor } from "../../lib/exec/webgpu/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import type { Report } from "./driver_suite.ts";
import { checkGradients, checkValues, table } from "./op_table.ts";
import { checks } from "./program_checks.ts";
import { checkTiles } from "./tiles.ts";

const reference = new ReferenceExecutor();

for (const tunedFor of ["software", "gpu"] as const) {
  let tuned: Promise<WebGpuExecutor> | undefined;
  for (const [op, samples] of table) {
    Deno.test(`${op} on WebGPU, with kernels for ${tunedFor}: values and gradients`, async () => {
      const executor = await (tuned ??= openWebGpu({ tunedFor }));
      const faults = [
        ...await checkValues(executor, op, samples),
        ...await checkGradients(executor, reference, op, samples),
      ];
      assert.deepEqual(faults, []);
    });
  }
  for (const [name, check] of Object.entries(checks)) {
    Deno.test(`${name} on WebGPU, with kernels for ${tunedFor}`, async () => {
      const executor = await (tuned ??= openWebGpu({ tunedFor }));
      assert.deepEqual(await check(executor, reference), []);
    });
  }
}

Deno.test("products by every kernel for real GPUs on WebGPU", async () => {
  assert.deepEqual(await checkTiles(reference), []);
});

/** SwiftShader's driver description, which Chromium brings along. */
const drivers = [
  "/usr/lib/chromium/vk_swiftshader_icd.json",
  "/usr/lib/chromium-browser/vk_swiftshader_icd.json",
  "/opt/google/chrome/vk_swiftshader_icd.json",
].filter((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});
if (drivers.length === 0) console.log("SwiftShader was not found: WebGPU is tested on the default driver alone");

Deno.test({
  name: "everything on SwiftShader",
  ignore: drivers.length === 0,
  fn: async () => {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", new URL("./other_driver.ts", import.meta.url).pathname],
      env: { VK_ICD_FILENAMES: drivers[0], VK_DRIVER_FILES: drivers[0] },
      stdout: "piped",
      stderr: "piped",
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const report = JSON.parse(new TextDecoder().decode(stdout)) as Report;
    assert.match(report.adapter, /SwiftShader/);
    assert.deepEqual(report.faults, []);
  },
});
