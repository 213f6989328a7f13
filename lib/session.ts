// The session: what is running, and what is discarded when the session is cleared.
import { StateError } from "./errors.ts";

let disposers: (() => void)[] = [];
const running: string[] = [];

/** Calls `dispose` once, when the session is cleared or the backend changes: for caches of programs, and for counts. */
export function onClearSession(dispose: () => void): void {
  disposers.push(dispose);
}

/** Calls everything that was passed to {@linkcode onClearSession}. */
export function disposeSession(): void {
  const old = disposers;
  disposers = [];
  old.forEach((dispose) => dispose());
}

/** Marks the backend as busy with `what` until disposed, so that it cannot be changed meanwhile. */
export function markBusy(what: string): Disposable {
  running.push(what);
  return { [Symbol.dispose]: () => void running.splice(running.indexOf(what), 1) };
}

/** Throws {@linkcode StateError} while something runs; `what` is the action that must wait. */
export function requireIdle(what: string): void {
  if (running.length === 0) return;
  throw new StateError({
    what: `Cannot ${what} now`,
    rule: `${running[0]} is running`,
    received: "a call before it was done",
    hint: "await it first; a callback cannot do this",
  });
}
