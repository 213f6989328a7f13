// RecoveryPoint: the state of a training that the host knows, from which it goes on where a device is lost.
import { DeviceLostError } from "../errors.ts";
import type { Executor } from "../exec/executor.ts";
import type { TrainableModel } from "./trainable.ts";

/** The last state of a training that outlives its device: weights, slots, and the number of steps that made them. */
export class RecoveryPoint {
  readonly #model: TrainableModel;
  #epochs: number | undefined;
  #batches: number;

  /** Starts with what the host knows now. */
  constructor(model: TrainableModel) {
    this.#model = model;
    this.#batches = model.optimizer?.batches ?? 0;
  }

  /** Secures the state after so many epochs. */
  async take(executor: Executor, epochs: number): Promise<void> {
    const optimizer = this.#model.optimizer!;
    const { batches } = optimizer;
    await executor.syncToHost([...this.#model.weights, ...optimizer.slots]);
    this.#batches = batches;
    this.#epochs = epochs;
  }

  /** What to throw for `error`; where a device was lost, the optimizer counts from the recovery point on. */
  explain(error: unknown): unknown {
    if (!(error instanceof DeviceLostError) || !this.#model.optimizer) return error;
    this.#model.optimizer.batches = this.#batches;
    const [state, option] = this.#epochs === undefined
      ? ["what was last read of them", ""]
      : [`those after epoch ${this.#epochs}`, ` with initialEpoch: ${this.#epochs}`];
    const again = 'call setBackend("auto") for another one, or setBackend("eigen")';
    return new DeviceLostError({
      what: `Cannot go on with fit "${this.#model.name}"`,
      rule: "the GPU device was lost",
      received: error.message,
      hint: `the weights are ${state}: ${again}, then fit again${option}`,
    });
  }
}
