// Counts batches, for callbacks that save every few batches.
import { describe, ValueError } from "../errors.ts";
import { type Option, option } from "../options.ts";

/** When to save: after each epoch, or every this many batches. */
export type SaveFrequency = "epoch" | number;

/** When to save, as an option. */
export const saveFrequencyOption: Option<SaveFrequency> = option<SaveFrequency>({
  fallback: "epoch",
  read: (given, { what }) => {
    if (given === "epoch") return given;
    if (typeof given === "number" && Number.isInteger(given) && given > 0) return given;
    throw new ValueError({
      what,
      rule: 'saveFreq must be "epoch" or a number of batches of at least 1',
      received: describe(given),
      hint: 'write it as in saveFreq: "epoch" or saveFreq: 100',
    });
  },
});

/** Counts batches across epochs. */
export class BatchCounter {
  #seen = 0;
  #last = -1;

  /** Takes when to save. */
  constructor(readonly frequency: SaveFrequency) {}

  /** Starts an epoch, whose batches are counted from 0 again. */
  beginEpoch(): void {
    this.#last = -1;
  }

  /** Counts up to a batch and returns whether it is time to save. */
  isDue(batch: number): boolean {
    if (this.frequency === "epoch") return false;
    this.#seen += batch - this.#last;
    this.#last = batch;
    if (this.#seen < this.frequency) return false;
    this.#seen = 0;
    return true;
  }
}
