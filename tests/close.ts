// Comparing numbers with a tolerance.
import assert from "node:assert/strict";

/** The allowed difference: `absolute + relative * |expected|`. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** Fails at the first element that differs from `expected` by more than allowed; NaN and infinities must be equal. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { absolute, relative }: Tolerance,
  what = "values",
): void {
  assert.equal(actual.length, expected.length, `${what}: lengths`);
  for (let i = 0; i < expected.length; i++) {
    const near = Object.is(actual[i], expected[i]) || actual[i] === expected[i] ||
      Math.abs(actual[i] - expected[i]) <= absolute + relative * Math.abs(expected[i]);
    if (!near) assert.fail(`${what}: element ${i} is ${actual[i]}, expected ${expected[i]}`);
  }
}

/** The largest distance between elements, as a part of the largest of those expected; 0 for equal ones. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(actual.length, expected.length, "lengths");
  let [farthest, largest] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    farthest = Math.max(farthest, actual[i] === expected[i] ? 0 : Math.abs(actual[i] - expected[i]));
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return farthest === 0 ? 0 : farthest / largest;
}
