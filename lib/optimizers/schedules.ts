// Schedules: learning rates that change from step to step. https://keras.io/api/optimizers/learning_rate_schedules/
import { describe, ValueError } from "../errors.ts";
import { LearningRateSchedule } from "./schedule.ts";
import { boolean, isList, isNumber, number, positiveInteger, text } from "../option_kinds.ts";
import { declareOptions, option, type OptionFields, optionTable, required } from "../options.ts";

const { fround } = Math;

/** Arguments of {@linkcode ExponentialDecay}. */
export interface ExponentialDecayOptions {
  /** The rate at step 0. */
  initialLearningRate: number;
  /** The number of steps in which the rate is multiplied by `decayRate` once. */
  decaySteps: number;
  /** The factor of the rate. */
  decayRate: number;
  /** Whether the rate falls in steps of length `decaySteps`; false by default. */
  staircase?: boolean;
  /** The object's name in Keras. */
  name?: string;
}

const exponentialOptions = optionTable<ExponentialDecayOptions>()({
  initialLearningRate: number(required, { min: 0 }),
  decaySteps: positiveInteger(),
  decayRate: number(required, { min: 0 }),
  staircase: boolean(false),
  name: text("ExponentialDecay"),
});

/** The options, checked and completed. */
export interface ExponentialDecay extends OptionFields<ExponentialDecayOptions, typeof exponentialOptions> {}

/**
 * `initialLearningRate * decayRate ^ (step / decaySteps)`.
 *
 * @example Four percent less every 10 steps
 * ```ts
 * import { schedules } from "./mod.ts";
 * const rate = new schedules.ExponentialDecay({ initialLearningRate: 0.05, decaySteps: 10, decayRate: 0.96 });
 * console.log(rate.call(10)); // about 0.048
 * ```
 */
export class ExponentialDecay extends LearningRateSchedule {
  static {
    declareOptions(this, exponentialOptions);
  }

  /**
   * Takes the arguments. Throws {@linkcode ValueError} unless steps are positive integers. Defaults:
   * `staircase: false`, `name: "ExponentialDecay"`.
   */
  constructor(options: ExponentialDecayOptions) {
    super(options);
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { initialLearningRate, decaySteps, decayRate, staircase } = this;
    const progress = Math.fround(step / decaySteps);
    const power = Math.fround(Math.fround(decayRate) ** (staircase ? Math.floor(progress) : progress));
    return Math.fround(Math.fround(initialLearningRate) * power);
  }
}

/** Arguments of {@linkcode InverseTimeDecay}. */
export type InverseTimeDecayOptions = ExponentialDecayOptions;

const inverseTimeOptions = optionTable<InverseTimeDecayOptions>()({
  ...exponentialOptions,
  name: text("InverseTimeDecay"),
});

/** The options, checked and completed. */
export interface InverseTimeDecay extends OptionFields<InverseTimeDecayOptions, typeof inverseTimeOptions> {}

/**
 * `initialLearningRate / (1 + decayRate * step / decaySteps)`.
 *
 * @example Half of the rate after 100 steps
 * ```ts
 * import { schedules } from "./mod.ts";
 * const rate = new schedules.InverseTimeDecay({ initialLearningRate: 0.1, decaySteps: 100, decayRate: 1 });
 * console.log(rate.call(100)); // about 0.05
 * ```
 */
export class InverseTimeDecay extends LearningRateSchedule {
  static {
    declareOptions(this, inverseTimeOptions);
  }

  /**
   * Takes the arguments. Throws {@linkcode ValueError} unless steps are positive integers. Defaults:
   * `staircase: false`, `name: "InverseTimeDecay"`.
   */
  constructor(options: InverseTimeDecayOptions) {
    super(options);
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { initialLearningRate, decaySteps, decayRate, staircase } = this;
    const progress = fround(step / decaySteps);
    const divisor = fround(1 + fround(fround(decayRate) * (staircase ? Math.floor(progress) : progress)));
    return fround(fround(initialLearningRate) / divisor);
  }
}

/** Arguments of {@linkcode PiecewiseConstantDecay}. */
export interface PiecewiseConstantDecayOptions {
  /** The last step of each rate except the final one. */
  boundaries: readonly number[];
  /** The rates, one more than boundaries. */
  values: readonly number[];
  /** The object's name in Keras. */
  name?: string;
}

const numbersOption = option<readonly number[]>({
  read: (given, { what, option }) => {
    if (isList(given, isNumber)) return given;
    throw new ValueError({
      what,
      rule: `${option} must be a list of numbers: there must be one value more than boundaries`,
      received: describe(given),
      hint: "give the rate before the first boundary and one after each",
    });
  },
  write: (items) => [...items],
});

const piecewiseOptions = optionTable<PiecewiseConstantDecayOptions>()({
  boundaries: numbersOption,
  values: numbersOption,
  name: text("PiecewiseConstant"),
});

/** The options, checked and completed. */
export interface PiecewiseConstantDecay extends OptionFields<PiecewiseConstantDecayOptions, typeof piecewiseOptions> {}

/**
 * One rate up to each boundary, inclusive, and the last rate after all of them.
 *
 * @example A tenth of the rate after 1000 steps
 * ```ts
 * import { schedules } from "./mod.ts";
 * const rate = new schedules.PiecewiseConstantDecay({ boundaries: [1000], values: [0.1, 0.01] });
 * console.log(rate.call(1000) > rate.call(1001)); // true
 * ```
 */
export class PiecewiseConstantDecay extends LearningRateSchedule {
  static {
    declareOptions(this, piecewiseOptions);
  }

  /**
   * Takes the arguments. Throws {@linkcode ValueError} unless there is one value more than boundaries. Defaults:
   * `name: "PiecewiseConstant"`.
   */
  constructor(options: PiecewiseConstantDecayOptions) {
    super(options);
    const { boundaries, values } = this;
    if (values.length !== boundaries.length + 1) {
      throw new ValueError({
        what: "Cannot make PiecewiseConstantDecay",
        rule: "there must be one value more than boundaries",
        received: `${boundaries.length} boundaries and ${values.length} values`,
        hint: "give the rate before the first boundary and one after each",
      });
    }
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { boundaries, values } = this;
    const next = boundaries.findIndex((boundary) => step <= boundary);
    return fround(values[next === -1 ? boundaries.length : next]);
  }
}

/** Arguments of {@linkcode PolynomialDecay}. */
export interface PolynomialDecayOptions {
  /** The rate at step 0. */
  initialLearningRate: number;
  /** The number of steps after which the rate is the final one. */
  decaySteps: number;
  /** The final rate; 1e-4 by default. */
  endLearningRate?: number;
  /** The power of the remaining fraction; 1 by default, which is linear. */
  power?: number;
  /** Whether the decay repeats over multiples of `decaySteps` instead of staying at the end; false by default. */
  cycle?: boolean;
  /** The object's name in Keras. */
  name?: string;
}

const polynomialOptions = optionTable<PolynomialDecayOptions>()({
  initialLearningRate: number(required, { min: 0 }),
  decaySteps: positiveInteger(),
  endLearningRate: number(1e-4, { min: 0 }),
  power: number(1),
  cycle: boolean(false),
  name: text("PolynomialDecay"),
});

/** The options, checked and completed. */
export interface PolynomialDecay extends OptionFields<PolynomialDecayOptions, typeof polynomialOptions> {}

/**
 * From `initialLearningRate` to `endLearningRate` by `(1 - step / decaySteps) ^ power`.
 *
 * @example Linearly to zero
 * ```ts
 * import { schedules } from "./mod.ts";
 * const line = { initialLearningRate: 0.1, decaySteps: 100, endLearningRate: 0 };
 * console.log(new schedules.PolynomialDecay(line).call(50)); // about 0.05
 * ```
 */
export class PolynomialDecay extends LearningRateSchedule {
  static {
    declareOptions(this, polynomialOptions);
  }

  /**
   * Takes the arguments. Throws {@linkcode ValueError} unless steps are positive integers. Defaults:
   * `endLearningRate: 0.0001`, `power: 1`, `cycle: false`, `name: "PolynomialDecay"`.
   */
  constructor(options: PolynomialDecayOptions) {
    super(options);
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { initialLearningRate, decaySteps, endLearningRate, power, cycle } = this;
    const span = cycle ? decaySteps * Math.max(1, Math.ceil(fround(step / decaySteps))) : decaySteps;
    const rest = fround(1 - fround(Math.min(step, span) / span));
    const end = fround(endLearningRate);
    return fround(fround(fround(fround(initialLearningRate) - end) * fround(rest ** power)) + end);
  }
}

export {
  CosineDecay,
  type CosineDecayOptions,
  CosineDecayRestarts,
  type CosineDecayRestartsOptions,
} from "./cosine_schedules.ts";
export { deserialize, LearningRateSchedule, serialize } from "./schedule.ts";
