// Profiles in headless Chromium, where the clock is coarse and there are no files.
import assert from "node:assert/strict";
import { bundlePage, inBrowser, openPage } from "../browser.ts";
import type { Profiled } from "./browser_page.ts";

Deno.test({
  name: "a page profiles a training on wasm and on webgpu, and has the timeline as an object [slow] [webgpu]",
  ...inBrowser,
  fn: async () => {
    const flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
    const page = await bundlePage(new URL("./browser_page.ts", import.meta.url));
    const { report, messages } = await openPage<Profiled[]>(page, { flags });
    assert.deepEqual(report.map(({ backend }) => backend), ["wasm", "webgpu"], messages);
    for (const { backend, owners, steps, ops, milliseconds, trace } of report) {
      assert.equal(steps, 10);
      for (const name of ["first", "second", "optimizer sgd"]) assert.ok(owners.includes(name), `${backend} ${name}`);
      assert.ok(ops > 0 && ops <= milliseconds, `${backend}: ops ${ops} of ${milliseconds} ms`);
      const titles = trace.traceEvents.filter(({ cat }) => cat === "step").map(({ name }) => name);
      assert.deepEqual(titles, Array.from({ length: 10 }, (_, i) => `step ${i}`));
    }
  },
});
