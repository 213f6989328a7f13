// Which steps along a made-up curve cost more than they may.
import assert from "node:assert/strict";
import { excessesOf, type Point } from "../../bench/growth.ts";

/** Points at 1, 2, 4, ... with the work and the time of each. */
const curve = (...points: readonly (readonly [work: number, seconds: number])[]): Point[] =>
  points.map(([work, seconds], i) => ({ size: 2 ** i, work, seconds }));

const named = (points: readonly Point[]) =>
  excessesOf(points).map(({ from, to, cost }) => `${from.size} to ${to.size}: ${cost.toFixed(2)}`);

Deno.test("a doubling of work past the floor may cost 2.2 times the time", () => {
  assert.deepEqual(named(curve([1, 1], [2, 2], [4, 4], [8, 8.7], [16, 19])), []);
  assert.deepEqual(named(curve([1, 1], [2, 2], [4, 4], [8, 9.2], [16, 19])), ["4 to 8: 2.30"]);
});

Deno.test("steps from points below three times the shortest do not count", () => {
  assert.deepEqual(named(curve([1, 1], [2, 1], [4, 2.9], [8, 8])), []);
  assert.deepEqual(named(curve([1, 1], [2, 1], [4, 3], [8, 8])), ["4 to 8: 2.67"]);
});

Deno.test("where one step is two doublings of work, it may cost the square", () => {
  assert.deepEqual(named(curve([1, 1], [4, 4], [16, 19], [64, 91])), []);
  assert.deepEqual(named(curve([1, 1], [4, 4], [16, 20])), ["2 to 4: 2.24"]);
});
