// TerminateOnNaN: ends training when the loss is not a number. https://keras.io/api/callbacks/terminate_on_nan/
import { ValueError } from "../errors.ts";
import { boolean } from "../option_kinds.ts";
import { declareOptions, describe, type OptionFields, optionTable } from "../options.ts";
import { Callback, type Logs } from "./callback.ts";
import { printLine } from "../terminal/terminal.ts";

/** Options of {@linkcode TerminateOnNaN}. */
export interface TerminateOnNaNOptions {
  /** Whether to throw an error; false by default. */
  raiseError?: boolean;
}

const nanOptions = optionTable<TerminateOnNaNOptions>()({ raiseError: boolean(false) });

/** The options, checked and completed. */
export interface TerminateOnNaN extends OptionFields<TerminateOnNaNOptions, typeof nanOptions> {}

/**
 * Ends training after the first batch whose loss is NaN or infinite.
 *
 * @example Throwing an error instead
 * ```ts
 * import { callbacks } from "./mod.ts";
 * console.log(new callbacks.TerminateOnNaN({ raiseError: true }).raiseError); // true
 * ```
 */
export class TerminateOnNaN extends Callback {
  static {
    declareOptions(this, nanOptions);
  }

  /** Takes whether to throw; false by default. Defaults: `raiseError: false`. */
  constructor(options: TerminateOnNaNOptions = {}) {
    super(options);
  }

  /** Checks the loss. Throws {@linkcode ValueError} if requested. */
  override onTrainBatchEnd(batch: number, logs: Logs = {}): void {
    if (logs.loss === undefined || Number.isFinite(logs.loss)) return;
    if (this.raiseError) {
      throw new ValueError({
        what: `Cannot go on training "${this.model.name}"`,
        rule: "the loss must be a finite number",
        received: `${describe(logs.loss)} in batch ${batch}`,
        hint: "lower the learning rate, or check the data",
      });
    }
    printLine(`Batch ${batch}: Invalid loss, terminating training`);
    this.model.stopTraining = true;
  }
}
