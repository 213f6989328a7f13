// Ctrl-C during training, and giving timers their turn.
import { CeratopsError } from "../errors.ts";

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

/** Seconds between two turns of the event loop. */
const turn = 0.04;
let last = performance.now();

/** Lets timers and signals run, if they have waited long enough for their turn. */
export async function breathe(): Promise<void> {
  if (performance.now() - last < turn * 1000) return;
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  last = performance.now();
}
