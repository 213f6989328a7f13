// Threads of WebAssembly in Chromium: in pages that are isolated from other origins, and in those that are not.
import assert from "node:assert/strict";
import { bundlePage, inBrowser, openPage } from "../browser.ts";
import type { Training } from "./threads_page.ts";

const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

Deno.test({
  name:
    "a page has threads if it is isolated, in its main thread and in a worker, and computes the same without [wasm]",
  ...inBrowser,
  fn: async () => {
    const files = await bundlePage(new URL("./threads_page.ts", import.meta.url));
    const alone = await openPage<Training[]>(files);
    const isolated = await openPage<Training[]>(files, { headers: isolation });
    assert.ok(Array.isArray(alone.report) && Array.isArray(isolated.report), `${alone.report} ${isolated.report}`);
    for (const training of alone.report) {
      assert.equal(training.isolated, false);
      assert.match(training.description, /^WebAssembly, .*, 1 thread$/);
      assert.match(training.refused, /must be isolated from other origins, received 2 threads/);
    }
    const several = navigator.hardwareConcurrency > 1;
    for (const training of isolated.report) {
      assert.equal(training.isolated, true);
      const count = Math.min(16, navigator.hardwareConcurrency);
      assert.match(training.description, several ? new RegExp(`, ${count} threads$`) : /, 1 thread$/);
      assert.deepEqual([training.all, training.left, training.refused], [several, 0, ""], isolated.messages);
      assert.deepEqual(training.weights, alone.report[0].weights);
    }
    assert.equal(alone.report[0].weights.length, 1756);
  },
});

Deno.test({
  name: "where a content security policy forbids the workers, a page says so and goes on [wasm]",
  ...inBrowser,
  ignore: inBrowser.ignore || navigator.hardwareConcurrency < 2,
  fn: async () => {
    const files = await bundlePage(new URL("./policy_page.ts", import.meta.url));
    const headers = { ...isolation, "content-security-policy": "worker-src 'self'" };
    const { report, messages } = await openPage(files, { headers });
    assert.equal(report, "trained, 0 workers left", messages);
    assert.match(messages, /Ceratops computes on fewer threads: a worker could not start/);
  },
});
