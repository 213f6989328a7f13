// The op table and trainings in headless Chromium, whose WebGPU is Dawn and whose shader compiler is Tint.
import assert from "node:assert/strict";
import { bundlePage, inBrowser, openPage, type PageReport } from "../browser.ts";
import { assertClose } from "../close.ts";
import type { Report } from "./driver_suite.ts";
import { type Trained, trainOnEach } from "./training.ts";

/** What a bundled page reports in Chromium, with WebGPU on its SwiftShader. */
async function openBundle<Result>(file: string): Promise<PageReport<Result>> {
  const flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
  return await openPage(await bundlePage(new URL(file, import.meta.url)), { flags });
}

Deno.test({
  name: "everything in Chromium [webgpu]",
  ...inBrowser,
  fn: async () => {
    const { report, messages } = await openBundle<Report>("./browser_page.ts");
    assert.deepEqual(report.faults, [], messages);
    assert.ok(report.pipelines > 100, `${report.pipelines} pipelines on "${report.adapter}"`);
  },
});

Deno.test({
  name: "a page trains through mod.ts in Chromium, on wasm and on webgpu, as the reference does [webgpu]",
  ...inBrowser,
  fn: async () => {
    const { report, messages } = await openBundle<Trained[]>("./training_page.ts");
    const [wasm, webgpu, auto] = report;
    assert.deepEqual([wasm.backend, webgpu.backend, auto.backend], ["wasm", "webgpu", "wasm"], messages);
    assert.match(messages, /Ceratops runs on wasm; webgpu needs a/);
    const [expected] = await trainOnEach(["reference"]);
    assert.ok(expected.losses[19] < expected.losses[0] / 2, "the training must have something to learn");
    // Eighty steps in float32, each rounding by up to 6e-8, compared with float64.
    const near = { absolute: 5e-6, relative: 5e-6 };
    for (const { backend, losses, weights } of report) {
      assertClose(losses, expected.losses, near, `${backend}: losses`);
      assertClose(weights, expected.weights, near, `${backend}: weights`);
    }
  },
});
