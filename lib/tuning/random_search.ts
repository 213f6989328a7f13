// RandomSearch: trials whose hyperparameters are drawn at random. https://keras.io/keras_tuner/api/tuners/random/
import { integerAtLeast } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import type { HyperModelSource } from "./hyper_model.ts";
import type { Proposal, Trial } from "./trial.ts";
import { Tuner, type TunerFields, type TunerOptions, tunerOptions } from "./tuner.ts";

/** Options of {@linkcode RandomSearch}. */
export interface RandomSearchOptions extends TunerOptions {
  /** The number of trials; 10 by default. */
  maxTrials?: number;
}

/** The number of trials of a search, as an option. */
export const maxTrialsOption = integerAtLeast(1, 10);

const randomSearchOptions = optionTable<RandomSearchOptions>()({ ...tunerOptions, maxTrials: maxTrialsOption });

/** The options, checked and completed. */
export interface RandomSearch extends TunerFields<RandomSearchOptions, typeof randomSearchOptions> {}

/**
 * Tries hyperparameters that are drawn at random, each trial independent of the others: two of a small space may be the
 * same. For the same time it finds better ones than a grid, where only some of them matter.
 *
 * Source: Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization", 2012; `keras_tuner.RandomSearch`.
 *
 * @example Units and a learning rate
 * ```ts
 * import { Input, layers, optimizers, Sequential, tuning } from "./mod.ts";
 * const tuner = new tuning.RandomSearch((hp) => {
 *   const model = new Sequential([
 *     Input({ shape: [1] }),
 *     new layers.Dense(hp.Int("units", 4, 16), { activation: "relu" }),
 *     new layers.Dense(1),
 *   ]);
 *   const learningRate = hp.Float("learningRate", 1e-3, 1e-1, { sampling: "log" });
 *   model.compile({ optimizer: new optimizers.Adam({ learningRate }), loss: "mse" });
 *   return model;
 * }, { objective: "loss", maxTrials: 3, seed: 1, verbose: 0 });
 * await tuner.search([[0], [1], [2]], [[0], [1], [4]], { epochs: 5 });
 * const [best] = await tuner.getBestModels();
 * console.log(tuner.trials.length, best.countParams() > 12); // 3 true
 * ```
 */
export class RandomSearch extends Tuner {
  static {
    declareOptions(this, randomSearchOptions);
  }

  /** Takes what makes models, and options. Throws {@linkcode ValueError} for invalid ones. */
  constructor(hyperModel: HyperModelSource, options: RandomSearchOptions = {}) {
    super(hyperModel, options);
  }

  protected override *rounds(): Generator<readonly Proposal[], void, readonly Trial[]> {
    yield Array.from({ length: this.maxTrials }, () => ({ values: {} }));
  }
}
