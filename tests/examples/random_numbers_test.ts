// Random numbers of examples.
import assert from "node:assert/strict";
import { normalNumber, randomInteger, randomNumbers } from "../../examples/random_numbers.ts";
import { assertClose } from "../close.ts";

Deno.test("random numbers of examples depend on the seed alone, and fill their range", () => {
  const draw = (seed: number) => Array.from({ length: 6000 }, randomNumbers(seed));
  assert.deepEqual(draw(3), draw(3));
  assert.notDeepEqual(draw(3), draw(4));
  const random = randomNumbers(0);
  const counts = [0, 0, 0];
  for (let i = 0; i < 6000; i++) counts[randomInteger(random, 3)]++;
  // The standard deviation of each count is sqrt(6000 * 2 / 9) = 36.5.
  for (const count of counts) assert.ok(Math.abs(count - 2000) < 5 * 36.5, `${count}`);
  assert.deepEqual([randomInteger(() => 0, 3), randomInteger(() => 0.9999, 3)], [0, 2]);
});

Deno.test("normal numbers are those of the Box-Muller transform", () => {
  const of = (...draws: number[]) => normalNumber(() => draws.shift()!);
  // The distance is sqrt(-2 log(1 - u)): 2 for u = 1 - e^-2.
  const two = 1 - Math.exp(-2);
  assertClose([of(0, 0.3), of(two, 0), of(two, 0.25), of(two, 0.5)], [0, 2, 0, -2], { absolute: 1e-12, relative: 0 });
});
