// Deno's notebook kernel: whether there is one, and outputs that change in place. https://docs.deno.com/runtime/reference/cli/jupyter/

/** What is shown, by media type: a notebook takes the richest that it knows. */
export type MediaBundle = Readonly<Record<string, string>>;

/** The kernel of a notebook, as `Deno.jupyter` has it. */
export interface Kernel {
  /** Sends a message to all who watch the notebook. */
  broadcast(type: string, content: Record<string, unknown>): Promise<void>;
}

/** The symbol of the method that gives what a notebook shows of an object. */
export const displaySymbol: unique symbol = Symbol.for("Jupyter.display") as typeof displaySymbol;

let found: { readonly kernel: Kernel | undefined } | undefined;

/** The kernel in which this runs; undefined outside of a notebook. */
export function notebookKernel(): Kernel | undefined {
  found ??= { kernel: kernelOfDeno() };
  return found.kernel;
}

function kernelOfDeno(): Kernel | undefined {
  try {
    // Outside of a notebook, reading it throws, which takes as long as a small prediction.
    return (globalThis as { Deno?: { jupyter?: Kernel } }).Deno?.jupyter;
  } catch {
    return undefined;
  }
}

/** An output of a notebook's cell. */
export class NotebookOutput {
  static #count = 0;
  readonly #kernel: Kernel;
  readonly #id: string = `ceratops-${NotebookOutput.#count++}-${crypto.randomUUID()}`;
  #sent: Promise<void> = Promise.resolve();
  #isShown = false;

  /** Takes the kernel. */
  constructor(kernel: Kernel) {
    this.#kernel = kernel;
  }

  /** Shows something, in place of what it showed before. */
  show(data: MediaBundle): Promise<void> {
    const type = this.#isShown ? "update_display_data" : "display_data";
    this.#isShown = true;
    const content = { data, metadata: {}, transient: { display_id: this.#id } };
    this.#sent = this.#sent.then(() => this.#kernel.broadcast(type, content));
    return this.#sent;
  }
}
