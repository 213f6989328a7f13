// Run: one fit, evaluation, prediction or batch of a model, and what it keeps while others have their turn.
import { Lock } from "../exec/lock.ts";
import { randomSeed } from "../random_stream.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { Step } from "./step.ts";

const lock = new Lock();

/** Runs `body` while no other is running: variables must not be written while a program reads them. */
export function withLock<T>(body: () => Promise<T>): Promise<T> {
  return lock.run(body);
}

/** A run of a model, until it is disposed. Several runs of a model take turns in its metrics. */
export class Run implements Disposable {
  /** The seed of everything random in it: another one may be set while it runs. */
  seed: number = randomSeed();
  /** The step that ran last. */
  step: Step | undefined;
  /** What the metrics and logs held when another run had its turn; undefined while they still hold it. */
  kept: ReadonlyMap<Variable, Tensor> | undefined;
  /** Whether it is over, so that nothing of it need be kept. */
  isOver = false;

  /** Ends it. */
  [Symbol.dispose](): void {
    this.isOver = true;
    this.kept = undefined;
  }
}
