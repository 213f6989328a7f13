// TrainingProgress: the position of a training, and what it resumes from: a saved state, or the last one before a lost
// device.
import type { SavedTraining, TrainingRun } from "../callbacks/callback.ts";
import type { History } from "../callbacks/history.ts";
import { DeviceLostError, FileError } from "../errors.ts";
import type { Optimizer } from "../optimizers/optimizer.ts";
import { restoreRandomSeed } from "../random_stream.ts";
import { formatShape, sameShape } from "../shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Variable } from "../tensor/variable.ts";
import type { BatchPlan } from "./batch_plan.ts";
import type { Run } from "./run.ts";
import type { Trainer } from "./trainer.ts";

/** The position of a training. */
export class TrainingProgress implements TrainingRun {
  /** The number of finished batches in the epoch. */
  batch = 0;
  #saved: SavedTraining | undefined;

  /** Starts at an epoch. */
  constructor(
    readonly trainer: Trainer,
    readonly run: Run,
    readonly plan: BatchPlan,
    readonly history: History,
    /** The epoch, from 0. */
    public epoch: number,
  ) {}

  /** Ends the epoch. */
  endEpoch(): void {
    this.epoch++;
    this.batch = 0;
  }

  get #optimizer(): Optimizer {
    return this.trainer.compiled!.optimizer;
  }

  /** All state by its name in a file: weights, the optimizer's slots, the sums of metrics. */
  #variables(): [string, Variable][] {
    const { model, metrics } = this.trainer;
    const optimizer = this.#optimizer;
    optimizer.build(model.trainableWeights);
    return [
      ...model.weights.map((weight, i) => [`weights/${i}`, weight] as [string, Variable]),
      ...optimizer.slots.map((slot, i) => [`slots/${i}`, slot] as [string, Variable]),
      ...metrics.flatMap(([name, { variables }]) =>
        variables.map((variable, i) => [`metrics/${name}/${i}`, variable] as [string, Variable])
      ),
    ];
  }

  /** The state at the start: where an earlier training was, if one was resumed, else without a position in the data. */
  async start(): Promise<SavedTraining> {
    const { pass, history } = this.#saved ?? { pass: undefined, history: { epoch: [], logs: {} } };
    return { ...await this.save(), pass, history };
  }

  /** The current state. */
  async save(): Promise<SavedTraining> {
    const optimizer = this.#optimizer;
    const tensors = new Map<string, Tensor>();
    await this.trainer.inTurn(this.run, async () => {
      for (const [name, variable] of this.#variables()) tensors.set(name, await variable.read());
    });
    const { epoch, history } = this.history;
    return {
      tensors,
      epoch: this.epoch,
      batch: this.batch,
      pass: this.plan.position,
      batches: optimizer.batches,
      applied: optimizer.appliedBatches,
      learningRates: ratesOf(optimizer).map((each) => (each.schedule ? null : each.learningRate)),
      seed: this.run.seed,
      history: structuredClone({ epoch, logs: history }),
    };
  }

  /** Resumes from a state. Throws {@linkcode FileError} if it belongs to another model. */
  async restore(saved: SavedTraining): Promise<void> {
    const optimizer = this.#optimizer;
    const variables = this.#variables();
    for (const [name, { shape }] of variables) {
      const tensor = saved.tensors.get(name);
      if (tensor && sameShape(tensor.shape, shape) && saved.tensors.size === variables.length) continue;
      throw new FileError({
        what: `Cannot go on with the training of "${this.trainer.model.name}"`,
        rule: `the state must be that of the same model, compiled alike, with ${variables.length} variables`,
        received: saved.tensors.size !== variables.length
          ? `one with ${saved.tensors.size}`
          : `${tensor ? formatShape(tensor.shape) : "none"} for ${name} of shape ${formatShape(shape)}`,
        hint: "build and compile the model as it was, or remove the folder to start over",
      });
    }
    await this.trainer.inTurn(this.run, () => {
      for (const [name, variable] of variables) variable.assign(saved.tensors.get(name)!);
    });
    this.run.seed = saved.seed;
    restoreRandomSeed(saved.seed);
    optimizer.batches = saved.batches;
    optimizer.appliedBatches = saved.applied ?? saved.batches;
    for (const [i, each] of ratesOf(optimizer).entries()) {
      const rate = saved.learningRates[i] ?? null;
      if (rate !== null && !each.schedule && each.learningRate !== rate) each.learningRate = rate;
    }
    this.epoch = saved.epoch;
    this.batch = saved.batch;
    this.#saved = saved;
    if (saved.pass) await this.plan.resume(saved.pass, saved.batch > 0);
  }

  /** Sets the restored history, after the callbacks have reset theirs. */
  begin(): void {
    if (!this.#saved) return;
    const { epoch, logs } = structuredClone(this.#saved.history);
    this.history.epoch = epoch;
    Object.assign(this.history.history, logs);
  }
}

/** The optimizers with learning rates: those inside of one that divides variables among several. */
function ratesOf(optimizer: Optimizer): readonly Optimizer[] {
  return optimizer.optimizers.length > 0 ? optimizer.optimizers : [optimizer];
}

/** The last state of a training that survives its device: weights, slots, and the number of steps that led to them. */
export class RecoveryPoint {
  #epochs: number | undefined;
  #batches: number;
  #applied: number;

  /** Starts with the values that the host has now. */
  constructor(readonly trainer: Trainer) {
    ({ batches: this.#batches, appliedBatches: this.#applied } = trainer.compiled!.optimizer);
  }

  /** Copies the state after `epochs` epochs to the host. */
  async take(epochs: number): Promise<void> {
    const { model, compiled, steps } = this.trainer;
    const { optimizer } = compiled!;
    const { batches, appliedBatches } = optimizer;
    await steps.executor.syncToHost([...model.weights, ...optimizer.slots]);
    this.#batches = batches;
    this.#applied = appliedBatches;
    this.#epochs = epochs;
  }

  /** The error to throw for `error`; if a device was lost, the optimizer's count returns to the recovery point. */
  explain(error: unknown): unknown {
    if (!(error instanceof DeviceLostError)) return error;
    const { model, compiled } = this.trainer;
    Object.assign(compiled!.optimizer, { batches: this.#batches, appliedBatches: this.#applied });
    const [state, option] = this.#epochs === undefined
      ? ["what was last read of them", ""]
      : [`those after epoch ${this.#epochs}`, ` with initialEpoch: ${this.#epochs}`];
    const again = 'call setBackend("auto") for another one, or setBackend("eigen")';
    return new DeviceLostError({
      what: `Cannot go on with fit "${model.name}"`,
      rule: "the GPU device was lost",
      received: error.message,
      hint: `the weights are ${state}: ${again}, then fit again${option}`,
    });
  }
}
