// Counts batches: what callbacks that save after so many of them go by.
import { describe, ValueError } from "../errors.ts";

/** When to save: after each epoch, or after so many batches. */
export type SaveFrequency = "epoch" | number;

/** Counts batches across epochs. */
export class BatchCounter {
  #seen = 0;
  #last = -1;

  /** Takes when to save. Throws {@linkcode ValueError} naming `owner` for what is neither. */
  constructor(readonly frequency: SaveFrequency, owner: string) {
    if (frequency === "epoch" || (Number.isInteger(frequency) && frequency > 0)) return;
    throw new ValueError({
      what: `Cannot make ${owner}`,
      rule: 'saveFreq must be "epoch" or a number of batches of at least 1',
      received: describe(frequency),
      hint: 'write it as in saveFreq: "epoch" or saveFreq: 100',
    });
  }

  /** Begins an epoch, whose batches are counted from 0 again. */
  beginEpoch(): void {
    this.#last = -1;
  }

  /** Counts up to a batch; whether it is time to save. */
  isDue(batch: number): boolean {
    if (this.frequency === "epoch") return false;
    this.#seen += batch - this.#last;
    this.#last = batch;
    if (this.#seen < this.frequency) return false;
    this.#seen = 0;
    return true;
  }
}
