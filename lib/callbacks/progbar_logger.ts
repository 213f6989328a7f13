// ProgbarLogger: the callback that draws the progress bar.
import { describe, ValueError } from "../errors.ts";
import { declareOptions, option, type OptionFields, optionTable, positional } from "../options.ts";
import type { Logs } from "./callback.ts";
import { RunDisplay } from "./run_display.ts";
import { ProgressBar } from "../terminal/progress_bar.ts";
import { printLine, terminal } from "../terminal/terminal.ts";

const progbarOptions = optionTable<object>()({
  /** How much is shown. */
  verbose: positional(option<1 | 2>({
    read: (given, { what, option }) => {
      if (given === 1 || given === 2) return given;
      throw new ValueError({
        what,
        rule: `${option} must be 1 or 2`,
        received: describe(given),
        hint: "1 draws a bar, 2 writes a line for each epoch",
      });
    },
  })),
});

/** The options, checked and completed. */
export interface ProgbarLogger extends OptionFields<object, typeof progbarOptions> {}

/** Draws a bar (verbose 1) or writes a line (verbose 2) for each epoch, evaluation or prediction. */
export class ProgbarLogger extends RunDisplay {
  static {
    declareOptions(this, progbarOptions);
  }
  #bar: ProgressBar | undefined;
  #seen = 0;
  #length: number | null = null;

  /** Takes how much is shown. Throws {@linkcode ValueError} for what is neither 1 nor 2. */
  constructor(verbose: 1 | 2) {
    super({}, { verbose });
  }

  /** A bar moves on a terminal alone. */
  override watches(kind: "Train" | "Test" | "Predict"): boolean {
    return this.verbose === 1 && terminal().isTerminal && super.watches(kind);
  }

  /** Writes the epoch's header and starts a bar. */
  override onEpochBegin(epoch: number): void {
    const epochs = this.params.epochs ?? 1;
    if (epochs > 1) printLine(`Epoch ${epoch + 1}/${epochs}`);
    this.begin();
  }

  /** Starts a bar. */
  protected begin(): void {
    this.#bar = new ProgressBar(this.params.steps ?? this.#length, { verbose: this.verbose });
    this.#seen = 0;
  }

  /** Advances the bar. */
  protected move(batch: number, logs: Logs): void {
    this.#seen = batch + 1;
    if (this.verbose === 1) this.#bar?.update(this.#seen, Object.entries(logs), false);
  }

  /** Ends the bar. */
  protected end(logs: Logs): void {
    if (!this.#bar) return;
    // The first epoch's length is the best guess for the next one.
    if (this.#bar.target === null) this.#bar.target = this.#length = this.#seen;
    this.#bar.update(this.#bar.target, Object.entries(logs), true);
    this.#bar = undefined;
  }
}
