// Errors that tests expect: their class, and what their message says.
import assert from "node:assert/strict";

type ErrorClass = new (...args: never[]) => Error;

/** Checks that an error is one of a class with such a message, for `assert.throws` and `assert.rejects`. */
export const refusal = (Class: ErrorClass, message: RegExp) => (error: unknown): true => {
  assert.ok(error instanceof Class, String(error));
  assert.match(error.message, message);
  return true;
};

/** Fails unless a call throws an error of a class with such a message. */
export function assertRefused(call: () => unknown, Class: ErrorClass, message: RegExp): void {
  assert.throws(call, refusal(Class, message));
}
