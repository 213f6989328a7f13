// Bars, and falls since an earlier run, from made-up figures.
import assert from "node:assert/strict";
import { barsTable, judge } from "../../bench/bars.ts";
import { describeFall, fallsSince, lastOn, type Run, type Work } from "../../bench/history.ts";

/** A work in which Ceratops takes a second and 100 MiB, and the peer so many times both. */
function work(ratio: number, memory?: number, name = "epoch"): Work {
  const own = { program: "ceratops-eigen", seconds: 1, peakMiB: memory && 100 };
  return {
    name,
    title: "One epoch",
    unit: "s",
    figures: [own, { program: "pytorch", seconds: ratio, peakMiB: memory && 100 * memory }],
  };
}

const run = (cpu: string, date: string, ratio: number): Run => ({
  date,
  cpu,
  cores: 2,
  versions: {},
  works: [work(ratio)],
});

Deno.test("a ratio that is 16 % lower than before is named, one that is 14 % lower is not", () => {
  const falls = fallsSince([work(2)], [work(2 * 0.84)]);
  assert.deepEqual(falls.map(describeFall), ["epoch, time beside pytorch: 2.00x before, 1.68x now, 16 % less"]);
  assert.deepEqual(fallsSince([work(2)], [work(2 * 0.86)]), []);
  assert.deepEqual(fallsSince([work(2)], [work(4)]), []);
});

Deno.test("ratios of memory are compared as those of time are", () => {
  const falls = fallsSince([work(2, 4)], [work(2, 4 * 0.84)]);
  assert.deepEqual(falls.map(describeFall), ["epoch, memory beside pytorch: 4.00x before, 3.36x now, 16 % less"]);
  assert.deepEqual(fallsSince([work(2, 4)], [work(2, 4 * 0.86)]), []);
});

Deno.test("what only one of two runs has is not compared", () => {
  assert.deepEqual(fallsSince([work(2, 4)], [work(2)]), []);
  assert.deepEqual(fallsSince([work(2)], [work(1, undefined, "another")]), []);
  const [own, peer] = work(1).figures;
  assert.deepEqual(fallsSince([work(2)], [{ ...work(1), figures: [own, { ...peer, program: "keras" }] }]), []);
});

Deno.test("a run is compared with the last one on its processor, or with the last of all", () => {
  const runs = [run("A", "2026-01-01", 1), run("A", "2026-01-02", 2), run("B", "2026-01-03", 3)];
  assert.equal(lastOn("A", runs)?.date, "2026-01-02");
  assert.equal(lastOn("C", runs)?.date, "2026-01-03");
  assert.equal(lastOn("A", []), undefined);
});

Deno.test("a bar is met where the ratio reaches it, a limit where the time is below it", () => {
  const pytorch = { name: "pytorch", time: 2, memory: 3 };
  const summary = (measured: Work, limit?: number) =>
    judge(measured, { limit, peers: [pytorch] }).map(({ peer, met }) => `${peer}: ${met}`);
  assert.deepEqual(summary(work(2, 3)), ["pytorch: true", "pytorch, memory: true"]);
  assert.deepEqual(summary(work(1.99, 2.99)), ["pytorch: false", "pytorch, memory: false"]);
  assert.deepEqual(summary(work(2), 1.01), ["limit: true", "pytorch: true"]);
  assert.deepEqual(summary(work(2), 1), ["limit: false", "pytorch: true"]);
  // What is only reported has no bar.
  assert.deepEqual(judge(work(2, 3), { peers: [{ name: "pytorch", time: 0, memory: 0 }] }), []);
});

Deno.test("the table of bars says what was measured, what must be reached, and whether it was", () => {
  const judgments = judge(work(1.5), { limit: 2, peers: [{ name: "pytorch", time: 2, memory: 0 }] });
  assert.equal(
    barsTable(judgments),
    [
      "work   peer     measured  bar",
      "epoch  limit    1.00 s    under 2.00 s  met",
      "epoch  pytorch  1.50x     2.00x         missed",
    ].join("\n"),
  );
  assert.equal(barsTable([]), "");
});
