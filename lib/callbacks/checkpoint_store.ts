// Where checkpoints are kept: files, memory, or a custom store.
import { describe, StateError, ValueError } from "../errors.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { CallbackModel } from "./callback.ts";

/** Where `ModelCheckpoint` keeps the model. */
export interface CheckpointStore {
  /** Saves the model, or only its weights, under a path. */
  save(path: string, model: CallbackModel, weightsOnly: boolean): Promise<void>;
}

/**
 * Keeps weights in memory.
 *
 * @example The weights of the best epoch, without a file
 * ```ts
 * import { callbacks, Input, layers, Sequential } from "./mod.ts";
 * const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
 * model.compile({ optimizer: "sgd", loss: "mse" });
 * const store = new callbacks.MemoryCheckpoints();
 * const best = new callbacks.ModelCheckpoint("best.keras", { monitor: "loss", saveBestOnly: true, store });
 * await model.fit([[1], [2]], [[2], [4]], { epochs: 3, verbose: 0, callbacks: [best] });
 * model.setWeights(store.weights.get("best.keras")!);
 * ```
 */
export class MemoryCheckpoints implements CheckpointStore {
  /** The values of all weights by path. */
  readonly weights: Map<string, Tensor[]> = new Map();

  /** Keeps the weights. */
  async save(path: string, model: CallbackModel): Promise<void> {
    if (typeof model?.getWeights !== "function") {
      throw new ValueError({
        what: "Cannot keep a checkpoint",
        rule: "there must be a model with getWeights",
        received: describe(model),
        hint: "give it to ModelCheckpoint as its store",
      });
    }
    this.weights.set(path, await model.getWeights());
  }
}

/** Writes files with the model's own methods. */
export const files: CheckpointStore = {
  async save(path, model, weightsOnly) {
    const save = weightsOnly ? model.saveWeights : model.save;
    if (save) return await save.call(model, path);
    throw new StateError({
      what: `Cannot save "${model.name}" to "${path}"`,
      rule: "the model must have a method to write such a file",
      received: `none of the name ${weightsOnly ? "saveWeights" : "save"}`,
      hint: "keep the weights in memory with store: new callbacks.MemoryCheckpoints(), or give a store of your own",
    });
  },
};
