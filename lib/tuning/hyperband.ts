// Hyperband: many trials of few epochs, of which the best go on. https://keras.io/keras_tuner/api/tuners/hyperband/
import { integerAtLeast } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import type { HyperModelSource } from "./hyper_model.ts";
import { type Proposal, ranked, type Trial } from "./trial.ts";
import { Tuner, type TunerFields, type TunerOptions, tunerOptions } from "./tuner.ts";

/** Options of {@linkcode Hyperband}. */
export interface HyperbandOptions extends TunerOptions {
  /** The number of epochs of the longest trainings; 100 by default. */
  maxEpochs?: number;
  /** Of each round one in so many trials goes on, for so many times the epochs; 3 by default. */
  factor?: number;
  /** How often the whole algorithm is run; 1 by default. */
  hyperbandIterations?: number;
}

const hyperbandOptions = optionTable<HyperbandOptions>()({
  ...tunerOptions,
  maxEpochs: integerAtLeast(1, 100),
  factor: integerAtLeast(2, 3),
  hyperbandIterations: integerAtLeast(1, 1),
});

/** The options, checked and completed. */
export interface Hyperband extends TunerFields<HyperbandOptions, typeof hyperbandOptions> {}

/** A round of a bracket: how many trials it has, and the number of epochs to which they are trained. */
interface BracketRound {
  /** The number of trials. */
  readonly trials: number;
  /** The epochs of each, with those of the rounds before. */
  readonly epochs: number;
}

/**
 * The rounds of each bracket, in the paper's order: the first bracket begins with the most trials and the fewest epochs, the
 * last has one round of all epochs.
 */
export function bracketsOf(maxEpochs: number, factor: number): BracketRound[][] {
  let last = 0;
  while (factor ** (last + 1) <= maxEpochs) last++;
  return Array.from({ length: last + 1 }, (_, i) => {
    const bracket = last - i;
    const trials = Math.ceil((last + 1) * factor ** bracket / (bracket + 1));
    return Array.from({ length: bracket + 1 }, (_, round) => ({
      trials: Math.floor(trials / factor ** round),
      // Epochs are whole.
      epochs: Math.round(maxEpochs / factor ** (bracket - round)),
    }));
  });
}

/**
 * Trains many models for a few epochs, lets the best of them go on, and repeats that: hyperparameters that are no good
 * cost little. It does so in several brackets, which begin with fewer trials and more epochs. A trial that goes on is a
 * further trial, which continues with the weights of the earlier one.
 *
 * Source: Li et al., "Hyperband: A Novel Bandit-Based Approach to Hyperparameter Optimization", 2018, algorithm 1;
 * `keras_tuner.Hyperband`.
 *
 * @example Up to 4 epochs, half of the trials go on
 * ```ts
 * import { Input, layers, optimizers, Sequential, tuning } from "./mod.ts";
 * const tuner = new tuning.Hyperband((hp) => {
 *   const model = new Sequential([Input({ shape: [1] }), new layers.Dense(1)]);
 *   const learningRate = hp.Float("learningRate", 1e-3, 1, { sampling: "log" });
 *   model.compile({ optimizer: new optimizers.SGD({ learningRate }), loss: "mse" });
 *   return model;
 * }, { objective: "loss", maxEpochs: 4, factor: 2, seed: 1, verbose: 0 });
 * await tuner.search([[0], [1], [2]], [[1], [3], [5]]);
 * console.log(tuner.trials.length); // 14
 * ```
 */
export class Hyperband extends Tuner {
  static {
    declareOptions(this, hyperbandOptions);
  }

  /** Takes what makes models, and options. Throws {@linkcode ValueError} for invalid ones. */
  constructor(hyperModel: HyperModelSource, options: HyperbandOptions = {}) {
    super(hyperModel, options);
  }

  protected override get settings(): Readonly<Record<string, unknown>> {
    const { maxEpochs, factor } = this;
    return { ...super.settings, maxEpochs, factor };
  }

  protected override *rounds(): Generator<readonly Proposal[], void, readonly Trial[]> {
    for (let iteration = 0; iteration < this.hyperbandIterations; iteration++) {
      // A round of all brackets together, so that workers have more to do at a time.
      let brackets = bracketsOf(this.maxEpochs, this.factor).map((rounds) => ({ rounds, ended: [] as Trial[] }));
      for (let round = 0; brackets.length > 0; round++) {
        const proposed = brackets.map(({ rounds, ended }) => proposalsOf(rounds, round, ended));
        const ended = yield proposed.flat();
        let first = 0;
        brackets = brackets.map(({ rounds }, i) => {
          const own = ended.slice(first, first + proposed[i].length);
          first += proposed[i].length;
          return { rounds, ended: own };
        }).filter(({ rounds }) => rounds.length > round + 1);
      }
    }
  }
}

/** What a bracket tries next: new trials, or the best of its last round again for more epochs. */
function proposalsOf(rounds: readonly BracketRound[], round: number, ended: readonly Trial[]): Proposal[] {
  const { trials, epochs } = rounds[round];
  if (round === 0) return Array.from({ length: trials }, () => ({ values: {}, epochs }));
  return ranked(ended).slice(0, trials).map(({ id, values }) => ({
    values,
    epochs,
    initialEpoch: rounds[round - 1].epochs,
    from: id,
  }));
}
