// ProgbarLogger: the callback that draws the progress bar.
import { describe, ValueError } from "../errors.ts";
import { declareOptions, option, type OptionFields, optionTable, positional } from "../options.ts";
import { Callback, type Logs } from "./callback.ts";
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
export class ProgbarLogger extends Callback {
  /** The bar is drawn for some batches, not for every one. */
  override get everyBatch(): boolean {
    return false;
  }
  /** On a terminal a bar moves; validation has none. */
  override watches(kind: "Train" | "Test" | "Predict"): boolean {
    return this.verbose === 1 && terminal().isTerminal && (kind === "Train" || !this.#calledInFit);
  }
  static {
    declareOptions(this, progbarOptions);
  }
  #bar: ProgressBar | undefined;
  #seen = 0;
  #length: number | null = null;
  #calledInFit = false;

  /** Takes how much is shown. Throws {@linkcode ValueError} for what is neither 1 nor 2. */
  constructor(verbose: 1 | 2) {
    super({}, { verbose });
  }

  /** Suppresses the bars of evaluations during training. */
  override onTrainBegin(): void {
    this.#calledInFit = true;
  }
  /** Lets evaluations draw again. */
  override onTrainEnd(): void {
    this.#calledInFit = false;
  }
  /** Writes the epoch's header and starts a bar. */
  override onEpochBegin(epoch: number): void {
    const epochs = this.params.epochs ?? 1;
    if (epochs > 1) printLine(`Epoch ${epoch + 1}/${epochs}`);
    this.#begin();
  }
  /** Advances the bar. */
  override onTrainBatchEnd(batch: number, logs?: Logs): void {
    this.#move(batch, logs);
  }
  /** Ends the bar. */
  override onEpochEnd(_epoch: number, logs?: Logs): void {
    this.#end(logs);
  }
  /** Starts a bar, unless training. */
  override onTestBegin(): void {
    if (!this.#calledInFit) this.#begin();
  }
  /** Advances the bar, unless training. */
  override onTestBatchEnd(batch: number, logs?: Logs): void {
    if (!this.#calledInFit) this.#move(batch, logs);
  }
  /** Ends the bar, unless training. */
  override onTestEnd(logs?: Logs): void {
    if (!this.#calledInFit) this.#end(logs);
  }
  /** Starts a bar. */
  override onPredictBegin(): void {
    this.#begin();
  }
  /** Advances the bar. */
  override onPredictBatchEnd(batch: number): void {
    this.#move(batch, {});
  }
  /** Ends the bar. */
  override onPredictEnd(): void {
    this.#end({});
  }

  #begin(): void {
    this.#bar = new ProgressBar(this.params.steps ?? this.#length, { verbose: this.verbose });
    this.#seen = 0;
  }

  #move(batch: number, logs: Logs = {}): void {
    this.#seen = batch + 1;
    if (this.verbose === 1) this.#bar?.update(this.#seen, Object.entries(logs), false);
  }

  #end(logs: Logs = {}): void {
    if (!this.#bar) return;
    // The first epoch's length is the best guess for the next one.
    if (this.#bar.target === null) this.#bar.target = this.#length = this.#seen;
    this.#bar.update(this.#bar.target, Object.entries(logs), true);
    this.#bar = undefined;
  }
}
