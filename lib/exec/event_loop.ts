// Giving the event loop its turn: timers, signals and the page.

/** Resolves in the next turn of the event loop. */
export function yieldToEventLoop(): Promise<void> {
  // A message comes back in the next turn; a timer of 0 ms would come 2 ms late.
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Milliseconds that timers wait at most for their turn. */
const patience = 40;
let last = performance.now();

/** Lets timers and signals run, if they have waited long enough for their turn. */
export async function yieldIfDue(): Promise<void> {
  if (performance.now() - last < patience) return;
  await yieldToEventLoop();
  last = performance.now();
}
