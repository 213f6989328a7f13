// Ctrl-C during training, and giving timers their turn.
import { CeratopsError } from "../errors.ts";
import { yieldToEventLoop } from "../exec/event_loop.ts";

/** Training that Ctrl-C ended; the weights are those of the last step. */
export class InterruptedError extends CeratopsError {}

/** Listens for Ctrl-C while training runs, where that is possible. */
export class Interrupt {
  /** Whether Ctrl-C was pressed. */
  requested = false;
  readonly #listener = () => {
    this.requested = true;
  };
  readonly #listening: boolean;

  /** Starts to listen. */
  constructor() {
    this.#listening = typeof Deno !== "undefined" && this.#listen();
  }

  /** Ends listening. */
  [Symbol.dispose](): void {
    if (this.#listening) Deno.removeSignalListener("SIGINT", this.#listener);
  }

  #listen(): boolean {
    try {
      Deno.addSignalListener("SIGINT", this.#listener);
      return true;
    } catch {
      return false;
    }
  }
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
