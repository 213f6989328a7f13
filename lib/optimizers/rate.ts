// Learning rates as options give them: a number, a schedule, a function, or what Keras 2 called lr and decay.
import { ValueError } from "../errors.ts";
import { checkRange } from "../option_kinds.ts";
import { describe } from "../options.ts";
import { InverseTimeDecay, LearningRateSchedule } from "./schedules.ts";

/** A learning rate: a number, a schedule by steps, or a function that gives the rate of the next step. */
export type LearningRate = number | LearningRateSchedule | (() => number);

/** What options say of the learning rate. */
export interface RateOptions {
  /** How far each step goes. */
  learningRate?: LearningRate;
  /** Keras 2's name of `learningRate`. */
  lr?: number;
  /** Keras 2's decay: the rate is divided by `1 + decay * step`, as {@linkcode InverseTimeDecay} does. */
  decay?: number;
}

/** The learning rate that options ask for, in the words of Keras 3 or of Keras 2. */
export function modernRate(options: RateOptions, defaultRate: number, className: string): LearningRate {
  const { learningRate, lr, decay = 0 } = options;
  const what = `Cannot make ${className}`;
  if (lr !== undefined && learningRate !== undefined) {
    const hint = "write learningRate alone: lr is its name in Keras 2";
    throw new ValueError({ what, rule: "only one of learningRate and lr may be set", received: "both", hint });
  }
  const rate = learningRate ?? lr ?? defaultRate;
  checkRange(className, "decay", decay, 0, Infinity);
  if (decay === 0) return rate;
  if (typeof rate !== "number") {
    const hint = "leave decay out: the schedule rules the rate";
    throw new ValueError({ what, rule: "decay needs a learningRate that is a number", received: describe(rate), hint });
  }
  return new InverseTimeDecay({ initialLearningRate: rate, decaySteps: 1, decayRate: decay });
}

/** The rate itself; throws {@linkcode ValueError} for what is none. */
export function checkRate(rate: LearningRate, className: string): LearningRate {
  const valid = typeof rate === "number"
    ? Number.isFinite(rate) && rate >= 0
    : typeof rate === "function" || rate instanceof LearningRateSchedule;
  if (!valid) {
    throw new ValueError({
      what: `Cannot make ${className}`,
      rule: "learningRate must be a number of at least 0, a schedule or a function",
      received: describe(rate),
    });
  }
  return rate;
}
