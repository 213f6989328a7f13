// Cosine schedules, with or without restarts. https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay/
import { number, positiveInteger, text } from "../option_kinds.ts";
import { declareOptions, nullable, type OptionFields, optionTable, required } from "../options.ts";
import { LearningRateSchedule } from "./schedule.ts";

const { fround } = Math;

/** Arguments of {@linkcode CosineDecay}. */
export interface CosineDecayOptions {
  /** The rate at step 0. */
  initialLearningRate: number;
  /** The number of steps of the decay. */
  decaySteps: number;
  /** The final rate as a fraction of the first; 0 by default. */
  alpha?: number;
  /** The rate that a warmup rises to before the decay; none by default. */
  warmupTarget?: number | null;
  /** The number of warmup steps; 0 by default. */
  warmupSteps?: number;
  /** The object's name in Keras. */
  name?: string;
}

const cosineOptions = optionTable<CosineDecayOptions>()({
  initialLearningRate: number(required, { min: 0 }),
  decaySteps: positiveInteger(),
  alpha: number(0),
  name: text("CosineDecay"),
  warmupTarget: nullable(number()),
  warmupSteps: number(0, { min: 0 }),
});

/** The options, checked and completed. */
export interface CosineDecay extends OptionFields<CosineDecayOptions, typeof cosineOptions> {}

/**
 * Decays a rate to the fraction `alpha` of it along half a cosine, after an optional linear warmup. Loshchilov and
 * Hutter, 2017.
 *
 * @example Warmup over 100 steps, then decay over 900
 * ```ts
 * import { schedules } from "./mod.ts";
 * const warm = { initialLearningRate: 0, warmupTarget: 0.1, warmupSteps: 100, decaySteps: 900 };
 * console.log(new schedules.CosineDecay(warm).call(50)); // about 0.05
 * ```
 */
export class CosineDecay extends LearningRateSchedule {
  static {
    declareOptions(this, cosineOptions);
  }

  /**
   * Takes the arguments. Throws {@linkcode ValueError} unless steps are positive integers. Defaults: `alpha: 0`,
   * `name: "CosineDecay"`, `warmupTarget: null`, `warmupSteps: 0`.
   */
  constructor(options: CosineDecayOptions) {
    super(options);
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { initialLearningRate, decaySteps, alpha, warmupTarget, warmupSteps } = this;
    const start = fround(initialLearningRate);
    const warm = warmupTarget === null ? 0 : warmupSteps;
    if (warmupTarget !== null && step < warm) return fround((warmupTarget - start) * (step / warm) + start);
    const progress = Math.min(step - warm, decaySteps) / decaySteps;
    const height = 0.5 * (1 + Math.cos(Math.PI * progress));
    return fround((warmupTarget ?? start) * ((1 - alpha) * height + alpha));
  }
}

/** Arguments of {@linkcode CosineDecayRestarts}. */
export interface CosineDecayRestartsOptions {
  /** The rate at step 0. */
  initialLearningRate: number;
  /** The number of steps of the first decay. */
  firstDecaySteps: number;
  /** How many times longer each decay is than the one before; 2 by default. */
  tMul?: number;
  /** The factor of the rate at each restart; 1 by default. */
  mMul?: number;
  /** The rate at each end as a fraction; 0 by default. */
  alpha?: number;
  /** The object's name in Keras. */
  name?: string;
}

const restartsOptions = optionTable<CosineDecayRestartsOptions>()({
  initialLearningRate: number(required, { min: 0 }),
  firstDecaySteps: positiveInteger(),
  tMul: number(2, { min: 1 }),
  mMul: number(1),
  alpha: number(0),
  name: text("SGDRDecay"),
});

/** The options, checked and completed. */
export interface CosineDecayRestarts extends OptionFields<CosineDecayRestartsOptions, typeof restartsOptions> {}

/**
 * Repeats {@linkcode CosineDecay}, each time `tMul` times longer. Loshchilov and Hutter, 2017.
 *
 * @example A restart after 10 steps
 * ```ts
 * import { schedules } from "./mod.ts";
 * const rate = new schedules.CosineDecayRestarts({ initialLearningRate: 0.1, firstDecaySteps: 10 });
 * console.log(rate.call(10) > rate.call(9)); // true
 * ```
 */
export class CosineDecayRestarts extends LearningRateSchedule {
  static {
    declareOptions(this, restartsOptions);
  }

  /**
   * Takes the arguments. Throws {@linkcode ValueError} unless steps are positive integers. Defaults: `tMul: 2`,
   * `mMul: 1`, `alpha: 0`, `name: "SGDRDecay"`.
   */
  constructor(options: CosineDecayRestartsOptions) {
    super(options);
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { initialLearningRate, firstDecaySteps, tMul, mMul, alpha } = this;
    // Counts restart by restart: Keras's logarithm is off by one at a restart.
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
}
