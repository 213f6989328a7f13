// Schedules: learning rates that change from step to step. https://keras.io/api/optimizers/learning_rate_schedules/
import { type Config, type ObjectNode, objectNode } from "../config.ts";
import { checkOptions, checkPositiveInteger, checkRange } from "../options.ts";

/**
 * The base of schedules: extend it with your own `call`.
 *
 * @example A rate that falls with the root of the step
 * ```ts
 * import { optimizers, schedules } from "./mod.ts";
 * class InverseRoot extends schedules.LearningRateSchedule {
 *   call(step: number) {
 *     return 0.1 / Math.sqrt(step + 1);
 *   }
 * }
 * console.log(new optimizers.SGD({ learningRate: new InverseRoot() }).name); // sgd
 * ```
 */
export abstract class LearningRateSchedule {
  /** The learning rate of a step, counted from 0 in batches. */
  abstract call(step: number): number;

  /** The arguments as Keras's config. */
  getConfig(): Config {
    return {};
  }

  /** The schedule as it stands in an optimizer's config. */
  serialize(): ObjectNode {
    return objectNode("keras.optimizers.schedules", this.constructor.name, this.getConfig());
  }
}

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
    checkOptions("ExponentialDecay", options, [
      "initialLearningRate",
      "decaySteps",
      "decayRate",
      "staircase",
      "name",
    ]);
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
