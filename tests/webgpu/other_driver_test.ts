// What every driver is held to, on the driver that the other tests do not run on, where there are two.
import assert from "node:assert/strict";
import { openWebGpu } from "../../lib/exec/webgpu/open.ts";
import type { Part, Report } from "./driver_suite.ts";
import { chosenDriver, environmentFor, swiftShader } from "./drivers.ts";

if (!swiftShader) console.log("SwiftShader was not found: WebGPU is tested on the system's driver alone");
const others = [undefined, swiftShader].filter((driver) => driver !== chosenDriver);

Deno.test({
  name: "everything on another driver [webgpu]",
  ignore: !swiftShader,
  fn: async () => {
    for (const driver of others) {
      // Chromium, which brings SwiftShader along, runs the other kernels for real GPUs on it: see browser_test.ts.
      const parts: Part[] = driver === swiftShader ? ["software", "products"] : ["software", "gpu", "products"];
      const script = new URL("./other_driver.ts", import.meta.url).pathname;
      const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", "--quiet", "--no-check", script, ...parts],
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
