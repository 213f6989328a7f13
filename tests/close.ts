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
