// SwapEMAWeights: evaluates with the running averages of the weights. https://keras.io/api/callbacks/swap_ema_weights/
import { ValueError } from "../errors.ts";
import { boolean } from "../option_kinds.ts";
import { declareOptions, type OptionFields, optionTable } from "../options.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { Callback } from "./callback.ts";

/** Options of {@linkcode SwapEMAWeights}. */
export interface SwapEMAWeightsOptions {
  /** Whether the averages stay in the model from the end of an epoch to the begin of the next; false by default. */
  swapOnEpoch?: boolean;
}

const swapOptions = optionTable<SwapEMAWeightsOptions>()({ swapOnEpoch: boolean(false) });

/** The options, checked and completed. */
export interface SwapEMAWeights extends OptionFields<SwapEMAWeightsOptions, typeof swapOptions> {}

/**
 * Exchanges the weights with their running averages for evaluations and predictions, and puts them back after. The
 * optimizer needs `useEma: true`.
 *
 * @example With the averages in the model between epochs, for a checkpoint that stands after it
 * ```ts
 * import { callbacks } from "./mod.ts";
 * console.log(new callbacks.SwapEMAWeights({ swapOnEpoch: true }).swapOnEpoch); // true
 * ```
 */
export class SwapEMAWeights extends Callback {
  /** The trained weights, while the averages stand in their place. */
  #trained: Tensor[] | undefined;

  static {
    declareOptions(this, swapOptions);
  }

  /** Takes whether to swap at the end of epochs too; false by default. */
  constructor(options: SwapEMAWeightsOptions = {}) {
    super(options);
  }

  /** Throws {@linkcode ValueError} for an optimizer that keeps no averages. */
  override onTrainBegin(): void {
    this.#trained = undefined;
    this.#requireAverages();
  }
  /** Puts the weights back. */
  override onEpochBegin(): void {
    this.#putBack();
  }
  /** Puts the averages in, if asked to; after the last epoch, where fit ends with the averages, they stay. */
  override async onEpochEnd(): Promise<void> {
    if (this.swapOnEpoch) await this.#putAverages();
  }
  /** What fit ended with stays. */
  override onTrainEnd(): void {
    this.#trained = undefined;
  }
  /** Puts the averages in. */
  override onTestBegin(): Promise<void> {
    return this.#putAverages();
  }
  /** Puts the weights back. */
  override onTestEnd(): void {
    this.#putBack();
  }
  /** Puts the averages in. */
  override onPredictBegin(): Promise<void> {
    return this.#putAverages();
  }
  /** Puts the weights back. */
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
