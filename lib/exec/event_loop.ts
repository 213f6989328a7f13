// Yielding to the event loop: timers, signals and the page.

/** Resolves in the next turn of the event loop. */
export function yieldToEventLoop(): Promise<void> {
  // What Deno and Node have, and browsers have not. Deno makes it where it is first read, so not on import.
  const { setImmediate } = globalThis as { setImmediate?: (resolve: () => void) => unknown };
  // In Deno messages do not let timers run once a program has looked for `process.getBuiltinModule`.
  if (setImmediate) return new Promise((resolve) => void setImmediate(resolve));
  // A message arrives in the next turn; a timer of 0 ms would be 2 ms late.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** The longest that timers wait, in milliseconds. */
const patience = 40;
let last = performance.now();

/** Yields to timers and signals, if they have waited long enough. */
export async function yieldIfDue(): Promise<void> {
  if (performance.now() - last < patience) return;
  await yieldToEventLoop();
  last = performance.now();
}
