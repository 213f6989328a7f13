// The op table on WebGPU: on this machine's adapter, and on SwiftShader where its driver is installed.
import assert from "node:assert/strict";
import { ReferenceExecutor } from "../../lib/exec/reference/executor.ts";
import type { WebGpuExecutor } from "../../lib/exec/webgpu/executor.ts";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import { checkGradients, checkValues, table } from "./op_table.ts";

const reference = new ReferenceExecutor();
let opened: Promise<WebGpuExecutor> | undefined;

for (const [op, samples] of table) {
  Deno.test(`${op} on WebGPU: values and gradients`, async () => {
    const executor = await (opened ??= openWebGpu());
    const faults = [
      ...await checkValues(executor, op, samples),
      ...await checkGradients(executor, reference, op, samples),
    ];
    assert.deepEqual(faults, []);
  });
}

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
  name: "the op table and the programs on SwiftShader",
  ignore: drivers.length === 0,
  fn: async () => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", new URL("./op_table_main.ts", import.meta.url).pathname],
      env: { VK_ICD_FILENAMES: drivers[0], VK_DRIVER_FILES: drivers[0] },
      stdout: "piped",
      stderr: "piped",
    }).output();
    const printed = new TextDecoder().decode(stdout);
    assert.equal(code, 0, printed + new TextDecoder().decode(stderr));
    assert.match(printed, /SwiftShader/);
  },
});
