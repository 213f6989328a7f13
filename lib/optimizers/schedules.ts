// Schedules: learning rates that change from step to step. https://keras.io/api/optimizers/learning_rate_schedules/
import type { Config } from "../json_config.ts";
import { ValueError } from "../errors.ts";
import { LearningRateSchedule } from "./schedule.ts";
import { checkPositiveInteger, checkRange } from "../option_kinds.ts";
import { checkOptions } from "../options.ts";

const { fround } = Math;
const decayNames = ["initialLearningRate", "decaySteps", "decayRate", "staircase", "name"];

/** Arguments of {@linkcode ExponentialDecay}. */
export interface ExponentialDecayOptions {
  /** The rate at step 0. */
  initialLearningRate: number;
  /** After how many steps the rate has been multiplied by `decayRate`. */
  decaySteps: number;
  /** What the rate is multiplied by. */
  decayRate: number;
  /** Whether it falls in stairs of `decaySteps`; false by default. */
  staircase?: boolean;
  /** Keras's name of the object. */
  name?: string;
}

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
  readonly #options: Required<ExponentialDecayOptions>;

  /** Takes the arguments. Throws {@linkcode ValueError} for steps that are no positive integer. */
  constructor(options: ExponentialDecayOptions) {
    checkOptions("ExponentialDecay", options, decayNames);
    super();
    checkRange("ExponentialDecay", "initialLearningRate", options.initialLearningRate, 0, Infinity);
    checkPositiveInteger("ExponentialDecay", "decaySteps", options.decaySteps);
    checkRange("ExponentialDecay", "decayRate", options.decayRate, 0, Infinity);
    this.#options = { staircase: false, name: "ExponentialDecay", ...options };
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { initialLearningRate, decaySteps, decayRate, staircase } = this.#options;
    const progress = Math.fround(step / decaySteps);
    const power = Math.fround(Math.fround(decayRate) ** (staircase ? Math.floor(progress) : progress));
    return Math.fround(Math.fround(initialLearningRate) * power);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { initialLearningRate, decaySteps, decayRate, staircase, name } = this.#options;
    return {
      initial_learning_rate: initialLearningRate,
      decay_steps: decaySteps,
      decay_rate: decayRate,
      staircase,
      name,
    };
  }
}

/** Arguments of {@linkcode InverseTimeDecay}. */
export type InverseTimeDecayOptions = ExponentialDecayOptions;

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
  readonly #options: Required<InverseTimeDecayOptions>;

  /** Takes the arguments. Throws {@linkcode ValueError} for steps that are no positive integer. */
  constructor(options: InverseTimeDecayOptions) {
    checkOptions("InverseTimeDecay", options, decayNames);
    super();
    checkRange("InverseTimeDecay", "initialLearningRate", options.initialLearningRate, 0, Infinity);
    checkPositiveInteger("InverseTimeDecay", "decaySteps", options.decaySteps);
    checkRange("InverseTimeDecay", "decayRate", options.decayRate, 0, Infinity);
    this.#options = { staircase: false, name: "InverseTimeDecay", ...options };
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { initialLearningRate, decaySteps, decayRate, staircase } = this.#options;
    const progress = fround(step / decaySteps);
    const divisor = fround(1 + fround(fround(decayRate) * (staircase ? Math.floor(progress) : progress)));
    return fround(fround(initialLearningRate) / divisor);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { initialLearningRate, decaySteps, decayRate, staircase, name } = this.#options;
    const initial = { initial_learning_rate: initialLearningRate };
    return { ...initial, decay_steps: decaySteps, decay_rate: decayRate, staircase, name };
  }
}

/** Arguments of {@linkcode PiecewiseConstantDecay}. */
export interface PiecewiseConstantDecayOptions {
  /** The last step of each rate but the last one. */
  boundaries: readonly number[];
  /** The rates, one more than boundaries. */
  values: readonly number[];
  /** Keras's name of the object. */
  name?: string;
}

/**
 * One rate up to each boundary, itself included, and the last rate after all of them.
 *
 * @example Ten times less after 1000 steps
 * ```ts
 * import { schedules } from "./mod.ts";
 * const rate = new schedules.PiecewiseConstantDecay({ boundaries: [1000], values: [0.1, 0.01] });
 * console.log(rate.call(1000) > rate.call(1001)); // true
 * ```
 */
export class PiecewiseConstantDecay extends LearningRateSchedule {
  readonly #options: Required<PiecewiseConstantDecayOptions>;

  /** Takes the arguments. Throws {@linkcode ValueError} where there is not one value more than boundaries. */
  constructor(options: PiecewiseConstantDecayOptions) {
    checkOptions("PiecewiseConstantDecay", options, ["boundaries", "values", "name"]);
    super();
    const { boundaries, values, name = "PiecewiseConstant" } = options;
    if (!Array.isArray(boundaries) || !Array.isArray(values) || values.length !== boundaries.length + 1) {
      throw new ValueError({
        what: "Cannot make PiecewiseConstantDecay",
        rule: "there must be one value more than boundaries",
        received: `${boundaries?.length ?? "no"} boundaries and ${values?.length ?? "no"} values`,
        hint: "give the rate before the first boundary and one after each",
      });
    }
    this.#options = { boundaries, values, name };
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { boundaries, values } = this.#options;
    const next = boundaries.findIndex((boundary) => step <= boundary);
    return fround(values[next === -1 ? boundaries.length : next]);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { boundaries, values, name } = this.#options;
    return { boundaries, values, name };
  }
}

/** Arguments of {@linkcode PolynomialDecay}. */
export interface PolynomialDecayOptions {
  /** The rate at step 0. */
  initialLearningRate: number;
  /** After how many steps the rate has reached its end. */
  decaySteps: number;
  /** The rate at the end; 1e-4 by default. */
  endLearningRate?: number;
  /** The power of the rest of the way; 1 by default, a line. */
  power?: number;
  /** Whether it goes on, with `decaySteps` as often as needed, instead of staying at the end; false by default. */
  cycle?: boolean;
  /** Keras's name of the object. */
  name?: string;
}

/**
 * From `initialLearningRate` to `endLearningRate` by `(1 - step / decaySteps) ^ power`.
 *
 * @example A line to zero
 * ```ts
 * import { schedules } from "./mod.ts";
 * const line = { initialLearningRate: 0.1, decaySteps: 100, endLearningRate: 0 };
 * console.log(new schedules.PolynomialDecay(line).call(50)); // about 0.05
 * ```
 */
export class PolynomialDecay extends LearningRateSchedule {
  readonly #options: Required<PolynomialDecayOptions>;

  /** Takes the arguments. Throws {@linkcode ValueError} for steps that are no positive integer. */
  constructor(options: PolynomialDecayOptions) {
    const names = ["initialLearningRate", "decaySteps", "endLearningRate", "power", "cycle", "name"];
    checkOptions("PolynomialDecay", options, names);
    super();
    checkRange("PolynomialDecay", "initialLearningRate", options.initialLearningRate, 0, Infinity);
    checkPositiveInteger("PolynomialDecay", "decaySteps", options.decaySteps);
    this.#options = { endLearningRate: 1e-4, power: 1, cycle: false, name: "PolynomialDecay", ...options };
    checkRange("PolynomialDecay", "endLearningRate", this.#options.endLearningRate, 0, Infinity);
  }

  /** The learning rate of a step. */
  call(step: number): number {
    const { initialLearningRate, decaySteps, endLearningRate, power, cycle } = this.#options;
    const span = cycle ? decaySteps * Math.max(1, Math.ceil(fround(step / decaySteps))) : decaySteps;
    const rest = fround(1 - fround(Math.min(step, span) / span));
    const end = fround(endLearningRate);
    return fround(fround(fround(fround(initialLearningRate) - end) * fround(rest ** power)) + end);
  }

  /** The arguments as Keras's config. */
  override getConfig(): Config {
    const { initialLearningRate, decaySteps, endLearningRate, power, cycle, name } = this.#options;
    const rates = { initial_learning_rate: initialLearningRate, decay_steps: decaySteps };
    return { ...rates, end_learning_rate: endLearningRate, power, cycle, name };
  }
}

export {
  CosineDecay,
  type CosineDecayOptions,
  CosineDecayRestarts,
  type CosineDecayRestartsOptions,
} from "./cosine_schedules.ts";
export { LearningRateSchedule } from "./schedule.ts";
