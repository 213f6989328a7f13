// SwapEMAWeights: evaluates with the running averages of the weights. https://keras.io/api/callbacks/swap_ema_weights/
import { ValueError } from "../errors.ts";
import { boolean } from "../option_kinds.ts";
import { declareOptions, type OptionFields, optionTable } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Callback } from "./callback.ts";

/** Options of {@linkcode SwapEMAWeights}. */
export interface SwapEMAWeightsOptions {
  /** Whether the model keeps the averages from the end of an epoch to the start of the next; false by default. */
  swapOnEpoch?: boolean;
}

const swapOptions = optionTable<SwapEMAWeightsOptions>()({ swapOnEpoch: boolean(false) });

/** The options, checked and completed. */
export interface SwapEMAWeights extends OptionFields<SwapEMAWeightsOptions, typeof swapOptions> {}

/**
 * Swaps the weights with their running averages for evaluations and predictions, and restores them afterwards. The
 * optimizer needs `useEma: true`.
 *
 * @example Averages in the model between epochs, for a checkpoint that follows in the list
 * ```ts
 * import { callbacks } from "./mod.ts";
 * console.log(new callbacks.SwapEMAWeights({ swapOnEpoch: true }).swapOnEpoch); // true
 * ```
 */
export class SwapEMAWeights extends Callback {
  /** The trained weights, while the model has the averages. */
  #trained: Tensor[] | undefined;

  static {
    declareOptions(this, swapOptions);
  }

  /** Takes whether to swap at the end of epochs too; false by default. Defaults: `swapOnEpoch: false`. */
  constructor(options: SwapEMAWeightsOptions = {}) {
    super(options);
  }

  /** Throws {@linkcode ValueError} if the optimizer has no averages. */
  override onTrainBegin(): void {
    this.#trained = undefined;
    this.#requireAverages();
  }
  /** Restores the trained weights. */
  override onEpochBegin(): void {
    this.#putBack();
  }
  /** Sets the averages, if requested; after the last epoch, when fit ends with the averages, they stay. */
  override async onEpochEnd(): Promise<void> {
    if (this.swapOnEpoch) await this.#putAverages();
  }
  /** Keeps the weights that fit ended with. */
  override onTrainEnd(): void {
    this.#trained = undefined;
  }
  /** Sets the averages. */
  override onTestBegin(): Promise<void> {
    return this.#putAverages();
  }
  /** Restores the trained weights. */
  override onTestEnd(): void {
    this.#putBack();
  }
  /** Sets the averages. */
  override onPredictBegin(): Promise<void> {
    return this.#putAverages();
  }
  /** Restores the trained weights. */
  override onPredictEnd(): void {
    this.#putBack();
  }

  async #putAverages(): Promise<void> {
    if (this.#trained) return;
    this.#requireAverages();
    const { optimizer, trainableWeights } = this.model;
    const trained: Tensor[] = [];
    for (const weight of trainableWeights) trained.push(await weight.read());
    this.#trained = trained;
    await optimizer!.finalizeVariableValues(trainableWeights);
  }

  #putBack(): void {
    this.#trained?.forEach((value, i) => this.model.trainableWeights[i].assign(value));
    this.#trained = undefined;
  }

  #requireAverages(): void {
    const { optimizer, name } = this.model;
    if (optimizer?.useEma) return;
    throw new ValueError({
      what: `Cannot use SwapEMAWeights with "${name}"`,
      rule: "its optimizer must keep running averages of the weights",
      received: optimizer ? `"${optimizer.name}" without useEma` : "a model that is not compiled",
      hint: "make the optimizer with useEma: true, as in new optimizers.Adam({ useEma: true })",
    });
  }
}
