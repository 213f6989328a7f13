// Schedules along a cosine, once or with restarts. https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay/
import type { Config } from "../json_config.ts";
import { checkPositiveInteger, checkRange } from "../option_kinds.ts";
import { checkOptions } from "../options.ts";
import { LearningRateSchedule } from "./schedule.ts";

const { fround } = Math;

/** Arguments of {@linkcode CosineDecay}. */
export interface CosineDecayOptions {
  /** The rate at step 0. */
  initialLearningRate: number;
  /** How many steps the way down takes. */
  decaySteps: number;
  /** The part of the rate that is left at the end; 0 by default. */
  alpha?: number;
  /** The rate that is risen to before the way down; none by default. */
  warmupTarget?: number | null;
  /** How many steps the rise takes; 0 by default. */
  warmupSteps?: number;
  /** Keras's name of the object. */
  name?: string;
}

/**
 * From a rate to the part `alpha` of it along half a cosine, after a linear rise if wanted. Loshchilov and Hutter, 2017.
 *
 * @example A rise over 100 steps, then down over 900
 * ```ts
 * import { schedules } from "./mod.ts";
 * const warm = { initialLearningRate: 0, warmupTarget: 0.1, warmupSteps: 100, decaySteps: 900 };
 * console.log(new schedules.CosineDecay(warm).call(50)); // about 0.05
 * ```
 */
export class CosineDecay extends LearningRateSchedule {
  readonly #options: Required<CosineDecayOptions>;

  /** Takes the arguments. Throws {@linkcode ValueError} for steps that are no positive integer. */
  constructor(options: CosineDecayOptions) {
    const names = ["initialLearningRate", "decaySteps", "alpha", "warmupTarget", "warmupSteps", "name"];
    checkOptions("CosineDecay", options, names);
    super();
    checkRange("CosineDecay", "initialLearningRate", options.initialLearningRate, 0, Infinity);
    checkPositiveInteger("CosineDecay", "decaySteps", options.decaySteps);
    this.#options = { alpha: 0, warmupTarget: null, warmupSteps: 0, name: "CosineDecay", ...options };
    checkRange("CosineDecay", "warmupSteps", this.#options.warmupSteps, 0, Infinity);
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { initialLearningRate, decaySteps, alpha, warmupTarget, warmupSteps } = this.#options;
    const start = fround(initialLearningRate);
    const warm = warmupTarget === null ? 0 : warmupSteps;
    if (warmupTarget !== null && step < warm) return fround((warmupTarget - start) * (step / warm) + start);
    const progress = Math.min(step - warm, decaySteps) / decaySteps;
    const height = 0.5 * (1 + Math.cos(Math.PI * progress));
    return fround((warmupTarget ?? start) * ((1 - alpha) * height + alpha));
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { initialLearningRate, decaySteps, alpha, name, warmupTarget, warmupSteps } = this.#options;
    const rates = { initial_learning_rate: initialLearningRate, decay_steps: decaySteps, alpha, name };
    return { ...rates, warmup_target: warmupTarget, warmup_steps: warmupSteps };
  }
}

/** Arguments of {@linkcode CosineDecayRestarts}. */
export interface CosineDecayRestartsOptions {
  /** The rate at step 0. */
  initialLearningRate: number;
  /** How many steps the first way down takes. */
  firstDecaySteps: number;
  /** How many times longer each way down is than the one before; 2 by default. */
  tMul?: number;
  /** What the rate at each start is multiplied by; 1 by default. */
  mMul?: number;
  /** The part of the rate that is left at each end; 0 by default. */
  alpha?: number;
  /** Keras's name of the object. */
  name?: string;
}

/**
 * {@linkcode CosineDecay} again and again, each time `tMul` times longer. Loshchilov and Hutter, 2017.
 *
 * @example A restart after 10 steps
 * ```ts
 * import { schedules } from "./mod.ts";
 * const rate = new schedules.CosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 10 });
 * console.log(rate.call(10) > rate.call(9)); // true
 * ```
 */
export class CosineDecayRestarts extends LearningRateSchedule {
  readonly #options: Required<CosineDecayRestartsOptions>;

  /** Takes the arguments. Throws {@linkcode ValueError} for steps that are no positive integer. */
  constructor(options: CosineDecayRestartsOptions) {
    const names = ["initialLearningRate", "firstDecaySteps", "tMul", "mMul", "alpha", "name"];
    checkOptions("CosineDecayRestarts", options, names);
    super();
    checkRange("CosineDecayRestarts", "initialLearningRate", options.initialLearningRate, 0, Infinity);
    checkPositiveInteger("CosineDecayRestarts", "firstDecaySteps", options.firstDecaySteps);
    this.#options = { tMul: 2, mMul: 1, alpha: 0, name: "SGDRDecay", ...options };
    checkRange("CosineDecayRestarts", "tMul", this.#options.tMul, 1, Infinity);
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { initialLearningRate, firstDecaySteps, tMul, mMul, alpha } = this.#options;
    // Counted restart by restart, where Keras takes a logarithm that is off by one at a start.
    let [left, length, restarts] = [step, firstDecaySteps, 0];
    if (tMul === 1) {
      restarts = Math.floor(step / length);
      left -= restarts * length;
    } else {
      for (; left >= length; restarts++) {
        left -= length;
        length *= tMul;
      }
    }
    const height = 0.5 * mMul ** restarts * (1 + Math.cos(Math.PI * left / length));
    return fround(fround(initialLearningRate) * ((1 - alpha) * height + alpha));
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { initialLearningRate, firstDecaySteps, tMul, mMul, alpha, name } = this.#options;
    const rates = { initial_learning_rate: initialLearningRate, first_decay_steps: firstDecaySteps };
    return { ...rates, t_mul: tMul, m_mul: mMul, alpha, name };
  }
}
