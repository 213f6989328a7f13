// History: the logs of every epoch, which fit returns. https://keras.io/api/callbacks/
import type { Profile } from "../profile/profile.ts";
import { Callback, type Logs } from "./callback.ts";

/** What `fit` resolves to. */
export class History extends Callback {
  /** The epochs that ran, from 0. */
  epoch: number[] = [];
  /** The logs of the epochs by name. */
  readonly history: Record<string, number[]> = {};
  /** Where the time of the training went, if `fit` was given the option `profile`. */
  profile: Profile | undefined;

  /** Forgets the epochs of the last run. */
  override onTrainBegin(): void {
    this.epoch = [];
  }

  /** Keeps the logs. */
  override onEpochEnd(epoch: number, logs: Logs = {}): void {
    this.epoch.push(epoch);
    for (const [name, value] of Object.entries(logs)) (this.history[name] ??= []).push(value);
  }
}
