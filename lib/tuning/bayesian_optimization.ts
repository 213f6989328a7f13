// BayesianOptimization: trials where a Gaussian process expects the best. https://keras.io/keras_tuner/api/tuners/bayesian/
import { integerAtLeast, number } from "../option_kinds.ts";
import { declareOptions, optionTable } from "../options.ts";
import { hashPath, purposes, RandomStream } from "../random_stream.ts";
import { GaussianProcess, type Point } from "./gaussian_process.ts";
import type { HyperModelSource } from "./hyper_model.ts";
import { type HyperParameter, type HyperValue, placeOf, valueAt } from "./hyper_parameters.ts";
import { maxTrialsOption } from "./random_search.ts";
import { type Proposal, ranked, type Trial } from "./trial.ts";
import { Tuner, type TunerFields, type TunerOptions, tunerOptions } from "./tuner.ts";

/** Options of {@linkcode BayesianOptimization}. */
export interface BayesianOptimizationOptions extends TunerOptions {
  /** The number of trials; 10 by default. */
  maxTrials?: number;
  /** The number of trials that are drawn at random, before there is anything to learn from; 4 by default. */
  numInitialPoints?: number;
  /**
   * The number of trials that are chosen at a time, so that workers have as many; 1 by default, which learns most from
   * each trial. The trials depend on it, and not on the number of workers.
   */
  trialsPerRound?: number;
  /** The variance of noise in scores whose variance is 1; 1e-4 by default. */
  alpha?: number;
  /** How many standard deviations better than expected a place is taken to be: more explores more. 2.6 by default. */
  beta?: number;
}

const bayesianOptions = optionTable<BayesianOptimizationOptions>()({
  ...tunerOptions,
  maxTrials: maxTrialsOption,
  numInitialPoints: integerAtLeast(1, 4),
  trialsPerRound: integerAtLeast(1, 1),
  alpha: number(1e-4, { min: 1e-12, max: 1e6 }),
  beta: number(2.6, { min: 0, max: 1e6 }),
});

/** The options, checked and completed. */
export interface BayesianOptimization extends TunerFields<BayesianOptimizationOptions, typeof bayesianOptions> {}

/** How many places are looked at for each trial: in all of the space, and as many near the best trial. */
const candidates = 1000;

/**
 * Begins with random trials, and then tries what a Gaussian process, which was fitted to the scores so far, expects to be
 * best or knows least about: the lowest mean less `beta` standard deviations. It needs fewer trials than a random
 * search where a training takes long and there are a few hyperparameters, most of them numbers.
 *
 * Source: Snoek, Larochelle and Adams, "Practical Bayesian Optimization of Machine Learning Algorithms", 2012; for several
 * trials at a time Desautels, Krause and Burdick, "Parallelizing Exploration-Exploitation Tradeoffs in Gaussian Process
 * Bandit Optimization", 2014; `keras_tuner.BayesianOptimization`.
 *
 * @example The lowest point of a parabola
 * ```ts
 * import { Sequential, tuning } from "./mod.ts";
 * const tuner = new tuning.BayesianOptimization({
 *   build: () => new Sequential(),
 *   fit: (hp) => (hp.Float("x", -4, 4) - 1) ** 2,
 * }, { maxTrials: 16, seed: 1, verbose: 0 });
 * await tuner.search();
 * const [best] = tuner.getBestHyperparameters();
 * console.log(Math.round(Number(best.get("x")))); // 1
 * ```
 */
export class BayesianOptimization extends Tuner {
  static {
    declareOptions(this, bayesianOptions);
  }

  /** Takes what makes models, and options. Throws {@linkcode ValueError} for invalid ones. */
  constructor(hyperModel: HyperModelSource, options: BayesianOptimizationOptions = {}) {
    super(hyperModel, options);
  }

  protected override get settings(): Readonly<Record<string, unknown>> {
    const { numInitialPoints, trialsPerRound, alpha, beta } = this;
    return { ...super.settings, numInitialPoints, trialsPerRound, alpha, beta };
  }

  protected override *rounds(seed: number): Generator<readonly Proposal[], void, readonly Trial[]> {
    const { maxTrials, numInitialPoints, trialsPerRound } = this;
    const initial = Math.min(numInitialPoints, maxTrials);
    const ended = [...yield Array.from({ length: initial }, () => ({ values: {} }))];
    while (ended.length < maxTrials) {
      const wanted = Math.min(trialsPerRound, maxTrials - ended.length);
      ended.push(...yield this.#choose(seed, ended, wanted));
    }
  }

  #choose(seed: number, ended: readonly Trial[], wanted: number): Proposal[] {
    const completed = ranked(ended);
    const space = spaceOf(completed).filter(({ name }) => !Object.hasOwn(this.hyperparameters, name));
    if (completed.length === 0 || space.length === 0) return Array.from({ length: wanted }, () => ({ values: {} }));
    const points = completed.map(({ values }) => space.map((of) => placeOf(of, values[of.name] ?? of.default)));
    const scores = completed.map(({ score, direction }) => (direction === "max" ? -score : score));
    return Array.from({ length: wanted }, (_, i) => {
      const process = new GaussianProcess(points, scores, this.alpha);
      const stream = new RandomStream(seed | 0, hashPath("candidates"), purposes.trials, ended.length + i);
      let best:
        | { readonly bound: number; readonly mean: number; readonly point: Point; readonly values: Values }
        | undefined;
      for (const place of placesIn(space.length, points[0], stream)) {
        // The place of a value that there is: whole numbers and choices have few.
        const values = Object.fromEntries(space.map((of, axis) => [of.name, valueAt(of, place[axis])]));
        const point = space.map((of) => placeOf(of, values[of.name]));
        const { mean, deviation } = process.at(point);
        const bound = mean - this.beta * deviation;
        if (!best || bound < best.bound) best = { bound, mean, point, values };
      }
      // The next one of this round takes for measured what was expected of this one.
      points.push([...best!.point]);
      scores.push(best!.mean);
      return { values: best!.values };
    });
  }
}

type Values = Readonly<Record<string, HyperValue>>;

/** What completed trials asked for and can vary. */
function spaceOf(completed: readonly Trial[]): HyperParameter[] {
  const byName = new Map(completed.flatMap(({ space }) => space.map((of) => [of.name, of] as const)));
  return [...byName.values()].filter((of) => ("sampling" in of ? of.minValue < of.maxValue : of.values.length > 1))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Random places: in the whole unit cube, and near one. */
function* placesIn(dimensions: number, near: Point, stream: RandomStream): Generator<Point> {
  for (let i = 0; i < candidates; i++) yield Array.from({ length: dimensions }, () => stream.uniform());
  for (let i = 0; i < candidates; i++) yield near.map((at) => at + 0.1 * stream.normalPair()[0]);
}
