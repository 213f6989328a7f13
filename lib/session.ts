// The session: what runs in it, and what is forgotten when it is cleared.
import { StateError } from "./errors.ts";
import { Held } from "./held.ts";

const caches = new Held<WeakKey, (owner: WeakKey) => void>(() => {});
const running: string[] = [];

/**
 * Calls `clear` with the owner once when the session is cleared or the backend changes: for caches of programs, and for
 * counts. The owner is not kept alive, so `clear` must reach it by its argument alone.
 */
export function onClearSession<T extends WeakKey>(owner: T, clear: (owner: T) => void): void {
  caches.set(owner, clear as (owner: WeakKey) => void);
}

/** Clears what {@linkcode onClearSession} was given. */
export function clearCaches(): void {
  for (const owner of caches.keys()) caches.delete(owner)?.(owner);
}

/** Says that `what` runs until it is disposed, so that the backend stays meanwhile. */
export function markBusy(what: string): Disposable {
  running.push(what);
  return { [Symbol.dispose]: () => void running.splice(running.indexOf(what), 1) };
}

/** Throws {@linkcode StateError} while something runs; `what` is what it keeps from happening. */
export function requireIdle(what: string): void {
  if (running.length === 0) return;
  throw new StateError({
    what: `Cannot ${what} now`,
    rule: `${running[0]} is running`,
    received: "a call before it was done",
    hint: "await it first; a callback cannot do this",
  });
}
