// The benchmark history: the table of a run, the page of all runs, and the README's part.
import assert from "node:assert/strict";
import { describe, page, processor, type Run, table, withNewest } from "../../bench/history.ts";

const run = (date: string, seconds: number): Run => ({
  date,
  cpu: "A Processor",
  cores: 2,
  adapter: "An Adapter",
  versions: { Ceratops: "0.1.0", pytorch: "2.0" },
  works: [{
    name: "epoch",
    title: "One epoch",
    unit: "ms",
    figures: [{ program: "ceratops-eigen", seconds }, { program: "pytorch", seconds: 0.35, version: "2.0" }],
  }],
});

Deno.test("a work is a line: the own time, and each peer's with its ratio to that", () => {
  assert.equal(
    table(run("2026-01-02", 0.07)).split("\n").at(-1),
    "| One epoch | eigen | 70.0 ms | pytorch 350 ms (5.0x) |",
  );
});

Deno.test("a run says when and where it was, and with which versions", () => {
  assert.equal(
    describe(run("2026-01-02", 1)),
    "2026-01-02, 2 cores of A Processor, WebGPU on An Adapter; Ceratops 0.1.0, pytorch 2.0",
  );
});

Deno.test("the page has a section for each run, the newest first", () => {
  const headings = page([run("2026-01-02", 1), run("2026-03-04", 2)]).match(/^## [\d-]+/gm);
  assert.deepEqual(headings, ["## 2026-03-04", "## 2026-01-02"]);
});

Deno.test("README gets the newest run in place of the one before, and keeps all else", async () => {
  const readme = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const first = withNewest(readme, run("2026-01-02", 1));
  const second = withNewest(first, run("2026-03-04", 2));
  assert.match(second, /\n2026-03-04, 2 cores of A Processor.*:\n\n\| work/);
  assert.doesNotMatch(second, /2026-01-02/);
  const around = (text: string) => text.split(/<!-- benchmarks: (?:begin|end) -->/);
  assert.deepEqual([around(second)[0], around(second)[2]], [around(readme)[0], around(readme)[2]]);
  assert.throws(() => withNewest("no marks", run("2026-01-02", 1)), /There must be a line/);
});

Deno.test("the processor has a name", async () => {
  assert.notEqual(await processor(), "unknown");
});
