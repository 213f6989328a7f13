// Run: one fit, evaluation, prediction or batch of a model, and the state it keeps while others take their turn.
import { Lock } from "../exec/lock.ts";
import type { ProfiledRun } from "../profile/profiled.ts";
import { randomSeed } from "../random_stream.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Step } from "./step.ts";

const lock = new Lock();

/** Runs `body` while no other is running: variables must not be written while a program reads them. */
export function withLock<T>(body: () => Promise<T>): Promise<T> {
  return lock.run(body);
}

/** A run of a model, until it is disposed. Several runs of a model take turns in using its metrics. */
export class Run implements Disposable {
  /** The seed of the run; setting another one meanwhile does not affect it. */
  seed: number = randomSeed();
  /** The last step that ran. */
  step: Step | undefined;
  /** The values of metrics and logs from before another run took its turn; undefined while these still hold them. */
  kept: ReadonlyMap<Variable, Tensor> | undefined;
  /** Records the run, if a profile of it is asked for. */
  profile: ProfiledRun | undefined;
  /** Whether the run is over, so that its values need not be kept. */
  isOver = false;

  /** Ends it. */
  [Symbol.dispose](): void {
    this.isOver = true;
    this.kept = undefined;
  }
}
